package load

import (
	"math/rand/v2"
	"testing"
)

// Vectors give the bits that the loop gives.
func TestSlideByVectors(t *testing.T) {
	if !hasVectors {
		t.Skip("the processor has no AVX2")
	}
	r := rand.New(rand.NewPCG(24, 4))
	for range 1000 {
		const days = 9
		values := func(n int) []float64 {
			x := make([]float64, n)
			for i := range x {
				if r.IntN(8) > 0 {
					x[i] = r.NormFloat64()
				}
			}
			return x
		}
		s := slide{
			entering: values(24 * days), leaving: values(24 * days), enters: (*[24]float64)(values(24)), leaves: (*[24]float64)(values(24)),
			inverse: new([weekAndDay]float64), first: r.IntN(7 * 24),
		}
		for h := range s.inverse {
			s.inverse[h] = r.ExpFloat64()
		}
		var got, want [24 * days]float64
		var gotUp, gotDown, wantUp, wantDown [days]squareBit
		num := r.NormFloat64()
		gotAfter, wantAfter := slideAVX2(&s, got[:], gotUp[:], gotDown[:], num), s.goes(want[:], wantUp[:], wantDown[:], num)
		if got != want || gotAfter != wantAfter || gotUp != wantUp || gotDown != wantDown {
			t.Fatalf("%v\nafter %v, up %v, down %v, want\n%v\n%v, %v, %v", got, gotAfter, gotUp, gotDown, want, wantAfter, wantUp, wantDown)
		}
	}
}
