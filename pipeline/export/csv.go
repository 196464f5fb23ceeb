package export

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// writeCSV writes the machine dialect: comma, decimal point, no byte order mark,
// LF, one header of column names, raw values (see [Rows.text]).
//
// People double-click these files all the same, so text that a spreadsheet
// would take for a formula gets an apostrophe before it ([guard]). Numbers, also
// negative ones, stay numbers. Programs that need such text as it came read the
// Parquet files.
func writeCSV(w io.Writer, r Rows) error {
	out := csv.NewWriter(w)
	if err := out.Write(columnNames(r)); err != nil {
		return err
	}
	for i := range r.Len() {
		if err := out.Write(csvRecord(r, i)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// writeExcelRU writes the dialect that a Russian or Kazakh Excel opens with a
// double click: byte order mark, semicolons, decimal commas, CRLF, text guarded
// against formulas. Programs read the machine dialect.
func writeExcelRU(w io.Writer, r Rows) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	if err := out.Write(columnNames(r)); err != nil {
		return err
	}
	for i := range r.Len() {
		record := csvRecord(r, i)
		for j, c := range r.columns() {
			if isNumber(c) {
				record[j] = strings.Replace(record[j], ".", ",", 1)
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvRecord returns one row as the machine dialect writes it.
func csvRecord(r Rows, i int) []string {
	columns := r.columns()
	record := make([]string, len(columns))
	for j, c := range columns {
		record[j] = r.text(i, c)
		if c.Kind == datasets.Text {
			record[j] = guard(record[j])
		}
	}
	return record
}

func columnNames(r Rows) []string {
	names := make([]string, len(r.columns()))
	for j, c := range r.columns() {
		names[j] = c.Name
	}
	return names
}
