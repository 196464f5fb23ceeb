// Package suspect finds what is possible in readings but doubtful: nothing is
// dropped for it, a person decides.
//
//  1. A [Finder] takes the readings of one site in order of time and returns what
//     it doubts, a [Doubt] for each kind.
//  2. The stage "check" keeps them in the table reading_doubts, with what only
//     the deliveries show (values that contradict each other).
//  3. The run lists them in quality.json and quality.html.
//
// The thresholds are conventions, chosen so that ordinary meters of the public
// samples raise few doubts; suspect_test.go counts them.
package suspect

import (
	"math"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// Kinds of doubts, as they stand in the table.
const (
	Stuck     = "stuck register"        // one value above 0 in every interval for a day
	Zero      = "nothing for a week"    // 0 in every interval for a week
	Jump10    = "jump by 10"            // daily energy becomes 10 times as much, or a tenth, from one week to the next
	Jump1000  = "jump by 1000"          // as if kWh became Wh or MWh
	Shift     = "shift by an hour"      // the daily course moves by an hour from one fortnight to the next
	Negative  = "negative energy"       //
	Gap       = "gap"                   // no reading for longer than an interval
	Overlap   = "overlapping intervals" // an interval begins before the one before it ends
	Twice     = "given twice in one file with two values"
	Corrected = "deliveries that overlap with two values"
)

// Kinds lists the kinds in the order of reports.
var Kinds = []string{Stuck, Zero, Jump10, Jump1000, Shift, Negative, Gap, Overlap, Twice, Corrected}

// A Doubt is one kind of doubt about one site.
type Doubt struct {
	Kind  string
	Count int64           // runs, jumps, shifts, gaps; intervals of Negative and Overlap
	First datasets.Micros // begin of the first
}

const (
	hour = 3_600_000_000
	day  = 24 * hour
)

// A Finder finds doubts. It keeps its memory from site to site; one goroutine at a time may
// use it.
type Finder struct {
	found   []Doubt
	days    []dayLoad
	courses courses
}

// Find returns what is doubtful about readings in order of time, by kind. Days
// and their hours are those of the zone. Missing values are gaps; estimated
// ones are not looked at for stuck values. The doubts are valid until the next call.
func (f *Finder) Find(l *datasets.Load, zone *time.Location) []Doubt {
	f.found = f.found[:0]
	if l.Hourly {
		f.negatives(l)
	} else {
		f.intervals(l)
	}
	f.runs(l)
	if f.daily(l, zone); len(f.days) > 0 {
		f.jumps()
		f.shifts()
	}
	slices.SortFunc(f.found, func(a, b Doubt) int { return slices.Index(Kinds, a.Kind) - slices.Index(Kinds, b.Kind) })
	return f.found
}

func (f *Finder) add(kind string, ts datasets.Micros) {
	i := slices.IndexFunc(f.found, func(d Doubt) bool { return d.Kind == kind })
	if i < 0 {
		i = len(f.found)
		f.found = append(f.found, Doubt{Kind: kind, First: ts})
	}
	f.found[i].Count++
}

// intervals looks at each reading and the one before it.
func (f *Finder) intervals(l *datasets.Load) {
	step := usualStep(l)
	var end datasets.Micros // of the readings so far
	for i := range l.Len() {
		if l.Quality[i] == datasets.Missing {
			continue
		}
		length := step
		if m := l.IntervalMin[i]; m > 0 {
			length = datasets.Micros(m) * 60_000_000
		}
		if end != 0 && l.TS[i] > end {
			f.add(Gap, end)
		}
		if l.TS[i] < end {
			f.add(Overlap, l.TS[i])
		}
		end = max(end, l.TS[i]+length)
		if l.Wh[i] < 0 {
			f.add(Negative, l.TS[i])
		}
	}
}

// negatives is what intervals finds where each begins at the end of the one before.
func (f *Finder) negatives(l *datasets.Load) {
	for i, wh := range l.Wh {
		if wh < 0 {
			f.add(Negative, l.TS[i])
		}
	}
}

// usualStep is the most frequent distance of two readings; of equal ones the
// shortest.
func usualStep(l *datasets.Load) datasets.Micros {
	counts := map[datasets.Micros]int{}
	for i := 1; i < l.Len(); {
		step, from := l.TS[i]-l.TS[i-1], i
		for i < l.Len() && l.TS[i]-l.TS[i-1] == step {
			i++
		}
		counts[step] += i - from
	}
	best, most := datasets.Micros(hour), 0
	for step, n := range counts {
		if n > most || n == most && step < best {
			best, most = step, n
		}
	}
	return best
}

// runs looks for values that stay the same.
func (f *Finder) runs(l *datasets.Load) {
	wh := l.Wh
	for i := 0; i < l.Len(); {
		if i+1 < len(wh) && wh[i+1] != wh[i] { // most of the time
			i++
			continue
		}
		j := i + 1
		for j < l.Len() && wh[j] == wh[i] && l.Quality[j] == l.Quality[i] {
			j++
		}
		lasted := l.TS[j-1] - l.TS[i]
		if j < l.Len() && l.TS[j]-l.TS[j-1] < day {
			lasted = l.TS[j] - l.TS[i]
		}
		switch {
		case l.Quality[i] != datasets.Measured || l.Wh[i] < 0:
		case l.Wh[i] == 0 && lasted >= 7*day && j-i >= 7:
			f.add(Zero, l.TS[i])
		case l.Wh[i] > 0 && lasted >= day && j-i >= 24:
			f.add(Stuck, l.TS[i])
		}
		i = j
	}
}

// A dayLoad is the energy of one local day, by hour.
type dayLoad struct {
	date  datasets.Micros // reading of the clock at its begin
	start datasets.Micros // first reading
	wh    float64
	hours [24]float64
	known int // hours with a reading
}

// daily sums readings by day. The list has no gaps; days without readings are empty.
func (f *Finder) daily(l *datasets.Load, zone *time.Location) {
	days := f.days[:0]
	clock := wall{zone: zone}
	for i := 0; i < l.Len(); {
		if l.Quality[i] == datasets.Missing {
			i++
			continue
		}
		shown := clock.reading(l.TS[i])
		date := shown - shown%day
		if len(days) == 0 {
			days = append(days, dayLoad{date: date, start: l.TS[i]})
		}
		for days[len(days)-1].date < date {
			days = append(days, dayLoad{date: days[len(days)-1].date + day, start: l.TS[i]})
		}
		d, h := &days[len(days)-1], int(shown%day/hour)
		to := i + 1
		if l.Hourly { // the clock need not be asked before the day or its offset ends
			to = i + min(24-h, l.Len()-i, int((min(clock.to, l.TS[l.Len()-1]+hour)-l.TS[i]+hour-1)/hour))
		}
		for _, wh := range l.Wh[i:to] {
			if d.hours[h] == 0 {
				d.known++
			}
			d.wh += float64(wh)
			d.hours[h] += float64(wh)
			h++
		}
		i = to
	}
	f.days = days
}

// A wall is a clock that remembers its offset.
type wall struct {
	zone             *time.Location
	from, to, offset datasets.Micros
}

// reading returns what the clock shows at an instant, as UTC.
func (w *wall) reading(ts datasets.Micros) datasets.Micros {
	if ts < w.from || ts >= w.to {
		at := ts.Time().In(w.zone)
		_, seconds := at.Zone()
		w.offset = datasets.Micros(seconds) * 1_000_000
		start, end := at.ZoneBounds()
		w.from, w.to = math.MinInt64, math.MaxInt64
		if !start.IsZero() {
			w.from = datasets.MicrosOf(start)
		}
		if !end.IsZero() {
			w.to = datasets.MicrosOf(end)
		}
	}
	return ts + w.offset
}

// A jump is within 20 % of 10 or 1000, and no day before it comes near any day
// after it.
const (
	jumpDays  = 7
	jumpNear  = 1.2
	jumpApart = 3
)

func (f *Finder) jumps() {
	days := f.days
	for i := jumpDays; i+jumpDays <= len(days); i++ {
		if a, b := days[i-1].wh, days[i].wh; !(b > a*jumpApart || a > b*jumpApart) {
			continue // nor are all days before apart from all after
		}
		before, lowA, highA, ok1 := median(days[i-jumpDays : i])
		after, lowB, highB, ok2 := median(days[i : i+jumpDays])
		if !ok1 || !ok2 || !(lowB > highA*jumpApart || lowA > highB*jumpApart) {
			continue
		}
		ratio := max(after/before, before/after)
		switch {
		case near(ratio, 10):
			f.add(Jump10, days[i].start)
		case near(ratio, 1000):
			f.add(Jump1000, days[i].start)
		default:
			continue
		}
		i += jumpDays
	}
}

func near(ratio, to float64) bool { return ratio < to*jumpNear && ratio > to/jumpNear }

// median returns the median, least and greatest daily energy of at most jumpDays;
// ok is false if a day has none.
func median(days []dayLoad) (m, low, high float64, ok bool) {
	var memory [jumpDays]float64
	values := memory[:len(days)]
	for i := range days {
		wh := days[i].wh
		if wh <= 0 {
			return 0, 0, 0, false
		}
		k := i
		for ; k > 0 && values[k-1] > wh; k-- {
			values[k] = values[k-1]
		}
		values[k] = wh
	}
	return values[len(values)/2], values[0], values[len(values)-1], true
}

// The mean course of a fortnight agrees with that of the next when moved by an
// hour (correlation at least shiftAgrees); as it is, it lacks shiftTimes as
// much of 1, and at least shiftLacks.
const (
	shiftDays   = 14
	shiftAgrees = 0.98
	shiftTimes  = 4
	shiftLacks  = 0.025
)

func (f *Finder) shifts() {
	days, c := f.days, &f.courses
	c.fill(days)
	for i := shiftDays; i+shiftDays <= len(days); i++ {
		if c.shiftAt(i) == 0 {
			continue
		}
		// Windows that hold some moved days agree as well: the best is meant.
		best := i
		for j := i; j < i+shiftDays && j+shiftDays <= len(days); j++ {
			if c.shiftAt(j) > c.shiftAt(best) {
				best = j
			}
		}
		f.add(Shift, days[best].start)
		i = best + shiftDays
	}
}

// courses are running sums over the days before a day: of the energy of each hour,
// exact since it is whole, and of the days that lack an hour.
type courses struct {
	wh   [][24]float64
	lack []int
}

func (c *courses) fill(days []dayLoad) {
	c.wh = slices.Grow(c.wh[:0], len(days)+1)[:len(days)+1]
	c.lack = slices.Grow(c.lack[:0], len(days)+1)[:len(days)+1]
	c.wh[0], c.lack[0] = [24]float64{}, 0
	for i := range days {
		d := &days[i]
		c.lack[i+1] = c.lack[i]
		if d.known < 24 {
			c.lack[i+1]++
		}
		for h, wh := range d.hours {
			c.wh[i+1][h] = c.wh[i][h] + wh
		}
	}
}

// shiftAt returns how much better the courses on both sides of a day agree
// when one is moved by an hour, 0 if they do not say so.
func (c *courses) shiftAt(i int) float64 {
	if c.lack[i+shiftDays] > c.lack[i-shiftDays] {
		return 0
	}
	var before, after [24]float64
	for h := range before {
		before[h], after[h] = c.wh[i][h]-c.wh[i-shiftDays][h], c.wh[i+shiftDays][h]-c.wh[i][h]
	}
	still := correlation(&before, &after, 0)
	if 1-still < shiftLacks { // most of the time
		return 0
	}
	moved := max(correlation(&before, &after, 1), correlation(&before, &after, 23))
	if moved < shiftAgrees || 1-still < shiftTimes*(1-moved) {
		return 0
	}
	return moved - still
}

// correlation of a with b moved by so many hours; 0 if either is flat.
func correlation(a, b *[24]float64, by int) float64 {
	var sa, sb, saa, sbb, sab float64
	for h := range a {
		if by == 24 {
			by = 0
		}
		x, y := a[h], b[by]
		by++
		sa, sb, saa, sbb, sab = sa+x, sb+y, saa+x*x, sbb+y*y, sab+x*y
	}
	va, vb := saa-sa*sa/24, sbb-sb*sb/24
	if va <= 1e-9*saa || vb <= 1e-9*sbb {
		return 0
	}
	return (sab - sa*sb/24) / math.Sqrt(va*vb)
}
