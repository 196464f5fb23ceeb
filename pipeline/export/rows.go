package export

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// Rows is a table of any row type with the tags of package datasets, ready to
// be written. The zero value is "no table".
type Rows struct {
	table *datasets.Table
	rows  reflect.Value // a slice of the row type
}

// RowsOf returns rows as a table.
func RowsOf[R any](rows []R) Rows {
	return Rows{table: datasets.TableOf[R](), rows: reflect.ValueOf(rows)}
}

// Len returns the number of rows.
func (r Rows) Len() int {
	if r.table == nil {
		return 0
	}
	return r.rows.Len()
}

// head returns the first n rows.
func (r Rows) head(n int) Rows { return Rows{r.table, r.rows.Slice(0, min(n, r.Len()))} }

func (r Rows) columns() []datasets.Column { return r.table.Columns }

// value returns one value, and whether there is one: an instant, day or quarter
// of 0, the zero of an optional column, and a number that is none are empty.
func (r Rows) value(i int, c datasets.Column) (reflect.Value, bool) {
	v := r.rows.Index(i).FieldByIndex(c.Index)
	switch c.Kind {
	case datasets.Instant, datasets.Date, datasets.QuarterK:
		return v, !v.IsZero()
	case datasets.Float:
		if x := v.Float(); math.IsNaN(x) || math.IsInf(x, 0) {
			return v, false
		}
	}
	tag := r.table.Row.FieldByIndex(c.Index).Tag.Get("parquet")
	return v, !v.IsZero() || !strings.Contains(tag+",", ",optional,")
}

// text returns one value as machines read it, "" if it is empty: RFC 3339 in
// UTC, 2023-01-31, 2023Q1, true, digits as the tag says. Text is cleaned.
func (r Rows) text(i int, c datasets.Column) string {
	v, ok := r.value(i, c)
	if !ok {
		return ""
	}
	switch x := v.Interface().(type) {
	case fmt.Stringer: // Micros, Day, Quarter, Quality
		return x.String()
	case string:
		return clean(x)
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return fixed(x, c.Digits)
	}
	return strconv.FormatInt(v.Int(), 10)
}

// isNumber reports whether the values of a column are written as numbers.
func isNumber(c datasets.Column) bool {
	switch c.Kind {
	case datasets.Int, datasets.Float, datasets.Energy, datasets.Money:
		return true
	}
	return false
}

// fixed prints x with so many decimals, -1 for the shortest exact form, and
// never as "-0".
func fixed(x float64, digits int) string {
	s := strconv.FormatFloat(x, 'f', digits, 64)
	if strings.HasPrefix(s, "-") && strings.Trim(s, "-0.") == "" {
		return s[1:]
	}
	return s
}
