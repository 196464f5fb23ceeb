package visit

import (
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func visited(day datasets.Day, outcome string, kw float64) Outcome {
	return Outcome{datasets.Outcome{SiteID: "S", VisitedOn: day, Outcome: outcome, FoundKW: kw}, datasets.Micros(day) * dayMicros}
}

func TestLatest(t *testing.T) {
	visits := []Outcome{visited(19_000, "mining", 30), visited(19_100, "clean", 0), visited(19_200, "no_access", 0)}
	if v, ok := Latest(visits); !ok || v.VisitedOn != 19_100 {
		t.Errorf("%+v, %v: want the clean visit, the later one did not get in", v, ok)
	}
	if v, _ := Latest(append(visits, visited(19_100, "mining", 12))); v.FoundKW != 12 {
		t.Errorf("%+v: of two visits of a day the one that found mining counts", v)
	}
	if _, ok := Latest(visits[2:]); ok {
		t.Error("a visit without access counts")
	}
}

func TestEvidence(t *testing.T) {
	before := datasets.Evidence{Detector: "load/block", Status: datasets.Spoken, LogLR: 5, Start: 18_900 * dayMicros}
	after := before
	after.Start = 19_150 * dayMicros
	weak := after
	weak.LogLR = 0.2
	for _, tc := range []struct {
		name   string
		visit  Outcome
		others []datasets.Evidence
		want   float64
		detail string
	}{
		{"found", visited(19_000, "mining", 30), nil, 4, "found mining of 30.0 kW"},
		{"cleared", visited(19_100, "clean", 0), []datasets.Evidence{before}, -4, "nothing has begun since"},
		{"cleared, a hint since", visited(19_100, "clean", 0), []datasets.Evidence{before, weak}, -4, "nothing has begun since"},
		{"cleared, and begun since", visited(19_100, "clean", 0), []datasets.Evidence{before, after}, -0.5, "load/block sees began after it"},
	} {
		e := tc.visit.Evidence(tc.others)
		if e.LogLR != tc.want || !strings.Contains(e.Detail, tc.detail) {
			t.Errorf("%s: %v, %q", tc.name, e.LogLR, e.Detail)
		}
		if Cleared(e) != (tc.want == -4) {
			t.Errorf("%s: cleared %v", tc.name, Cleared(e))
		}
	}
}
