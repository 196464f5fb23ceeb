package pipeline

import (
	"math"
	"testing"

	"github.com/minewatch/minewatch/detectors/features"
)

// A measurement stands for its hour and the two after it, and the temperatures
// are laid on the hours of a series wherever it begins.
func TestClimate(t *testing.T) {
	nan := math.NaN()
	c := &climate{Start: 100 * features.MicrosPerHour, TempC: []float64{-5, nan, nan, nan, nan, 2, nan}}
	c.hold()
	s := &features.Series{Start: 98 * features.MicrosPerHour, KW: make([]float64, 10)}
	want := []float64{nan, nan, -5, -5, -5, nan, nan, 2, 2, nan}
	for i, v := range c.over(s) {
		if v != want[i] && !(math.IsNaN(v) && math.IsNaN(want[i])) {
			t.Errorf("hour %d: %v, want %v", i, v, want[i])
		}
	}
	if (*climate)(nil).over(s) != nil {
		t.Error("a region without weather has temperatures")
	}
}
