package stat

import (
	"math"
	"testing"
)

// Values from statsmodels 0.14: proportion_confint(k, n, 0.05, "wilson").
func TestWilson(t *testing.T) {
	for _, tc := range []struct {
		k, n      int
		low, high float64
	}{{0, 0, 0, 1}, {5, 10, 0.236593, 0.763407}, {0, 10, 0, 0.277533}, {10, 10, 0.722467, 1}} {
		low, high := Wilson(tc.k, tc.n, 1.959963984540054)
		if math.Abs(low-tc.low) > 1e-6 || math.Abs(high-tc.high) > 1e-6 {
			t.Errorf("%d of %d: %.6f to %.6f, want %.6f to %.6f", tc.k, tc.n, low, high, tc.low, tc.high)
		}
	}
}

// The tea tasting of Fisher (1935): 3 1 / 1 3 has p 34/70, by hand; the example of
// scipy.stats.fisher_exact, 8 2 / 1 5, has 0.0349650.
func TestFisher(t *testing.T) {
	for _, tc := range []struct {
		a, b, c, d int
		want       float64
	}{{3, 1, 1, 3, 34.0 / 70}, {8, 2, 1, 5, 0.03496503}, {0, 0, 3, 4, 1}, {2, 3, 0, 0, 1}} {
		if got := Fisher(tc.a, tc.b, tc.c, tc.d); math.Abs(got-tc.want) > 1e-7 {
			t.Errorf("%v: %.8f, want %.8f", tc, got, tc.want)
		}
	}
}

// Values from the paper (Sellke, Bayarri and Berger 2001, table 1): p of 0.05, 0.01 and 0.001 are
// odds of at most 1/0.407, 1/0.125 and 1/0.0188.
func TestLargestLogLR(t *testing.T) {
	for p, bound := range map[float64]float64{0.05: 0.407, 0.01: 0.125, 0.001: 0.0188} {
		if got := math.Exp(-LargestLogLR(p)); math.Abs(got-bound) > 0.0006 {
			t.Errorf("p %g: a bound of %.4f, want %.4f", p, got, bound)
		}
	}
	if v := LargestLogLR(0); math.IsInf(v, 0) || math.IsNaN(v) {
		t.Errorf("p of 0: %g", v)
	}
}
