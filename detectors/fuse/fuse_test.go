package fuse

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/stat"
)

// halves draws calibrated evidence: a likelihood ratio x of N(±d/2·d, d²) is worth
// just x (the log-likelihood ratio of two normals of equal variance).
func halves(r *rand.Rand, detector string, n int, d float64) Halves {
	var h Halves
	make1 := func(mean float64, i int, family string) Half {
		x := mean + d*r.NormFloat64()
		return Half{Source: fmt.Sprintf("%s%03d", detector, i), Family: family, Evidence: []datasets.Evidence{{Detector: detector, Group: detector, Status: datasets.Spoken, LogLR: x}}}
	}
	for i := range n {
		h.Clean = append(h.Clean, make1(-d*d/2, i, ""))
		h.Mining = append(h.Mining, make1(d*d/2, i, "flat"))
	}
	return h
}

func plan() Plan {
	p := DefaultPlan()
	p.Rounds, p.Sites = 20, 800
	return p
}

// Where the evidence is worth what it says, the curve stays near it, probabilities
// agree with outcomes, and two kinds rank better than either.
func TestCalibratedEvidence(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	all := Set{Meters: halves(r, "load/block", 400, 2), Clients: halves(r, "traffic/pool", 400, 2)}
	report := Run(all, plan())
	both, load, traffic := report.Measurements[0], report.Measurements[1], report.Measurements[2]
	if both.AveragePrecision.Mean < load.AveragePrecision.Mean+0.05 || both.AveragePrecision.Mean < traffic.AveragePrecision.Mean+0.05 {
		t.Errorf("average precision %.3f, of load %.3f, of traffic %.3f", both.AveragePrecision.Mean, load.AveragePrecision.Mean, traffic.AveragePrecision.Mean)
	}
	if both.ECE.Mean > 0.03 {
		t.Errorf("expected calibration error %.3f", both.ECE.Mean)
	}
	if d := both.Declared.Mean - both.Realised.Mean; math.Abs(d) > 0.12 {
		t.Errorf("declared %.3f, realised %.3f", both.Declared.Mean, both.Realised.Mean)
	}
	for _, x := range []float64{-2, 1, 2, 4} {
		if y := report.Weights.Curves[0].At(x); math.Abs(y-x) > 0.9 {
			t.Errorf("evidence of %.0f is said to be worth %.2f", x, y)
		}
	}
	if again := Run(all, plan()); !reflect.DeepEqual(report, again) {
		t.Error("the same halves give another report")
	}
	tables := report.Tables()
	if !strings.Contains(tables["weights.csv"], "load,") || !strings.Contains(tables["null.csv"], "hourly and traffic,") {
		t.Errorf("tables: %.200s\n%.200s", tables["weights.csv"], tables["null.csv"])
	}
}

// Evidence that says twice what it is worth is brought down.
func TestBoastfulEvidence(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 8))
	h := halves(r, "traffic/pool", 800, 1.5)
	for _, list := range [][]Half{h.Clean, h.Mining} {
		for i := range list {
			list[i].Evidence[0].LogLR *= 3
		}
	}
	c := fitCurve(network, h)
	if y := c.At(3); y > 1.8 {
		t.Errorf("evidence of 3, worth 1, is said to be worth %.2f", y)
	}
	if y := c.At(-2); y != -2 {
		t.Errorf("silence of a network, -2, became %.2f", y)
	}
}

// No source is in a fold and in what the fold's weights were learnt from.
func TestFoldsShareNoSource(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	h := halves(r, "load/block", 13, 2)
	h.Alike = halves(r, "load/block", 13, 1).Clean
	seen := 0
	for fold := range folds {
		held, rest := divide(h, fold)
		in := map[string]bool{}
		for _, x := range append(held.Clean, held.Alike...) {
			in[x.Source] = true
		}
		for _, x := range slices.Concat(rest.Clean, rest.Alike, rest.Mining) {
			if in[x.Source] {
				t.Fatalf("%s is on both sides of fold %d", x.Source, fold)
			}
		}
		seen += len(held.Clean)
	}
	if seen != len(h.Clean) {
		t.Errorf("%d of %d halves are in a fold", seen, len(h.Clean))
	}
}

func TestIsotonic(t *testing.T) {
	var list []point
	for i, share := range []float64{0.1, 0.4, 0.2, 0.3, 0.9} {
		list = append(list, point{float64(i + 1), float64(i + 1), share * 10, (1 - share) * 10})
	}
	got := isotonic(list)
	if len(got) != 3 || math.Abs(got[1].share()-0.3) > 1e-12 || got[1].low != 2 || got[1].high != 4 { // 0.4, 0.2 and 0.3 are one block
		t.Errorf("%+v", got)
	}
}

// Of the first two of 3, 2, 2, 1 the second is one of two that are tied.
func TestPrecisionAt(t *testing.T) {
	var list []stat.Ranked
	for i, v := range []float64{3, 2, 2, 1} {
		list = append(list, stat.Ranked{Score: v, Positive: i < 2, Weight: 1})
	}
	if got := precisionAt(list, 2); got != 0.75 {
		t.Errorf("precision %v, want 0.75", got)
	}
}
