package calibrate

import (
	"math"
	"slices"

	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/stat"
)

const (
	terms = len(load.FeatureNames)
	// knots of a shape function, at quantiles of its feature among the cases.
	knots = 6
	// ridge keeps the rises of a shape function small, and those of nearly
	// redundant features alike.
	ridge = 1
	// mostWorth bounds the rise of a whole shape function: no feature alone may
	// decide, since another kind of mine may lack it.
	mostWorth = 3
	// lookalikeShare is the weight of all look-alikes, by that of all clean meters.
	lookalikeShare = 0.5
	// rounds of choosing the best candidate of each window and fitting again.
	rounds = 3
)

// A Verdict is what a model says of a case: its best candidate.
type Verdict struct {
	LogLR float64
	Look  *Look // nil without candidates
}

// Judge returns the best candidate of a case by a model.
func Judge(m *load.Model, c *Case) Verdict {
	v := Verdict{LogLR: math.Inf(-1)}
	for i := range c.Looks {
		if z := m.LogLR(c.Looks[i].X); z > v.LogLR {
			v = Verdict{z, &c.Looks[i]}
		}
	}
	if v.Look == nil {
		v.LogLR = -20
	}
	return v
}

// first is the model that chooses the first candidates: the edge against the
// site's own worst, the level, and whether it held.
func first() *load.Model {
	m := &load.Model{}
	for i, name := range load.FeatureNames {
		if slices.Contains([]string{"edge", "edge_over_lasting", "level", "agreement", "held"}, name) {
			m.Shapes[i] = load.Shape1{At: []float64{-5, 5}, LogLR: []float64{-5, 5}}
		}
	}
	return m
}

// Fit fits the model to the cases that keep selects. Mines weigh as much as
// meters without one, so that the fitted log-odds are a log-likelihood ratio.
// The order of the cases does not matter but for rounding.
func Fit(cases []Case, keep func(*Case) bool) *load.Model {
	m := first()
	var d design
	for range rounds {
		d.x, d.y, d.kind = d.x[:0], d.y[:0], d.kind[:0]
		for i := range cases {
			c := &cases[i]
			if !keep(c) {
				continue
			}
			if v := Judge(m, c); v.Look != nil {
				d.add(c, &v.Look.X)
			}
		}
		d.balance()
		m = d.fit()
	}
	return m
}

// A design holds the rows of a regression.
type design struct {
	x    [][terms]float64
	y    []float64 // 1 for a mine
	w    []float64
	kind []int // 0 clean, 1 look-alike, 2 mine

	at        *load.Model // knots, those of the first round
	intercept float64
	rise      []float64 // between knots; where the next round begins
}

func (d *design) add(c *Case, x *[terms]float64) {
	kind, y := 0, 0.0
	switch {
	case c.Mine():
		kind, y = 2, 1
	case !c.Clean():
		kind = 1
	}
	d.x, d.y, d.kind = append(d.x, *x), append(d.y, y), append(d.kind, kind)
}

// balance sets the weights: all meters without a mine weigh as much as they are
// many, or look-alikes lookalikeShare of the clean ones; mines as much.
func (d *design) balance() {
	var n [3]float64
	for _, k := range d.kind {
		n[k]++
	}
	alike := 0.0
	if n[1] > 0 {
		alike = n[0] * lookalikeShare
	}
	total := [3]float64{n[0], alike, n[0] + alike}
	d.w = make([]float64, len(d.y))
	for i, k := range d.kind {
		d.w[i] = total[k] / n[k]
	}
}

// fit minimises the logistic loss plus ridge/2 × Σ rise² by coordinate descent
// on Newton's quadratic approximation, every rise being held at or above 0
// and those of a feature at mostWorth together (Friedman, Hastie and Tibshirani
// 2010). Rises are those between knots.
func (d *design) fit() *load.Model {
	n := len(d.y)
	if d.at == nil {
		d.at = d.knots()
	}
	m := d.at
	var basis [][]float64 // by rise: how far each case has come from a knot to the next, 0 to 1
	var of []int          // by rise: its feature
	for t := range m.Shapes {
		at := m.Shapes[t].At
		for k := 1; k < len(at); k++ {
			col := make([]float64, n)
			for i := range col {
				col[i] = max(0, min(1, (d.x[i][t]-at[k-1])/(at[k]-at[k-1])))
			}
			basis, of = append(basis, col), append(of, t)
		}
	}
	if d.rise == nil {
		d.rise = make([]float64, len(basis))
	}
	rise := d.rise
	var worth [terms]float64 // by feature: the sum of its rises
	for k, v := range rise {
		worth[of[k]] += v
	}
	z, g, h := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range z {
		z[i] = d.intercept
		for k, col := range basis {
			z[i] += rise[k] * col[i]
		}
	}
	for range 15 {
		for i := range z {
			p := 1 / (1 + math.Exp(-z[i]))
			h[i] = max(d.w[i]*p*(1-p), 1e-6)
			g[i] = d.w[i] * (d.y[i] - p) // working residual × h, kept up to date below
		}
		largest := 0.0
		for range 5 {
			sg, sh := 0.0, 0.0
			for i := range g {
				sg, sh = sg+g[i], sh+h[i]
			}
			step := sg / sh
			d.intercept += step
			for i := range g {
				g[i] -= step * h[i]
				z[i] += step
			}
			for k, col := range basis {
				sg, sh = -ridge*rise[k], ridge
				for i, b := range col {
					if b != 0 {
						sg, sh = sg+b*g[i], sh+b*b*h[i]
					}
				}
				t := of[k]
				to := max(0, min(rise[k]+sg/sh, rise[k]+mostWorth-worth[t]))
				step := to - rise[k]
				worth[t] += step
				if step == 0 {
					continue
				}
				rise[k] = to
				largest = max(largest, math.Abs(step))
				for i, b := range col {
					if b != 0 {
						g[i] -= step * b * h[i]
						z[i] += step * b
					}
				}
			}
		}
		if largest < 2e-3 {
			break
		}
	}
	return fill(m, d.intercept, rise)
}

// knots places the knots of each feature at quantiles of its values.
func (d *design) knots() *load.Model {
	m := &load.Model{}
	col := make([]float64, len(d.x))
	for t := range m.Shapes {
		for i := range col {
			col[i] = d.x[i][t]
		}
		slices.Sort(col)
		var at []float64
		for k := range knots {
			q := 0.03 + 0.94*float64(k)/(knots-1)
			at = append(at, math.Round(stat.Quantile(col, q)*1e4)/1e4)
		}
		at = slices.Compact(at)
		if len(at) == 1 { // one value for all but a few
			at = append(at, at[0]+0.0001)
			if hi := col[len(col)-1]; hi > at[1] {
				at[1] = hi
			}
		}
		m.Shapes[t].At = at
	}
	return m
}

// fill adds the rises up; the intercept is that of a case at all first knots.
func fill(at *load.Model, intercept float64, rise []float64) *load.Model {
	m := &load.Model{Intercept: intercept}
	for t := range m.Shapes {
		s := &m.Shapes[t]
		s.At = at.Shapes[t].At
		s.LogLR = make([]float64, len(s.At))
		for k := 1; k < len(s.At); k++ {
			s.LogLR[k] = s.LogLR[k-1] + rise[0]
			rise = rise[1:]
		}
	}
	return m
}
