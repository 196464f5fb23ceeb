package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// RowGroupRows is the number of rows in a row group: large enough for a
// small footer, small enough to read one site without the rest.
const RowGroupRows = 122_880

// Codecs keep their encoders, which take megabytes, from one file to the next. Results are written
// anew in each run, and nearly as small at half the time.
var (
	ofDeliveries = &zstd.Codec{Level: zstd.SpeedDefault}
	ofResults    = &zstd.Codec{Level: zstd.SpeedFastest}
)

// ErrSchema says that a file's columns are not those of the row type.
var ErrSchema = errors.New("the file's columns are not those of this program's table")

// A Writer writes rows of one type to a temporary file.
type Writer[R any] struct {
	file *os.File
	w    *parquet.GenericWriter[R]
	rows int64
}

// Create starts a file in dir under a temporary name, see [Writer.Close].
func Create[R any](dir string) (*Writer[R], error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, ".tmp-*.parquet")
	if err != nil {
		return nil, err
	}
	return &Writer[R]{file: f, w: parquet.NewGenericWriter[R](f,
		parquet.Compression(ofResults),
		parquet.MaxRowsPerRowGroup(RowGroupRows),
		parquet.CreatedBy("minewatch", "", ""))}, nil
}

// Write appends rows.
func (w *Writer[R]) Write(rows []R) error {
	n, err := w.w.Write(rows)
	w.rows += int64(n)
	return err
}

// Rows returns the number of rows written.
func (w *Writer[R]) Rows() int64 { return w.rows }

// Close finishes the file and returns its temporary name.
func (w *Writer[R]) Close() (string, error) {
	err := w.w.Close()
	if err == nil {
		err = w.file.Chmod(0o644)
	}
	return w.file.Name(), errors.Join(err, w.file.Close())
}

// Discard abandons the file. After a successful Close and rename it does nothing.
func (w *Writer[R]) Discard() {
	w.file.Close()           // may be closed already
	os.Remove(w.file.Name()) // may be renamed already
}

// CommitRows writes rows as one partition. The rows must be in their final order.
func CommitRows[R any](lake string, rows []R, m Manifest) (Manifest, error) {
	w, err := Create[R](filepath.Join(lake, ".tmp"))
	if err != nil {
		return m, fmt.Errorf("write %s: %w", m.Table, err)
	}
	defer w.Discard()
	if err := w.Write(rows); err != nil {
		return m, fmt.Errorf("write %s: %w", m.Table, err)
	}
	tmp, err := w.Close()
	if err != nil {
		return m, fmt.Errorf("write %s: %w", m.Table, err)
	}
	m.Rows = int64(len(rows))
	return Commit(lake, tmp, m)
}

// WriteRows writes rows as one Parquet file at path.
func WriteRows[R any](path string, rows []R) error {
	w, err := Create[R](filepath.Dir(path))
	if err != nil {
		return err
	}
	defer w.Discard()
	if err := w.Write(rows); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	tmp, err := w.Close()
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(tmp, path)
}

// Scan calls each with the rows of a file in batches. The batch is reused. The
// error is ErrSchema if the file is not of this row type.
func Scan[R any](path string, each func(rows []R) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := checkSchema(file.Schema(), parquet.SchemaOf(*new(R))); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	r := parquet.NewGenericReader[R](file)
	defer r.Close()
	left := file.NumRows()
	batch := make([]R, min(left, 1024))
	for left > 0 {
		// The reader looks for another page for each row and column that it is asked for
		// in vain.
		batch = batch[:min(left, int64(len(batch)))]
		clear(batch)
		n, err := r.Read(batch)
		if n > 0 {
			if err := each(batch[:n]); err != nil {
				return err
			}
		}
		left -= int64(n)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// ReadFile returns all rows of a file.
func ReadFile[R any](path string) ([]R, error) {
	var all []R
	err := Scan(path, func(rows []R) error {
		all = append(all, rows...)
		return nil
	})
	return all, err
}

// ReadTable returns all rows of all partitions of a table, by bucket and year.
// Only for tables of one row per site or fewer.
func ReadTable[R any](lake, table string) ([]R, error) {
	list, err := List(lake, table)
	if err != nil {
		return nil, err
	}
	var all []R
	for _, m := range list {
		rows, err := ReadFile[R](m.Path(lake))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", table, err)
		}
		all = append(all, rows...)
	}
	return all, nil
}

// checkSchema compares names, physical and logical types. Whether a column may
// be null is left out: DuckDB writes every column as optional, and the rows
// use zero for "not given". parquet-go itself would read a missing column as
// zeros without a word.
func checkSchema(got, want *parquet.Schema) error {
	for _, path := range want.Columns() {
		w, _ := want.Lookup(path...)
		g, ok := got.Lookup(path...)
		if !ok {
			return fmt.Errorf("column %q is missing: %w", path, ErrSchema)
		}
		gt, wt := g.Node.Type(), w.Node.Type()
		if gt.Kind() != wt.Kind() || logical(gt) != logical(wt) {
			return fmt.Errorf("column %q is %s, want %s: %w", path, gt, wt, ErrSchema)
		}
	}
	return nil
}

// logical returns what the bits mean, with plain signed integers equal to no annotation.
func logical(t parquet.Type) string {
	lt := t.LogicalType()
	if lt == nil {
		return ""
	}
	s := lt.String()
	if strings.HasPrefix(s, "INT(") && strings.HasSuffix(s, ",true)") {
		return ""
	}
	return s
}
