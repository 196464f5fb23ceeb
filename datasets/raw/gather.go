package raw

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/minewatch/minewatch/datasets"
)

// A gathering collects the intervals of one metering point that come in
// several channels, so that active and reactive energy become one row.
type gathering struct {
	l     *loader
	list  []interval
	at    map[intervalKey]int
	names []string
	feed  bool // the table is feeder_readings
	cells [][]byte
	buf   []byte
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
	onlyReactive   = problem{"reactive energy without active", "deliver the active channel of the same interval"}
	badInterval    = problem{"not an interval of the day", "write begin and end as hhmm"}
	tooManyPeriods = &Fault{Reason: "too many intervals of one metering point", Remedy: "divide the file"}
)

// gather prepares for rows of the loader's table.
func (l *loader) gather() (*gathering, *Fault) {
	g := &gathering{l: l, at: map[intervalKey]int{}}
	switch l.table.Name {
	case "readings":
		g.names = []string{"site_id", "ts", "kwh", "kvarh", "quality", "interval_min"}
	case "feeder_readings":
		g.names = []string{"feeder_id", "ts", "kwh"}
		g.feed = true
	default:
		return nil, &Fault{Reason: "interval readings in a folder that takes none", Remedy: "move the file to inbox/readings or inbox/feeder_readings"}
	}
	if f := l.bind(g.names, 1); f != nil {
		return nil, f
	}
	l.iso, l.comma, l.ratio, l.units = true, false, 1000, nil
	g.cells = make([][]byte, len(g.names))
	return g, nil
}

// find returns the interval of a key, which is new to the list if nothing was
// said of it before.
func (g *gathering) find(k intervalKey, minutes int32, line int64) (*interval, *Fault) {
	i, known := g.at[k]
	if !known {
		if len(g.list) >= maxIntervals {
			return nil, tooManyPeriods
		}
		i = len(g.list)
		g.at[k] = i
		g.list = append(g.list, interval{intervalKey: k, minutes: minutes, line: line})
	}
	return &g.list[i], nil
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
	if given := g.l.options.Given[g.names[0]]; given != "" {
		point = given
	}
	slices.SortStableFunc(g.list, func(a, b interval) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.repeat, b.repeat))
	})
	for i := range g.list {
		if err := g.hand(point, &g.list[i]); err != nil {
			return err
		}
	}
	g.list = g.list[:0]
	clear(g.at)
	return nil
}

func (g *gathering) hand(point string, v *interval) error {
	ts := v.start.Time().Format("2006-01-02T15:04:05")
	if !v.local {
		ts += "Z"
	}
	raw := fmt.Appendf(nil, "%s %s %d min: %d Wh, %d varh", point, ts, v.minutes, v.wh, v.varh)
	switch {
	case v.fault != nil:
		return g.l.rejectCell(v.line, "kwh", *v.fault, raw)
	case !v.active:
		return g.l.rejectCell(v.line, "kwh", onlyReactive, raw)
	case v.quality == datasets.Missing && g.feed:
		g.l.skip("interval without a value")
		return nil
	}
	// Cells point into buf, which must not move.
	g.buf = slices.Grow(g.buf[:0], len(point)+128)
	put := func(i int, write func(b []byte) []byte) {
		from := len(g.buf)
		g.buf = write(g.buf)
		g.cells[i] = g.buf[from:]
	}
	put(0, func(b []byte) []byte { return append(b, point...) })
	put(1, func(b []byte) []byte { return append(b, ts...) })
	put(2, func(b []byte) []byte { return thousandths(b, v.wh) })
	if !g.feed {
		g.cells[3] = nil
		if v.reactive {
			put(3, func(b []byte) []byte { return thousandths(b, v.varh) })
		}
		put(4, func(b []byte) []byte { return append(b, v.quality.String()...) })
		put(5, func(b []byte) []byte { return strconv.AppendInt(b, int64(v.minutes), 10) })
		if v.quality == datasets.Missing {
			g.cells[2], g.cells[3] = nil, nil
		}
	}
	return g.l.record(v.line, g.cells, raw)
}

// thousandths appends n/1000.
func thousandths(b []byte, n int64) []byte { return append(strconv.AppendInt(b, n, 10), "e-3"...) }
