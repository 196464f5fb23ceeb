package export

import (
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/minewatch/minewatch/datasets"
)

// A workbook is one table for people who use a spreadsheet: a sheet of typed
// cells and a sheet that says what they mean. Text is always written as text,
// so that "=1+1" stays text.
type workbook struct {
	sheet string // name of the sheet of the table
	title string // for the document's properties and the About sheet
	rows  Rows
	// formula returns the formula of a cell, "" for a plain value. It must
	// yield the value of the row, which is stored beside it.
	formula func(i int, c datasets.Column) string
	total   []string // columns that are summed below the table
	about   []string // paragraphs of the About sheet
	form    bool     // whether teams write what they found into this workbook
}

// maxSheetRows leaves room for header and sums in the 1,048,576 rows of a sheet.
const maxSheetRows = 1_000_000

// Days from 1899-12-30, where spreadsheets begin to count, to 1970-01-01.
const spreadsheetEpoch = 25569

// write writes w with dates pinned to the run's as-of date: the file is the
// same bytes each time.
func (w *workbook) write(out io.Writer, run *Run) error {
	count := strconv.Itoa(w.rows.Len())
	if w.rows.Len() > maxSheetRows {
		count = text("book.cut", maxSheetRows, w.rows.Len())
		w.rows = w.rows.head(maxSheetRows)
	}
	f := excelize.NewFile()
	defer f.Close()
	if err := w.properties(f, run); err != nil {
		return err
	}
	if err := f.SetSheetName("Sheet1", w.sheet); err != nil {
		return err
	}
	if err := w.writeAbout(f, run, count); err != nil {
		return err
	}
	if err := w.writeTable(f, run); err != nil {
		return err
	}
	if w.form {
		styles, err := newStyles(f, nil)
		if err != nil {
			return err
		}
		if err := writeForm(f, run, styles.header); err != nil {
			return err
		}
	}
	return f.Write(out)
}

func (w *workbook) properties(f *excelize.File, run *Run) error {
	pinned := run.AsOf.Date().Format("2006-01-02T15:04:05Z")
	return f.SetDocProps(&excelize.DocProperties{
		Creator: "minewatch", LastModifiedBy: "minewatch", Title: w.title,
		Description: text("lead"), Created: pinned, Modified: pinned, Language: "en",
	})
}

// writeTable streams the table: header, rows, and the sums after an empty row,
// which keeps them out of the filter.
func (w *workbook) writeTable(f *excelize.File, run *Run) error {
	columns := w.rows.columns()
	styles, err := newStyles(f, columns)
	if err != nil {
		return err
	}
	sw, err := f.NewStreamWriter(w.sheet)
	if err != nil {
		return err
	}
	for j, c := range columns {
		if err := sw.SetColWidth(j+1, j+1, columnWidth(w.rows, c)); err != nil {
			return err
		}
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	header := make([]any, len(columns))
	for j, c := range columns {
		header[j] = excelize.Cell{StyleID: styles.header, Value: c.Name}
	}
	if err := sw.SetRow("A1", header); err != nil {
		return err
	}
	for i := range w.rows.Len() {
		cells := make([]any, len(columns))
		for j, c := range columns {
			cells[j] = w.cell(i, c, styles.column[j], run)
		}
		if err := sw.SetRow("A"+strconv.Itoa(i+2), cells); err != nil {
			return err
		}
	}
	if err := w.writeTotal(sw, styles); err != nil {
		return err
	}
	last, err := excelize.CoordinatesToCellName(len(columns), w.rows.Len()+1)
	if err != nil {
		return err
	}
	if err := f.AutoFilter(w.sheet, "A1:"+last, nil); err != nil {
		return err
	}
	return sw.Flush()
}

func (w *workbook) cell(i int, c datasets.Column, style int, run *Run) excelize.Cell {
	cell := excelize.Cell{StyleID: style}
	v, ok := w.rows.value(i, c)
	if !ok {
		return cell
	}
	switch x := v.Interface().(type) {
	case datasets.Micros: // wall clock of the run's zone; a spreadsheet knows no zones
		_, offset := x.Time().In(run.Zone).Zone()
		cell.Value = float64(int64(x)/1_000_000+int64(offset))/86400 + spreadsheetEpoch
	case datasets.Day:
		cell.Value = int64(x) + spreadsheetEpoch
	case bool:
		cell.Value = x
	default:
		cell.Value = w.rows.text(i, c)
		if isNumber(c) {
			cell.Value = number(w.rows.text(i, c))
		}
	}
	if w.formula != nil {
		cell.Formula = w.formula(i, c)
	}
	return cell
}

// number reads what text printed, so that a cell holds the digits that the CSV shows.
func number(s string) float64 {
	x, _ := strconv.ParseFloat(s, 64) // printed by strconv
	return x
}

func (w *workbook) writeTotal(sw *excelize.StreamWriter, styles *sheetStyles) error {
	if len(w.total) == 0 || w.rows.Len() == 0 {
		return nil
	}
	cells := make([]any, len(w.rows.columns()))
	cells[0] = excelize.Cell{StyleID: styles.header, Value: text("total")}
	for j, c := range w.rows.columns() {
		for _, name := range w.total {
			if c.Name != name {
				continue
			}
			sum := 0.0
			for i := range w.rows.Len() {
				sum += number(w.rows.text(i, c))
			}
			letter, err := excelize.ColumnNumberToName(j + 1)
			if err != nil {
				return err
			}
			cells[j] = excelize.Cell{StyleID: styles.column[j], Value: number(fixed(sum, c.Digits)),
				Formula: fmt.Sprintf("SUM(%s2:%s%d)", letter, letter, w.rows.Len()+1)}
		}
	}
	return sw.SetRow("A"+strconv.Itoa(w.rows.Len()+3), cells)
}

// writeAbout says what the workbook is, how many rows it has, and what each
// column means.
func (w *workbook) writeAbout(f *excelize.File, run *Run, count string) error {
	const sheet = "About"
	if _, err := f.NewSheet(sheet); err != nil {
		return err
	}
	lines := [][]string{{w.title}, {text("lead")}, {},
		{text("run"), run.ID}, {text("program"), run.Version}, {text("asof"), run.AsOf.String()},
		{text("zone"), run.Zone.String()}, {text("book.rows"), count}, {}}
	for _, p := range w.about {
		lines = append(lines, []string{p})
	}
	lines = append(lines, nil, []string{text("book.column"), text("book.unit"), text("book.meaning")})
	for _, c := range w.rows.columns() {
		lines = append(lines, []string{c.Name, c.Unit, c.Doc})
	}
	for i, line := range lines {
		for j, s := range line {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			if err := f.SetCellStr(sheet, cell, clean(s)); err != nil {
				return err
			}
		}
	}
	if err := f.SetColWidth(sheet, "A", "B", 20); err != nil {
		return err
	}
	return f.SetColWidth(sheet, "C", "C", 90)
}

// sheetStyles holds the style of the header and of each column.
type sheetStyles struct {
	header int
	column []int
}

func newStyles(f *excelize.File, columns []datasets.Column) (*sheetStyles, error) {
	s := &sheetStyles{column: make([]int, len(columns))}
	var err error
	s.header, err = f.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Bold: true},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7EBF0"}},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"},
	})
	if err != nil {
		return nil, err
	}
	for j, c := range columns {
		format := numberFormat(c)
		s.column[j], err = f.NewStyle(&excelize.Style{CustomNumFmt: &format, Alignment: &excelize.Alignment{Vertical: "top"}})
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// numberFormat returns the format code of a column; "@" is text.
func numberFormat(c datasets.Column) string {
	switch {
	case c.Kind == datasets.Instant:
		return "yyyy-mm-dd hh:mm"
	case c.Kind == datasets.Date:
		return "yyyy-mm-dd"
	case c.Kind == datasets.Bool:
		return "General"
	case !isNumber(c):
		return "@"
	case c.Unit == "deg" || c.Digits > 3:
		return "0." + zeros(c.Digits)
	case c.Digits > 0:
		return "#,##0." + zeros(c.Digits)
	case c.Digits == 0:
		return "#,##0"
	}
	return "0"
}

func zeros(n int) string { return fmt.Sprintf("%0*d", max(n, 1), 0) }

// columnWidth fits the longest value, within what a screen bears. Unit: characters.
func columnWidth(r Rows, c datasets.Column) float64 {
	width := len(c.Name) + 3 // room for the button of the filter
	for i := range r.Len() {
		width = max(width, utf8.RuneCountInString(r.text(i, c))+2)
	}
	return float64(min(width, 60))
}
