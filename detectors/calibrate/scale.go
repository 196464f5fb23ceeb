package calibrate

import (
	"math"
	"slices"

	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/stat"
)

// A scale turns the sum of shape functions into a log-likelihood ratio: what is
// fitted to the best of many candidates under a penalty is too timid where mines
// are clear. It is linear between its knots and on beyond them, and rises.
type scale struct {
	at    []float64 // inner knots, rising
	first float64   // the ratio at the first
	slope []float64 // before the first knot, between two, and after the last
}

// of returns the log-likelihood ratio of a sum.
func (s scale) of(x float64) float64 {
	z := s.first
	for k, v := range s.parts(x) {
		z += s.slope[k] * v
	}
	return z
}

// parts returns how far x has come in each piece; less than 0 before the first knot.
func (s scale) parts(x float64) []float64 {
	p := make([]float64, len(s.at)+1)
	p[0] = min(0, x-s.at[0])
	for k, at := range s.at {
		if p[k+1] = max(0, x-at); k+1 < len(s.at) {
			p[k+1] = min(p[k+1], s.at[k+1]-at)
		}
	}
	return p
}

// model returns a model whose sums are scaled.
func (s scale) model(m *load.Model) *load.Model {
	out := *m
	at := slices.Concat([]float64{s.at[0] - 1}, s.at, []float64{s.at[len(s.at)-1] + 1})
	out.Scale = load.Shape1{At: at, LogLR: make([]float64, len(at))}
	for i, x := range at {
		out.Scale.LogLR[i] = s.of(x)
	}
	return &out
}

const (
	// leastSlope keeps a scale rising, so that it changes no ranking.
	leastSlope = 0.1
	// scaleRidge draws slopes to 1, as strongly as a case of each kind would.
	scaleRidge = 1
	// effective is what the cases count together: windows of one building are alike.
	effective = 200
)

// scalePriors are the shares of mines at which a ratio must be worth what it says: a
// loss at even odds would leave the tail, where a list is cut, to extrapolation.
var scalePriors = [...]float64{0.5, 0.05, 0.01}

// scaleOf fits a scale to held-out verdicts by logistic regression (Platt 1999) on
// pieces of the score, at each of scalePriors, each loss by the entropy of its prior
// (Brümmer and du Preez 2006). Of the meters without a mine, look-alikes weigh a
// share alike. Homes are left out: a mine in them is far larger than they are, and
// would make every ratio bolder. Knots are at the median and the upper tenth and fiftieth of the
// meters without a mine.
func scaleOf(cases []Case, raw []Verdict) scale {
	var n [3]float64
	var others []float64
	cases, raw = withoutHomes(cases, raw)
	kinds := make([]int, len(cases))
	for i := range cases {
		c := &cases[i]
		switch {
		case c.Mine():
			kinds[i] = 2
		case !c.Clean():
			kinds[i] = 1
		}
		n[kinds[i]]++
		if kinds[i] < 2 {
			others = append(others, raw[i].LogLR)
		}
	}
	slices.Sort(others)
	s := scale{at: []float64{stat.Quantile(others, 0.5), stat.Quantile(others, 0.9), stat.Quantile(others, 0.98)}}
	s.at = slices.CompactFunc(s.at, func(a, b float64) bool { return math.Abs(a-b) < 1e-3 })
	share := [3]float64{1 - alike, alike, 1}
	if n[1] == 0 {
		share[0] = 1
	}
	x := make([][]float64, len(cases))
	for i := range x {
		x[i] = append(s.parts(raw[i].LogLR), 1)
	}
	b := make([]float64, len(s.at)+2) // slopes, first
	for k := range b[:len(b)-1] {
		b[k] = 1
	}
	b[len(b)-1] = s.at[0]
	for range 300 {
		largest := 0.0
		for k := range b { // one coordinate at a time: there are few
			g, h := 0.0, 1e-9
			if k < len(b)-1 {
				g, h = scaleRidge*(1-b[k]), scaleRidge
			}
			for i, v := range x {
				if v[k] == 0 {
					continue
				}
				z, w, y := 0.0, share[kinds[i]]/n[kinds[i]], float64(kinds[i]/2) // 1 for a mine
				for j, p := range v {
					z += b[j] * p
				}
				for _, prior := range scalePriors {
					scale := effective / float64(len(scalePriors)) / -(prior*math.Log(prior) + (1-prior)*math.Log(1-prior))
					if y == 1 {
						scale *= prior
					} else {
						scale *= 1 - prior
					}
					p := 1 / (1 + math.Exp(-z-math.Log(prior/(1-prior))))
					g += scale * w * (y - p) * v[k]
					h += scale * w * p * (1 - p) * v[k] * v[k]
				}
			}
			step := max(-0.5, min(0.5, g/h))
			if k < len(b)-1 {
				step = max(leastSlope-b[k], step)
			}
			b[k] += step
			largest = max(largest, math.Abs(step))
		}
		if largest < 1e-5 {
			break
		}
	}
	s.slope, s.first = b[:len(b)-1], b[len(b)-1]
	return s
}

func withoutHomes(cases []Case, raw []Verdict) (of []Case, seen []Verdict) {
	for i := range cases {
		if cases[i].Population != Homes {
			of, seen = append(of, cases[i]), append(seen, raw[i])
		}
	}
	return of, seen
}
