package raw

import (
	"bytes"
	"cmp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// NEM12 reads interval meter data in the format NEM12 of the Australian Energy
// Market Operator (Meter Data File Format Specification NEM12 & NEM13): 200
// records name a point and a channel, 300 records give one day of it, 400
// records the quality of parts of that day. Channels E are energy drawn, Q and
// K reactive energy drawn and returned; B (generation) and others are passed
// over. Times are market time, UTC+10 all year, unless the mapping of the file
// says another zone.
type NEM12 struct{}

var _ Format = NEM12{}

// Name returns "nem12".
func (NEM12) Name() string { return "nem12" }

func (NEM12) sniff(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimPrefix(head, bom), []byte("100,NEM12"))
}

var (
	nemRecord  = problem{"not a record of NEM12", "records are 100, 200, 300, 400, 500 and 900"}
	nemOrphan  = problem{"record before the 200 record of its point", "deliver the records in their order"}
	nemChannel = problem{"channel that cannot be read", "a 200 record needs NMI, suffix, unit and an interval length of 5, 15, 30 or 60 minutes"}
	nemValues  = problem{"wrong number of values", "a 300 record has a date and one value for each interval of the day"}
	nemQuality = problem{"not a quality of NEM12", "write A, E, F, N, S or V, with a method behind it"}
	nemTwice   = problem{"day of a channel given twice", "remove one of the two records"}
	nemSpan    = problem{"intervals that the day does not have", "a 400 record names its first and last interval"}
)

// Scale of the units to thousandths of kWh and kvarh, in lower case.
var nemUnits = map[string]struct {
	scale    int
	reactive bool
}{"wh": {0, false}, "kwh": {3, false}, "mwh": {6, false}, "varh": {0, true}, "kvarh": {3, true}, "mvarh": {6, true}}

type nem12 struct {
	l       *loader
	g       *gathering
	zone    *time.Location
	point   string
	id      string // of the channel
	suffix  byte   // first letter of the channel, 0 if it is passed over
	scale   int
	minutes int
	ix      []int // of the intervals of the last 300 record in the gathering
	own     []int64
	days    map[string]bool // of the point, by channel and date
	cells   [][]byte
	ended   *atomic.Bool // a 900 record was met, by any worker
}

// nemBlock is how much a worker decodes at once: a year of quarter hours of a
// point has a quarter of a megabyte. Points with more are decoded one after the other.
const nemBlock = 512 << 10

func newNEM12(l *loader, ended *atomic.Bool) (*nem12, *Fault) {
	g, fault := l.gather()
	if fault != nil {
		return nil, fault
	}
	n := &nem12{l: l, g: g, zone: time.FixedZone("UTC+10", 10*3600), ended: ended}
	if l.mapping.Zone != nil {
		n.zone = l.mapping.Zone
	}
	return n, nil
}

func (NEM12) decode(in *input, l *loader) error {
	n, fault := newNEM12(l, &atomic.Bool{})
	if fault != nil {
		return fault
	}
	lines := newLineReader(in.r, in.limits.LineBytes)
	if in.packing != "zip" { // whose members share their count of lines
		lines.whole = n.wholePoints
		all := func([]byte, int64) bool { return true }
		l.options.block = cmp.Or(l.options.block, nemBlock)
		if err := l.parallel(lines, all, n.fork, n.line); err != nil {
			return err
		}
	}
	err := lines.each(func(ln line) error {
		l.reached = l.lines + ln.number
		return n.line(ln)
	})
	if err != nil {
		return err
	}
	if !n.ended.Load() {
		l.sum.Warnings["no 900 record: the file may be cut off"]++
	}
	return n.flush("")
}

// fork returns what decodes runs of whole points.
func (n *nem12) fork(w *worker) blockDecoder {
	own, _ := newNEM12(w.loader, n.ended) // held for the file already
	return func(text []byte, first int64) (bool, error) {
		if err := eachLine(text, first, own.l.options.Limits.LineBytes, own.line); err != nil {
			return true, err
		}
		own.ix, own.suffix = nil, 0
		return true, own.flush("")
	}
}

// wholePoints returns how much of a text can be decoded apart from the rest:
// what comes before its last record that begins another point.
func (n *nem12) wholePoints(text []byte) int {
	whole, at, last := 0, 0, ""
	for {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			return whole
		}
		ln := makeLine(text[at:at+end], 1, n.l.options.Limits.LineBytes)
		if record := trim(bytes.TrimPrefix(ln.text, bom)); bytes.HasPrefix(record, []byte("200,")) && ln.fault() == nil {
			n.cells = splitPlain(record, ',', n.cells[:0], mostNEM)
			if begins(n.cells) && string(n.cells[1]) != last {
				if last != "" {
					whole = at
				}
				last = string(n.cells[1])
			}
		}
		at += end + 1
	}
}

// mostNEM is more cells than any record of NEM12 may have: a day of minutes,
// and what describes it.
const mostNEM = 1440 + 9

// begins reports whether the cells of a 200 record name a point and a channel.
func begins(cells [][]byte) bool { return len(cells) >= 9 && len(cells[1]) > 0 && len(cells[4]) > 0 }

func (n *nem12) line(ln line) error {
	if p := ln.fault(); p != nil {
		return n.l.reject(ln.number, *p, ln.text)
	}
	text := trim(bytes.TrimPrefix(ln.text, bom))
	if len(text) == 0 {
		return nil
	}
	n.cells = splitPlain(text, ',', n.cells[:0], mostNEM)
	var p *problem
	switch string(n.cells[0]) {
	case "100", "500":
	case "900":
		n.ended.Store(true)
	case "200":
		return n.channel(n.cells, ln)
	case "300":
		p = n.values(n.cells, ln)
	case "400":
		p = n.qualities(n.cells)
	default:
		p = &nemRecord
	}
	if p != nil {
		return n.l.reject(ln.number, *p, ln.text)
	}
	return nil
}

// flush hands on the open point, and begins the next one.
func (n *nem12) flush(next string) error {
	err := n.g.flush(n.point)
	n.point, n.days = next, map[string]bool{}
	return err
}

// channel begins a channel, and a point if it is another.
func (n *nem12) channel(cells [][]byte, ln line) error {
	n.ix, n.suffix = nil, 0
	if !begins(cells) {
		return n.l.reject(ln.number, nemChannel, ln.text)
	}
	if string(cells[1]) != n.point {
		if err := n.flush(string(cells[1])); err != nil {
			return err
		}
	}
	n.id = string(cells[4])
	unit, known := nemUnits[strings.ToLower(string(cells[7]))]
	minutes, err := strconv.Atoi(string(cells[8]))
	if !known || err != nil || minutes < 1 || 1440%minutes != 0 {
		n.suffix = '?'
		return n.l.reject(ln.number, nemChannel, ln.text)
	}
	n.minutes, n.scale, n.suffix = minutes, unit.scale, cells[4][0]&^0x20
	if unit.reactive != (n.suffix == 'Q' || n.suffix == 'K') {
		n.suffix = '?'
	}
	return nil
}

// values reads one day of the channel.
func (n *nem12) values(cells [][]byte, ln line) *problem {
	n.ix = n.ix[:0]
	switch n.suffix {
	case 0:
		return &nemOrphan
	case 'E':
	case 'Q', 'K':
		if n.g.feed {
			n.l.skip("day of channel " + string(n.suffix))
			return nil
		}
	default:
		n.l.skip("day of channel " + string(n.suffix))
		return nil
	}
	count := 1440 / n.minutes
	if len(cells) < count+3 || len(cells) > count+7 {
		return &nemValues
	}
	day, err := time.ParseInLocation("20060102", string(cells[1]), n.zone)
	if err != nil {
		return &badDay
	}
	key := n.id + string(cells[1])
	if n.days[key] {
		return &nemTwice
	}
	quality, variable, p := nemQualityOf(cells[count+2])
	if p != nil {
		return p
	}
	n.own = n.own[:0]
	for _, c := range cells[2 : count+2] {
		v, p := parseDecimal(trim(c), n.scale, false)
		if p != nil && len(c) > 0 {
			return p
		}
		n.own = append(n.own, v)
	}
	n.days[key] = true
	begin, step := datasets.MicrosOf(day), datasets.Micros(n.minutes)*60_000_000
	for i, v := range n.own {
		iv, fault := n.g.find(intervalKey{start: begin + datasets.Micros(i)*step}, int32(n.minutes), ln.number)
		if fault != nil {
			return &problem{fault.Reason, fault.Remedy}
		}
		n.ix = append(n.ix, n.g.next-1)
		switch {
		case n.suffix == 'Q':
			iv.addReactive(v)
		case n.suffix == 'K':
			iv.addReactive(-v)
		case len(cells[i+2]) == 0:
			iv.addActive(0, datasets.Missing)
		case variable:
			iv.addActive(v, datasets.Measured) // until the 400 records say more
		default:
			iv.addActive(v, quality)
		}
	}
	return nil
}

// qualities reads the quality of a part of the day.
func (n *nem12) qualities(cells [][]byte) *problem {
	if n.suffix != 'E' {
		return nil
	}
	if len(cells) < 4 {
		return &nemSpan
	}
	first, err1 := strconv.Atoi(string(cells[1]))
	last, err2 := strconv.Atoi(string(cells[2]))
	if err1 != nil || err2 != nil || first < 1 || last < first || last > len(n.ix) {
		return &nemSpan
	}
	quality, _, p := nemQualityOf(cells[3])
	if p != nil {
		return p
	}
	for _, i := range n.ix[first-1 : last] {
		n.g.list[i].quality = max(n.g.list[i].quality, quality)
	}
	return nil
}

// nemQualityOf reads a quality flag with its method: actual; estimated, final
// or other substitute; null; variable within the day.
func nemQualityOf(s []byte) (q datasets.Quality, variable bool, p *problem) {
	if len(s) == 0 {
		return 0, false, &nemQuality
	}
	switch s[0] {
	case 'A':
		return datasets.Measured, false, nil
	case 'E', 'F', 'S':
		return datasets.Estimated, false, nil
	case 'N':
		return datasets.Missing, false, nil
	case 'V':
		return datasets.Measured, true, nil
	}
	return 0, false, &nemQuality
}
