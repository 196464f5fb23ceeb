package load

import (
	"math"
	"slices"

	"github.com/minewatch/minewatch/detectors/stat"
)

const (
	// levelDays is how many days before and after an onset are compared.
	levelDays = 28
	// yearDays is the distance of the day that tells the season: 52 whole weeks.
	yearDays = 364
	// cells are the hours of the day, on working days and on weekends.
	cells = 48
	// allCells is the side of all of them.
	allCells side = 1<<cells - 1
	// room is a power of two that holds the cells: indices that are cut to it need no check.
	room = 64
)

// days holds the load by local day and hour of the day, as running sums over
// working days and over weekends, so that the mean of any days at any hour takes
// two look-ups.
type days struct {
	n     int          // days, the first and last perhaps in part
	first int          // hour of the day of the first hour of the series
	sum   [2][]float64 // before each day of a class
	count [2][]int32
	of    [2][]int32 // days of the class before a day
	upTo  []float64  // of each day that is not odd: the energy in kWh before each of its hours, and of all
	odd   []bool     // of each day: whether an hour is unknown, or it has not all hours of a clock that is not changed

	means []cellMeans // of the levelDays from a day on
	known []bool      // which of them were made

	increases []increments          // of the window, as they were asked for
	found     [len(gaps)][3][]int32 // where they are, from 1, by gap, year and day
	levels    []float64
}

// cellMeans are mean powers in kW by hour of the day, on working days and on weekends.
type cellMeans [cells]float64

func (k *days) fill(w *Window) {
	k.n = 0
	habit := w.habit()
	if len(w.KW) == 0 {
		return
	}
	k.first = int(w.Clock[0]) % 24
	k.n = (len(w.KW)+k.first-1)/24 + 1
	k.means, k.known = resize(k.means, k.n), resize(k.known, k.n)
	clear(k.known)
	k.increases = k.increases[:0]
	for gap := range k.found {
		for year := range k.found[gap] {
			k.found[gap][year] = resize(k.found[gap][year], k.n)
			clear(k.found[gap][year])
		}
	}
	k.upTo, k.odd = resize(k.upTo, k.n*25), resize(k.odd, k.n)
	for c := range k.sum {
		k.sum[c], k.count[c] = resize(k.sum[c], (k.n+1)*24), resize(k.count[c], (k.n+1)*24)
		clear(k.sum[c][:24])
		clear(k.count[c][:24])
		k.of[c] = resize(k.of[c], k.n+1)
		k.of[c][0] = 0
	}
	for d := range k.n {
		from, to := max(0, d*24-k.first), min(len(w.KW), (d+1)*24-k.first)
		class := 0
		if habit[(from+to)/2] >= 5*24 {
			class = 1
		}
		row := int(k.of[class][d]) * 24
		for c := range k.of {
			k.of[c][d+1] = k.of[c][d]
		}
		k.of[class][d+1]++
		sum, count := k.sum[class][row:row+48], k.count[class][row:row+48]
		upTo := (*[25]float64)(k.upTo[d*25:])
		k.odd[d] = !usualDay(w.Clock[from:to]) ||
			!wholeDay((*[24]float64)(w.KW[from:]), (*[48]float64)(sum), (*[48]int32)(count), upTo)
		if k.odd[d] {
			anyDay(w.KW[from:to], w.Clock[from:to], sum, count)
		}
	}
}

// usualDay reports whether a day has all hours of a clock that is not changed.
func usualDay(clock []uint8) bool {
	return len(clock) == 24 && clock[0]%24 == 0 && usualHours(clock)
}

// wholeDay adds a day to the sums of the days before it, which stand before its own. It returns
// false, and is to be done otherwise, if an hour is unknown.
func wholeDay(kw *[24]float64, sum *[48]float64, count *[48]int32, upTo *[25]float64) bool {
	all := 0.0
	for h, v := range kw {
		upTo[h] = all
		all += v
		sum[24+h] = sum[h] + v
		count[24+h] = count[h] + 1
	}
	upTo[24] = all
	return !math.IsNaN(all)
}

// anyDay is wholeDay of any day; upTo is not filled.
func anyDay(kw []float64, clock []uint8, sum []float64, count []int32) {
	copy(sum[24:], sum[:24])
	copy(count[24:], count[:24])
	for i, v := range kw {
		if !math.IsNaN(v) {
			h := clock[i] % 24
			sum[24+h] += v
			count[24+h]++
		}
	}
}

// day returns the day that hour i of the series is in.
func (k *days) day(i int) int { return (i + k.first) / 24 }

// addMeans adds sign × the mean power of the days [from, to) to each cell: NaN
// where fewer than half of the days of its class are known.
func (k *days) addMeans(out *[cells]float64, from, to int, sign float64) {
	for c := range k.sum {
		least := (k.of[c][to] - k.of[c][from] + 1) / 2
		before, behind := int(k.of[c][from])*24, int(k.of[c][to])*24
		a, b := (*[24]float64)(k.sum[c][before:]), (*[24]float64)(k.sum[c][behind:])
		m, n := (*[24]int32)(k.count[c][before:]), (*[24]int32)(k.count[c][behind:])
		cell := out[c*24 : c*24+24]
		days, perDay := int32(0), math.NaN()
		for h := range cell {
			if known := n[h] - m[h]; known != days { // mostly all hours are known on as many days
				if days, perDay = known, math.NaN(); known >= max(1, least) {
					perDay = sign / float64(known)
				}
			}
			cell[h] += (b[h] - a[h]) * perDay
		}
	}
}

// mean returns the means of the levelDays from a day on, all within the series.
func (k *days) mean(from int) *cellMeans {
	m := &k.means[from]
	if !k.known[from] {
		k.known[from] = true
		*m = cellMeans{}
		k.addMeans((*[cells]float64)(m), from, from+levelDays, 1)
	}
	return m
}

// A change is what happened to the load at a day, by hour and class of day.
type change struct {
	on     float64 // median increment of the hours inside the calendar, kW
	off    float64 // of those outside; 0 round the clock
	spread float64 // MAD of the increments inside
}

// level is the increment that the calendar explains.
func (c change) level() float64 { return c.on - c.off }

// increments are the changes of the cells from the levelDays before a day to those after
// it, in kW; NaN where too little is known.
type increments struct {
	of     [cells]float64
	order  order
	ranked bool // order is filled, as all calendars take their medians from it
}

// increments returns the change from the levelDays before a day to those that begin
// after it and a gap of days, less the change of another year if year is not 0; nil
// where the days lie outside the series. It is valid until the next call.
func (k *days) increments(day, gap, year int) *increments {
	least, most := min(day, day+year), max(day, day+year)
	if least-levelDays < 0 || most+1+gap+levelDays > k.n {
		return nil
	}
	at := &k.found[min(gap, 1)][1+year/yearDays][day]
	if *at > 0 {
		return &k.increases[*at-1]
	}
	if len(k.increases) == cap(k.increases) {
		k.increases = slices.Grow(k.increases, 64)
	}
	k.increases = k.increases[:len(k.increases)+1]
	*at = int32(len(k.increases))
	x := &k.increases[*at-1]
	x.ranked = false
	after, before := k.mean(day+1+gap), k.mean(day-levelDays)
	if year == 0 {
		for i := range x.of {
			x.of[i] = after[i] - before[i]
		}
		return x
	}
	afterThen, beforeThen := k.mean(day+year+1+gap), k.mean(day+year-levelDays)
	for i := range x.of {
		x.of[i] = after[i] - before[i] - afterThen[i] + beforeThen[i]
	}
	return x
}

// sides returns the cells inside and outside a calendar; ok is
// false if fewer than half of its hours are known.
func (x *increments) sides(d *Duty) (in, out side, ok bool) {
	if !x.ranked {
		x.order.fill(&x.of)
		x.ranked = true
	}
	in, out = d.cells&x.order.known, x.order.known&^d.cells
	return in, out, in.len() >= d.n
}

// summarise reads increments for a calendar. ok is false if fewer than half of its
// hours are known.
func (x *increments) summarise(d *Duty) (c change, ok bool) {
	in, out, ok := x.sides(d)
	if !ok {
		return c, false
	}
	c.on = x.order.median(&x.of, in)
	c.spread = x.mad(in, c.on)
	if out != 0 {
		c.off = x.order.median(&x.of, out)
	}
	return c, true
}

// mad is [stat.MAD] of a side from its median.
func (x *increments) mad(s side, median float64) float64 {
	var size [cells]float64
	for i, v := range x.of {
		size[i] = math.Abs(v - median)
	}
	var o order
	o.fill(&size)
	return stat.MADScale * o.median(&size, s)
}

// level reads the level alone, NaN if too little is known.
func (x *increments) level(d *Duty) float64 {
	in, out, ok := x.sides(d)
	if !ok {
		return math.NaN()
	}
	on := x.order.median(&x.of, in)
	if out != 0 {
		on -= x.order.median(&x.of, out)
	}
	return on
}

// spread reads the spread alone, NaN if too little is known.
func (x *increments) spread(d *Duty) float64 {
	in, _, ok := x.sides(d)
	if !ok {
		return math.NaN()
	}
	return x.mad(in, x.order.median(&x.of, in))
}

func (k *days) compare(d *Duty, day, gap, year int) (c change, ok bool) {
	x := k.increments(day, gap, year)
	if x == nil {
		return c, false
	}
	return x.summarise(d)
}

// A history holds the level of the change at every stride-th day of the series for
// one calendar, gap and year to correct by, or its spread; NaN where nothing can
// be compared.
type history []float64

const (
	// stride is the distance in days of the comparisons of a history.
	stride = 14
	// spreads asks for a history of the spreads of plain increments.
	spreads = math.MaxInt
	// longSteps asks for that of the long comparison.
	longSteps = math.MaxInt - 1
	// manySpreads is from how many days on every second tells the usual spread as well: the
	// days of two overlap by half.
	manySpreads = 40
	// minUsual is the least number of other days from which a scale can be told.
	minUsual = 6
)

// history fills h and returns it.
func (k *days) history(h history, d *Duty, gap, year int) history {
	h = resize(h, (k.n+stride-1)/stride)
	for i := range h {
		day, shift := i*stride, year
		h[i] = math.NaN()
		if year == spreads {
			if len(h) >= manySpreads && i%2 == 1 {
				continue
			}
			if x := k.increments(day, gap, 0); x != nil {
				h[i] = x.spread(d)
			}
			continue
		}
		if shift != 0 && (day+shift-levelDays < 0 || day+shift+1+gap+levelDays > k.n) {
			shift = -shift
		}
		if x := k.increments(day, gap, shift); x != nil {
			h[i] = x.level(d)
		}
	}
	return h
}

// others collects a history but the days near the one in question, near its year
// and, if the block ended, near its end. ok is false if few are left.
func (k *days) others(h history, day, end, gap, year int) (x []float64, ok bool) {
	k.levels = k.levels[:0]
	for i, v := range h {
		at := i * stride
		near := abs(at-day) <= 2*levelDays+gap || (year != 0 && abs(at-day-year) <= levelDays) || abs(at-end) <= levelDays+gap
		if !near && !math.IsNaN(v) {
			k.levels = append(k.levels, v)
		}
	}
	return k.levels, len(k.levels) >= minUsual
}

// usual returns the robust standard deviation of the level on the site's other
// days: the scale that a change is held against.
func (k *days) usual(h history, day, end, gap, year int) (float64, bool) {
	x, ok := k.others(h, day, end, gap, year)
	return stat.MAD(x, 0), ok
}

// usualSpread returns the median spread on the site's other days.
func (k *days) usualSpread(h history, day, end, gap int) (float64, bool) {
	x, ok := k.others(h, day, end, gap, 0)
	return stat.Median(x), ok
}

// longDays is how many days before and after an onset the long comparison takes.
const longDays = 56

// step returns the change of the mean inside a calendar less that outside, from
// the span days before a day to those that begin after it and a gap of days, less
// the same of another year where there is one; NaN if it is unknown.
func (k *days) step(s *split, day, gap, span int) float64 {
	return lessAnotherYear(func(day int) float64 { return s.step(day, gap, span) }, day, yearDays)
}

// lessAnotherYear returns a change at a time less the same of another year, the year
// before if it is known; the change itself if neither is. Times and year have one unit.
func lessAnotherYear(change func(at int) float64, at, year int) float64 {
	v := change(at)
	for _, by := range [...]int{-year, year} {
		if o := change(at + by); !math.IsNaN(o) {
			return v - o
		}
	}
	return v
}

// steps fills h with the long comparison at every longStride-th day and returns it.
func (k *days) steps(h history, s *split, gap int) history {
	h = resize(h, (k.n+longStride-1)/longStride)
	for i := range h {
		h[i] = k.step(s, i*longStride, gap, longDays)
	}
	return h
}

// longStride is the distance in days of the comparisons that steps makes.
const longStride = 4

// usualStep returns the robust standard deviation of the long comparison on the
// site's other days; ok is false if there are few.
func (k *days) usualStep(h history, day, end, gap int) (scale float64, ok bool) {
	k.levels = k.levels[:0]
	for i, v := range h {
		at := i * longStride
		near := abs(at-day) <= 2*longDays+gap || abs(at-end) <= longDays+gap || abs(abs(at-day)-yearDays) <= longDays
		if !near && !math.IsNaN(v) {
			k.levels = append(k.levels, v)
		}
	}
	return stat.MAD(k.levels, 0), len(k.levels) >= minUsual
}

// A split is the daily mean load inside and outside a calendar, as running sums
// over the days where it is known.
type split struct {
	sum [2][]float64 // inside, outside
	n   [2][]int32
}

// fold fills a split.
func (k *days) fold(s *split, d *Duty, w *Window) {
	for side := range s.sum {
		s.sum[side], s.n[side] = resize(s.sum[side], k.n+1), resize(s.n[side], k.n+1)
		s.sum[side][0], s.n[side][0] = 0, 0
	}
	hours := [2]int{d.n, 24 - d.n}
	perHour := [2]float64{1 / float64(hours[0]), 1 / float64(max(1, hours[1]))}
	on, off := s.sum[0], s.sum[1]
	nOn, nOff := s.n[0], s.n[1]
	known := int32(1) // days more with hours outside
	if hours[1] == 0 {
		known = 0
	}
	for day := range k.n {
		if !k.odd[day] {
			upTo := (*[25]float64)(k.upTo[day*25:])
			inside := 0.0
			for _, s := range d.spans {
				inside += upTo[s.to] - upTo[s.from]
			}
			on[day+1], nOn[day+1] = on[day]+inside*perHour[0], nOn[day]+1
			off[day+1], nOff[day+1] = off[day]+(upTo[24]-inside)*perHour[1], nOff[day]+known
			continue
		}
		from, to := max(0, day*24-k.first), min(len(w.KW), (day+1)*24-k.first)
		var sum [2]float64
		var n [2]int
		for i, c := range w.Clock[from:to] {
			side := 1
			if d.on[c] {
				side = 0
			}
			if v := w.KW[from+i]; !math.IsNaN(v) {
				sum[side] += v
				n[side]++
			}
		}
		for side := range sum {
			s.sum[side][day+1], s.n[side][day+1] = s.sum[side][day], s.n[side][day]
			if n[side]*2 >= hours[side] && n[side] > 0 {
				s.sum[side][day+1] += sum[side] / float64(n[side])
				s.n[side][day+1]++
			}
		}
	}
}

// mean returns the mean of the days [from, to) inside (0) or outside (1); NaN if
// fewer than half of them are known.
func (s *split) mean(side, from, to int) float64 {
	n := s.n[side][to] - s.n[side][from]
	if n == 0 || int(n)*2 < to-from {
		return math.NaN()
	}
	return (s.sum[side][to] - s.sum[side][from]) / float64(n)
}

// step is that of [days.step], of one year.
func (s *split) step(day, gap, span int) float64 {
	if day-span < 0 || day+1+gap+span >= len(s.n[0]) {
		return math.NaN()
	}
	v := s.mean(0, day+1+gap, day+1+gap+span) - s.mean(0, day-span, day)
	if off := s.mean(1, day+1+gap, day+1+gap+span) - s.mean(1, day-span, day); !math.IsNaN(off) {
		v -= off
	}
	return v
}

// later looks at the weeks that begin on the days [from, to) after an onset: the
// level of each against the levelDays before the onset, corrected by the season
// of the year before where there is one. It returns the median level in kW, 0 if no
// week is known, and the share of weeks in which kw/2 or more was left, then 0.5.
func (k *days) later(s *split, onset, from, to int, kw float64) (plateau, held float64) {
	base := s.before(onset)
	k.levels = k.levels[:0]
	stayed := 0
	for week := from; week+7 <= min(to, k.n); week += 7 {
		in, out := base.week(s, week)
		if math.IsNaN(in) {
			continue
		}
		k.levels = append(k.levels, in-out/2) // what happens outside is half believed: habits change by day and by night
		if in >= kw/2 {
			stayed++
		}
	}
	if len(k.levels) == 0 {
		return 0, 0.5
	}
	return stat.Median(k.levels), float64(stayed) / float64(len(k.levels))
}

// A baseline is the level inside and outside a calendar before an onset, less that
// of the year before if seasonal.
type baseline struct {
	on, off  float64
	seasonal bool
}

// before returns the baseline of the levelDays before an onset.
func (s *split) before(onset int) baseline {
	from := max(0, onset-levelDays)
	b := baseline{s.mean(0, from, onset), s.mean(1, from, onset), false}
	if from < yearDays {
		return b
	}
	seasonal := baseline{b.on - s.mean(0, from-yearDays, onset-yearDays), b.off - s.mean(1, from-yearDays, onset-yearDays), true}
	if math.IsNaN(seasonal.on) {
		return b
	}
	return seasonal
}

// week returns how far the week from a day on lies above the baseline inside the
// calendar, NaN if unknown, and outside it, 0 if unknown.
func (b baseline) week(s *split, from int) (in, out float64) {
	in, out = s.mean(0, from, from+7)-b.on, s.mean(1, from, from+7)-b.off
	if b.seasonal {
		in -= s.mean(0, from-yearDays, from-yearDays+7)
		out -= s.mean(1, from-yearDays, from-yearDays+7)
	}
	if math.IsNaN(out) {
		out = 0
	}
	return in, out
}

// proportion returns how much of the increments at a day goes with the load of
// the levelDays before it: the standard deviation, in kW, of the part that
// a regression on that load explains, with its sign. A mine adds the same at
// every hour; more of what was there (a meter's ratio, another use) does not.
func (k *days) proportion(of *increments, d *Duty, day int) float64 {
	base := k.mean(day - levelDays)
	var n, x, y, xx, xy float64
	for i, v := range of.of {
		if b := base[i]; d.daily[i%24] && !math.IsNaN(v) && !math.IsNaN(b) {
			n, x, y, xx, xy = n+1, x+b, y+v, xx+b*b, xy+b*v
		}
	}
	if n < 6 {
		return 0
	}
	sxx := xx - x*x/n
	if sxx <= 1e-12*xx {
		return 0
	}
	return (xy - x*y/n) / sxx * math.Sqrt(sxx/n)
}
