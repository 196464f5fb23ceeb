package features

import (
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/stat"
)

// MinHourShare is the share of an hour that must be known for the hour to
// have a value; its mean power is then that of the known part.
const MinHourShare = 0.5

// A Normaliser turns readings into hourly series. It keeps its memory from
// site to site; one goroutine at a time may use it.
type Normaliser struct {
	series  Series
	known   []int64   // microseconds of each hour that are known
	wh      []float64 // energy of each hour
	values  []float64
	minutes []int64 // candidates for the site's usual interval
}

// Normalise returns the hourly series of one site. The series is valid until
// the next call. Readings must be in order of time.
//
// An interval of an hour or less is shared among the hours that it overlaps; a
// longer one goes to CoarseWh. Where two deliveries overlap in time, the hour
// takes the mean power of both. Hours at exactly zero are taken as missing if
// the meter never comes near zero otherwise (see zeroMeansMissing).
func (n *Normaliser) Normalise(siteID string, c *datasets.Load) *Series {
	s := &n.series
	*s = Series{SiteID: siteID, KW: s.KW[:0], Estimated: s.Estimated[:0]}
	if c.Len() == 0 {
		return s
	}
	if n.hourly(c) {
		return s
	}
	usual := n.usualInterval(c)
	s.Start = datasets.Micros(floorDiv(int64(c.TS[0]), MicrosPerHour) * MicrosPerHour)
	last := c.Len() - 1
	hours := int(floorDiv(int64(c.TS[last]-s.Start), MicrosPerHour)) + 1
	n.grow(hours)
	hour, begin := 0, int64(s.Start) // the hour after that of the last reading
	for i := range c.TS {
		if c.Quality[i] == datasets.Missing {
			continue
		}
		s.Wh += datasets.Wh(c.Wh[i])
		length := interval(c, i, usual)
		if length == MicrosPerHour && int64(c.TS[i]) == begin { // most readings: nothing is shared
			n.known[hour] += MicrosPerHour
			n.wh[hour] += float64(c.Wh[i])
			s.Estimated[hour] = s.Estimated[hour] || c.Quality[i] == datasets.Estimated
			hour, begin = hour+1, begin+MicrosPerHour
			continue
		}
		hour = int(floorDiv(int64(c.TS[i]-s.Start), MicrosPerHour)) + 1
		begin = int64(s.Start) + int64(hour)*MicrosPerHour
		if length > MicrosPerHour {
			s.CoarseWh += datasets.Wh(c.Wh[i])
			continue
		}
		n.spread(int64(c.TS[i]-s.Start), length, float64(c.Wh[i]), c.Quality[i] == datasets.Estimated)
	}
	n.finish()
	return s
}

// hourly makes the series of readings that are one for each whole hour, and reports
// whether they are: most meters' are, and nothing need be shared or weighed.
func (n *Normaliser) hourly(c *datasets.Load) bool {
	const least = 4 // readings whose distances confirm each other, see interval
	if !c.Hourly || c.Len() < least || floorDiv(int64(c.TS[0]), MicrosPerHour)*MicrosPerHour != int64(c.TS[0]) {
		return false
	}
	s := &n.series
	s.Start = c.TS[0]
	s.KW = slices.Grow(s.KW, c.Len())[:c.Len()]
	s.Estimated = slices.Grow(s.Estimated, c.Len())[:c.Len()]
	clear(s.Estimated)
	sum, zeros := int64(0), 0
	for h, wh := range c.Wh {
		sum += int64(wh)
		if wh == 0 {
			zeros++
		}
		s.KW[h] = float64(wh) / 1000
	}
	s.Wh, s.Coverage = datasets.Wh(sum), 1
	if zeros > 0 && n.zeroMeansMissing() {
		n.dropZeros()
		s.Coverage = float64(len(s.KW)-zeros) / float64(len(s.KW))
	}
	return true
}

func (n *Normaliser) grow(hours int) {
	n.known = slices.Grow(n.known[:0], hours+1)[:hours+1]
	n.wh = slices.Grow(n.wh[:0], hours+1)[:hours+1]
	clear(n.known)
	clear(n.wh)
	s := &n.series
	s.KW = slices.Grow(s.KW, hours)[:hours]
	s.Estimated = slices.Grow(s.Estimated, hours+1)[:hours+1]
	clear(s.Estimated)
}

// spread shares an interval among its hours. offset and length are in
// microseconds from the start of the series.
func (n *Normaliser) spread(offset, length int64, wh float64, estimated bool) {
	for rest := length; rest > 0; {
		h := offset / MicrosPerHour
		part := min(rest, (h+1)*MicrosPerHour-offset)
		n.known[h] += part
		n.wh[h] += wh * float64(part) / float64(length)
		if estimated {
			n.series.Estimated[h] = true
		}
		offset += part
		rest -= part
	}
}

func (n *Normaliser) finish() {
	s := &n.series
	s.Estimated = s.Estimated[:len(s.KW)]
	for h := range s.KW {
		switch known := n.known[h]; {
		case known == MicrosPerHour:
			s.KW[h] = n.wh[h] / 1000
		case float64(known) >= MinHourShare*MicrosPerHour:
			s.KW[h] = n.wh[h] / 1000 * MicrosPerHour / float64(known)
		default:
			s.KW[h] = math.NaN()
		}
	}
	if n.zeroMeansMissing() {
		n.dropZeros()
	}
	measured := 0
	for h, v := range s.KW {
		if !math.IsNaN(v) && !s.Estimated[h] {
			measured++
		}
	}
	if len(s.KW) > 0 {
		s.Coverage = float64(measured) / float64(len(s.KW))
	}
}

// dropZeros makes hours at exactly zero unknown.
func (n *Normaliser) dropZeros() {
	for h, v := range n.series.KW {
		if v == 0 {
			n.series.KW[h] = math.NaN()
		}
	}
}

// zeroMeansMissing reports whether exact zeros stand for lost readings:
// they are at most a tenth of the hours, and 19 of 20 other hours lie above a
// twentieth of the median. Several exporters write a lost reading as 0 (the
// Cambridge archive says so; some 80020 generators do it).
func (n *Normaliser) zeroMeansMissing() bool {
	n.values = n.values[:0]
	zeros := 0
	for _, v := range n.series.KW {
		switch {
		case v == 0:
			zeros++
		case v > 0:
			n.values = append(n.values, v)
		}
	}
	if zeros == 0 || zeros*9 > len(n.values) {
		return false
	}
	return stat.Select(n.values, len(n.values)/20) > stat.Select(n.values, len(n.values)/2)/20
}

// usualInterval returns the most frequent distance between neighbouring
// readings in microseconds, the shortest of equals; an hour if there is none.
func (n *Normaliser) usualInterval(c *datasets.Load) int64 {
	if c.Len() > 1 {
		first, same := c.TS[1]-c.TS[0], true
		for i := 2; i < c.Len() && same; i++ {
			same = c.TS[i]-c.TS[i-1] == first
		}
		if same && first > 0 {
			return int64(first)
		}
	}
	n.minutes = n.minutes[:0]
	for i := 1; i < c.Len(); i++ {
		n.minutes = append(n.minutes, int64(c.TS[i]-c.TS[i-1]))
	}
	slices.Sort(n.minutes)
	best, bestRun := int64(MicrosPerHour), 0
	for i := 0; i < len(n.minutes); {
		j := i
		for j < len(n.minutes) && n.minutes[j] == n.minutes[i] {
			j++
		}
		if j-i > bestRun && n.minutes[i] > 0 {
			best, bestRun = n.minutes[i], j-i
		}
		i = j
	}
	return best
}

// interval returns the length of reading i in microseconds: as delivered;
// else the distance to the next reading where another neighbouring distance
// confirms it (so that a gap is not taken for a long interval, and a change of
// the interval is followed); else the usual one, cut at the next reading.
func interval(c *datasets.Load, i int, usual int64) int64 {
	if c.IntervalMin[i] > 0 {
		return int64(c.IntervalMin[i]) * 60_000_000
	}
	distance := func(j int) int64 {
		if j < 0 || j+1 >= c.Len() {
			return 0
		}
		return int64(c.TS[j+1] - c.TS[j])
	}
	next := distance(i)
	if next > 0 && (next == distance(i-1) || next == distance(i+1)) {
		return next
	}
	if prev := distance(i - 1); prev > 0 && prev == distance(i-2) && (next == 0 || prev < next) {
		return prev
	}
	if next > 0 {
		return min(usual, next)
	}
	return usual
}
