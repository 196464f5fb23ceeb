package raw

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/minewatch/minewatch/datasets"
)

// XLSX reads workbooks: the sheet named like the table, else the first visible
// one. Its first row with text is the header. Values are those that the
// workbook holds, not what it shows: numbers with all digits, dates as such.
// The line of a row is its number in the sheet.
type XLSX struct{}

var _ Format = XLSX{}

// Name returns "xlsx".
func (XLSX) Name() string { return "xlsx" }

// A workbook is known by what the archive holds, so its head claims nothing.
func (XLSX) sniff([]byte) bool { return false }

func (XLSX) decode(*input, *loader) error { panic("raw: a workbook is opened as an archive") }

// Limits of workbooks. A sheet is streamed, through a temporary file above
// sheetBytes; all else of a workbook is held in memory.
const (
	maxWorkbook = 1 << 30
	maxParts    = 256 << 20
	sheetBytes  = 16 << 20
)

// The days that the number 0 stands for: 1899-12-30 (true of all days from
// 1900-03-01 on), or 1904-01-01 in workbooks of old Macintosh programs.
const (
	since1900 datasets.Day = -25569
	since1904 datasets.Day = -24107
)

func (XLSX) workbook(in *input, archive *zip.Reader, total *guard, l *loader) (err error) {
	if err := checkParts(archive, total); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil && l.inSheet {
			err = damagedWorkbook(fmt.Errorf("%v", p))
		} else if p != nil {
			panic(p)
		}
	}()
	l.inSheet = true
	f, err := excelize.OpenReader(io.NewSectionReader(in.file, 0, math.MaxInt64), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxWorkbook, UnzipXMLSizeLimit: sheetBytes})
	if err != nil {
		return damagedWorkbook(err)
	}
	defer f.Close() // removes temporary files; nothing can be lost
	l.sum.Format = XLSX{}.Name()
	first := since1900
	if props, err := f.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 {
		first = since1904
	}
	l.serial = &first
	sheet := sheetFor(f, l.table.Name)
	if sheet == "" {
		return &Fault{Reason: "workbook without a visible sheet", Remedy: "put the table into the first sheet"}
	}
	rows, err := f.Rows(sheet)
	if err != nil {
		return damagedWorkbook(err)
	}
	defer rows.Close()
	return readSheet(rows, l)
}

func damagedWorkbook(err error) *Fault {
	return &Fault{Reason: "damaged or unsupported workbook (" + err.Error() + ")", Remedy: "save it again as XLSX, without a password"}
}

// checkParts reads through every part of the workbook, so that no size in the
// archive's directory is believed.
func checkParts(archive *zip.Reader, total *guard) error {
	parts := int64(0)
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			return damagedWorkbook(err)
		}
		total.r = r
		n, err := io.Copy(io.Discard, total)
		r.Close()
		var fault *Fault
		if errors.As(err, &fault) {
			return fault
		}
		if err != nil {
			return damagedWorkbook(err)
		}
		if !strings.HasPrefix(f.Name, "xl/worksheets/") {
			parts += n
		}
		if total.n > maxWorkbook || parts > maxParts {
			return &Fault{Reason: "workbook too large", Remedy: "deliver the table as CSV"}
		}
	}
	return nil
}

func sheetFor(f *excelize.File, table string) string {
	first := ""
	for _, name := range f.GetSheetList() {
		if strings.EqualFold(strings.TrimSpace(name), table) {
			return name
		}
		if visible, err := f.GetSheetVisible(name); first == "" && err == nil && visible {
			first = name
		}
	}
	return first
}

// readSheet passes over lines above the header, as CSV does.
func readSheet(rows *excelize.Rows, l *loader) error {
	var cells [][]byte
	var text []byte
	header, search := false, headerSearch{l: l}
	for number := int64(1); rows.Next(); number++ {
		values, err := rows.Columns(excelize.Options{RawCellValue: header})
		if err != nil {
			return damagedWorkbook(err)
		}
		for len(values) > 0 && strings.TrimSpace(values[len(values)-1]) == "" {
			values = values[:len(values)-1]
		}
		if len(values) == 0 {
			continue
		}
		if !header {
			var f *Fault
			if header, f = search.try(values, number); f != nil {
				return f
			}
			continue
		}
		text, cells = text[:0], cells[:0]
		joined := []byte(strings.Join(values, ","))
		if len(values) > l.header {
			l.inSheet = false
			err := l.reject(number, cellCount, joined)
			if l.inSheet = true; err != nil {
				return err
			}
			continue
		}
		for _, v := range values {
			cells = append(cells, []byte(plainNumber(v)))
		}
		for len(cells) < l.header {
			cells = append(cells, nil)
		}
		l.inSheet = false // a panic from here on is a bug of this program
		if err := l.deliver(number, cells, joined); err != nil {
			return err
		}
		l.inSheet = true
	}
	if err := rows.Error(); err != nil {
		return damagedWorkbook(err)
	}
	if !header {
		return search.fault()
	}
	return nil
}

// plainNumber writes a whole number that the workbook holds with an exponent,
// as it does from twelve digits on, with all its digits.
func plainNumber(s string) string {
	if !strings.Contains(s, "E+") {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
