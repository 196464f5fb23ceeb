package load

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
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

func TestSumsByVectors(t *testing.T) {
	if !hasVectors {
		t.Skip("the processor has no AVX2")
	}
	r := rand.New(rand.NewPCG(7, 16))
	for n := range 100 {
		kw := make([]float64, n+2*halfWeek)
		for i := range kw {
			kw[i] = r.ExpFloat64()
		}
		if got, want := product(kw[:n], kw[24:]), productGo(kw[:n], kw[24:]); got != want {
			t.Errorf("product of %d: %v, want %v", n, got, want)
		}
		got, want := make([]float64, n), make([]float64, n)
		aboveWeek(got, kw)
		aboveWeekGo(want, kw)
		if !slices.Equal(got, want) {
			t.Errorf("%d hours above their week: %v, want %v", n, got, want)
		}
		weights := make([]float64, n)
		for i := range weights {
			if weights[i] = 8 * r.Float64(); r.IntN(9) == 0 {
				kw[i], weights[i] = math.NaN(), 0
			}
		}
		marks, wantMarks := make([]uint8, (n+3)/4), make([]uint8, (n+3)/4)
		markEvents(marks, kw, kw[24:], weights)
		markEventsGo(wantMarks, kw, kw[24:], weights)
		if !bytes.Equal(marks, wantMarks) {
			t.Errorf("events of %d hours: %v, want %v", n, marks, wantMarks)
		}
	}
}

func TestOrderByVectors(t *testing.T) {
	if !hasVectors {
		t.Skip("the processor has no AVX2")
	}
	r := rand.New(rand.NewPCG(48, 32))
	for range 200 {
		var v [cells]float64
		for i := range v {
			if v[i] = r.NormFloat64(); r.IntN(20) == 0 {
				v[i] *= 100
			}
		}
		all, squares := sumsAVX2(&v)
		if wantAll, wantSquares := sumsGo(&v); all != wantAll || squares != wantSquares {
			t.Errorf("sums %v, %v, want %v, %v", all, squares, wantAll, wantSquares)
		}
		v[r.IntN(cells)] = math.NaN()
		var got, want [cells]int32
		levelsAVX2(&got, &v, 16, 5)
		levelsGo(&want, &v, 16, 5)
		if got != want {
			t.Errorf("levels %v, want %v", got, want)
		}
	}
}
