package raw

import (
	"bytes"
	"math"

	"github.com/minewatch/minewatch/datasets"
)

// connLines decodes plain lines of Zeek's conn log, which come in billions. It
// knows nothing but good rows of the usual shape: any other line goes the
// general way. So what it hands on is what the general way would have.
type connLines struct {
	*loader
	table     *zeekTable
	row       *datasets.Flow
	separator byte
	wanted    []int8   // for each field of a line its place in cells, -1 for none
	cells     [][]byte // the wanted fields of a line
	at        [connColumns][]int8
	addresses map[string]*addressCell
	src, dst  *addressCell // of the line before
}

// An addressCell is an address as the log has it, with what becomes of it.
type addressCell struct {
	cell, address string
	bucket        int32
}

// The columns of a conn log, in the order of zeekLogs.
const (
	connTS = iota
	connSrcIP
	connSrcPort
	connDstIP
	connDstPort
	connProto
	connDuration
	connOrigBytes
	connRespBytes
	connOrigPkts
	connRespPkts
	connColumns
)

// newConnLines returns a decoder for conn logs, nil for other logs and for
// settings that it does not know.
func newConnLines(z *zeekTable, l *loader) *connLines {
	row, ok := l.row.(*datasets.Flow)
	if !ok || z.log.path != "conn" || len(z.separator) != 1 || l.options.Mapping != nil || len(l.options.Given) > 0 {
		return nil
	}
	c := &connLines{loader: l, table: z, row: row, separator: z.separator[0], wanted: make([]int8, z.fields), addresses: map[string]*addressCell{},
		src: &addressCell{}, dst: &addressCell{}}
	for i := range c.wanted {
		c.wanted[i] = -1
	}
	for column, fields := range z.at {
		for _, f := range fields {
			if c.wanted[f] < 0 {
				c.wanted[f] = int8(len(c.cells))
				c.cells = append(c.cells, nil)
			}
			c.at[column] = append(c.at[column], c.wanted[f])
		}
	}
	if len(c.cells) > math.MaxInt8 {
		return nil // a header that names fields again and again
	}
	return c
}

// decode is a blockDecoder.
func (c *connLines) decode(text []byte, first int64) (bool, error) {
	return true, eachLine(text, first, c.options.Limits.LineBytes, func(ln line) error {
		if ln.tooLong || !c.line(ln.text) {
			return c.table.line(ln, c.loader)
		}
		c.row.Source, c.row.Line = c.options.Source, c.lines+ln.number
		c.reached = max(c.reached, c.row.Line)
		c.sum.Rows++
		c.doubts = c.doubts[:0]
		c.tally()
		return c.accept()
	})
}

// line fills the row from a line, and reports whether it could.
func (c *connLines) line(text []byte) bool {
	if len(text) == 0 || text[0] == '#' || !c.cut(text) {
		return false
	}
	*c.row = datasets.Flow{}
	r := c.row
	at, p := epoch(c.cell(connTS))
	if p != nil || at.Micros < leastInstant || at.Micros >= endInstant {
		return false
	}
	r.TS = at.Micros
	src, dst := c.address(connSrcIP, c.src), c.address(connDstIP, c.dst)
	if src == nil || dst == nil {
		return false
	}
	c.src, c.dst = src, dst
	r.SrcIP, r.Bucket, r.DstIP = src.address, src.bucket, dst.address
	switch string(c.cell(connProto)) {
	case "tcp":
		r.Proto = "tcp"
	case "udp":
		r.Proto = "udp"
	case "icmp":
		r.Proto = "icmp"
	default:
		return false
	}
	var ok [7]bool
	r.SrcPort, ok[0] = port(c.cell(connSrcPort))
	r.DstPort, ok[1] = port(c.cell(connDstPort))
	r.DurationS, ok[2] = seconds(c.count(connDuration))
	r.OrigBytes, ok[3] = digitsOnly(c.count(connOrigBytes))
	r.RespBytes, ok[4] = digitsOnly(c.count(connRespBytes))
	r.OrigPkts, ok[5] = digitsOnly(c.count(connOrigPkts))
	r.RespPkts, ok[6] = digitsOnly(c.count(connRespPkts))
	return ok == [7]bool{true, true, true, true, true, true, true}
}

// cut finds the wanted fields of a line that is plain ASCII.
func (c *connLines) cut(text []byte) bool {
	field, start := 0, 0
	for i, b := range text {
		if b == c.separator {
			if field == len(c.wanted)-1 {
				return false
			}
			if k := c.wanted[field]; k >= 0 {
				c.cells[k] = text[start:i]
			}
			field, start = field+1, i+1
		} else if b == 0 || b >= 0x80 {
			return false
		}
	}
	if k := c.wanted[field]; k >= 0 {
		c.cells[k] = text[start:]
	}
	return field == len(c.wanted)-1
}

// cell returns the text of a column, nil if it is not set. Signs and escapes
// are left for the readers of cells to refuse.
func (c *connLines) cell(column int) []byte {
	for _, k := range c.at[column] {
		cell := c.cells[k]
		if bytes.Equal(cell, c.table.none) {
			continue
		}
		if bytes.Equal(cell, c.table.empty) {
			return nil
		}
		return cell
	}
	return nil
}

// count returns the text of a column that is 0 if it is not set.
func (c *connLines) count(column int) []byte {
	if cell := c.cell(column); len(cell) > 0 {
		return cell
	}
	return zeroCell
}

// address returns what becomes of an address, nil if it is none.
func (c *connLines) address(column int, last *addressCell) *addressCell {
	cell := c.cell(column)
	if len(cell) > 0 && string(cell) == last.cell {
		return last
	}
	a, known := c.addresses[string(cell)]
	if !known {
		address, p := parseIP(cell)
		if p != nil {
			return nil
		}
		if len(c.addresses) >= textsKept {
			clear(c.addresses)
		}
		a = &addressCell{string(cell), address, datasets.BucketOf(address, c.options.Buckets)}
		c.addresses[a.cell] = a
	}
	return a
}

func port(cell []byte) (int32, bool) {
	n, ok := digitsOnly(cell)
	return int32(n), ok && n <= 65535
}

// digitsOnly reads 1 to 15 digits, a number below what any column may hold.
func digitsOnly(cell []byte) (int64, bool) {
	if len(cell) == 0 || len(cell) > 15 {
		return 0, false
	}
	n := int64(0)
	for _, c := range cell {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// seconds reads a number of at most 15 digits and one point. Both it and the
// power of ten are exact as floats, so that their quotient is the float nearest
// to the number, as strconv.ParseFloat returns it (Clinger, "How to read
// floating point numbers accurately", 1990).
func seconds(cell []byte) (float64, bool) {
	n, point := int64(0), -1
	for i, c := range cell {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
		case c == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	digits := len(cell)
	if point >= 0 {
		digits--
	}
	if digits == 0 || digits > 15 {
		return 0, false
	}
	if point < 0 {
		return float64(n), true
	}
	return float64(n) / powersOfTen[len(cell)-1-point], true
}

var powersOfTen = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}
