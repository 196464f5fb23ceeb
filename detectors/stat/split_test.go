package stat

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Values below the pivot come first, none is lost, and with vectors there are as many as without.
func TestSplit(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 32))
	for n := range 200 {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(r.IntN(50)) // many equal ones
		}
		pivot := float64(r.IntN(50))
		got, want := slices.Clone(x), slices.Clone(x)
		below := split(got, pivot)
		if one := splitOne(want, 0, pivot); below != one {
			t.Fatalf("%d of %d values are below %v, want %d", below, n, pivot, one)
		}
		for i, v := range got {
			if (v < pivot) != (i < below) {
				t.Fatalf("value %v is at %d of %d, pivot %v, %d below", v, i, n, pivot, below)
			}
		}
		slices.Sort(got)
		slices.Sort(x)
		if !slices.Equal(got, x) {
			t.Fatalf("values %v, want %v", got, x)
		}
	}
}
