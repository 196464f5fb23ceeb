package datasets

import "testing"

// Classes are [0, 1), [1, 2), [2, 5) from a job, and else [0, 5), [5, 15), [15, 30), [30, 60),
// [60, 120) and the rest from a block, in s.
func TestPulse(t *testing.T) {
	var p Pulse
	for _, lag := range []float64{0, 4.999999, 5, 14, 15, 29.9, 30, 60, 119, 120, 3600} {
		p.Add(true, 5_000_000, Micros(lag*1e6))
	}
	p.Add(false, 1<<62, 59_000_000)
	for _, lag := range []Micros{0, 999_999, 1_000_000, 4_999_999} {
		p.Add(true, lag, 0)
	}
	if got, want := p.Large(), (Lags{2, 1, 1, 2, 2, 2, 1, 2, 2}); got != want {
		t.Errorf("large %v, want %v", got, want)
	}
	if got, want := p.Small(), (Lags{6: 1}); got != want {
		t.Errorf("small %v, want %v", got, want)
	}
	if both := p.Large().Plus(p.Small()); both != (Lags{2, 1, 1, 2, 2, 2, 2, 2, 2}) || both.Sum() != 16 || both.NearJobs() != 4 || both.Far() != both.Minus(Lags{2, 1, 1}) {
		t.Errorf("sum %v", both)
	}
}
