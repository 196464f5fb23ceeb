package store

import (
	"encoding/binary"
	"io"
	"slices"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// runRows is the most rows that columns are read of at once.
const runRows = 1024

// A pager walks the pages of one column of a row group.
type pager struct {
	pages parquet.Pages
	page  parquet.Page
	given []byte // 1 for each row with a value; nil if all have one
	rows  int
	row   int // the next one
	at    int // its value, if it has one
}

// advance takes the next page with rows.
func (p *pager) advance() error {
	for p.row == p.rows {
		if p.page != nil {
			parquet.Release(p.page)
			p.page = nil
		}
		page, err := p.pages.ReadPage()
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		p.page, p.given, p.rows, p.row, p.at = page, page.DefinitionLevels(), int(page.NumRows()), 0, 0
		if page.NumNulls() == 0 {
			p.given = nil
		}
	}
	return nil
}

func (p *pager) left() int { return p.rows - p.row }

func (p *pager) close() error {
	if p.page != nil {
		parquet.Release(p.page)
		p.page = nil
	}
	if p.pages == nil {
		return nil
	}
	return p.pages.Close()
}

// A pagedNumbers gives the numbers of a column in runs.
type pagedNumbers[T int32 | int64 | float64] struct {
	pager
	of     func(parquet.Page) []T
	values []T
	dict   []T
	index  []int32 // of a page with a dictionary
	run    []T
}

func (c *pagedNumbers[T]) fill() error {
	if c.row < c.rows {
		return nil
	}
	if err := c.advance(); err != nil {
		return err
	}
	if d := c.page.Dictionary(); d != nil {
		data := c.page.Data()
		c.index, c.dict, c.values = data.Int32(), c.of(d.Page()), nil
		return nil
	}
	c.index, c.values = nil, c.of(c.page)
	return nil
}

// read returns the numbers of the next n rows, 0 where there is none. All must be in
// the page. The result is valid until the next call.
func (c *pagedNumbers[T]) read(n int) []T {
	row := c.row
	c.row += n
	if c.given == nil && c.index == nil {
		c.at += n
		return c.values[c.at-n : c.at]
	}
	if c.run == nil {
		c.run = make([]T, runRows)
	}
	out := c.run[:n]
	for i := range out {
		switch {
		case c.given != nil && c.given[row+i] == 0:
			out[i] = 0
			continue
		case c.index != nil:
			out[i] = c.dict[c.index[c.at]]
		default:
			out[i] = c.values[c.at]
		}
		c.at++
	}
	return out
}

// A pagedTexts does so with the numbers that a caller gives to texts: each text of a
// dictionary is looked up once, whatever the number of its rows.
type pagedTexts struct {
	pager
	bytes   []byte
	offsets []uint32
	index   []int32 // of a page with a dictionary
	dict    parquet.Dictionary
	numbers []int32     // of the texts of the dictionary; unnumbered before they are asked for
	short   *shortTexts // for pages without one
	run     []int32
}

const unnumbered = -1

func (c *pagedTexts) fill() error {
	if c.row < c.rows {
		return nil
	}
	if err := c.advance(); err != nil {
		return err
	}
	data := c.page.Data()
	d := c.page.Dictionary()
	c.index = nil
	if d != nil {
		c.index = data.Int32()
		data = d.Page().Data()
	}
	c.bytes, c.offsets = data.ByteArray()
	switch {
	case d == nil:
		if c.short == nil {
			c.short = new(shortTexts)
		}
	case d != c.dict:
		c.dict = d
		c.numbers = slices.Repeat([]int32{unnumbered}, d.Len())
	}
	return nil
}

// read returns where the texts of the next n rows are, -1 where there is none, as
// [pagedNumbers.read] does.
func (c *pagedTexts) read(n int) []int32 {
	row := c.row
	c.row += n
	if c.given == nil && c.index != nil {
		c.at += n
		return c.index[c.at-n : c.at]
	}
	if c.run == nil {
		c.run = make([]int32, runRows)
	}
	out := c.run[:n]
	for i := range out {
		switch {
		case c.given != nil && c.given[row+i] == 0:
			out[i] = -1
			continue
		case c.index != nil:
			out[i] = c.index[c.at]
		default:
			out[i] = int32(c.at)
		}
		c.at++
	}
	return out
}

// number returns the number of the text at a place that read returned, 0 if there is
// none. The text that of is called with is valid during the call only.
func (c *pagedTexts) number(at int32, of func(string) int32) int32 {
	if at < 0 {
		return 0
	}
	if c.index != nil {
		n := c.numbers[at]
		if n == unnumbered {
			n = of(unsafeText(c.bytes[c.offsets[at]:c.offsets[at+1]]))
			c.numbers[at] = n
		}
		return n
	}
	return c.short.number(c.bytes[c.offsets[at]:c.offsets[at+1]], of)
}

// unsafeText shares the memory of a page.
func unsafeText(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// A shortTexts remembers the numbers of texts of at most 15 bytes, as IPv4 addresses
// are: writers that limit dictionaries leave servers without one.
type shortTexts [4096]struct {
	a, b   uint64 // the text, and its length in the last byte; no text is all 0
	number int32
}

func (c *shortTexts) number(text []byte, of func(string) int32) int32 {
	var word [16]byte
	if len(text) == 0 || len(text) >= len(word) {
		return of(unsafeText(text))
	}
	copy(word[:], text)
	word[15] = byte(len(text))
	a, b := binary.LittleEndian.Uint64(word[:8]), binary.LittleEndian.Uint64(word[8:])
	s := &c[(a^b*0x9e3779b97f4a7c15)*0x9e3779b97f4a7c15>>52]
	if s.a != a || s.b != b {
		s.a, s.b, s.number = a, b, of(unsafeText(text))
	}
	return s.number
}
