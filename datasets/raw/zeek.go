package raw

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// A zeekColumn says from which field of a Zeek log a column comes: from the
// first of fields that is there and set, else it is fallback.
type zeekColumn struct {
	column   string
	fields   []string
	fallback string
	list     bool
}

var zeroCell = []byte("0") // never written to

// instead returns the fallback without making a copy of the usual one.
func (c *zeekColumn) instead() []byte {
	if c.fallback == "0" {
		return zeroCell
	}
	return []byte(c.fallback)
}

// A zeekLog maps one kind of Zeek log to a table. Field names are those of
// Zeek's Conn, DNS and SSL scripts.
type zeekLog struct {
	path    string
	table   string
	columns []zeekColumn
	marks   []string // fields that every record in JSON has, and no other log together
}

var zeekLogs = []zeekLog{
	{"conn", "flows", []zeekColumn{
		{"ts", []string{"ts"}, "", false},
		{"src_ip", []string{"id.orig_h"}, "", false},
		{"src_port", []string{"id.orig_p"}, "", false},
		{"dst_ip", []string{"id.resp_h"}, "", false},
		{"dst_port", []string{"id.resp_p"}, "", false},
		{"proto", []string{"proto"}, "", false},
		{"duration_s", []string{"duration"}, "0", false}, // a single packet has none
		// Payload where Zeek followed the connection, else with IP headers.
		{"orig_bytes", []string{"orig_bytes", "orig_ip_bytes"}, "0", false},
		{"resp_bytes", []string{"resp_bytes", "resp_ip_bytes"}, "0", false},
		{"orig_pkts", []string{"orig_pkts"}, "0", false},
		{"resp_pkts", []string{"resp_pkts"}, "0", false},
	}, []string{"conn_state"}},
	{"dns", "dns", []zeekColumn{
		{"ts", []string{"ts"}, "", false},
		{"client_ip", []string{"id.orig_h"}, "", false},
		{"query", []string{"query"}, "", false},
		{"answers", []string{"answers"}, "", true},
	}, []string{"rejected", "AA"}},
	{"ssl", "tls", []zeekColumn{
		{"ts", []string{"ts"}, "", false},
		{"src_ip", []string{"id.orig_h"}, "", false},
		{"dst_ip", []string{"id.resp_h"}, "", false},
		{"dst_port", []string{"id.resp_p"}, "", false},
		{"sni", []string{"server_name"}, "", false},
		{"ja3", []string{"ja3"}, "", false},
		{"ja4", []string{"ja4"}, "", false},
		{"src_port", []string{"id.orig_p"}, "", false},
	}, []string{"established"}},
}

// zeekFor returns the log that fills a table. The fault says that none does.
func zeekFor(l *loader) (*zeekLog, *Fault) {
	for i := range zeekLogs {
		if zeekLogs[i].table == l.table.Name {
			l.native = true
			return &zeekLogs[i], nil
		}
	}
	return nil, &Fault{Line: 1, Reason: "Zeek log in a folder that takes none", Remedy: "Zeek conn, dns and ssl logs go to inbox/flows, inbox/dns and inbox/tls"}
}

// wrongLog is the fault of a log of another kind.
func (z *zeekLog) wrongLog(path string, lineNumber int64) *Fault {
	f := &Fault{Line: lineNumber, Reason: "Zeek log of another kind", Remedy: fmt.Sprintf("this folder takes %s logs", z.path)}
	for _, other := range zeekLogs {
		if other.path == path {
			f.Remedy += fmt.Sprintf("; move this %s log to inbox/%s", path, other.table)
			return f
		}
	}
	f.Remedy += fmt.Sprintf("; %s logs are not used", path)
	return f
}

// names returns the table's columns in the order in which cells are made.
func (z *zeekLog) names() []string {
	names := make([]string, len(z.columns))
	for i, c := range z.columns {
		names[i] = c.column
	}
	return names
}

// kindOf drops the mark of logs of connections that are still open.
func kindOf(path string) string { return strings.TrimPrefix(path, "open_") }

// ZeekTSV reads conn, dns and ssl logs as Zeek writes them by default:
// tab-separated, with the names of the fields in header lines. A header may
// come again, as in logs put together.
type ZeekTSV struct{}

var _ Format = ZeekTSV{}

// Name returns "zeek-tsv".
func (ZeekTSV) Name() string { return "zeek-tsv" }

func (ZeekTSV) sniff(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n"), []byte("#separator"))
}

var (
	noHeader   = &Fault{Reason: "Zeek log without #fields", Remedy: "deliver the log with its header lines"}
	fieldCount = problem{"wrong number of fields", "the line does not match #fields; it may be cut off"}
)

// A zeekTable is what the header lines of a log say.
type zeekTable struct {
	log                         *zeekLog
	separator, set, empty, none []byte
	fields                      int
	at                          [][]int // fields of each column of the log, best first
	cells, out                  [][]byte
}

func (ZeekTSV) decode(in *input, l *loader) error {
	log, fault := zeekFor(l)
	if fault != nil {
		return fault
	}
	z := &zeekTable{log: log, separator: []byte{'\t'}, set: []byte{','}, empty: []byte("(empty)"), none: []byte("-")}
	lines := newLineReader(in.r, in.limits.LineBytes)
	if err := z.lines(lines, l); err != nil {
		return err
	}
	if z.fields == 0 {
		return noHeader
	}
	return nil
}

// headerLines is how many lines are read one by one before the next blocks:
// more than a header has.
const headerLines = 64

// lines reads lines one by one where header lines may come, and by blocks
// between them.
func (z *zeekTable) lines(lines *lineReader, l *loader) error {
	serial := func(ln line) error { return z.line(ln, l) }
	plain := func(text []byte, _ int64) bool { return text[0] != '#' && !bytes.Contains(text, []byte("\n#")) }
	for {
		for range headerLines {
			ln, err := lines.next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := serial(ln); err != nil {
				return err
			}
		}
		if z.fields == 0 {
			continue
		}
		if err := l.parallel(lines, plain, z.fork, serial); err != nil {
			return err
		}
	}
}

// fork returns what decodes blocks under the header that was read last.
func (z *zeekTable) fork(w *worker) blockDecoder {
	own := *z
	own.cells, own.out = nil, make([][]byte, len(z.out))
	w.rebind(z.log.names())
	if fast := newConnLines(&own, w.loader); fast != nil {
		return fast.decode
	}
	return byLine(w.options.Limits.LineBytes, func(ln line) error { return own.line(ln, w.loader) })
}

func (z *zeekTable) line(ln line, l *loader) error {
	fault := ln.fault()
	text := ln.text
	if ln.number == 1 {
		text = bytes.TrimLeft(bytes.TrimPrefix(text, bom), " \t")
	}
	switch {
	case fault == nil && len(text) == 0:
		return nil
	case fault == nil && text[0] == '#':
		if f := z.header(string(text), ln.number, l); f != nil {
			return f
		}
		return nil
	case z.fields == 0:
		return noHeader
	case fault != nil:
		return l.reject(ln.number, *fault, ln.text)
	}
	z.cells = splitZeek(text, z.separator, z.cells[:0], z.fields+1)
	if len(z.cells) != z.fields {
		return l.reject(ln.number, fieldCount, ln.text)
	}
	z.pick()
	return l.record(ln.number, z.out, ln.text)
}

// splitZeek cuts a line at a separator of one or more bytes.
func splitZeek(text, separator []byte, cells [][]byte, limit int) [][]byte {
	if len(separator) == 1 {
		return splitPlain(text, separator[0], cells, limit)
	}
	return append(cells, bytes.SplitN(text, separator, limit)...)
}

// header reads one line that begins with #.
func (z *zeekTable) header(text string, lineNumber int64, l *loader) *Fault {
	if v, ok := strings.CutPrefix(text, "#separator "); ok {
		z.separator = unescape([]byte(strings.TrimSpace(v)), false)
		if len(z.separator) == 0 {
			z.separator = []byte{'\t'}
		}
		return nil
	}
	name, value, _ := strings.Cut(text, string(z.separator))
	switch name {
	case "#set_separator":
		z.set = unescape([]byte(value), false)
	case "#empty_field":
		z.empty = []byte(value)
	case "#unset_field":
		z.none = []byte(value)
	case "#path":
		if kindOf(value) != z.log.path {
			return z.log.wrongLog(kindOf(value), lineNumber)
		}
		l.sum.Open = l.sum.Open || kindOf(value) != value
	case "#fields":
		return z.bind(strings.Split(value, string(z.separator)), lineNumber, l)
	}
	return nil
}

// bind finds the fields of the log's columns.
func (z *zeekTable) bind(fields []string, lineNumber int64, l *loader) *Fault {
	if len(fields) > l.options.Limits.Columns {
		return &Fault{Line: lineNumber, Reason: "too many columns"}
	}
	z.fields = len(fields)
	z.at = z.at[:0]
	for _, c := range z.log.columns {
		var at []int
		for _, want := range c.fields {
			for i, f := range fields {
				if f == want {
					at = append(at, i)
				}
			}
		}
		if required := l.table.Column(c.column).Required; len(at) == 0 && required && c.fallback == "" {
			return &Fault{Line: lineNumber, Column: c.fields[0], Reason: "required column is missing", Remedy: "deliver the log with all its default fields"}
		}
		z.at = append(z.at, at)
	}
	z.out = make([][]byte, len(z.log.columns))
	return l.bind(z.log.names(), lineNumber)
}

// pick fills out with the cells of the log's columns.
func (z *zeekTable) pick() {
	for i, c := range z.log.columns {
		z.out[i] = []byte(nil)
		for _, at := range z.at[i] {
			cell := z.cells[at]
			if bytes.Equal(cell, z.none) {
				continue
			}
			if bytes.Equal(cell, z.empty) {
				cell = nil
			}
			z.out[i] = z.plain(cell, c.list)
			break
		}
		if len(z.out[i]) == 0 && c.fallback != "" {
			z.out[i] = c.instead()
		}
	}
}

// plain undoes Zeek's escapes, and joins a list by spaces.
func (z *zeekTable) plain(cell []byte, list bool) []byte {
	if !list {
		if bytes.IndexByte(cell, '\\') < 0 {
			return cell
		}
		return unescape(cell, true)
	}
	if len(z.set) == 0 {
		return unescape(cell, true)
	}
	var joined []byte
	for i, item := range bytes.Split(cell, z.set) {
		if i > 0 {
			joined = append(joined, ' ')
		}
		joined = appendItem(joined, unescape(item, true))
	}
	return joined
}

// appendItem appends one item of a list that is joined by spaces; its own
// spaces (TXT records have them) become underscores.
func appendItem(list, item []byte) []byte {
	for _, c := range item {
		if c <= ' ' {
			c = '_'
		}
		list = append(list, c)
	}
	return list
}

// unescape returns text with \xHH turned into bytes; if printable, only those
// that stand for printable ASCII, so that the text stays valid UTF-8.
func unescape(text []byte, printable bool) []byte {
	var to []byte
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) && text[i+1] == 'x' {
			high, low := hex(text[i+2]), hex(text[i+3])
			c := high<<4 | low
			if high < 16 && low < 16 && (!printable || c >= ' ' && c <= '~') {
				to = append(to, c)
				i += 3
				continue
			}
		}
		to = append(to, text[i])
	}
	return to
}

// hex returns the value of a hexadecimal digit, 16 for anything else.
func hex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
