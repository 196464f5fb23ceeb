package raw

import (
	"bytes"
	"encoding/json"
	"io"
)

// ZeekJSON reads conn, dns and ssl logs as JSON, one object a line.
type ZeekJSON struct{}

var _ Format = ZeekJSON{}

// Name returns "zeek-json".
func (ZeekJSON) Name() string { return "zeek-json" }

func (ZeekJSON) sniff(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n")
	return len(head) > 0 && head[0] == '{'
}

var (
	notJSON      = problem{"not a JSON object", "each line must be one whole JSON object"}
	otherRecord  = problem{"record of another kind of log", "deliver each kind of log in its own file"}
	notZeekJSON  = &Fault{Line: 1, Reason: "JSON that is not a Zeek log of this folder", Remedy: "deliver Zeek conn, dns or ssl logs to inbox/flows, inbox/dns or inbox/tls, other tables as CSV"}
	noJSONRecord = &Fault{Reason: "no whole JSON object in the file", Remedy: "each line must be one whole JSON object"}
)

// A zeekObjects reads the lines of one JSON log.
type zeekObjects struct {
	log    *zeekLog
	fields map[string]place
	values [][][]byte // by column, then by the field's rank among the column's fields
	out    [][]byte
	path   []byte
	marks  int
	known  bool // the first object was of this log
}

type place struct{ column, rank int }

func (ZeekJSON) decode(in *input, l *loader) error {
	log, fault := zeekFor(l)
	if fault != nil {
		return notZeekJSON // any object may begin like one
	}
	z := newZeekObjects(log)
	if f := l.bind(log.names(), 1); f != nil {
		return f
	}
	lines := newLineReader(in.r, in.limits.LineBytes)
	serial := func(ln line) error { return z.line(ln, l) }
	for !z.known {
		ln, err := lines.next()
		if err == io.EOF {
			return noJSONRecord
		}
		if err != nil {
			return err
		}
		if err := serial(ln); err != nil {
			return err
		}
	}
	all := func([]byte, int64) bool { return true }
	if err := l.parallel(lines, all, z.fork, serial); err != nil {
		return err
	}
	return lines.each(serial)
}

// fork returns what decodes blocks of a log whose first object was of its kind.
func (z *zeekObjects) fork(w *worker) blockDecoder {
	own := newZeekObjects(z.log)
	own.known = true
	w.rebind(z.log.names())
	return byLine(w.options.Limits.LineBytes, func(ln line) error { return own.line(ln, w.loader) })
}

func newZeekObjects(log *zeekLog) *zeekObjects {
	z := &zeekObjects{log: log, fields: map[string]place{}, out: make([][]byte, len(log.columns))}
	for i, c := range log.columns {
		for j, f := range c.fields {
			z.fields[f] = place{i, j}
		}
		z.values = append(z.values, make([][]byte, len(c.fields)))
	}
	return z
}

func (z *zeekObjects) line(ln line, l *loader) error {
	if ln.number == 1 {
		ln.text = bytes.TrimPrefix(ln.text, bom)
	}
	if p := ln.fault(); p != nil {
		return l.reject(ln.number, *p, ln.text)
	}
	text := trim(ln.text)
	if len(text) == 0 {
		return nil
	}
	if text[0] != '{' || !json.Valid(text) {
		return l.reject(ln.number, notJSON, ln.text)
	}
	z.scan(text)
	if kind := kindOf(string(z.path)); kind != "" && kind != z.log.path || kind == "" && z.marks < len(z.log.marks) {
		if z.known {
			return l.reject(ln.number, otherRecord, ln.text)
		}
		if kind != "" {
			return z.log.wrongLog(kind, ln.number)
		}
		return notZeekJSON
	}
	z.known = true
	l.sum.Open = l.sum.Open || bytes.HasPrefix(z.path, []byte("open_"))
	z.pick()
	return l.record(ln.number, z.out, ln.text)
}

// scan collects the values of the fields that are wanted.
func (z *zeekObjects) scan(object []byte) {
	for i := range z.values {
		clear(z.values[i])
	}
	z.path, z.marks = nil, 0
	eachMember(object, func(key, value []byte) {
		if at, ok := z.fields[string(key)]; ok && string(value) != "null" {
			z.values[at.column][at.rank] = value
		}
		if string(key) == "_path" {
			z.path = plainJSON(value)
		}
		for _, m := range z.log.marks {
			if string(key) == m {
				z.marks++
			}
		}
	})
}

// pick fills out with the cells of the log's columns.
func (z *zeekObjects) pick() {
	for i, c := range z.log.columns {
		z.out[i] = nil
		for _, v := range z.values[i] {
			if v != nil {
				z.out[i] = plainJSON(v)
				break
			}
		}
		if len(z.out[i]) == 0 && c.fallback != "" {
			z.out[i] = c.instead()
		}
	}
}

// plainJSON returns a text without its quotes, a list of texts joined by
// spaces, and any other value as it is written.
func plainJSON(value []byte) []byte {
	switch value[0] {
	case '"':
		inner := value[1 : len(value)-1]
		if bytes.IndexByte(inner, '\\') < 0 {
			return inner
		}
		var s string
		if json.Unmarshal(value, &s) != nil { // cannot happen: the line is valid JSON
			return nil
		}
		return printable([]byte(s))
	case '[':
		var items []json.RawMessage
		if json.Unmarshal(value, &items) != nil { // nor can this
			return nil
		}
		var joined []byte
		for i, item := range items {
			if i > 0 {
				joined = append(joined, ' ')
			}
			joined = appendItem(joined, plainJSON(item))
		}
		return joined
	}
	return value
}

// printable replaces control characters, NUL above all.
func printable(s []byte) []byte {
	for i, c := range s {
		if c < ' ' {
			s[i] = '_'
		}
	}
	return s
}

// eachMember calls each with the members of a valid JSON object, keys without
// their quotes. Members of inner objects are not visited.
func eachMember(object []byte, each func(key, value []byte)) {
	i := skipSpace(object, 1)
	for i < len(object) && object[i] == '"' {
		end := stringEnd(object, i)
		key := object[i+1 : end-1]
		i = skipSpace(object, skipSpace(object, end)+1) // past the colon
		end = valueEnd(object, i)
		each(key, object[i:end])
		i = skipSpace(object, end)
		if i < len(object) && object[i] == ',' {
			i = skipSpace(object, i+1)
		}
	}
}

func skipSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns the position after the string that begins at i.
func stringEnd(s []byte, i int) int {
	for i++; s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// valueEnd returns the position after the value that begins at i.
func valueEnd(s []byte, i int) int {
	depth := 0
	for {
		switch s[i] {
		case '"':
			i = stringEnd(s, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
		if depth == 0 && (i == len(s) || bytes.IndexByte([]byte(",}] \t\r\n"), s[i]) >= 0) {
			return i
		}
	}
}
