package raw

import (
	"bytes"
	"encoding/json"

	"github.com/minewatch/minewatch/datasets"
)

// A jsonDialect is a log of some program with one JSON object a line. A table
// is filled from members named by their paths: "flow.bytes_toserver".
type jsonDialect struct {
	name   string
	mark   string // text that the first line has
	tables []jsonTable
}

// A jsonTable fills one table of the catalog.
type jsonTable struct {
	table   string
	columns []zeekColumn // fields are paths
	more    []string     // paths that fix looks at
	// fix gets the values of more, as they are written, and the cells that were
	// made, which it may change. A text in what skips the record.
	fix    func(r *jsonReader, more, out [][]byte) (what string, p *problem)
	oneWay bool
	alerts bool // label flows with the alerts of lines before
}

// Name returns the dialect's name.
func (d *jsonDialect) Name() string { return d.name }

func (d *jsonDialect) sniff(head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n"), []byte("\n"))
	return len(first) > 0 && first[0] == '{' && bytes.Contains(first, []byte(d.mark))
}

// A jsonReader reads the lines of one file.
type jsonReader struct {
	*jsonTable
	l      *loader
	root   *jsonNode
	values [][][]byte // by column, then by the path's rank
	extra  [][]byte
	out    [][]byte
	buf    []byte
	doubt  string
	flow   *datasets.Flow
	number int64   // of the current line
	text   []byte  // of the current line
	alerts *alerts // of the file, nil if the table takes none
}

// A jsonNode is a member that is wanted, or that has such members.
type jsonNode struct {
	members map[string]*jsonNode
	at      []place // column -1 is for more
}

func (d *jsonDialect) decode(in *input, l *loader) error {
	r, fault := d.open(l)
	if fault != nil {
		return fault
	}
	lines := newLineReader(in.r, in.limits.LineBytes)
	all := func(text []byte, first int64) bool {
		if r.alerts != nil {
			r.alerts.noteBlock(text, first, in.limits.LineBytes)
		}
		return true
	}
	fork := func(w *worker) blockDecoder {
		own, _ := d.open(w.loader) // held for the file already
		own.alerts = r.alerts
		return byLine(in.limits.LineBytes, own.line)
	}
	if err := l.parallel(lines, all, fork, r.line); err != nil {
		return err
	}
	if err := lines.each(r.line); err != nil {
		return err
	}
	if r.alerts != nil && r.alerts.full {
		l.sum.Warnings["app: more alerts than are kept, so that flows late in the file lack their label"]++
	}
	return nil
}

func (d *jsonDialect) open(l *loader) (*jsonReader, *Fault) {
	r := &jsonReader{l: l, root: &jsonNode{}}
	for i := range d.tables {
		if d.tables[i].table == l.table.Name {
			r.jsonTable = &d.tables[i]
		}
	}
	if r.jsonTable == nil {
		return nil, &Fault{Line: 1, Reason: d.name + " in a folder that takes none", Remedy: "move the file to inbox/" + d.tables[0].table}
	}
	l.native = true
	if r.jsonTable.alerts {
		r.alerts = &alerts{}
	}
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = c.column
		for j, path := range c.fields {
			r.root.add(path, place{i, j})
		}
		r.values = append(r.values, make([][]byte, len(c.fields)))
	}
	for i, path := range r.more {
		r.root.add(path, place{-1, i})
	}
	r.extra, r.out = make([][]byte, len(r.more)), make([][]byte, len(r.columns))
	if flow, ok := l.row.(*datasets.Flow); ok {
		r.flow = flow
	}
	l.adapt = r.adapt
	if f := l.bind(names, 1); f != nil {
		return nil, f
	}
	return r, nil
}

func (n *jsonNode) add(path string, at place) {
	for path != "" {
		var name []byte
		first, rest, _ := bytes.Cut([]byte(path), []byte("."))
		name, path = first, string(rest)
		if n.members == nil {
			n.members = map[string]*jsonNode{}
		}
		next := n.members[string(name)]
		if next == nil {
			next = &jsonNode{}
			n.members[string(name)] = next
		}
		n = next
	}
	n.at = append(n.at, at)
}

func (r *jsonReader) line(ln line) error {
	if ln.number == 1 {
		ln.text = bytes.TrimPrefix(ln.text, bom)
	}
	if p := ln.fault(); p != nil {
		return r.l.reject(ln.number, *p, ln.text)
	}
	text := trim(ln.text)
	if len(text) == 0 {
		r.l.skip(blankLine)
		return nil
	}
	if text[0] != '{' || !json.Valid(text) {
		return r.l.reject(ln.number, notJSON, ln.text)
	}
	for i := range r.values {
		clear(r.values[i])
	}
	clear(r.extra)
	r.buf, r.doubt, r.number, r.text = r.buf[:0], "", ln.number, text
	r.scan(text, r.root)
	r.pick()
	what, p := r.fix(r, r.extra, r.out)
	switch {
	case what != "":
		r.l.skip(what)
		return nil
	case p != nil:
		return r.l.reject(ln.number, *p, ln.text)
	}
	return r.l.record(ln.number, r.out, ln.text)
}

// scan collects the values of the members that are wanted.
func (r *jsonReader) scan(object []byte, n *jsonNode) {
	eachMember(object, func(key, value []byte) {
		next := n.members[string(key)]
		if next == nil || string(value) == "null" {
			return
		}
		for _, at := range next.at {
			if at.column < 0 {
				r.extra[at.rank] = value
			} else {
				r.values[at.column][at.rank] = value
			}
		}
		if next.members != nil && value[0] == '{' {
			r.scan(value, next)
		}
	})
}

// pick fills out with the cells of the columns.
func (r *jsonReader) pick() {
	for i, c := range r.columns {
		r.out[i] = nil
		for _, v := range r.values[i] {
			if v != nil {
				r.out[i] = plainJSON(v)
				break
			}
		}
		if len(r.out[i]) == 0 && c.fallback != "" {
			r.out[i] = c.instead()
		}
	}
}

func (r *jsonReader) adapt() *problem {
	if r.doubt != "" {
		r.l.doubts = append(r.l.doubts, r.doubt)
	}
	if r.flow != nil && r.oneWay {
		r.l.orient(r.flow, false)
	}
	return nil
}

// made keeps a text that was made for the current record.
func (r *jsonReader) made(text string) []byte {
	from := len(r.buf)
	r.buf = append(r.buf, text...)
	return r.buf[from:]
}

// seconds writes microseconds as seconds.
func (r *jsonReader) seconds(us int64) []byte {
	from := len(r.buf)
	r.buf = appendSeconds(r.buf, us)
	return r.buf[from:]
}
