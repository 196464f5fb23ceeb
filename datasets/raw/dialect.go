package raw

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A dialect is a text table of some program, with names of its own in its
// header. A table of the catalog is filled from it by name, never by position:
// versions differ in the order of columns and in their number.
type dialect struct {
	name      string
	table     string
	separator byte
	marks     []string // names that every header of the dialect has
	columns   []zeekColumn
	none      string // cell that stands for no value
	end       string // beginning of the line after which nothing but a summary comes
	epoch     bool   // times are seconds since 1970
	oneWay    bool   // a record counts one direction unless it has packets of both
	// more are fields that fix looks at; fix gets them in this order, the made
	// cells in the order of columns, and may change the latter. A text in what
	// skips the record.
	more []string
	fix  func(d *dialectReader, more, out [][]byte) (what string, p *problem)
}

// Name returns the dialect's name.
func (d *dialect) Name() string { return d.name }

func (d *dialect) sniff(head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimPrefix(head, bom), []byte("\n"))
	if len(first) > 4096 {
		return false
	}
	names := d.split(string(trim(first)))
	for _, m := range d.marks {
		if !slices.Contains(names, m) {
			return false
		}
	}
	return true
}

func (d *dialect) split(header string) []string {
	names := strings.Split(strings.ToLower(header), string(d.separator))
	for i := range names {
		names[i] = strings.Trim(names[i], "\" \t")
	}
	return names
}

var (
	portName = problem{"a name for a port", "export with numbers for ports"}
	badLast  = problem{"not a time", "the end of the flow is not one"}
)

// A dialectReader reads the lines of one file.
type dialectReader struct {
	*dialect
	l       *loader
	csv     *csvReader
	names   []string
	at      [][]int // fields of each column, best first
	moreAt  []int   // of each field in more, -1 if absent
	cells   [][]byte
	out     [][]byte
	extra   [][]byte
	buf     []byte // texts made for the current record
	syn     bool   // the record has SYN and no ACK
	doubt   string // what is odd about the record
	ended   bool
	flow    *datasets.Flow
	bothWay bool
}

func (d *dialect) decode(in *input, l *loader) error {
	if l.table.Name != d.table {
		return &Fault{Line: 1, Reason: d.name + " in a folder that takes none", Remedy: "move the file to inbox/" + d.table}
	}
	lines := newLineReader(in.r, in.limits.LineBytes)
	ln, err := lines.next()
	if err != nil {
		return err
	}
	if p := ln.fault(); p != nil {
		return &Fault{Line: 1, Reason: p.reason, Remedy: p.remedy}
	}
	names := d.split(string(trim(bytes.TrimPrefix(ln.text, bom))))
	r, f := d.open(l, names)
	if f != nil {
		return f
	}
	plain := func(text []byte, _ int64) bool {
		return bytes.IndexByte(text, '"') < 0 && (d.end == "" || !bytes.Contains(text, []byte("\n"+d.end)) && !bytes.HasPrefix(text, []byte(d.end)))
	}
	fork := func(w *worker) blockDecoder {
		own, _ := d.open(w.loader, names) // held for the file already
		return byLine(in.limits.LineBytes, own.line)
	}
	if err := l.parallel(lines, plain, fork, r.line); err != nil {
		return err
	}
	r.csv.lines = lines
	return lines.each(r.line)
}

// open binds a header. The cells of the catalog's columns go to l.
func (d *dialect) open(l *loader, names []string) (*dialectReader, *Fault) {
	r := &dialectReader{dialect: d, l: l, csv: &csvReader{separator: d.separator}, names: names}
	l.native = l.native || d.epoch
	if len(names) > l.options.Limits.Columns {
		return nil, &Fault{Line: 1, Reason: "too many columns", Remedy: fmt.Sprintf("the limit is %d", l.options.Limits.Columns)}
	}
	columns := make([]string, len(d.columns))
	for i, c := range d.columns {
		columns[i] = c.column
		var at []int
		for _, f := range c.fields {
			if j := slices.Index(names, f); j >= 0 {
				at = append(at, j)
			}
		}
		if len(at) == 0 && c.fallback == "" && l.table.Column(c.column).Required {
			return nil, &Fault{Line: 1, Column: c.fields[0], Reason: "required column is missing", Remedy: "export with the columns " + strings.Join(d.marks, ", ") + " and " + c.fields[0]}
		}
		r.at = append(r.at, at)
	}
	for _, f := range d.more {
		r.moreAt = append(r.moreAt, slices.Index(names, f))
	}
	r.out, r.extra = make([][]byte, len(d.columns)), make([][]byte, len(d.more))
	if f := l.bind(columns, 1); f != nil {
		return nil, f
	}
	if flow, ok := l.row.(*datasets.Flow); ok {
		r.flow = flow
	}
	l.adapt = r.adapt
	return r, nil
}

func (r *dialectReader) line(ln line) error {
	text := trim(ln.text)
	switch {
	case r.ended:
		r.l.skip("summary")
		return nil
	case !ln.tooLong && blank(text, r.separator):
		r.l.skip(blankLine)
		return nil
	case r.end != "" && bytes.HasPrefix(text, []byte(r.end)):
		r.ended = true
		r.l.skip("summary")
		return nil
	}
	raw, fault, err := r.cut(ln)
	if err != nil {
		return err
	}
	if fault == nil && len(r.cells) != len(r.names) {
		if what := r.notice(text); what != "" {
			r.l.skip(what)
			return nil
		}
		fault = &cellCount
	}
	if fault != nil {
		return r.l.reject(ln.number, *fault, raw)
	}
	r.pick()
	what, p := "", (*problem)(nil)
	if r.fix != nil {
		what, p = r.fix(r, r.extra, r.out)
	}
	switch {
	case what != "":
		r.l.skip(what)
		return nil
	case p != nil:
		return r.l.reject(ln.number, *p, raw)
	}
	return r.l.record(ln.number, r.out, raw)
}

// notice names a line that a program writes in place of rows.
func (r *dialectReader) notice(text []byte) string {
	if string(text) == "No matching flows" {
		return "summary"
	}
	return ""
}

// cut fills cells.
func (r *dialectReader) cut(ln line) (raw []byte, fault *problem, err error) {
	if p := ln.fault(); p != nil {
		return ln.text, p, nil
	}
	if r.csv.lines == nil || bytes.IndexByte(ln.text, '"') < 0 {
		r.cells = splitPlain(ln.text, r.separator, r.cells[:0], len(r.names)+1)
		return ln.text, nil, nil
	}
	raw, fault, err = r.csv.cut(ln, len(r.names)+1)
	r.cells = r.csv.cells
	return raw, fault, err
}

// pick fills out and extra with the cells of the columns.
func (r *dialectReader) pick() {
	r.syn, r.doubt, r.bothWay, r.buf = false, "", false, r.buf[:0]
	for i, c := range r.columns {
		r.out[i] = nil
		for _, at := range r.at[i] {
			if cell := trim(r.cells[at]); len(cell) > 0 && string(cell) != r.none {
				r.out[i] = cell
				break
			}
		}
		if len(r.out[i]) == 0 && c.fallback != "" {
			r.out[i] = c.instead()
		}
	}
	for i, at := range r.moreAt {
		r.extra[i] = nil
		if at >= 0 {
			r.extra[i] = trim(r.cells[at])
		}
	}
}

// adapt brings the row of a record that counts one direction to the originator.
func (r *dialectReader) adapt() *problem {
	if r.doubt != "" {
		r.l.doubts = append(r.l.doubts, r.doubt)
	}
	if r.flow != nil && r.oneWay && !r.bothWay && r.flow.RespPkts == 0 && r.flow.RespBytes == 0 {
		r.l.orient(r.flow, r.syn)
	}
	return nil
}

// made keeps a text that was made for the current record.
func (r *dialectReader) made(text string) []byte {
	from := len(r.buf)
	r.buf = append(r.buf, text...)
	return r.buf[from:]
}

// seconds writes microseconds as seconds.
func (r *dialectReader) seconds(us int64) []byte {
	from := len(r.buf)
	r.buf = appendSeconds(r.buf, us)
	return r.buf[from:]
}

// appendSeconds writes microseconds as seconds with six decimals, or none.
func appendSeconds(to []byte, us int64) []byte {
	if us < 0 {
		to, us = append(to, '-'), -us
	}
	to = strconv.AppendInt(to, us/1_000_000, 10)
	if rest := us % 1_000_000; rest > 0 {
		at := len(to)
		to = strconv.AppendInt(to, 1_000_000+rest, 10)
		to[at] = '.'
	}
	return to
}
