package raw

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// ESPI reads Green Button downloads: an Atom feed with the resources of the
// Energy Services Provider Interface (NAESB REQ.21). Of each meter reading
// whose type is energy in Wh or varh, drawn, by interval (or mean power in W
// with its interval), the interval blocks are taken: value times
// 10^powerOfTenMultiplier. Other readings are passed over. The site is the
// identifier of the usage point in the links of the feed. Times are UTC.
//
// The feed is held in memory, as types may follow the readings that they
// explain. The line of a row is the number of its reading in the file.
type ESPI struct{}

var _ Format = ESPI{}

// Name returns "espi".
func (ESPI) Name() string { return "espi" }

func (ESPI) sniff(head []byte) bool { return isXML(head, "naesb.org/espi") }

// An espiType is what a ReadingType says. Codes are those of the standard.
type espiType struct {
	uom          string // 72 Wh, 73 varh, 38 W
	multiplier   int
	direction    string // 1 drawn, 19 returned; "" where it is not said
	accumulation string // 4 by interval, 3 cumulative
}

type espiReading struct {
	start, duration int64 // s
	value           string
	quality         string
}

type espiBlock struct {
	up       string
	readings []espiReading
}

type espiEntry struct {
	kind     string
	self, up string
	related  []string
	typ      espiType
	blocks   []espiBlock
}

type espi struct {
	x        *xmlReader
	l        *loader
	entry    *espiEntry
	reading  *espiReading
	types    map[string]espiType
	meters   []espiEntry // MeterReading entries
	blocks   []espiBlock
	readings int
}

func (ESPI) decode(in *input, l *loader) error {
	g, fault := l.gather()
	if fault != nil {
		return fault
	}
	x, err := newXMLReader(in)
	if err != nil {
		return err
	}
	e := &espi{x: x, l: l, types: map[string]espiType{}}
	for {
		el, err := e.x.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if el.begin {
			e.begin(el)
		} else if err := e.end(el); err != nil {
			return err
		}
	}
	return e.emit(g)
}

func (e *espi) begin(el *element) {
	switch el.name {
	case "entry":
		e.entry = &espiEntry{}
	case "link":
		e.link(el)
	case "usagepoint", "meterreading", "readingtype":
		if e.entry != nil {
			e.entry.kind = el.name
		}
	case "intervalblock":
		if e.entry != nil {
			e.entry.kind = el.name
			e.entry.blocks = append(e.entry.blocks, espiBlock{})
		}
	case "intervalreading":
		e.reading = &espiReading{}
	}
}

func (e *espi) link(el *element) {
	if e.entry == nil {
		return
	}
	href := strings.TrimRight(string(el.attr("href")), "/")
	switch string(el.attr("rel")) {
	case "self":
		e.entry.self = href
	case "up":
		e.entry.up = href
	case "related":
		e.entry.related = append(e.entry.related, href)
	}
}

func (e *espi) end(el *element) error {
	if e.reading != nil {
		return e.endOfReading(el)
	}
	if e.entry == nil {
		return nil
	}
	switch el.name {
	case "uom":
		e.entry.typ.uom = string(el.text)
	case "poweroftenmultiplier":
		n, err := strconv.Atoi(string(el.text))
		if err != nil || n < -12 || n > 12 {
			return &Fault{Line: e.x.line(), Column: "powerOfTenMultiplier", Reason: "not a multiplier", Remedy: "write a whole number from -12 to 12"}
		}
		e.entry.typ.multiplier = n
	case "flowdirection":
		e.entry.typ.direction = string(el.text)
	case "accumulationbehaviour":
		e.entry.typ.accumulation = string(el.text)
	case "entry":
		e.close()
	}
	return nil
}

func (e *espi) endOfReading(el *element) error {
	var err error
	switch el.name {
	case "start":
		e.reading.start, err = strconv.ParseInt(string(el.text), 10, 64)
	case "duration":
		e.reading.duration, err = strconv.ParseInt(string(el.text), 10, 64)
	case "value":
		e.reading.value = string(el.text)
	case "quality":
		e.reading.quality = string(el.text)
	case "intervalreading":
		if e.entry != nil && len(e.entry.blocks) > 0 {
			if e.readings++; e.readings > maxIntervals {
				return tooManyPeriods
			}
			b := &e.entry.blocks[len(e.entry.blocks)-1]
			b.readings = append(b.readings, *e.reading)
		}
		e.reading = nil
	}
	if err != nil {
		return &Fault{Line: e.x.line(), Column: el.name, Reason: "not a whole number of seconds", Remedy: "ask the sender to deliver the file again"}
	}
	return nil
}

// close files the entry that ends.
func (e *espi) close() {
	switch en := e.entry; en.kind {
	case "readingtype":
		e.types[en.self] = en.typ
	case "meterreading":
		e.meters = append(e.meters, *en)
	case "intervalblock":
		for _, b := range en.blocks {
			b.up = en.up
			if b.up == "" {
				b.up = en.self
			}
			e.blocks = append(e.blocks, b)
		}
	}
	e.entry = nil
}

// emit hands on the readings by usage point, in the order of the feed.
func (e *espi) emit(g *gathering) error {
	line, used := int64(0), 0
	var points []string
	byPoint := map[string][]int{}
	first := make([]int64, len(e.blocks)) // number of the block's first reading
	for i, b := range e.blocks {
		point := pointOf(b.up)
		if byPoint[point] == nil {
			points = append(points, point)
		}
		byPoint[point] = append(byPoint[point], i)
		first[i] = line + 1
		line += int64(len(b.readings))
	}
	for _, point := range points {
		for _, i := range byPoint[point] {
			ok, fault := e.block(g, &e.blocks[i], first[i])
			if fault != nil {
				return fault
			}
			if ok {
				used++
			}
		}
		if err := g.flush(point); err != nil {
			return err
		}
	}
	e.l.reached = e.l.lines + line
	if used == 0 {
		return &Fault{Reason: "no interval readings of electric energy", Remedy: "deliver a Green Button download with the intervals of electricity in Wh"}
	}
	return nil
}

// pointOf returns the identifier of the usage point in a link.
func pointOf(href string) string {
	_, rest, _ := strings.Cut(href, "UsagePoint/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// typeOf finds the type of a block's readings: that of the meter reading that
// it lies below, or the only one of the feed.
func (e *espi) typeOf(b *espiBlock) (espiType, bool) {
	for _, m := range e.meters {
		if m.self != "" && (b.up == m.self || strings.HasPrefix(b.up, m.self+"/") || slices.Contains(m.related, b.up)) {
			for _, r := range m.related {
				if t, ok := e.types[r]; ok {
					return t, true
				}
			}
		}
	}
	if len(e.types) == 1 {
		for _, t := range e.types {
			return t, true
		}
	}
	return espiType{}, false
}

// block adds the readings of a block, and reports whether they are used.
func (e *espi) block(g *gathering, b *espiBlock, line int64) (used bool, fault *Fault) {
	t, known := e.typeOf(b)
	why := ""
	switch {
	case !known:
		why = "reading without a type"
	case t.uom != "72" && t.uom != "73" && t.uom != "38":
		why = "reading in unit " + t.uom
	case t.direction == "19":
		why = "reading of returned energy"
	case t.accumulation == "3":
		why = "cumulative reading"
	case t.uom == "73" && g.feed:
		why = "reading of reactive energy"
	case pointOf(b.up) == "" && e.l.options.Given[g.name] == "":
		return false, &Fault{Reason: "no usage point in the links of the feed", Remedy: "name the site by site_id from the file's name in a mapping"}
	}
	if why != "" {
		e.l.sum.Skipped[why] += int64(len(b.readings))
		return false, nil
	}
	for i := range b.readings {
		r := &b.readings[i]
		key := intervalKey{start: datasets.Micros(min(max(r.start, 0), 1<<40) * 1_000_000)}
		v, fault := g.find(key, int32(min(max(r.duration, 0)/60, 1<<30)), line+int64(i))
		if fault != nil {
			return false, fault
		}
		v.read(r, t)
	}
	return true, nil
}

// read adds a reading to the interval.
func (v *interval) read(r *espiReading, t espiType) {
	if r.duration < 60 {
		v.fault = &badDuration
		return
	}
	if r.value == "" {
		v.addActive(0, datasets.Missing)
		return
	}
	text := fmt.Appendf(nil, "%se%d", r.value, t.multiplier)
	n, p := parseDecimal(text, 3, false) // thousandths of Wh, or of W
	if p == nil && t.uom == "38" {
		n, p = mulDiv(n, r.duration, 3600)
	}
	if p == nil {
		n, p = mulDiv(n, 1, 1000)
	}
	switch {
	case p != nil:
		v.fault = p
	case t.uom == "73":
		v.addReactive(n)
	default:
		v.addActive(n, espiQuality(r.quality))
	}
}

var badDuration = problem{"reading without the length of its interval", "write the duration of each reading in seconds"}

// espiQuality maps the standard's QualityOfReading: 7 edited by hand, 8 and 9
// estimated, 12 projected and 15 normalised for the weather are not measured.
func espiQuality(code string) datasets.Quality {
	switch code {
	case "7", "8", "9", "12", "15":
		return datasets.Estimated
	}
	return datasets.Measured
}
