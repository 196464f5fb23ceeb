package stat

import (
	"math"
	"testing"
)

// Values from scikit-learn 1.4: average_precision_score(y, s).
func TestAveragePrecision(t *testing.T) {
	rank := func(scores []float64, y string) []Ranked {
		var r []Ranked
		for i, s := range scores {
			r = append(r, Ranked{s, y[i] == '1', 1})
		}
		return r
	}
	for _, tc := range []struct {
		scores []float64
		y      string
		want   float64
	}{
		{[]float64{0.1, 0.4, 0.35, 0.8}, "0011", 0.8333333333}, // the example in its documentation
		{[]float64{4, 3, 2, 1}, "1100", 1},
		{[]float64{4, 3, 2, 1}, "0001", 0.25},
		{[]float64{1, 1, 1, 1}, "0100", 0.25}, // all tied: chance
		{[]float64{1, 2}, "00", 0},
	} {
		if got := AveragePrecision(rank(tc.scores, tc.y)); math.Abs(got-tc.want) > 1e-9 {
			t.Errorf("AveragePrecision(%v, %s) = %v, want %v", tc.scores, tc.y, got, tc.want)
		}
	}
}
