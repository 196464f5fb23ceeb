package counter

import (
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/score"
)

func TestQuiet(t *testing.T) {
	const day = 24 * features.MicrosPerHour
	for _, tc := range []struct {
		hours int32
		want  datasets.Status
	}{{0, datasets.Withheld}, {47, datasets.Withheld}, {48, datasets.Spoken}, {240, datasets.Spoken}} {
		e := Quiet("s", Watched{From: day, To: 11 * day, Hours: tc.hours})
		if e.Status != tc.want || e.Status == datasets.Spoken && !(e.LogLR < 0 && e.LogLR > -0.7) {
			t.Errorf("%d hours: %+v", tc.hours, e)
		}
	}
	if e := Quiet("s", Watched{From: day, To: 11 * day, Hours: 240}); !strings.Contains(e.Detail, "watched for 10 days, 240 hours") {
		t.Error(e.Detail)
	}
}

// Every kind that the table allows has a weight, and none speaks for mining.
func TestKnown(t *testing.T) {
	for _, kind := range ref.KnownLoadKinds {
		e := Known("s", KnownLoad{Kind: kind, Source: "supplier's list", Note: "DC-1"})
		if e.Status != datasets.Spoken || e.LogLR >= 0 || e.Group != score.KnownLoad || !strings.HasSuffix(e.Detail, "(supplier's list): DC-1") {
			t.Errorf("%s: %+v", kind, e)
		}
	}
	if n := len(score.KnownLoads()); n != len(ref.KnownLoadKinds) {
		t.Errorf("%d kinds have a weight, the table allows %d", n, len(ref.KnownLoadKinds))
	}
	if e := Known("s", KnownLoad{Kind: "palace"}); e.Status != datasets.Withheld || e.LogLR != 0 {
		t.Errorf("a kind without a weight speaks: %+v", e)
	}
}
