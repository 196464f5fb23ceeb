package load

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// edgeHours is how far an edge is followed: a week. Later the filter leaves
// nearly nothing of a step, and what it leaves cannot be told from drift.
const edgeHours = 7 * 24

// near is how many of the filter's lags lie within edgeHours, with the hour
// itself as lag 0.
const near = 5

var nearLags = [near]int{0, 1, 2, 24, 25}

// edges holds, for one duty calendar, the generalised least-squares fit of a
// step that begins at each hour: for a step of power h at hour t the whitened
// series is h·x(t) plus innovations, so that h = num/den and its t statistic is
// num/√den. x is followed for edgeHours. When the step moves by an hour, one hour
// enters x at its end and the filter's answer to one hour leaves, so all hours
// cost O(n).
type edges struct {
	num, den []float64
	t        []float64 // num/√den; 0 where nothing is known
	up, down []peak    // of each day of 24 hours from the begin of the series
}

// A peak is the largest t of a day, of steps up or of steps down, and its hour.
type peak struct {
	t  float64
	at int
}

// answer returns u(t) + Σ c(k)·u(t + lag k): what an hour of load does to the
// hours after it, weighted.
func (w *whitener) answer(out []float64) []float64 {
	n := len(w.inn)
	out = resize(out, n)
	for i := range out {
		out[i] = w.inn[i] * w.weight[i]
	}
	// Later hours are read before they are overwritten.
	for i := range out {
		v := out[i]
		for k := 1; k < near; k++ {
			if j := i + nearLags[k]; j < n {
				v -= w.phi[k-1] * out[j]
			}
		}
		out[i] = v
	}
	return out
}

func (g *edges) fit(win *Window, w *whitener, answer []float64, d *Duty) {
	n := len(win.KW)
	g.num, g.den, g.t = resize(g.num, n), resize(g.den, n), resize(g.t, n)
	steady, partial := w.templates(d)
	least := 0.01 * floats.Sum(w.weight) / float64(n) // below it nothing but rounding is left of den
	num, den := 0.0, 0.0
	for i := range min(n, edgeHours) { // a step at hour 0: its first day is not whole, and is never a candidate
		g.t[i] = 0
		x := steady[win.Clock[i]%24]
		num += w.inn[i] * w.weight[i] * x
		den += w.weight[i] * x * x
	}
	for t := range n {
		g.num[t], g.den[t], g.t[t] = num, max(den, 0), 0
		if den > least {
			g.t[t] = num / math.Sqrt(den)
		}
		hour := win.Clock[t] % 24
		if d.daily[hour] {
			num -= answer[t]
			for k, l := range nearLags {
				if j := t + l; j < n {
					den -= w.weight[j] * partial[hour][k]
				}
			}
		}
		if end := t + edgeHours; end < n {
			x := steady[win.Clock[end]%24]
			num += w.inn[end] * w.weight[end] * x
			den += w.weight[end] * x * x
		}
	}
	g.peaks()
}

// templates returns, by hour of the day, the whitened step long after its begin,
// and what leaves its square when a step begins an hour later: at each of
// nearLags x² − (x − c)², x being what the hours from the begin on add up to.
func (w *whitener) templates(d *Duty) (steady [24]float64, partial [24][near]float64) {
	c := [near]float64{1}
	for k := 1; k < near; k++ {
		c[k] = -w.phi[k-1]
	}
	on := func(h int) float64 {
		if d.daily[((h%24)+24)%24] {
			return 1
		}
		return 0
	}
	for h := range 24 {
		for k, l := range nearLags {
			steady[h] += c[k] * on(h-l)
		}
		for k, l := range nearLags { // at hour h+l of a step that begins at h
			x := 0.0
			for j, m := range nearLags {
				if m <= l {
					x += c[j] * on(h+l-m)
				}
			}
			partial[h][k] = 2*c[k]*x - c[k]*c[k]
		}
	}
	return steady, partial
}

func (g *edges) peaks() {
	days := (len(g.t) + 23) / 24
	g.up, g.down = resize(g.up, days), resize(g.down, days)
	for d := range days {
		up, down := peak{0, -1}, peak{0, -1}
		for i := max(maxLag, d*24); i < min(len(g.t), (d+1)*24); i++ {
			if t := g.t[i]; t > up.t {
				up = peak{t, i}
			} else if -t > down.t {
				down = peak{-t, i}
			}
		}
		g.up[d], g.down[d] = up, down
	}
}

// power returns the power of a step at hour t by its edge.
func (g *edges) power(t int) float64 { return g.num[t] / g.den[t] }

// counters returns the largest t of a step down that is not within two days of
// end, and the largest of those that stayed: no step up of 0.7 times its size
// came in the five weeks before or after, as at the ends of a holiday.
func (g *edges) counters(end int) (any, lasting float64) {
	for day, p := range g.down {
		if abs(p.at-end) < 48 || p.t <= lasting {
			continue
		}
		any = max(any, p.t)
		if !g.returns(g.up, day, p.t) {
			lasting = p.t
		}
	}
	for _, p := range g.down {
		if abs(p.at-end) >= 48 {
			any = max(any, p.t)
		}
	}
	return any, lasting
}

// returns reports whether peaks hold one of 0.7 t or more within five weeks of a day.
func (g *edges) returns(peaks []peak, day int, t float64) bool {
	for d := max(0, day-35); d < min(len(peaks), day+36); d++ {
		if d != day && peaks[d].t >= 0.7*t {
			return true
		}
	}
	return false
}

// yearAgo returns the largest t of a step up within four days of the same day
// of the week a year before or after; 0 if neither year is in the series.
func (g *edges) yearAgo(t int) float64 {
	most := 0.0
	for _, year := range [...]int{-52 * 7, 52 * 7} {
		for d := t/24 + year - 4; d <= t/24+year+4; d++ {
			if d >= 0 && d < len(g.up) {
				most = max(most, g.up[d].t)
			}
		}
	}
	return most
}

// climb adds up the clear steps up and down in [from, to), at least two days
// apart: the power of a ramp by its edges.
func (g *edges) climb(from, to int) float64 {
	const least, apart = 4, 48
	kw := 0.0
	for i := from; i < to; {
		at := i
		for j := i; j < min(to, i+apart); j++ {
			if math.Abs(g.t[j]) > math.Abs(g.t[at]) {
				at = j
			}
		}
		if math.Abs(g.t[at]) < least {
			i += apart
			continue
		}
		kw += g.power(at)
		i = at + apart
	}
	return kw
}
