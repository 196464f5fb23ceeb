package export

import (
	"encoding/csv"
	"io"

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
	columns := r.columns()
	record := make([]string, len(columns))
	for j, c := range columns {
		record[j] = c.Name
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for i := range r.Len() {
		for j, c := range columns {
			record[j] = r.text(i, c)
			if c.Kind == datasets.Text {
				record[j] = guard(record[j])
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
