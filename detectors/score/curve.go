package score

import "sort"

// A Curve says what the summed log-likelihood ratios of one kind of evidence were
// worth where the truth was known. Between knots it is linear, beyond them it goes on
// with slope tailSlope, so that the order of sites is kept. It never falls, is
// at most 0 up to 0 and at least 0 beyond: evidence for mining stays evidence for
// mining. The zero value leaves sums as they are.
type Curve []Knot

// A Knot is one point of a curve.
type Knot struct{ Sum, Worth float64 }

const tailSlope = 0.25

// At returns what a sum is worth.
func (c Curve) At(sum float64) float64 {
	if len(c) == 0 {
		return sum
	}
	i := sort.Search(len(c), func(i int) bool { return c[i].Sum >= sum })
	var y float64
	switch {
	case i == len(c):
		last := c[len(c)-1]
		y = last.Worth + tailSlope*(sum-last.Sum)
	case i == 0:
		y = c[0].Worth - tailSlope*(c[0].Sum-sum)
	default:
		a, b := c[i-1], c[i]
		y = a.Worth + (b.Worth-a.Worth)*(sum-a.Sum)/(b.Sum-a.Sum)
	}
	if sum > 0 {
		return max(0, y)
	}
	return min(0, y)
}
