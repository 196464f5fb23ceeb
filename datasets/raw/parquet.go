package raw

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/minewatch/minewatch/datasets/store"
)

// Parquet reads Parquet files whose columns are named as the table's, of any
// flat type: texts, numbers, decimals, dates and timestamps. Every value goes
// through the same checks as a cell of text. The line of a row is its number.
type Parquet struct{}

var _ Format = Parquet{}

// Name returns "parquet".
func (Parquet) Name() string { return "parquet" }

func (Parquet) sniff(head []byte) bool { return bytes.HasPrefix(head, []byte("PAR1")) }

var badText = problem{"not UTF-8 text, or a NUL in it", "write the columns as text"}

func (Parquet) decode(in *input, l *loader) error {
	if in.packing != "" {
		return &Fault{Reason: "Parquet packed once more", Remedy: "deliver the Parquet file itself"}
	}
	var raw []byte
	err := store.ScanText(in.path, func(names []string) error {
		if f := l.layOut(names, 0); f != nil {
			return f
		}
		return nil
	}, func(row int64, cells [][]byte) error {
		raw = raw[:0]
		sound := true
		for i, c := range cells {
			if i > 0 {
				raw = append(raw, ',')
			}
			raw = append(raw, c...)
			sound = sound && utf8.Valid(c) && bytes.IndexByte(c, 0) < 0
		}
		if !sound {
			return l.reject(row, badText, raw)
		}
		return l.deliver(row, cells, raw)
	})
	var damaged *store.DamagedError
	if errors.As(err, &damaged) {
		return &Fault{Reason: "damaged or unsupported Parquet (" + damaged.Err.Error() + ")", Remedy: "ask the sender to deliver the file again"}
	}
	return err
}
