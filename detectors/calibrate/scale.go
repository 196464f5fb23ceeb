package calibrate

import (
	"math"

	"github.com/minewatch/minewatch/detectors/load"
)

// A scale turns the sum of shape functions into a log-likelihood ratio: what is
// fitted to the best of many candidates under a penalty is too timid where mines
// are clear. Its zero moves to Zero.
type scale struct{ zero, below, above float64 }

func (s scale) of(x float64) float64 {
	if x -= s.zero; x < 0 {
		return x * s.below
	}
	return x * s.above
}

// model returns a model whose sums are scaled.
func (s scale) model(m *load.Model) *load.Model {
	out := *m
	out.Intercept -= s.zero
	out.Below, out.Above = s.below, s.above
	return &out
}

// scaleOf fits a scale to held-out verdicts by logistic regression (Platt 1999) on
// the score below and above 0 apart, with the weights of [Fit].
func scaleOf(cases []Case, raw []Verdict) scale {
	var d design
	var x [][3]float64
	for i := range cases {
		if c, v := &cases[i], raw[i]; v.Look != nil {
			d.add(c, &v.Look.X)
			x = append(x, [3]float64{1, min(0, v.LogLR), max(0, v.LogLR)})
		}
	}
	d.balance()
	b := [3]float64{0, 1, 1}
	for range 100 {
		largest := 0.0
		for k := range b { // one coordinate at a time: there are three
			g, h := 0.0, 1e-9
			for i, v := range x {
				p := 1 / (1 + math.Exp(-(b[0]*v[0] + b[1]*v[1] + b[2]*v[2])))
				g += d.w[i] * (d.y[i] - p) * v[k]
				h += d.w[i] * p * (1 - p) * v[k] * v[k]
			}
			step := max(-0.5, min(0.5, g/h))
			if k > 0 {
				step = max(0.1-b[k], step)
			}
			b[k] += step
			largest = max(largest, math.Abs(step))
		}
		if largest < 1e-7 {
			break
		}
	}
	// b[0] + b[k]·x is 0 at −b[0]/b[k]; left and right of it one slope each.
	k := 1
	if b[0] < 0 {
		k = 2
	}
	return scale{zero: -b[0] / b[k], below: b[1], above: b[2]}
}
