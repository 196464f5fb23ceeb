package stat

import (
	"math"
	"testing"
)

// Three values above three: u = 9 of 9, z = 4.5 / sqrt(5.25) = 1.964, p = 0.0248.
func TestMannWhitney(t *testing.T) {
	if p := MannWhitney([]float64{1, 2, 3}, []float64{4, 5, 6}); math.Abs(p-0.0248) > 0.0001 {
		t.Errorf("p %.4f", p)
	}
	if p := MannWhitney([]float64{1, 1}, []float64{1, 1}); math.Abs(p-0.5) > 1e-9 {
		t.Errorf("ties: p %.4f", p)
	}
}
