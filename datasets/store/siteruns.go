package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// A siteColumn reads the sites of a row group in order, as runs of rows of one site.
// The id is valid until the next call; neighbouring runs may be of one site.
type siteColumn interface {
	next(most int) (id []byte, rows int, err error)
}

// A dictSites reads sites from pages with a dictionary, where rows of one site are a
// run in the file, too. A writer may have given the dictionary up for the last pages.
type dictSites struct {
	pages pages
	ids   [][]byte // the dictionary

	left   int    // rows of the page that are in no run yet
	body   []byte // what is left of the page
	plain  bool   // whether it holds texts, not indices
	width  uint   // bits of an index
	packed int    // indices that are left of a run in which each row has its own
	bit    uint   // of the body, at which the next of them begins

	id   []byte // of the run
	rows int    // of it that are left
}

func (d *dictSites) next(most int) (id []byte, rows int, err error) {
	for d.rows == 0 {
		if d.left == 0 {
			err = d.open()
		} else {
			err = d.run()
		}
		if err != nil {
			return nil, 0, err
		}
	}
	rows = min(most, d.rows)
	d.rows -= rows
	return d.id, rows, nil
}

// open begins the next page.
func (d *dictSites) open() error {
	n, body, encoding, err := d.pages.next()
	if err != nil {
		return err
	}
	d.left, d.body, d.packed, d.plain = n, body, 0, encoding == parquet.Encodings.Plain
	switch {
	case d.plain:
		return nil
	case encoding != parquet.Encodings.RLEDict && encoding != parquet.Encodings.PlainDict:
		return fmt.Errorf("sites encoded as %s: %w", encoding, ErrSchema)
	case len(body) == 0 || body[0] > 32:
		return io.ErrUnexpectedEOF
	}
	d.width, d.body = uint(body[0]), body[1:]
	return nil
}

// run begins the next run, which may have no rows.
func (d *dictSites) run() (err error) {
	d.rows = 1
	switch {
	case d.plain:
		d.id, d.body, err = cutText(d.body)
	case d.packed > 0:
		err = d.ownIndex()
	default:
		head, n := binary.Uvarint(d.body)
		if n <= 0 || head>>1 > math.MaxInt32/8 {
			return io.ErrUnexpectedEOF
		}
		d.body = d.body[n:]
		if head&1 == 1 {
			d.packed, d.bit, d.rows = int(head>>1)*8, 0, 0
			return nil
		}
		size := int(d.width+7) / 8
		if len(d.body) < size {
			return io.ErrUnexpectedEOF
		}
		index := uint64(0)
		for i, b := range d.body[:size] {
			index |= uint64(b) << (8 * i)
		}
		d.body, d.rows = d.body[size:], min(int(head>>1), d.left)
		err = d.look(index)
	}
	d.left -= d.rows
	return err
}

// ownIndex reads the index of one row.
func (d *dictSites) ownIndex() error {
	index := uint64(0)
	for i := range d.width {
		at := d.bit + i
		if at>>3 >= uint(len(d.body)) {
			return io.ErrUnexpectedEOF
		}
		index |= uint64(d.body[at>>3]>>(at&7)&1) << i
	}
	d.bit += d.width
	if d.packed--; d.packed == 0 {
		d.body = d.body[(d.bit+7)/8:]
	}
	return d.look(index)
}

func (d *dictSites) look(index uint64) error {
	if index >= uint64(len(d.ids)) {
		return fmt.Errorf("index %d of %d sites: %w", index, len(d.ids), ErrSchema)
	}
	d.id = d.ids[index]
	return nil
}

// dictionary reads the ids.
func (d *dictSites) dictionary(page *file.DictionaryPage) error {
	text := bytes.Clone(page.Data()) // a page's memory is used again
	d.ids = d.ids[:0]
	for range page.NumValues() {
		id, rest, err := cutText(text)
		if err != nil {
			return err
		}
		d.ids, text = append(d.ids, id), rest
	}
	return nil
}

// cutText reads a text with its length before it.
func cutText(body []byte) (text, rest []byte, err error) {
	if len(body) < 4 {
		return nil, nil, io.ErrUnexpectedEOF
	}
	n := uint64(binary.LittleEndian.Uint32(body))
	if n > uint64(len(body)-4) {
		return nil, nil, io.ErrUnexpectedEOF
	}
	return body[4 : 4+n], body[4+n:], nil
}

// An arrowSites reads sites in any encoding.
type arrowSites struct {
	column *file.ByteArrayColumnChunkReader
	batch  []parquet.ByteArray // texts of one page, valid until the next is read
	def    []int16
	at, n  int
}

func (a *arrowSites) next(most int) (id []byte, rows int, err error) {
	if a.at == a.n {
		rows, got, err := a.column.ReadBatchInPage(int64(min(most, len(a.batch))), a.batch, a.def, nil)
		if err != nil || got == 0 || int64(got) != rows {
			return nil, 0, short("site_id", got, most, err)
		}
		a.at, a.n = 0, got
	}
	from := a.at
	for a.at++; a.at < a.n && a.at-from < most && same(a.batch[from], a.batch[a.at]); a.at++ {
	}
	return a.batch[from], a.at - from, nil
}

// same compares texts, which from a dictionary are mostly one text in memory.
func same(a, b parquet.ByteArray) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || bytes.Equal(a, b))
}
