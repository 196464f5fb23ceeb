package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/pipeline"
)

// The picture is well-formed, has a line for each stage and number of cores, and
// none of its labels lie on each other.
func TestScalingPicture(t *testing.T) {
	var costs []pipeline.StageCost
	for _, readings := range []int64{10_512_000, 105_120_000} {
		for cores := 1; cores <= 2; cores++ {
			for k, stage := range []string{pipeline.BareScan, "detect", pipeline.LakeToEvidence} {
				costs = append(costs, pipeline.StageCost{Stage: stage, Readings: readings, Cores: cores, Seconds: float64(readings) / 1e7 * float64(1+10*k)})
			}
		}
	}
	picture := string(scalingPicture(costs))
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(picture, `stroke-width="2"`); n != 6 {
		t.Errorf("%d lines, want 6", n)
	}
	if !strings.Contains(picture, "lake to evidence, 1 core<") || !strings.Contains(picture, ">100 M<") {
		t.Error("labels are missing")
	}
}
