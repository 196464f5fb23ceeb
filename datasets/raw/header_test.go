package raw

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// Lines above the header are passed over and counted; where no line is a
// header, the fault is that of the line with the most names of the table.
func TestLinesAboveHeader(t *testing.T) {
	const head, good = "site_id,ts,kwh\n", "a,2023-01-01T00:00:00Z,1\n"
	for _, c := range []struct {
		name, text string
		above      int64
		refused    string
		line       int64
	}{
		{"none", head + good, 0, "", 0},
		{"a title", "Report of \"North\", May\n" + head + good, 1, "", 0},
		{"a title with as many cells", "Report,,\n,,\nfrom,to,by\n" + head + good, 3, "", 0},
		{"other separators", "a;b;c;d\n\nx\ty\n" + head + good, 2, "", 0},
		{"as many as may be", strings.Repeat("title\n", titleLines-1) + head + good, titleLines - 1, "", 0},
		{"too many", strings.Repeat("title\n", titleLines) + head + good, 0, "required column is missing", 1},
		{"a header that lacks a column", "title\nsite_id,ts,power\n" + strings.Repeat(good, 30), 0, "required column is missing", 2},
		{"a header that lacks a column in a short file", "site_id,ts\na,2023-01-01T00:00:00Z\n", 0, "required column is missing", 1},
		{"a quote that is never closed", "title\n\"x" + strings.Repeat("\n"+good, 2), 0, "required column is missing", 1},
		{"nothing but a title", "title\n", 0, "required column is missing", 1},
		{"blank lines", "\n\n \n", 0, "empty file", 0},
	} {
		sum, rows, _ := readText(t, []byte(c.text), DefaultLimits())
		switch {
		case c.refused != "":
			if sum.Refused == nil || sum.Refused.Reason != c.refused || sum.Refused.Line != c.line {
				t.Errorf("%s: refused %v", c.name, sum.Refused)
			}
		case sum.Refused != nil || len(rows) != 1 || sum.Skipped[aboveHeader] != c.above:
			t.Errorf("%s: %d rows, %+v", c.name, len(rows), sum)
		}
	}
}

func TestLinesAboveHeaderOfSheet(t *testing.T) {
	book := workbook(t, func(f *excelize.File) {
		for cell, v := range map[string]any{"A1": "Report", "B2": "of May", "A4": "site_id", "B4": "ts", "C4": "kwh", "A5": "a", "B5": "2023-01-01 00:00", "C5": 1.5} {
			must(t, f.SetCellValue("Sheet1", cell, v))
		}
	})
	sum, rows, _ := readText(t, book, DefaultLimits())
	if sum.Refused != nil || len(rows) != 1 || rows[0].Wh != 1500 || rows[0].Line != 5 || sum.Skipped[aboveHeader] != 2 {
		t.Errorf("%+v %+v", sum, rows)
	}
}
