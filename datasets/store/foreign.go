package store

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// A DamagedError says that a file is not readable Parquet.
type DamagedError struct{ Err error }

func (e *DamagedError) Error() string { return "damaged Parquet file: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Err }

// ScanText reads a Parquet file of any flat schema as text, row by row from 1.
// header is called once with the names of the columns; lists are left out.
// Null is an empty cell. Timestamps print as RFC 3339, without offset where the
// file does not adjust them to UTC; dates as YYYY-MM-DD; numbers exactly. The
// cells are valid until each returns. A file that cannot be read gives a
// *DamagedError.
func ScanText(path string, header func(names []string) error, each func(row int64, cells [][]byte) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	// parquet-go panics on some damaged files.
	inCaller := false
	defer func() {
		if p := recover(); p != nil {
			if inCaller {
				panic(p)
			}
			err = &DamagedError{fmt.Errorf("%v", p)}
		}
	}()
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return &DamagedError{err}
	}
	names, columns := textColumns(file.Schema())
	if err := header(names); err != nil {
		return err
	}
	s := textScan{columns: columns, cells: make([][]byte, len(names)), each: func(row int64, cells [][]byte) error {
		inCaller = true
		err := each(row, cells)
		inCaller = false
		return err
	}}
	for _, group := range file.RowGroups() {
		if err := s.group(group); err != nil {
			return err
		}
	}
	return nil
}

// A textColumn prints the values of one column.
type textColumn struct {
	cell  int // -1 if the column is left out
	write func(b []byte, v parquet.Value) []byte
}

// textColumns returns the names of the flat columns, and for every leaf of the
// schema how its values print.
func textColumns(schema *parquet.Schema) (names []string, columns []textColumn) {
	for _, path := range schema.Columns() {
		leaf, ok := schema.Lookup(path...)
		if !ok || leaf.MaxRepetitionLevel > 0 {
			columns = append(columns, textColumn{cell: -1})
			continue
		}
		columns = append(columns, textColumn{len(names), printer(leaf.Node.Type())})
		names = append(names, strings.Join(path, "."))
	}
	return names, columns
}

type textScan struct {
	columns []textColumn
	cells   [][]byte
	buf     []byte
	row     int64
	each    func(row int64, cells [][]byte) error
}

func (s *textScan) group(group parquet.RowGroup) error {
	rows := group.Rows()
	defer rows.Close()
	batch := make([]parquet.Row, 256)
	for {
		n, err := rows.ReadRows(batch)
		for _, r := range batch[:n] {
			s.row++
			s.print(r)
			if err := s.each(s.row, s.cells); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &DamagedError{err}
		}
	}
}

func (s *textScan) print(r parquet.Row) {
	s.buf = s.buf[:0]
	clear(s.cells)
	for _, v := range r {
		c := s.columns[v.Column()]
		if c.cell < 0 || v.IsNull() {
			continue
		}
		start := len(s.buf)
		s.buf = c.write(s.buf, v) // earlier cells keep the old array if this one moves
		s.cells[c.cell] = s.buf[start:len(s.buf):len(s.buf)]
	}
}

// printer returns what prints the values of a type.
func printer(t parquet.Type) func([]byte, parquet.Value) []byte {
	if lt := t.LogicalType(); lt != nil {
		switch lt := lt.Value.(type) {
		case *format.TimestampType:
			return stampPrinter(lt.Unit.Value.Duration(), lt.IsAdjustedToUTC)
		case *format.DateType:
			return func(b []byte, v parquet.Value) []byte {
				return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(b, time.DateOnly)
			}
		case *format.DecimalType:
			return decimalPrinter(t.Kind(), int(lt.Scale))
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return func(b []byte, v parquet.Value) []byte { return strconv.AppendBool(b, v.Boolean()) }
	case parquet.Int32:
		return func(b []byte, v parquet.Value) []byte { return strconv.AppendInt(b, int64(v.Int32()), 10) }
	case parquet.Int64:
		return func(b []byte, v parquet.Value) []byte { return strconv.AppendInt(b, v.Int64(), 10) }
	case parquet.Int96:
		return printInt96
	case parquet.Float:
		return func(b []byte, v parquet.Value) []byte { return strconv.AppendFloat(b, float64(v.Float()), 'f', -1, 32) }
	case parquet.Double:
		return func(b []byte, v parquet.Value) []byte { return strconv.AppendFloat(b, v.Double(), 'f', -1, 64) }
	}
	return func(b []byte, v parquet.Value) []byte { return append(b, v.ByteArray()...) }
}

const rfc3339Local = "2006-01-02T15:04:05.999999999"

func stampPrinter(unit time.Duration, utc bool) func([]byte, parquet.Value) []byte {
	perSecond := int64(time.Second / unit)
	return func(b []byte, v parquet.Value) []byte {
		n := v.Int64()
		seconds, rest := n/perSecond, n%perSecond
		return appendStamp(b, time.Unix(seconds, rest*int64(unit)), utc)
	}
}

func appendStamp(b []byte, t time.Time, utc bool) []byte {
	b = t.UTC().AppendFormat(b, rfc3339Local)
	if utc {
		b = append(b, 'Z')
	}
	return b
}

// printInt96 prints the time stamps of old Spark and Impala: nanoseconds of
// the day, then the Julian day. They are UTC.
func printInt96(b []byte, v parquet.Value) []byte {
	i := v.Int96()
	nanos := int64(i[1])<<32 | int64(i[0])
	const julianDayOf1970 = 2_440_588
	return appendStamp(b, time.Unix((int64(i[2])-julianDayOf1970)*86400, nanos), true)
}

func decimalPrinter(kind parquet.Kind, scale int) func([]byte, parquet.Value) []byte {
	return func(b []byte, v parquet.Value) []byte {
		n := new(big.Int)
		switch kind {
		case parquet.Int32:
			n.SetInt64(int64(v.Int32()))
		case parquet.Int64:
			n.SetInt64(v.Int64())
		default:
			setTwosComplement(n, v.ByteArray())
		}
		digits := n.String()
		if n.Sign() < 0 {
			b, digits = append(b, '-'), digits[1:]
		}
		if scale <= 0 {
			return append(b, digits...)
		}
		if len(digits) <= scale {
			digits = strings.Repeat("0", scale-len(digits)+1) + digits
		}
		b = append(append(b, digits[:len(digits)-scale]...), '.')
		return append(b, digits[len(digits)-scale:]...)
	}
}

// setTwosComplement sets n to a big-endian two's complement number.
func setTwosComplement(n *big.Int, bytes []byte) {
	n.SetBytes(bytes)
	if len(bytes) > 0 && bytes[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bytes))))
	}
}
