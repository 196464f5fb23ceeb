package raw

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A gathering collects the intervals of one metering point that come in
// several channels, so that active and reactive energy become one row.
type gathering struct {
	l    *loader
	list []interval
	// The intervals of a channel come in the order of time as a rule, and those
	// of the next channel in the same order.
	ordered bool                // each interval of list is later than the one before
	next    int                 // place of the one that should come next
	at      map[intervalKey]int // places in list, once it is not ordered
	name    string              // of the column with the point
	feed    bool                // the table is feeder_readings
	point   *column

	ts, energy *datasets.Column
}

// An interval is what is known of one.
type interval struct {
	intervalKey
	minutes          int32
	line             int64
	active, reactive bool // whether a channel gave a value, or said that it has none
	wh, varh         int64
	quality          datasets.Quality // the worst of the active channels
	fault            *problem
}

type intervalKey struct {
	start  datasets.Micros
	local  bool
	repeat int // of the same reading of the clock, where it was set back
}

// maxIntervals bounds the memory of one point: 20 years of half hours, in
// three channels, are a million.
const maxIntervals = 2_000_000

var (
	badLength      = problem{"interval that is not of 1 minute to 31 days", "check the length of the interval"}
	onlyReactive   = problem{"reactive energy without active", "deliver the active channel of the same interval"}
	badInterval    = problem{"not an interval of the day", "write begin and end as hhmm"}
	tooManyPeriods = &Fault{Reason: "too many intervals of one metering point", Remedy: "divide the file"}
)

// gather prepares for rows of the loader's table.
func (l *loader) gather() (*gathering, *Fault) {
	g := &gathering{l: l, at: map[intervalKey]int{}, ordered: true}
	switch l.table.Name {
	case "readings":
		g.name = "site_id"
	case "feeder_readings":
		g.name, g.feed = "feeder_id", true
	default:
		return nil, &Fault{Reason: "interval readings in a folder that takes none", Remedy: "move the file to inbox/readings or inbox/feeder_readings"}
	}
	if l.mapping.needsHeader() {
		return nil, &Fault{Reason: "mapping for a file with a header", Remedy: "only time_zone, name_pattern and ratio fit this format; narrow the mapping's files"}
	}
	for i := range l.columns {
		switch c := &l.columns[i]; c.In {
		case g.name:
			g.point = c
		case "ts":
			g.ts = c.Column
		case "kwh":
			g.energy = c.Column
		}
	}
	return g, nil
}

// find returns the interval of a key, which is new to the list if nothing was
// said of it before.
func (g *gathering) find(k intervalKey, minutes int32, line int64) (*interval, *Fault) {
	i, known := g.place(k)
	if !known {
		if len(g.list) >= maxIntervals {
			return nil, tooManyPeriods
		}
		i = len(g.list)
		g.list = append(g.list, interval{intervalKey: k, minutes: minutes, line: line})
		g.added(k)
	}
	g.next = i + 1
	return &g.list[i], nil
}

// place returns where in the list the interval of a key is.
func (g *gathering) place(k intervalKey) (int, bool) {
	if g.next < len(g.list) && g.list[g.next].intervalKey == k {
		return g.next, true
	}
	if !g.ordered {
		i, known := g.at[k]
		return i, known
	}
	if n := len(g.list); n == 0 || g.list[n-1].compare(k) < 0 {
		return 0, false
	}
	return slices.BinarySearchFunc(g.list, k, func(v interval, k intervalKey) int { return v.compare(k) })
}

// added keeps what place needs after a new interval.
func (g *gathering) added(k intervalKey) {
	n := len(g.list)
	if g.ordered {
		if n == 1 || g.list[n-2].compare(k) < 0 {
			return
		}
		g.ordered = false
		for i := range g.list {
			g.at[g.list[i].intervalKey] = i
		}
	}
	g.at[k] = n - 1
}

// compare orders keys by time; all of one file are local, or none.
func (k intervalKey) compare(o intervalKey) int {
	return cmp.Or(cmp.Compare(k.start, o.start), cmp.Compare(k.repeat, o.repeat))
}

// addActive adds energy in Wh.
func (v *interval) addActive(wh int64, q datasets.Quality) {
	v.active = true
	v.wh += wh
	v.quality = max(v.quality, q)
}

// addReactive adds energy in varh.
func (v *interval) addReactive(varh int64) {
	v.reactive = true
	v.varh += varh
}

// flush hands on the intervals of a point in the order of time.
func (g *gathering) flush(point string) error {
	if given := g.l.options.Given[g.name]; given != "" {
		point = given
	}
	if !g.ordered {
		slices.SortStableFunc(g.list, func(a, b interval) int { return a.compare(b.intervalKey) })
	}
	cell := []byte(point)
	for i := range g.list {
		if err := g.hand(cell, &g.list[i]); err != nil {
			return err
		}
	}
	g.list, g.next = g.list[:0], 0
	if !g.ordered {
		g.ordered = true
		clear(g.at)
	}
	return nil
}

// hand makes the row of an interval. It fills the row itself, not through
// texts: such files are long.
func (g *gathering) hand(point []byte, v *interval) error {
	l := g.l
	p := v.fault
	switch {
	case p != nil:
	case !v.active:
		p = &onlyReactive
	case v.quality == datasets.Missing && g.feed:
		l.skip("interval without a value")
		return nil
	default:
		l.clear()
		l.doubts = l.doubts[:0]
		p = g.fill(point, v)
	}
	if p != nil {
		ts := v.start.String()
		if v.local {
			ts = strings.TrimSuffix(ts, "Z")
		}
		raw := fmt.Appendf(nil, "%s %s %d min: %d Wh, %d varh", point, ts, v.minutes, v.wh, v.varh)
		return l.rejectCell(v.line, "kwh", *p, raw)
	}
	l.sum.Rows++
	return l.settle(v.line, nil)
}

func (g *gathering) fill(point []byte, v *interval) *problem {
	l := g.l
	if p := g.point.set(point); p != nil {
		return p
	}
	at, p := l.instant(datasets.Stamp{Micros: v.start, Local: v.local}, g.ts, true)
	if p != nil {
		return p
	}
	if v.quality == datasets.Missing {
		v.wh, v.reactive = 0, false
	}
	if l.ratio != 1000 {
		if v.wh, p = mulDiv(v.wh, l.ratio, 1000); p == nil {
			v.varh, p = mulDiv(v.varh, l.ratio, 1000)
		}
		if p != nil {
			return p
		}
	}
	if v.wh < 0 {
		l.doubt(g.energy, "negative energy")
	}
	if g.feed {
		row := l.row.(*datasets.FeederReading)
		row.TS, row.Wh = at, datasets.Wh(v.wh)
		return nil
	}
	row := l.row.(*datasets.Reading)
	switch {
	case v.wh > math.MaxInt32 || v.wh < -math.MaxInt32:
		return &tooMuch
	case v.varh > math.MaxInt32 || v.varh < -math.MaxInt32:
		return &tooMuchReactive
	case v.minutes < 1 || v.minutes > 44640:
		return &badLength
	}
	row.TS, row.Wh, row.Quality, row.IntervalMin = at, int32(v.wh), v.quality, v.minutes
	if v.reactive {
		row.VArh = reactive(v.varh)
	}
	return nil
}
