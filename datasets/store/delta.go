package store

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// A numbers reads a column of a row group in order. It fails if there are fewer values.
type numbers[T int32 | int64] interface {
	read(out []T) error
}

// An arrowNumbers reads a column without nulls in any encoding.
type arrowNumbers[T int32 | int64] struct {
	name  string
	batch func(n int64, out []T, def, rep []int16) (total int64, got int, err error)
	def   []int16
}

func (a *arrowNumbers[T]) read(out []T) error {
	if _, got, err := a.batch(int64(len(out)), out, a.def, nil); err != nil || got != len(out) {
		return short(a.name, got, len(out), err)
	}
	return nil
}

// An optionalNumbers reads a column in any encoding; a null becomes 0.
type optionalNumbers struct {
	name   string
	column *file.Int32ColumnChunkReader
	def    []int16
}

func (o *optionalNumbers) read(out []int32) error {
	levels := o.column.Descriptor().MaxDefinitionLevel()
	rows, values, err := o.column.ReadBatch(int64(len(out)), out, o.def, nil)
	if err != nil || int(rows) != len(out) {
		return short(o.name, int(rows), len(out), err)
	}
	for i := len(out) - 1; i >= 0 && values <= i; i-- {
		if o.def[i] < levels {
			out[i] = 0
			continue
		}
		values--
		out[i] = out[values]
	}
	return nil
}

// A deltaNumbers reads a column without nulls in the encoding DELTA_BINARY_PACKED.
// Equal distances, as those of the times of one meter, cost an addition a row.
type deltaNumbers[T int32 | int64] struct {
	pages  pages
	memory []byte // copy of the page, whose own memory is used again, and slack for words read across its end
	buf    []byte // what is left of it

	left      int    // values of the page
	first     bool   // whether the next of them stands in the header
	last      uint64 // value before the next; arithmetic is modulo 2^64, as that of the encoding
	blockSize int
	minis     int
	widths    []byte // of the miniblocks of the block that are left
	least     uint64 // distance of the block
	packed    []byte // the miniblock
	width     uint
	bit       uint // of packed, at which the next value begins
	inMini    int  // values of the miniblock that are left
}

// slack lets a word be read at the last value of a page.
const slack = 16

func (d *deltaNumbers[T]) read(out []T) error {
	for len(out) > 0 {
		switch {
		case d.left == 0:
			if err := d.open(); err != nil {
				return err
			}
			continue
		case d.first:
			d.first = false
			out[0] = T(d.last)
			out, d.left = out[1:], d.left-1
			continue
		case d.inMini == 0:
			if err := d.miniblock(); err != nil {
				return err
			}
		}
		n := min(len(out), d.left, d.inMini)
		d.unpack(out[:n])
		out = out[n:]
		d.left, d.inMini = d.left-n, d.inMini-n
	}
	return nil
}

// open begins the next page.
func (d *deltaNumbers[T]) open() error {
	n, body, encoding, err := d.pages.next()
	if err != nil {
		return err
	}
	if encoding != parquet.Encodings.DeltaBinaryPacked {
		return fmt.Errorf("a page is encoded as %s: %w", encoding, ErrSchema)
	}
	var none [slack]byte
	d.memory = append(append(d.memory[:0], body...), none[:]...)
	d.buf = d.memory
	var header [4]uint64
	for i := range header {
		if header[i], err = d.varint(); err != nil {
			return err
		}
	}
	d.blockSize, d.minis, d.left, d.first = int(header[0]), int(header[1]), n, true
	d.last = unzigzag(header[3])
	d.widths, d.inMini = nil, 0
	if d.minis <= 0 || d.blockSize%d.minis != 0 || d.blockSize/d.minis%32 != 0 || int(header[2]) != n {
		return fmt.Errorf("page of %d distances: %w", n, ErrSchema)
	}
	return nil
}

// miniblock begins the next miniblock.
func (d *deltaNumbers[T]) miniblock() error {
	if len(d.widths) == 0 {
		least, err := d.varint()
		if err != nil {
			return err
		}
		d.least = unzigzag(least)
		if d.widths, err = d.take(d.minis); err != nil {
			return err
		}
	}
	d.width, d.widths = uint(d.widths[0]), d.widths[1:]
	d.inMini, d.bit = d.blockSize/d.minis, 0
	if d.width > 64 {
		return fmt.Errorf("distances of %d bits: %w", d.width, ErrSchema)
	}
	size := d.inMini * int(d.width) / 8
	d.packed = d.buf
	// The last miniblock may end with its last value.
	_, err := d.take(min(size, max(0, len(d.buf)-slack)))
	if least := (min(d.inMini, d.left)*int(d.width) + 7) / 8; err == nil && len(d.packed)-slack < least {
		return io.ErrUnexpectedEOF
	}
	return err
}

// unpack decodes values of one miniblock.
func (d *deltaNumbers[T]) unpack(out []T) {
	last, least, width, bit := d.last, d.least, d.width, d.bit
	switch {
	case width == 0:
		for i := range out {
			last += least
			out[i] = T(last)
		}
	case width <= 57: // a word that begins at a byte holds the value
		packed, mask := d.packed, uint64(1)<<width-1
		for i := range out {
			last += least + binary.LittleEndian.Uint64(packed[bit>>3:])>>(bit&7)&mask
			out[i] = T(last)
			bit += width
		}
	default:
		packed, mask := d.packed, ^uint64(0)>>(64-width)
		for i := range out {
			word := packed[bit>>3:]
			v := binary.LittleEndian.Uint64(word)>>(bit&7) | uint64(word[8])<<(64-bit&7) // 0 if it is shifted by 64
			last += least + v&mask
			out[i] = T(last)
			bit += width
		}
	}
	d.last, d.bit = last, bit
}

func (d *deltaNumbers[T]) varint() (uint64, error) {
	v, n := binary.Uvarint(d.buf)
	if n <= 0 || n > len(d.buf)-slack {
		return 0, io.ErrUnexpectedEOF
	}
	d.buf = d.buf[n:]
	return v, nil
}

func (d *deltaNumbers[T]) take(n int) ([]byte, error) {
	if n > len(d.buf)-slack {
		return nil, io.ErrUnexpectedEOF
	}
	taken := d.buf[:n]
	d.buf = d.buf[n:]
	return taken, nil
}

func unzigzag(v uint64) uint64 { return v>>1 ^ -(v & 1) }
