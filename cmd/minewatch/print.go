package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/minewatch/minewatch/datasets"
)

// schemaVersion of the JSON that commands print. It is raised when a field
// changes its meaning.
const schemaVersion = 1

// printJSON prints one object: schema_version, then the fields of v.
func printJSON(w io.Writer, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	head := fmt.Sprintf(`{"schema_version":%d`, schemaVersion)
	if !bytes.Equal(body, []byte("{}")) {
		head += ","
	}
	var out bytes.Buffer
	if err := json.Indent(&out, append([]byte(head), body[1:]...), "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(w)
	return err
}

// jsonRows makes rows of a table into objects with the names of the columns on
// disk, in their order. Columns that are not given are null.
func jsonRows[R any](rows []R) (json.RawMessage, error) {
	t := datasets.TableOf[R]()
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		row := reflect.ValueOf(&rows[i]).Elem()
		for j, c := range t.Columns {
			value, err := jsonValue(c, row.FieldByIndex(c.Index))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			b.WriteByte("{,"[min(j, 1)])
			fmt.Fprintf(&b, "%q:%s", c.Name, value)
		}
		b.WriteByte('}')
	}
	b.WriteByte(']')
	return b.Bytes(), nil
}

func jsonValue(c datasets.Column, v reflect.Value) ([]byte, error) {
	if s, ok := v.Interface().(fmt.Stringer); ok { // instants, days, quarters
		if v.IsZero() {
			return []byte("null"), nil
		}
		return json.Marshal(s.String())
	}
	if v.Kind() == reflect.Float64 && c.Digits >= 0 {
		return []byte(strconv.FormatFloat(v.Float(), 'f', c.Digits, 64)), nil
	}
	return json.Marshal(v.Interface())
}

// A table prints aligned columns, numbers to the right.
type table struct {
	head  []string
	right []bool // by column
	rows  [][]string
}

// newTable begins a table. A heading that begins with ">" is of a column of numbers.
func newTable(head ...string) *table {
	t := &table{right: make([]bool, len(head))}
	for i, h := range head {
		h, t.right[i] = strings.CutPrefix(h, ">")
		t.head = append(t.head, h)
	}
	return t
}

func (t *table) add(cells ...string) {
	for i, c := range cells {
		cells[i] = printable(c)
	}
	t.rows = append(t.rows, cells)
}

// write writes the headings and the rows.
func (t *table) write(w io.Writer) error {
	return writeAligned(w, t.right, append([][]string{t.head}, t.rows...))
}

// writeRows writes the rows without the headings.
func (t *table) writeRows(w io.Writer) error { return writeAligned(w, t.right, t.rows) }

func writeAligned(w io.Writer, right []bool, rows [][]string) error {
	width := make([]int, len(right))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if right[i] {
				cells[i] = pad + cell
			} else {
				cells[i] = cell + pad
			}
		}
		b.WriteString(strings.TrimRight("  "+strings.Join(cells, "  "), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printable keeps names from delivered files from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}

// short cuts s to n characters.
func short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// grouped prints a number without decimals, thousands apart: 1,234,567.
func grouped(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// count prints a number with its noun: "1 file", "2 files".
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(float64(n)) + " " + noun + "s"
}
