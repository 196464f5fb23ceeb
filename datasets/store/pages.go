package store

import (
	"io"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

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

// A pagedNumbers puts the numbers of a column, one after the other, where the
// row is; 0 where there is none.
type pagedNumbers[T int32 | int64 | float64] struct {
	pager
	of     func(parquet.Page) []T
	values []T
	dict   []T
	index  []int32 // of a page with a dictionary
	to     *T
}

func fillAll[T int32 | int64 | float64](columns []pagedNumbers[T], n int) (int, error) {
	for i := range columns {
		if err := columns[i].fill(); err != nil {
			return 0, err
		}
		n = min(n, columns[i].left())
	}
	return n, nil
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

func (c *pagedNumbers[T]) next() {
	given := c.given == nil || c.given[c.row] == 1
	c.row++
	if !given {
		*c.to = 0
		return
	}
	if c.index != nil {
		*c.to = c.dict[c.index[c.at]]
	} else {
		*c.to = c.values[c.at]
	}
	c.at++
}

// A pagedTexts does so with texts, which share the memory of the page.
type pagedTexts struct {
	pager
	bytes   []byte
	offsets []uint32
	index   []int32
	to      *string
}

func (c *pagedTexts) fill() error {
	if c.row < c.rows {
		return nil
	}
	if err := c.advance(); err != nil {
		return err
	}
	data := c.page.Data()
	c.index = nil
	if d := c.page.Dictionary(); d != nil {
		c.index = data.Int32()
		data = d.Page().Data()
	}
	c.bytes, c.offsets = data.ByteArray()
	return nil
}

func (c *pagedTexts) next() {
	given := c.given == nil || c.given[c.row] == 1
	c.row++
	if !given {
		*c.to = ""
		return
	}
	i := int32(c.at)
	if c.index != nil {
		i = c.index[c.at]
	}
	c.at++
	from, to := c.offsets[i], c.offsets[i+1]
	*c.to = unsafe.String(unsafe.SliceData(c.bytes[from:to]), int(to-from))
}
