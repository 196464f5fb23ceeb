package load

import (
	"math"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/score"
)

// By hand: 6·tanh(3/6) = 2.7727 stands for a ratio of 3, worth half of it here: 1.5,
// bent 6·tanh(1.5/6) = 1.4695.
func TestRescale(t *testing.T) {
	worth := score.Curve{{Sum: -2, Worth: -1}, {Sum: 0, Worth: 0}, {Sum: 4, Worth: 2}}
	e := func(group string, lr float64) datasets.Evidence {
		return datasets.Evidence{Group: group, Status: datasets.Spoken, LogLR: lr}
	}
	for _, tc := range []struct {
		e    datasets.Evidence
		want float64
	}{
		{e("onset", 2.7727), 1.4695},
		{e("onset", -0.9927), -0.4988}, // −1 before it was bent, worth −0.5
		{e("onset", 0), 0},
		{e("cutoff", 2), 2},
		{e(score.MeterFault, -2.7727), -1.4695},
		{e(score.MeterFault, 0), 0},
		{datasets.Evidence{Group: "onset"}, 0}, // withheld
	} {
		got := tc.e
		if Rescale(&got, worth); math.Abs(got.LogLR-tc.want) > 1e-3 {
			t.Errorf("%s %v becomes %.4f, want %.4f", tc.e.Group, tc.e.LogLR, got.LogLR, tc.want)
		}
		got = tc.e
		if Rescale(&got, nil); got != tc.e {
			t.Errorf("without a table %v becomes %v", tc.e, got)
		}
	}
	// The order of sites stays, also beyond the table.
	last := math.Inf(-1)
	for lr := -0.9; lr < 5.99; lr += 0.05 {
		x := e("onset", lr)
		if Rescale(&x, worth); x.LogLR <= last {
			t.Fatalf("ratio %.2f is worth %.4f, no more than one below it", lr, x.LogLR)
		}
		last = x.LogLR
	}
}
