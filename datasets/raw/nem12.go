package raw

import (
	"bytes"
	"io"
	"strconv"
	"strings"
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
	ended   bool
}

func (NEM12) decode(in *input, l *loader) error {
	g, fault := l.gather()
	if fault != nil {
		return fault
	}
	n := &nem12{l: l, g: g, zone: time.FixedZone("UTC+10", 10*3600)}
	if l.mapping.Zone != nil {
		n.zone = l.mapping.Zone
	}
	lines := newLineReader(in.r, in.limits.LineBytes)
	for {
		ln, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := n.line(ln); err != nil {
			return err
		}
		l.reached = l.lines + ln.number
	}
	if !n.ended {
		l.sum.Warnings["no 900 record: the file may be cut off"]++
	}
	return g.flush(n.point)
}

func (n *nem12) line(ln line) error {
	if p := ln.fault(); p != nil {
		return n.l.reject(ln.number, *p, ln.text)
	}
	text := trim(bytes.TrimPrefix(ln.text, bom))
	if len(text) == 0 {
		return nil
	}
	cells := strings.Split(string(text), ",")
	var p *problem
	switch cells[0] {
	case "100", "500":
	case "900":
		n.ended = true
	case "200":
		return n.channel(cells, ln)
	case "300":
		p = n.values(cells, ln)
	case "400":
		p = n.qualities(cells)
	default:
		p = &nemRecord
	}
	if p != nil {
		return n.l.reject(ln.number, *p, ln.text)
	}
	return nil
}

// channel begins a channel, and a point if it is another.
func (n *nem12) channel(cells []string, ln line) error {
	n.ix, n.suffix = nil, 0
	if len(cells) < 9 || cells[1] == "" || cells[4] == "" {
		return n.l.reject(ln.number, nemChannel, ln.text)
	}
	if cells[1] != n.point {
		if err := n.g.flush(n.point); err != nil {
			return err
		}
		n.point, n.days = cells[1], map[string]bool{}
	}
	n.id = cells[4]
	unit, known := nemUnits[strings.ToLower(cells[7])]
	minutes, err := strconv.Atoi(cells[8])
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
func (n *nem12) values(cells []string, ln line) *problem {
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
	day, err := time.ParseInLocation("20060102", cells[1], n.zone)
	if err != nil {
		return &badDay
	}
	if n.days[n.id+cells[1]] {
		return &nemTwice
	}
	quality, variable, p := nemQualityOf(cells[count+2])
	if p != nil {
		return p
	}
	n.own = n.own[:0]
	for _, c := range cells[2 : count+2] {
		v, p := parseDecimal([]byte(strings.TrimSpace(c)), n.scale, false)
		if p != nil && c != "" {
			return p
		}
		n.own = append(n.own, v)
	}
	n.days[n.id+cells[1]] = true
	for i, v := range n.own {
		at := day.Add(time.Duration(i*n.minutes) * time.Minute)
		iv, fault := n.g.find(intervalKey{start: datasets.MicrosOf(at)}, int32(n.minutes), ln.number)
		if fault != nil {
			return &problem{fault.Reason, fault.Remedy}
		}
		n.ix = append(n.ix, n.g.next-1)
		switch {
		case n.suffix == 'Q':
			iv.addReactive(v)
		case n.suffix == 'K':
			iv.addReactive(-v)
		case cells[i+2] == "":
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
func (n *nem12) qualities(cells []string) *problem {
	if n.suffix != 'E' {
		return nil
	}
	if len(cells) < 4 {
		return &nemSpan
	}
	first, err1 := strconv.Atoi(cells[1])
	last, err2 := strconv.Atoi(cells[2])
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
func nemQualityOf(s string) (q datasets.Quality, variable bool, p *problem) {
	if s == "" {
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
