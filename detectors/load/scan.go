package load

import (
	"math"
	"slices"

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
	square   []float64 // ±t², without a root to be drawn at every hour; 0 where nothing is known
	least    float64   // den at or below it says nothing
	up, down []peak    // of each day of 24 hours from the begin of the series

	// The largest steps down, at least apart from each other: of all, and of those
	// that lasted, i.e. no step up of 0.7 times their size came in the five weeks
	// before or after, as at the ends of a holiday.
	worst, lasting [ranks]peak
	largest        []upBits // of the largest step up within five weeks of a day, but not on it

	fromBegin, toEnd []upBits // scratch: of the largest step up from the begin, and to the end, of a block of days
	left             []upBits // scratch: of the steps up that are not taken
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

// upBits are the bits of the t of a step up. They are in the order of t, which is not
// negative, and the larger of two is found without a branch.
type upBits int64

func (p peak) bits() upBits { return upBits(math.Float64bits(p.t)) }

// answer returns u(t) + Σ c(k)·u(t + lag k): what an hour of load does to the
// hours after it, weighted. u is filled with the weighted innovations.
func (w *whitener) answer(out []float64) []float64 {
	n := len(w.inn)
	w.u = resize(w.u, n)
	floats.MulTo(w.u, w.inn, w.weight)
	out = resize(out, n)
	copy(out, w.u)
	for k, l := range nearLags {
		if k > 0 && l < n {
			floats.AddScaled(out[:n-l], -w.phi[k-1], w.u[l:])
		}
	}
	return out
}

// A running is the fit of one calendar's step as it moves along the series.
type running struct {
	num, den float64
	steady   [24]float64
	partial  [24][near]float64
	daily    [24]bool

	// The same by hour of a day of the series, for days without a change of the clock.
	enters, entersSq, leaves [24]float64
	leavesSq                 [near][24]float64
}

// turn sets the templates of a day that begins at a local hour.
func (r *running) turn(hour int) {
	for j := range 24 {
		h := (hour + j) % 24
		r.enters[j], r.entersSq[j], r.leaves[j] = r.steady[h], r.steady[h]*r.steady[h], 0
		for k := range r.leavesSq {
			r.leavesSq[k][j] = 0
		}
		if r.daily[h] {
			r.leaves[j] = 1
			for k := range r.leavesSq {
				r.leavesSq[k][j] = r.partial[h][k]
			}
		}
	}
}

// fit fits the edges of each calendar.
func (s *Scanner) fit(win *Window, w *whitener, duties []Duty) {
	n := len(win.KW)
	s.answer = w.answer(s.answer)
	s.changes = clockChanges(s.changes[:0], win.Clock)
	least := 0.01 * floats.Sum(w.weight) / float64(n) // below it nothing but rounding is left of den
	for i := range duties {
		g, r := &s.edges[i], &s.running
		g.num, g.den, g.square, g.least = resize(g.num, n), resize(g.den, n), resize(g.square, n), least
		*r = running{daily: duties[i].daily}
		r.steady, r.partial = w.templates(&duties[i])
		r.begin(win, w)
		days := (n + 23) / 24
		g.up, g.down = resize(g.up, days), resize(g.down, days)
		changes, turned := s.changes, -1
		for d := range days {
			t := d * 24
			for len(changes) > 0 && changes[0] <= t {
				changes = changes[1:]
			}
			if t+24+edgeHours > n || len(changes) > 0 && changes[0] < t+24+edgeHours {
				r.slowDay(win, w, g, s.answer, t)
				g.peak(d)
				continue
			}
			if hour := int(win.Clock[t]) % 24; hour != turned {
				turned = hour
				r.turn(hour)
			}
			r.day(w, g, s.answer, d)
		}
		g.rank()
	}
}

// begin puts the step at hour 0: its first day is not whole, and is never a candidate.
func (r *running) begin(win *Window, w *whitener) {
	for i := range min(len(win.KW), edgeHours) {
		x := r.steady[win.Clock[i]%24]
		r.num += w.u[i] * x
		r.den += w.weight[i] * x * x
	}
}

// clockChanges returns the hours before which the clock was put forward or back.
func clockChanges(changes []int, clock []uint8) []int {
	for i := 1; i < len(clock); i++ {
		if clock[i] != clock[i-1]+1 && (clock[i] != 0 || clock[i-1] != 167) {
			changes = append(changes, i)
		}
	}
	return changes
}

// day moves the step over a day of the series after which edgeHours more are
// known and the clock is not changed.
func (r *running) day(w *whitener, g *edges, answer []float64, d int) {
	const span = 24 + edgeHours
	t := d * 24
	weight, u, leaving := (*[span]float64)(w.weight[t:]), (*[span]float64)(w.u[t:]), (*[24]float64)(answer[t:])
	nums, dens, squares := (*[24]float64)(g.num[t:]), (*[24]float64)(g.den[t:]), (*[24]float64)(g.square[t:])
	num, den, least := r.num, r.den, g.least
	for j := range 24 {
		nums[j], dens[j] = num, den
		square := 0.0
		if den > least {
			square = num * math.Abs(num) / den
		}
		squares[j] = square
		num += u[j+edgeHours]*r.enters[j] - leaving[j]*r.leaves[j]
		den += weight[j+edgeHours]*r.entersSq[j] -
			((weight[j]*r.leavesSq[0][j] + weight[j+1]*r.leavesSq[1][j]) + (weight[j+2]*r.leavesSq[2][j] +
				weight[j+24]*r.leavesSq[3][j]) + weight[j+25]*r.leavesSq[4][j]) // nearLags, written out: no bounds are checked
	}
	r.num, r.den = num, den
	g.peak(d)
}

// slowDay moves the step over any day.
func (r *running) slowDay(win *Window, w *whitener, g *edges, answer []float64, from int) {
	n := len(win.KW)
	for t := from; t < min(n, from+24); t++ {
		hour := win.Clock[t] % 24
		g.num[t], g.den[t], g.square[t] = r.num, r.den, 0
		if r.den > g.least {
			g.square[t] = r.num * math.Abs(r.num) / r.den
		}
		if r.daily[hour] {
			r.num -= answer[t]
			for k, l := range nearLags {
				if j := t + l; j < n {
					r.den -= w.weight[j] * r.partial[hour][k]
				}
			}
		}
		if end := t + edgeHours; end < n {
			x := r.steady[win.Clock[end]%24]
			r.num += w.u[end] * x
			r.den += w.weight[end] * x * x
		}
	}
}

// t returns the t statistic of a step at an hour, 0 where nothing is known.
func (g *edges) t(at int) float64 {
	if g.den[at] > g.least {
		return g.num[at] / math.Sqrt(g.den[at])
	}
	return 0
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

// peak fills up and down of a day.
func (g *edges) peak(d int) {
	g.up[d], g.down[d] = peak{0, -1}, peak{0, -1}
	from, to := max(maxLag, d*24), min(len(g.square), (d+1)*24)
	if from >= to {
		return
	}
	// The bits of positive numbers are in the order of the numbers, and those of
	// negative ones are below them: whole numbers are compared without a branch.
	const sign = math.MinInt64
	squares := g.square[from:to]
	up, down := int64(0), int64(0)
	for _, square := range squares {
		bits := int64(math.Float64bits(square))
		up, down = max(up, bits), max(down, bits^sign)
	}
	if up > 0 {
		at := from + slices.Index(squares, math.Float64frombits(uint64(up)))
		g.up[d] = peak{g.t(at), at}
	}
	if down > 0 {
		at := from + slices.Index(squares, -math.Float64frombits(uint64(down)))
		g.down[d] = peak{-g.t(at), at}
	}
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
	g.around()
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
	pick(&g.lasting, func(day int) bool { return math.Float64frombits(uint64(g.largest[day])) < 0.7*g.down[day].t })
}

// around fills largest: the largest of any window is that of the end of one block of
// the window's length and the begin of the next (van Herk 1992).
func (g *edges) around() {
	n := len(g.up)
	g.largest, g.fromBegin, g.toEnd = resize(g.largest, n), resize(g.fromBegin, n), resize(g.toEnd, n)
	for from := 0; from < n; from += holidayDays {
		to := min(n, from+holidayDays)
		most := upBits(0)
		for d := from; d < to; d++ {
			most = max(most, g.up[d].bits())
			g.fromBegin[d] = most
		}
		most = 0
		for d := to - 1; d >= from; d-- {
			most = max(most, g.up[d].bits())
			g.toEnd[d] = most
		}
	}
	for d := range g.largest {
		most := upBits(0)
		if d > 0 {
			most = g.fromBegin[d-1]
		}
		if d >= holidayDays {
			most = max(most, g.toEnd[d-holidayDays])
		}
		if d+1 < n {
			most = max(most, g.toEnd[d+1])
		}
		if last := min(n-1, d+holidayDays); last/holidayDays > (d+1)/holidayDays {
			most = max(most, g.fromBegin[last])
		}
		g.largest[d] = most
	}
}

// tops appends the hours with the largest t of a step up, n at most and a week
// apart.
func (g *edges) tops(onsets []int, n int) []int {
	g.left = resize(g.left, len(g.up))
	for d, p := range g.up {
		g.left[d] = p.bits()
	}
	for range n {
		most := upBits(0)
		for _, t := range g.left {
			most = max(most, t)
		}
		if most == 0 {
			break
		}
		best := slices.Index(g.left, most)
		onsets = append(onsets, g.up[best].at)
		clear(g.left[max(0, best-6):min(len(g.up), best+7)])
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
		// Bits without the sign are in the order of the sizes.
		const size = math.MaxInt64
		squares := g.square[i:min(to, i+apart)]
		most := int64(0)
		for _, square := range squares {
			most = max(most, int64(math.Float64bits(square))&size)
		}
		i += apart
		if math.Float64frombits(uint64(most)) < least*least*(1-1e-9) { // most of the time
			continue
		}
		at := i - apart + slices.IndexFunc(squares, func(square float64) bool { return int64(math.Float64bits(square))&size == most })
		if math.Abs(g.t(at)) < least {
			continue
		}
		kw += g.power(at)
		i = at + apart
	}
	return kw
}
