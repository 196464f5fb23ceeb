package load

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/minewatch/minewatch/detectors/stat"
)

// The median and the MAD of any side are those of its known values by themselves, also
// where values repeat, one lies far off, or most are unknown.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for i := range 2000 {
		var x increments
		for c := range x.of {
			switch v := r.NormFloat64(); i % 5 {
			case 0:
				x.of[c] = v
			case 1:
				x.of[c] = math.Round(2 * v)
			case 2:
				x.of[c] = 7
			case 3:
				x.of[c] = math.Exp(8 * v)
			default:
				if x.of[c] = 1e6 + v; r.IntN(4) > 0 {
					x.of[c] = math.NaN()
				}
			}
		}
		s := side(r.Uint64()) & allCells
		var in []float64
		for c, v := range x.of {
			if s>>c&1 == 1 && !math.IsNaN(v) {
				in = append(in, v)
			}
		}
		x.order.fill(&x.of)
		want := stat.Median(slices.Clone(in))
		got := x.order.median(&x.of, s)
		if len(in) == 0 {
			if !math.IsNaN(got) {
				t.Errorf("median of none is %v", got)
			}
			continue
		}
		if got != want {
			t.Fatalf("median of %v: %v, want %v", in, got, want)
		}
		if got, want := x.mad(s&x.order.known, got), stat.MAD(slices.Clone(in), want); got != want {
			t.Fatalf("MAD of %v: %v, want %v", in, got, want)
		}
	}
}

// Days come in the order of their steps, the first of equal ones first, but for those
// that are taken out.
func TestRanking(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	for range 200 {
		steps := make([]squareBit, r.IntN(200))
		for i := range steps {
			steps[i] = squareBit(r.IntN(50))
		}
		left := slices.Clone(steps)
		var got ranking
		got.fill(steps)
		for range 20 {
			day, ok := got.first()
			want := 0
			if len(left) > 0 {
				want = slices.Index(left, slices.Max(left))
			}
			if ok != (len(left) > 0 && left[want] > 0) || ok && day != want {
				t.Fatalf("day %d, %v, want %d of %v", day, ok, want, left)
			}
			from, to := day-r.IntN(4), day+1+r.IntN(40)
			got.drop(from, to)
			clear(left[max(0, from):min(len(left), to)])
		}
	}
}
