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
// cost O(n). Where weights repeat by the week, so does den, and only num moves.
type edges struct {
	num   []float64
	den   []float64   // on days that are not regular
	days  []edgeDay   // of 24 hours from the begin of the series
	least float64     // den at or below it says nothing
	up    []squareBit // largest ±t² of a step up of each day
	down  []squareBit // and of a step down

	// den by hour of the week, its first day once more behind it, and one over it, where
	// all hours are known and of scale 1; the least of den.
	weekly, inverse [weekAndDay]float64
	leastWeekly     float64
	leastDen        float64 // that den is below nowhere; 0 if hours are unknown or the clock is changed

	// The largest steps down, at least apart from each other: of all, and of those
	// that lasted, i.e. no step up of 0.7 times their size came in the five weeks
	// before or after, as at the ends of a holiday.
	worst, lasting [ranks]peak
	largest        []squareBit // of the largest step up within five weeks of a day, but not on it

	fromBegin, toEnd []squareBit // scratch: of the largest step up from the begin, and to the end, of a block of days
	lasted           []squareBit // scratch: of the steps down that lasted
	left             ranking     // scratch: of the steps that are not taken
}

const (
	// apart is the least distance in hours of two steps that are told apart.
	apart = 48
	// ranks is how many of the largest steps down are kept: three may lie near the
	// end of a block, which is no counter-evidence.
	ranks = 4
	// holidayDays is how far a step up may lie from the step down that it undoes.
	holidayDays = 35
	// weekAndDay is a week with its first day once more behind it.
	weekAndDay = 7*24 + 24
)

// An edgeDay tells of a day whether den at its hours is that of the hour of the week:
// the clock is not changed, all hours are known, and weights are of one part of the
// year, until edgeHours after it. scale is then what weights are multiplied by in
// that part, else 0.
type edgeDay struct {
	scale, unscale float64
	first          uint8 // hour of the week of its first hour
}

// A peak is a step up, or a step down, with its t without sign, and its hour; -1 if
// there is none.
type peak struct {
	t  float64
	at int
}

// squareBit are the bits of the t² of a step, 0 if there is none. They are in the order
// of t, which is not negative, and the larger of two is found without a branch.
type squareBit int64

func (b squareBit) square() float64 { return math.Float64frombits(uint64(b)) }

func (b squareBit) t() float64 { return math.Sqrt(b.square()) }

// answer returns u(t) + Σ c(k)·u(t + lag k): what an hour of load does to the
// hours after it, weighted.
func (w *whitener) answer(out []float64) []float64 {
	n := len(w.inn)
	out = resize(out, n)
	for from := 0; from < n; from += part {
		to := min(n, from+part)
		copy(out[from:to], w.u[from:to])
		for k, l := range nearLags[1:] {
			if end := min(to, n-l); from < end {
				floats.AddScaled(out[from:end], -w.phi[k], w.u[from+l:end+l])
			}
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
	s.regular(win, w)
	least := 0.01 * floats.Sum(w.weight) / float64(n) // below it nothing but rounding is left of den
	for i := range duties {
		g, r := &s.edges[i], &s.running
		days := len(s.edgeDays)
		g.num, g.den, g.least, g.days = resize(g.num, n), resize(g.den, n), least, s.edgeDays
		g.up, g.down = resize(g.up, days), resize(g.down, days)
		*r = running{daily: duties[i].daily}
		r.steady, r.partial = w.templates(&duties[i])
		r.week(w, g)
		if g.leastDen = 0; w.whole && len(s.changes) == 0 {
			g.leastDen = g.leastWeekly * slices.Min(w.parts)
		}
		r.begin(win, w)
		changes, turned := s.changes, -1
		for d := 0; d < days; d++ {
			t := d * 24
			for len(changes) > 0 && changes[0] <= t {
				changes = changes[1:]
			}
			slow := t+24+edgeHours > n || len(changes) > 0 && changes[0] < t+24+edgeHours
			if hour := int(win.Clock[t]) % 24; hour != turned && !slow {
				turned = hour
				r.turn(hour)
			}
			switch {
			case slow:
				r.slowDay(win, w, g, s.answer, t)
				g.peak(d)
			case g.regular(d):
				d = r.regularDays(w, g, s.answer, d) - 1
			default:
				r.day(w, g, s.answer, d)
			}
		}
		g.rank()
	}
}

// regular fills edgeDays.
func (s *Scanner) regular(win *Window, w *whitener) {
	n := len(win.KW)
	s.edgeDays = resize(s.edgeDays, (n+23)/24)
	changes := s.changes
	for d := range s.edgeDays {
		t := d * 24
		for len(changes) > 0 && changes[0] <= t {
			changes = changes[1:]
		}
		end, part := t+24+edgeHours, t/seasonHours
		day := edgeDay{first: win.Clock[t]}
		if end <= n && (len(changes) == 0 || changes[0] >= end) && (end-1)/seasonHours == part && w.known(t, end) == end-t {
			day.scale, day.unscale = w.parts[part], 1/w.parts[part]
		}
		s.edgeDays[d] = day
	}
}

// regular reports whether den of a day is that of the hours of the week.
func (g *edges) regular(day int) bool { return g.days[day].scale*g.leastWeekly > g.least }

// week fills what repeats by the week.
func (r *running) week(w *whitener, g *edges) {
	const week = 7 * 24
	var c [near]float64
	c[0] = 1
	for k := 1; k < near; k++ {
		c[k] = -w.phi[k-1]
	}
	den := 0.0
	for h := range edgeHours { // of a step that begins at hour 0
		x := r.steady[h%24]
		if h < nearLags[near-1] { // not all of it has come
			x = 0
			for k, l := range nearLags {
				if h >= l && r.daily[(h-l+24)%24] {
					x += c[k]
				}
			}
		}
		den += w.unit[h%week] * x * x
	}
	least := math.Inf(1)
	for h := range week {
		g.weekly[h], g.inverse[h] = den, 1/den
		least = min(least, den)
		if r.daily[h%24] {
			for k, l := range nearLags {
				den -= w.unit[(h+l)%week] * r.partial[h%24][k]
			}
		}
		x := r.steady[(h+edgeHours)%24]
		den += w.unit[(h+edgeHours)%week] * x * x
	}
	copy(g.weekly[week:], g.weekly[:])
	copy(g.inverse[week:], g.inverse[:])
	g.leastWeekly = least
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
	for from := 0; from < len(clock); from += 24 {
		to := min(len(clock), from+25) // with the first of the next day
		if usualHours(clock[from:to]) {
			continue
		}
		for i := from + 1; i < to; i++ {
			if clock[i] != (clock[i-1]+1)%168 {
				changes = append(changes, i)
			}
		}
	}
	return changes
}

// usualHours reports whether hours of at most two days are those of a clock that is not changed
// twice within them: the first and the last tell.
func usualHours(clock []uint8) bool {
	return (int(clock[0])+len(clock)-1)%168 == int(clock[len(clock)-1])
}

// day moves the step over a day of the series after which edgeHours more are
// known and the clock is not changed, and finds its peaks.
func (r *running) day(w *whitener, g *edges, answer []float64, d int) {
	const span = 24 + edgeHours
	t := d * 24
	weight, u, leaving := (*[span]float64)(w.weight[t:]), (*[span]float64)(w.u[t:]), (*[24]float64)(answer[t:])
	nums, dens := (*[24]float64)(g.num[t:]), (*[24]float64)(g.den[t:])
	num, den := r.num, r.den
	up, down := int64(0), int64(0)
	for j := range 24 {
		nums[j], dens[j] = num, den
		if den > g.least {
			bits := int64(math.Float64bits(num * math.Abs(num) / den))
			up, down = max(up, bits), max(down, bits^math.MinInt64)
		}
		num += u[j+edgeHours]*r.enters[j] - leaving[j]*r.leaves[j]
		den += weight[j+edgeHours]*r.entersSq[j] -
			((weight[j]*r.leavesSq[0][j] + weight[j+1]*r.leavesSq[1][j]) + (weight[j+2]*r.leavesSq[2][j] +
				weight[j+24]*r.leavesSq[3][j]) + weight[j+25]*r.leavesSq[4][j]) // nearLags, written out: no bounds are checked
	}
	r.num, r.den = num, den
	if g.up[d], g.down[d] = squareBit(up), squareBit(down); t < maxLag {
		g.peak(d)
	}
}

// regularDays moves the step over a regular day and those after it without a change of the clock,
// finds their peaks, and returns the day after them.
func (r *running) regularDays(w *whitener, g *edges, answer []float64, from int) (to int) {
	for to = from + 1; to < len(g.days) && g.regular(to) && g.days[to].first == (g.days[to-1].first+24)%(7*24); {
		to++
	}
	over := slide{
		entering: w.u[from*24+edgeHours : to*24+edgeHours], leaving: answer[from*24 : to*24],
		enters: &r.enters, leaves: &r.leaves,
		inverse: &g.inverse, first: int(g.days[from].first),
	}
	up, down := g.up[from:to], g.down[from:to]
	r.num = over.over(g.num[from*24:to*24], up, down, r.num)
	for i, day := range g.days[from:to] {
		up[i], down[i] = bitOf(up[i].square()*day.unscale), bitOf(-down[i].square()*day.unscale)
	}
	last := &g.days[to-1]
	r.den = g.weekly[int(last.first)+24] * last.scale
	return to
}

// bitOf returns the bits of a t².
func bitOf(square float64) squareBit { return squareBit(math.Float64bits(max(0, square))) }

// slowDay moves the step over any day.
func (r *running) slowDay(win *Window, w *whitener, g *edges, answer []float64, from int) {
	n := len(win.KW)
	for t := from; t < min(n, from+24); t++ {
		hour := win.Clock[t] % 24
		g.num[t], g.den[t] = r.num, r.den
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
	if den := g.denAt(at); den > g.least {
		return g.num[at] / math.Sqrt(den)
	}
	return 0
}

// denAt returns den at an hour.
func (g *edges) denAt(at int) float64 {
	if d := at / 24; g.regular(d) {
		return g.weekly[int(g.days[d].first)+at%24] * g.days[d].scale
	}
	return g.den[at]
}

// square returns ±t² of a step at an hour, 0 where nothing is known.
func (g *edges) square(at int) float64 {
	d := at / 24
	switch num := g.num[at]; {
	case g.regular(d):
		return num * math.Abs(num) * g.inverse[int(g.days[d].first)+at%24] * g.days[d].unscale
	case g.den[at] > g.least:
		return num * math.Abs(num) / g.den[at]
	default:
		return 0
	}
}

// templates returns, by hour of the day, the whitened step long after its begin,
// and what leaves its square when a step begins an hour later: at each of
// nearLags x² − (x − c)², x being what the hours from the begin on add up to.
func (w *whitener) templates(d *Duty) (steady [24]float64, partial [24][near]float64) {
	c := [near]float64{1}
	for k := 1; k < near; k++ {
		c[k] = -w.phi[k-1]
	}
	const today = 48 // of reach
	for h := range 24 {
		for k, l := range nearLags {
			steady[h] += c[k] * d.reach[today+h-l]
		}
		for k, l := range nearLags { // at hour h+l of a step that begins at h
			x := 0.0
			for j, m := range nearLags[:k+1] {
				x += c[j] * d.reach[today+h+l-m]
			}
			partial[h][k] = 2*c[k]*x - c[k]*c[k]
		}
	}
	return steady, partial
}

// peak fills up and down of a day that is not regular. The first hours, which lack a week before them, have
// no peaks.
func (g *edges) peak(d int) {
	up, down := int64(0), int64(0)
	for at := max(maxLag, d*24); at < min(len(g.num), (d+1)*24); at++ {
		if num, den := g.num[at], g.den[at]; den > g.least {
			bits := int64(math.Float64bits(num * math.Abs(num) / den))
			up, down = max(up, bits), max(down, bits^math.MinInt64)
		}
	}
	g.up[d], g.down[d] = squareBit(up), squareBit(down)
}

// upAt returns the largest step up of a day.
func (g *edges) upAt(d int) peak { return g.find(d, g.up[d], 1) }

// downAt returns the largest step down of a day.
func (g *edges) downAt(d int) peak { return g.find(d, g.down[d], -1) }

// find returns the first step of a day whose t² with this sign is the largest, given by
// its bits, but for rounding: at hours outside a calendar steps are alike.
func (g *edges) find(d int, bits squareBit, sign float64) peak {
	if bits == 0 {
		return peak{0, -1}
	}
	at, least := max(maxLag, d*24), bits.square()*(1-1e-9)
	for sign*g.square(at) < least {
		at++
	}
	return peak{math.Abs(g.t(at)), at}
}

// power returns the power of a step at hour t by its edge.
func (g *edges) power(t int) float64 { return g.num[t] / g.denAt(t) }

// powerBelow reports whether the largest step down of a day is seen to be below a power
// without looking where it is: of the same t, steps of the least den have the most power.
func (g *edges) powerBelow(d int, kw float64) bool {
	return g.regular(d) && g.down[d].square() < kw*kw*g.leastWeekly*g.days[d].scale*(1-1e-9)
}

// leastStep returns what the largest step of a day must exceed to have a power, 0 if that is not
// known of all days alike.
func (g *edges) leastStep(kw float64) squareBit {
	return squareBit(math.Float64bits(kw * kw * g.leastDen * (1 - 1e-9)))
}

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
	g.left.fill(g.down)
	g.pick(&g.worst)
	g.lasted = resize(g.lasted, len(g.down))
	for d, bits := range g.down {
		if !(g.largest[d].square() < 0.7*0.7*bits.square()) {
			bits = 0
		}
		g.lasted[d] = bits
	}
	g.left.fill(g.lasted)
	g.pick(&g.lasting)
}

// pick fills a list with the largest steps down that are left, which are apart from each other.
func (g *edges) pick(list *[ranks]peak) {
	for k := range list {
		list[k] = peak{0, -2 * apart}
	next:
		for {
			day, ok := g.left.first()
			if !ok {
				break
			}
			g.left.drop(day, day+1)
			p := g.downAt(day)
			for _, o := range list[:k] {
				if abs(o.at-p.at) < apart {
					continue next
				}
			}
			list[k] = p
			break
		}
	}
}

// around fills largest: the largest of any window is that of the end of one block of
// the window's length and the begin of the next (van Herk 1992).
func (g *edges) around() {
	n := len(g.up)
	g.largest, g.fromBegin, g.toEnd = resize(g.largest, n), resize(g.fromBegin, n), resize(g.toEnd, n)
	for from := 0; from < n; from += holidayDays {
		to := min(n, from+holidayDays)
		most := squareBit(0)
		for d := from; d < to; d++ {
			most = max(most, g.up[d])
			g.fromBegin[d] = most
		}
		most = 0
		for d := to - 1; d >= from; d-- {
			most = max(most, g.up[d])
			g.toEnd[d] = most
		}
	}
	for d := range g.largest {
		most := squareBit(0)
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
	g.left.fill(g.up)
	for range n {
		best, ok := g.left.first()
		if !ok {
			break
		}
		onsets = append(onsets, g.upAt(best).at)
		g.left.drop(best-6, best+7)
	}
	return onsets
}

// topBetween returns the largest step up of the days [from, to).
func (g *edges) topBetween(from, to int) peak {
	best, most := -1, squareBit(0)
	for d := max(0, from); d < min(len(g.up), to); d++ {
		if g.up[d] > most {
			best, most = d, g.up[d]
		}
	}
	if best < 0 {
		return peak{0, -1}
	}
	return g.upAt(best)
}

// yearAgo returns the largest t of a step up within four days of the same day
// of the week a year before or after; 0 if neither year is in the series.
func (g *edges) yearAgo(t int) float64 {
	most := squareBit(0)
	for _, year := range [...]int{-52 * 7, 52 * 7} {
		for d := t/24 + year - 4; d <= t/24+year+4; d++ {
			if d >= 0 && d < len(g.up) {
				most = max(most, g.up[d])
			}
		}
	}
	return most.t()
}

// climb adds up the clear steps up and down in [from, to), at least two days
// apart: the power of a ramp by its edges.
func (g *edges) climb(from, to int) float64 {
	const least = 4
	kw := 0.0
	for i := from; i < to; {
		end := min(to, i+apart)
		first, last := i/24, (end-1)/24+1
		at, most := i, 0.0
		clearest := squareBit(0)
		for d, up := range g.up[first:last] {
			clearest = max(clearest, up, g.down[first+d])
		}
		if clearest.square() >= least*least*(1-1e-9) { // seldom
			for j := i; j < end; j++ {
				if square := math.Abs(g.square(j)); square > most {
					at, most = j, square
				}
			}
		}
		if most == 0 || math.Abs(g.t(at)) < least {
			i += apart
			continue
		}
		kw += g.power(at)
		i = at + apart
	}
	return kw
}
