package store

import (
	"io"
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
	numbers []int32 // of the texts of the dictionary, or of the page; unnumbered before they are asked for
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
	if d == nil || d != c.dict {
		c.dict = d
		c.numbers = c.numbers[:0]
		for range max(1, len(c.offsets)) - 1 {
			c.numbers = append(c.numbers, unnumbered)
		}
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
	n := c.numbers[at]
	if n == unnumbered {
		from, to := c.offsets[at], c.offsets[at+1]
		n = of(unsafe.String(unsafe.SliceData(c.bytes[from:to]), int(to-from)))
		c.numbers[at] = n
	}
	return n
}
