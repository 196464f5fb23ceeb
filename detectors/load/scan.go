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

	// The largest steps down, at least apart from each other: of all, and of those
	// that lasted, i.e. no step up of 0.7 times their size came in the five weeks
	// before or after, as at the ends of a holiday.
	worst, lasting [ranks]peak
	largest        []float64 // scratch: t of the largest step up within five weeks of a day, but not on it
	queue          []int
	taken          []bool
}

const (
	// apart is the least distance in hours of two steps that are told apart.
	apart = 48
	// ranks is how many of the largest steps down are kept: three may lie near the
	// end of a block, which is no counter-evidence.
	ranks = 4
	// holidayDays is how far a step up may lie from the step down that it undoes.
	holidayDays = 35
)

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
	g.rank()
}

// power returns the power of a step at hour t by its edge.
func (g *edges) power(t int) float64 { return g.num[t] / g.den[t] }

// counters returns the largest t of a step down that is not near end, and the
// largest of those that lasted.
func (g *edges) counters(end int) (worst, lasting float64) {
	first := func(list *[ranks]peak) float64 {
		for _, p := range list {
			if abs(p.at-end) >= apart {
				return p.t
			}
		}
		return 0
	}
	return first(&g.worst), first(&g.lasting)
}

// rank fills worst and lasting.
func (g *edges) rank() {
	n := len(g.up)
	g.largest = resize(g.largest, n)
	clear(g.largest)
	g.within(0, 1)
	g.within(n-1, -1)
	pick := func(list *[ranks]peak, ok func(day int) bool) {
		for k := range list {
			list[k] = peak{0, -2 * apart}
		days:
			for day, p := range g.down {
				if p.t <= list[k].t || !ok(day) {
					continue
				}
				for _, o := range list[:k] {
					if abs(o.at-p.at) < apart {
						continue days
					}
				}
				list[k] = p
			}
		}
	}
	pick(&g.worst, func(int) bool { return true })
	pick(&g.lasting, func(day int) bool { return g.largest[day] < 0.7*g.down[day].t })
}

// within raises largest by the largest step up of the holidayDays that a walk from
// a day in steps of ±1 has just passed.
func (g *edges) within(from, step int) {
	g.queue = g.queue[:0] // days whose steps up fall in size
	head := 0
	for d := from; d >= 0 && d < len(g.up); d += step {
		for head < len(g.queue) && abs(g.queue[head]-d) > holidayDays {
			head++
		}
		if head < len(g.queue) {
			g.largest[d] = max(g.largest[d], g.up[g.queue[head]].t)
		}
		for len(g.queue) > head && g.up[g.queue[len(g.queue)-1]].t <= g.up[d].t {
			g.queue = g.queue[:len(g.queue)-1]
		}
		g.queue = append(g.queue, d)
	}
}

// tops appends the hours with the largest t of a step up, n at most and a week
// apart.
func (g *edges) tops(onsets []int, n int) []int {
	g.taken = resize(g.taken, len(g.up))
	clear(g.taken)
	for range n {
		best := -1
		for d, p := range g.up {
			if !g.taken[d] && p.t > 0 && (best < 0 || p.t > g.up[best].t) {
				best = d
			}
		}
		if best < 0 {
			break
		}
		onsets = append(onsets, g.up[best].at)
		for d := max(0, best-6); d < min(len(g.up), best+7); d++ {
			g.taken[d] = true
		}
	}
	return onsets
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
	const least = 4
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
