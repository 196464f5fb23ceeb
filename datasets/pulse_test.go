package datasets

import "testing"

// Classes are [0, 5), [5, 15), [15, 30), [30, 60), [60, 120) and the rest, in s.
func TestPulse(t *testing.T) {
	var p Pulse
	for _, lag := range []float64{0, 4.999999, 5, 14, 15, 29.9, 30, 60, 119, 120, 3600} {
		p.Add(true, Micros(lag*1e6))
	}
	p.Add(false, 59_000_000)
	if got, want := p.Large(), (Lags{2, 2, 2, 1, 2, 2}); got != want {
		t.Errorf("large %v, want %v", got, want)
	}
	if got, want := p.Small(), (Lags{0, 0, 0, 1, 0, 0}); got != want {
		t.Errorf("small %v, want %v", got, want)
	}
	if both := p.Large().Plus(p.Small()); both != (Lags{2, 2, 2, 2, 2, 2}) || both.Sum() != 12 {
		t.Errorf("sum %v", both)
	}
}
