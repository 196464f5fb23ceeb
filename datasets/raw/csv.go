package raw

import (
	"bytes"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/minewatch/minewatch/datasets"
)

// CSV reads text tables with a header, cells separated by comma, semicolon or
// tab, quoted as in RFC 4180. In a file with semicolons numbers may have a
// decimal comma.
type CSV struct{}

var _ Format = CSV{}

// Name returns "csv".
func (CSV) Name() string { return "csv" }

func (CSV) sniff(head []byte) bool {
	for _, s := range strangers {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return false
		}
	}
	first, _, whole := bytes.Cut(head, []byte("\n"))
	if bytes.IndexByte(first, 0) >= 0 {
		return false
	}
	return utf8.Valid(first) || !whole && validHead(first)
}

// quotedLines is the most lines that one quoted record may span. A quote that
// is never closed costs one line, not the rest of the file.
const quotedLines = 100

var (
	openQuote  = problem{"quote that is never closed", "close it, or double a quote that is part of the text"}
	strayQuote = problem{"quote inside a cell", "put the whole cell in quotes and double those inside"}
	cellCount  = problem{"wrong number of cells", "check for an unquoted separator or a decimal comma, and that the line is whole"}
)

type csvReader struct {
	lines     *lineReader
	separator byte
	cells     [][]byte
	scratch   []byte // unquoted text of the record's cells
	record    []byte // a record of several lines
	span      []line // its lines
}

func (CSV) decode(in *input, l *loader) error {
	c := &csvReader{lines: newLineReader(in.r, in.limits.LineBytes)}
	if err := c.bind(l); err != nil {
		return err
	}
	for {
		ln, err := c.lines.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(trim(ln.text)) == 0 && !ln.tooLong {
			continue
		}
		raw, fault, err := c.cut(ln, l.header+1)
		if err != nil {
			return err
		}
		if fault == nil && len(c.cells) != l.header {
			fault = &cellCount
		}
		if fault != nil {
			err = l.reject(ln.number, *fault, raw)
		} else {
			err = l.record(ln.number, c.cells, raw)
		}
		if err != nil {
			return err
		}
	}
}

// bind reads the header.
func (c *csvReader) bind(l *loader) error {
	for {
		ln, err := c.lines.next()
		if err == io.EOF {
			return &Fault{Reason: "empty file", Remedy: "ask the sender to deliver it again"}
		}
		if err != nil {
			return err
		}
		if p := ln.fault(); p != nil {
			return &Fault{Line: ln.number, Reason: p.reason, Remedy: p.remedy}
		}
		ln.text = bytes.TrimPrefix(ln.text, bom)
		if len(trim(ln.text)) == 0 {
			continue
		}
		c.separator = separator(ln.text, l.table)
		l.comma = c.separator == ';'
		_, p, err := c.cut(ln, l.options.Limits.Columns+1)
		if err != nil {
			return err
		}
		if p != nil {
			return &Fault{Line: ln.number, Reason: p.reason, Remedy: p.remedy}
		}
		names := make([]string, len(c.cells))
		for i, cell := range c.cells {
			names[i] = string(cell)
		}
		if f := l.bind(names, ln.number); f != nil {
			return f
		}
		return nil
	}
}

// separator returns the character that cuts the header into the most names
// of the table, or if none does into the most names.
func separator(header []byte, t *datasets.Table) byte {
	best, most := byte(','), -1
	for _, s := range []byte{',', ';', '\t'} {
		known := 0
		names := bytes.Split(header, []byte{s})
		for _, n := range names {
			name := headerName(string(bytes.Trim(n, `" `)))
			if slices.ContainsFunc(t.Columns, func(c datasets.Column) bool { return c.In == name && name != "" }) {
				known++
			}
		}
		if score := known<<20 + len(names); score > most {
			best, most = s, score
		}
	}
	return best
}

// cut fills cells with at most limit cells of the record that begins with ln.
// raw is the record's text, valid until the next call.
func (c *csvReader) cut(ln line, limit int) (raw []byte, fault *problem, err error) {
	if p := ln.fault(); p != nil {
		return ln.text, p, nil
	}
	if bytes.IndexByte(ln.text, '"') < 0 {
		c.cells = splitPlain(ln.text, c.separator, c.cells[:0], limit)
		return ln.text, nil, nil
	}
	open, fault := c.splitQuoted(ln.text, limit)
	if !open {
		return ln.text, fault, nil
	}
	return c.cutLines(ln, limit)
}

// cutLines reads a record whose first line ends inside quotes. If the quotes
// are not closed within the limits, only the first line is refused.
func (c *csvReader) cutLines(first line, limit int) (raw []byte, fault *problem, err error) {
	c.record = append(c.record[:0], first.text...)
	c.span = c.span[:0]
	for len(c.span) < quotedLines && len(c.record) <= c.lines.limit {
		ln, err := c.lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		ln.text = bytes.Clone(ln.text)
		c.span = append(c.span, ln)
		if ln.fault() != nil {
			break
		}
		c.record = append(append(c.record, '\n'), ln.text...)
		if bytes.IndexByte(ln.text, '"') < 0 {
			continue
		}
		if open, fault := c.splitQuoted(c.record, limit); !open {
			return c.record, fault, nil
		}
	}
	end := bytes.IndexByte(c.record, '\n')
	if end < 0 {
		end = len(c.record)
	}
	c.lines.unread(c.span)
	return c.record[:end], &openQuote, nil
}

// splitPlain cuts a line without quotes.
func splitPlain(text []byte, separator byte, cells [][]byte, limit int) [][]byte {
	for len(cells) < limit {
		i := bytes.IndexByte(text, separator)
		if i < 0 {
			return append(cells, text)
		}
		cells = append(cells, text[:i])
		text = text[i+1:]
	}
	return cells
}

// splitQuoted cuts a record with quotes, as encoding/csv does without
// LazyQuotes. open reports that it ends inside quotes.
func (c *csvReader) splitQuoted(text []byte, limit int) (open bool, fault *problem) {
	c.cells = c.cells[:0]
	c.scratch = slices.Grow(c.scratch[:0], len(text)) // cells point into it, so it must not move
	for len(c.cells) < limit {
		var cell []byte
		if len(text) > 0 && text[0] == '"' {
			if cell, text = c.unquote(text[1:]); text == nil {
				return true, nil
			}
			if len(text) > 0 && text[0] != c.separator {
				return false, &strayQuote
			}
		} else {
			end := bytes.IndexByte(text, c.separator)
			if end < 0 {
				end = len(text)
			}
			cell, text = text[:end], text[end:]
			if bytes.IndexByte(cell, '"') >= 0 {
				return false, &strayQuote
			}
		}
		c.cells = append(c.cells, cell)
		if len(text) == 0 {
			return false, nil
		}
		text = text[1:]
	}
	return false, nil
}

// unquote returns a cell whose opening quote was read, and what follows its
// closing quote; nil if there is none.
func (c *csvReader) unquote(text []byte) (cell, rest []byte) {
	start := len(c.scratch)
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			return nil, nil
		}
		c.scratch = append(c.scratch, text[:i]...)
		text = text[i+1:]
		if len(text) == 0 || text[0] != '"' {
			return c.scratch[start:], text
		}
		c.scratch = append(c.scratch, '"')
		text = text[1:]
	}
}
