package calibrate

import (
	"testing"

	"github.com/minewatch/minewatch/datasets/sample"
)

// Neighbours are judged by models that have seen neither, and all buildings but one
// have one.
func TestNeighbours(t *testing.T) {
	meters, err := sample.Meters()
	if err != nil {
		t.Fatal(err)
	}
	next := neighbours(meters)
	if len(next) != 14 {
		t.Errorf("%d buildings have a neighbour, want 14 of 15", len(next))
	}
	fold := foldOf(smokeCases(t))
	for a, b := range next {
		if a == b || fold[a] != fold[b] {
			t.Errorf("%s of group %d beside %s of group %d", a, fold[a], b, fold[b])
		}
	}
}

// Judging meters together finds more split mines, suspects no building as it is, and
// no neighbour of a mine behind one meter.
func TestInGroups(t *testing.T) {
	cases := smokeCases(t)
	raw, models := judged(cases, ModelA)
	own, s := scaledBy(cases, raw, ModelA)
	groups := inGroups(cases, models, func(int) scale { return s })
	with := withGroups(own, groups)
	ap := func(v []Verdict) float64 {
		return averagePrecision(pick(cases, logLR(v), func(c *Case) bool { return c.Neighbour != "" && (c.Clean() || c.Mine() && c.Both) }), 0.05, 0)
	}
	t.Logf("split mines: average precision %.3f alone, %.3f in groups", ap(own), ap(with))
	if ap(with) < ap(own) {
		t.Errorf("split mines: average precision %.3f alone, %.3f in groups", ap(own), ap(with))
	}
	for i := range cases {
		c := &cases[i]
		if c.Clean() && with[i].LogLR > proposedLR && own[i].LogLR <= proposedLR {
			t.Errorf("%s as it is: %.1f in its group", c.Building, with[i].LogLR)
		}
		if c.Mine() && !c.Both && groups[i].beside.LogLR > proposedLR {
			t.Errorf("%s beside a mine in %s: %.1f", c.Neighbour, c.Building, groups[i].beside.LogLR)
		}
	}
}
