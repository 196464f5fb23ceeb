package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// An Encoder turns rows into row groups in memory, which a [GroupWriter] puts
// into a file. Several encoders can work side by side for one file.
type Encoder[R any] struct {
	w *parquet.GenericWriter[R]
}

// NewEncoder returns an encoder. It keeps its buffers from one call to the next.
func NewEncoder[R any]() *Encoder[R] {
	return &Encoder[R]{parquet.NewGenericWriter[R](io.Discard,
		parquet.Compression(codec),
		parquet.MaxRowsPerRowGroup(RowGroupRows),
		parquet.CreatedBy("minewatch", "", ""))}
}

// Encode returns rows, which come in batches, as a Parquet file in groups of
// RowGroupRows.
func (e *Encoder[R]) Encode(batches iter.Seq[[]R]) ([]byte, error) {
	var buf bytes.Buffer
	e.w.Reset(&buf)
	for rows := range batches {
		if _, err := e.w.Write(rows); err != nil {
			return nil, err
		}
	}
	err := e.w.Close()
	return buf.Bytes(), err
}

// A GroupWriter makes a Parquet file of row groups that are encoded already.
// The encoded bytes are copied as they are; only the offsets in the footer
// change. Page indexes are left out: statistics of row groups remain.
type GroupWriter struct {
	file   *os.File
	offset int64
	footer *format.FileMetaData // nil before the first row group
}

var parquetMagic = []byte("PAR1")

// CreateGroups starts a file in dir under a temporary name, see [GroupWriter.Close].
func CreateGroups(dir string) (*GroupWriter, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, ".tmp-*.parquet")
	if err != nil {
		return nil, err
	}
	w := &GroupWriter{file: f, offset: int64(len(parquetMagic))}
	if _, err := f.Write(parquetMagic); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return w, nil
}

// Groups returns the number of row groups so far.
func (w *GroupWriter) Groups() int {
	if w.footer == nil {
		return 0
	}
	return len(w.footer.RowGroups)
}

// Append adds all row groups of what an Encoder returned.
func (w *GroupWriter) Append(encoded []byte) error {
	file, err := parquet.OpenFile(bytes.NewReader(encoded), int64(len(encoded)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	all := make([]int32, len(file.Metadata().RowGroups))
	for i := range all {
		all[i] = int32(i)
	}
	return w.copy(bytes.NewReader(encoded), file.Metadata(), all)
}

// copy adds row groups of another file of the same row type.
func (w *GroupWriter) copy(from io.ReaderAt, footer *format.FileMetaData, groups []int32) error {
	if w.footer == nil {
		first := *footer
		first.RowGroups, first.NumRows = nil, 0
		w.footer = &first
	}
	for _, i := range groups {
		if int(i) >= len(footer.RowGroups) {
			return fmt.Errorf("row group %d of %d", i, len(footer.RowGroups))
		}
		g := footer.RowGroups[i]
		start, end := extent(g)
		if _, err := io.Copy(w.file, io.NewSectionReader(from, start, end-start)); err != nil {
			return err
		}
		w.footer.RowGroups = append(w.footer.RowGroups, w.moved(g, w.offset-start))
		w.footer.NumRows += g.NumRows
		w.offset += end - start
	}
	return nil
}

// extent returns where the pages of a row group begin and end: its column
// chunks lie behind one another.
func extent(g format.RowGroup) (start, end int64) {
	for i, c := range g.Columns {
		from := c.MetaData.DataPageOffset
		if d := c.MetaData.DictionaryPageOffset; d > 0 {
			from = min(from, d)
		}
		if i == 0 || from < start {
			start = from
		}
		end = max(end, from+c.MetaData.TotalCompressedSize)
	}
	return start, end
}

// moved returns the row group as the next one of the file, in which it lies by
// bytes farther behind.
func (w *GroupWriter) moved(g format.RowGroup, by int64) format.RowGroup {
	columns := make([]format.ColumnChunk, len(g.Columns))
	for i, c := range g.Columns {
		// parquet-go forgets the names when a writer is used again; the schema
		// is flat, its first element the root.
		c.MetaData.PathInSchema = []string{w.footer.Schema[i+1].Name}
		c.MetaData.DataPageOffset += by
		if c.MetaData.DictionaryPageOffset > 0 {
			c.MetaData.DictionaryPageOffset += by
		}
		if c.FileOffset > 0 {
			c.FileOffset += by
		}
		c.OffsetIndexOffset, c.OffsetIndexLength, c.ColumnIndexOffset, c.ColumnIndexLength = 0, 0, 0, 0
		columns[i] = c
	}
	g.Columns = columns
	if g.FileOffset > 0 {
		g.FileOffset += by
	}
	g.Ordinal = int16(len(w.footer.RowGroups))
	return g
}

// Close writes the footer and returns the file's temporary name.
func (w *GroupWriter) Close() (string, error) {
	err := w.finish()
	if err == nil {
		err = w.file.Chmod(0o644)
	}
	return w.file.Name(), errors.Join(err, w.file.Close())
}

func (w *GroupWriter) finish() error {
	if w.footer == nil {
		return errors.New("no row groups")
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), w.footer)
	if err != nil {
		return err
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	_, err = w.file.Write(append(footer, parquetMagic...))
	return err
}

// Discard abandons the file. After a successful Close and rename it does nothing.
func (w *GroupWriter) Discard() {
	w.file.Close()           // may be closed already
	os.Remove(w.file.Name()) // may be renamed already
}

// A GroupFile is a file whose row groups are copied.
type GroupFile struct {
	path   string
	file   *os.File
	footer *format.FileMetaData
}

// OpenGroups opens a file that a GroupWriter made.
func OpenGroups(path string) (*GroupFile, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := in.Stat()
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	file, err := parquet.OpenFile(in, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), in.Close())
	}
	return &GroupFile{path, in, file.Metadata()}, nil
}

// Close closes the file.
func (f *GroupFile) Close() error { return f.file.Close() }

// Copy writes some row groups, in the order given, to a new file in dir, and
// returns its temporary name and number of rows. It may be called by several
// goroutines.
func (f *GroupFile) Copy(dir string, groups []int32) (name string, rows int64, err error) {
	w, err := CreateGroups(dir)
	if err != nil {
		return "", 0, err
	}
	if err := w.copy(f.file, f.footer, groups); err != nil {
		w.Discard()
		return "", 0, fmt.Errorf("%s: %w", f.path, err)
	}
	rows = w.footer.NumRows
	name, err = w.Close()
	return name, rows, err
}
