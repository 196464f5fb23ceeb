package raw

import (
	"bytes"
	"math"
	"unicode/utf8"

	"github.com/minewatch/minewatch/datasets"
)

// readingsBlock decodes plain lines of interval readings, the one shape that
// comes in billions of rows. It knows nothing but good rows: on anything else
// it gives the whole block up, and the general way decodes it. So what it
// hands on is what the general way would have handed on.
type readingsBlock struct {
	*loader
	row       *datasets.Reading
	separator byte
	role      []byte // of each cell of a line
	rows      int64
	wh        int64
	negative  int64
	blank     int64
	first     datasets.Micros
	last      datasets.Micros

	sites  map[string]*siteCell
	site   *siteCell // of the line before
	date   [10]byte
	dateUS int64 // midnight of date, taken as UTC
}

// A siteCell is a site id and its bucket.
type siteCell struct {
	id     string
	bucket int32
	next   *siteCell // the one that came behind it the last time; files repeat their order
}

// What a cell of a line is.
const (
	otherCell byte = iota
	siteIDCell
	tsCell
	kwhCell
	qualityCell
	intervalCell
)

var readingRoles = map[string]byte{"site_id": siteIDCell, "ts": tsCell, "kwh": kwhCell, "quality": qualityCell, "interval_min": intervalCell}

// fastReadings returns a decoder for files of readings, nil for other tables
// and for files with more columns of the table than it knows.
func fastReadings(l *loader, separator byte) blockDecoder {
	row, ok := l.row.(*datasets.Reading)
	if !ok || separator == ' ' {
		return nil
	}
	r := &readingsBlock{loader: l, row: row, separator: separator, role: make([]byte, l.header), sites: map[string]*siteCell{}}
	r.site = &siteCell{}
	r.site.next = r.site
	for _, b := range l.bound {
		role, known := readingRoles[b.In]
		if !known {
			return nil
		}
		r.role[b.cell] = role
	}
	return r.decode
}

func (r *readingsBlock) decode(text []byte, first int64) (bool, error) {
	if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
		return false, nil
	}
	r.rows, r.wh, r.negative, r.blank = 0, 0, 0, 0
	for number := first; len(text) > 0; number++ {
		end := bytes.IndexByte(text, '\n')
		rest := end + 1
		if end < 0 {
			end, rest = len(text), len(text)
		}
		ln := text[:end]
		text = text[rest:]
		if end > 0 && ln[end-1] == '\r' {
			ln = ln[:end-1]
		}
		if len(ln) == 0 {
			r.blank++
			continue
		}
		if len(ln) > r.options.Limits.LineBytes || !r.line(ln) {
			return false, nil
		}
		r.row.Source, r.row.Line = r.options.Source, number
		r.tally()
		if err := r.accept(); err != nil {
			return true, err
		}
	}
	r.total()
	return true, nil
}

func (r *readingsBlock) tally() {
	t := r.row.TS
	if r.rows == 0 {
		r.first, r.last = t, t
	}
	r.first, r.last = min(r.first, t), max(r.last, t)
	r.rows++
	r.wh += int64(r.row.Wh)
	if r.row.Wh < 0 {
		r.negative++
	}
}

func (r *readingsBlock) total() {
	r.sum.Rows, r.sum.Accepted, r.sum.Wh = r.rows, r.rows, r.wh
	r.sum.First, r.sum.Last = r.first, r.last
	if r.negative > 0 {
		r.sum.Warnings["kwh: negative energy"] = r.negative
	}
	if r.blank > 0 {
		r.sum.Skipped[blankLine] = r.blank
	}
}

// line fills the row from a line, and reports whether it could.
func (r *readingsBlock) line(ln []byte) bool {
	*r.row = datasets.Reading{}
	energy, stamp := false, []byte(nil)
	for i, role := range r.role {
		var cell []byte
		last := i == len(r.role)-1
		switch {
		case role == siteIDCell && !last && r.expected(ln):
			ln = ln[len(r.site.id)+1:]
			continue
		case last:
			if bytes.IndexByte(ln, r.separator) >= 0 {
				return false
			}
			cell = ln
		default:
			end := cellEnd(ln, r.separator)
			if end < 0 {
				return false
			}
			cell, ln = ln[:end], ln[end+1:]
		}
		ok := true
		switch role {
		case siteIDCell:
			ok = r.findSite(cell)
		case tsCell:
			stamp = cell // needs the site
		case kwhCell:
			energy, ok = r.energyCell(cell)
		case qualityCell:
			ok = r.qualityCell(cell)
		case intervalCell:
			ok = r.intervalCell(cell)
		}
		if !ok {
			return false
		}
	}
	r.row.SiteID, r.row.Bucket = r.site.id, r.site.bucket
	return (energy || r.row.Quality == datasets.Missing) && r.time(stamp)
}

// cellEnd finds the separator. Cells are short: a loop is faster than a call.
func cellEnd(s []byte, separator byte) int {
	for i, c := range s {
		if c == separator {
			return i
		}
	}
	return -1
}

// expected reports whether a line begins with the site that came next the last
// time, and goes on to it. An id has no separator in it.
func (r *readingsBlock) expected(ln []byte) bool {
	next := r.site.next
	n := len(next.id)
	if n == 0 || len(ln) <= n || ln[n] != r.separator || string(ln[:n]) != next.id {
		return false
	}
	r.site = next
	return true
}

func (r *readingsBlock) findSite(cell []byte) bool {
	site, ok := r.sites[string(cell)]
	if !ok {
		if len(cell) == 0 || len(trim(cell)) != len(cell) {
			return false
		}
		if len(r.sites) >= textsKept {
			clear(r.sites)
		}
		id := string(cell)
		site = &siteCell{id: id, bucket: datasets.BucketOf(id, r.options.Buckets)}
		site.next = site // a file by site stays with it
		r.sites[id] = site
	}
	r.site.next = site
	r.site = site
	return true
}

// energyCell reads kWh; there is none in an empty cell.
func (r *readingsBlock) energyCell(cell []byte) (there, ok bool) {
	if len(cell) == 0 {
		return false, true
	}
	n, fault := parseDecimal(cell, 3, r.comma)
	if fault != nil || n > math.MaxInt32 || n < -math.MaxInt32 {
		return false, false
	}
	r.row.Wh = int32(n)
	return true, true
}

func (r *readingsBlock) qualityCell(cell []byte) bool {
	switch string(cell) {
	case "", "measured":
	case "estimated":
		r.row.Quality = datasets.Estimated
	case "missing":
		r.row.Quality = datasets.Missing
	default:
		return false
	}
	return true
}

// intervalCell reads up to four digits; the table's least value is 1.
func (r *readingsBlock) intervalCell(cell []byte) bool {
	if len(cell) > 4 {
		return false
	}
	n := int32(0)
	for _, c := range cell {
		if c < '0' || c > '9' {
			return false
		}
		n = n*10 + int32(c-'0')
	}
	r.row.IntervalMin = n
	return n > 0 || len(cell) == 0
}

func (r *readingsBlock) time(cell []byte) bool {
	us, local, ok := r.stamp(cell)
	if !ok {
		return false
	}
	at := datasets.Micros(us)
	if local {
		if at, _, ok = r.hours.resolve(at, true, r.loader.site); !ok {
			return false
		}
	}
	r.row.TS = at
	return at >= leastInstant && at < endInstant
}

// stamp reads the usual forms of a time itself, the date only when it changes.
func (r *readingsBlock) stamp(c []byte) (us int64, local, ok bool) {
	n := len(c)
	if n < 16 || c[13] != ':' || c[10] != 'T' && c[10] != ' ' {
		return 0, false, false
	}
	if string(c[:10]) != string(r.date[:]) {
		at, err := datasets.ParseStamp(c[:10])
		if err != nil {
			return 0, false, false
		}
		copy(r.date[:], c)
		r.dateUS = int64(at.Micros)
	}
	seconds, end := 0, 16
	if n >= 19 && c[16] == ':' {
		seconds, end = two(c[17], c[18]), 19
	}
	h, m := two(c[11], c[12]), two(c[14], c[15])
	if h > 23 || m > 59 || seconds > 59 {
		return 0, false, false
	}
	us = r.dateUS + int64(h*3600+m*60+seconds)*1_000_000
	switch rest := c[end:]; {
	case len(rest) == 0:
		return us, true, true
	case len(rest) == 1 && rest[0] == 'Z':
		return us, false, true
	case len(rest) == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':':
		h, m := two(rest[1], rest[2]), two(rest[4], rest[5])
		offset := int64(h*60+m) * 60_000_000
		if rest[0] == '-' {
			offset = -offset
		}
		return us - offset, false, h <= 23 && m <= 59
	}
	return 0, false, false
}

// two reads two digits; anything else is a number above 99.
func two(a, b byte) int {
	a, b = a-'0', b-'0'
	if a > 9 || b > 9 {
		return 100
	}
	return int(a)*10 + int(b)
}
