package raw

import (
	"bytes"
	"io"
	"slices"
	"unicode/utf8"
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
	names     []string // of the header
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
	serial := func(ln line) error { return c.line(ln, l) }
	// A quoted record may go on in the next block.
	plain := func(text []byte, _ int64) bool { return bytes.IndexByte(text, '"') < 0 }
	if in.packing != "zip" { // whose members share their count of lines
		if err := l.parallel(c.lines, plain, c.fork, serial); err != nil {
			return err
		}
	}
	return c.lines.each(serial)
}

// fork returns what decodes blocks of the file without quotes.
func (c *csvReader) fork(w *worker) blockDecoder {
	if fault := w.layOut(c.names, 1); fault != nil {
		panic("raw: a header is taken once and refused then: " + fault.Error())
	}
	if w.layout == nil {
		if fast := fastReadings(w.loader, c.separator); fast != nil {
			return fast
		}
	}
	own := &csvReader{separator: c.separator}
	return byLine(w.options.Limits.LineBytes, func(ln line) error { return own.line(ln, w.loader) })
}

// line reads the record that begins with a line.
func (c *csvReader) line(ln line, l *loader) error {
	if !ln.tooLong && blank(ln.text, c.separator) {
		l.skip(blankLine)
		return nil
	}
	raw, fault, err := c.cut(ln, l.header+1)
	if err != nil {
		return err
	}
	if fault == nil && len(c.cells) != l.header {
		fault = &cellCount
	}
	if fault != nil {
		return l.reject(ln.number, *fault, raw)
	}
	return l.deliver(ln.number, c.cells, raw)
}

const blankLine = "blank line"

// blank reports whether a line has nothing but separators and space, as
// spreadsheets write rows without values.
func blank(text []byte, separator byte) bool {
	for _, b := range text {
		if b != separator && b != ' ' && b != '\t' && b != '\r' {
			return false
		}
	}
	return true
}

// bind reads the header, and passes over lines above it.
func (c *csvReader) bind(l *loader) error {
	search := headerSearch{l: l}
	for {
		ln, err := c.lines.next()
		if err == io.EOF {
			return search.fault()
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
		if rest, ok := bytes.CutPrefix(bytes.ToLower(ln.text), []byte("sep=")); ok && len(rest) <= 1 {
			continue // a hint to spreadsheet programs
		}
		c.separator = l.separator(ln.text)
		l.comma = l.mapping.Comma || c.separator == ';'
		_, p, err := c.cut(ln, l.options.Limits.Columns+1)
		if err != nil {
			return err
		}
		if p != nil {
			if f := search.missed(&Fault{Line: ln.number, Reason: p.reason, Remedy: p.remedy}, 0); f != nil {
				return f
			}
			continue
		}
		c.names = make([]string, len(c.cells))
		for i, cell := range c.cells {
			c.names[i] = string(cell)
		}
		found, f := search.try(c.names, ln.number)
		if f != nil {
			return f
		}
		if found {
			return nil
		}
	}
}

// separator returns the character that cuts the header into the most names
// of the table or the mapping, or if none does into the most names.
func (l *loader) separator(header []byte) byte {
	best, most := byte(','), -1
	for _, s := range []byte{',', ';', '\t'} {
		known := 0
		names := bytes.Split(header, []byte{s})
		for _, n := range names {
			name := headerName(string(bytes.Trim(n, `" `)))
			if l.known(name) || l.synonym(name) != "" || l.mapping.Columns[string(bytes.Trim(n, `" `))] != "" {
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

// splitPlain cuts a line without quotes. Cells are short: a loop is faster
// than a call for each.
func splitPlain(text []byte, separator byte, cells [][]byte, limit int) [][]byte {
	start := 0
	for i, c := range text {
		if c != separator {
			continue
		}
		if len(cells) == limit {
			return cells
		}
		cells = append(cells, text[start:i])
		start = i + 1
	}
	if len(cells) < limit {
		cells = append(cells, text[start:])
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
