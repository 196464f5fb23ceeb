package raw

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/minewatch/minewatch/datasets"
)

// workbook makes a workbook with one sheet for each name, filled by fill.
func workbook(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A sheet as people export it: a title row of blanks above, typed dates and
// numbers, texts with a decimal comma nowhere, an error value, a long row.
func readingsBook(t testing.TB) []byte {
	return workbook(t, func(f *excelize.File) {
		must(t, f.SetSheetName("Sheet1", "О файле"))
		must(t, f.SetCellValue("О файле", "A1", "не таблица"))
		_, err := f.NewSheet("Readings")
		must(t, err)
		style, err := f.NewStyle(&excelize.Style{NumFmt: 22})
		must(t, err)
		set := func(row int, cells ...any) {
			must(t, f.SetSheetRow("Readings", "A"+string(rune('0'+row)), &cells))
		}
		set(2, "site_id", "ts", "kwh", "kvarh", "note")
		set(3, 123456789012345, time.Date(2024, 1, 15, 0, 0, 0, 0, time.UTC), 1234.5678, 0)
		set(4, "A", 45306.020833333336, 0.1+0.2, nil, "half past midnight") // 2024-01-15 00:30
		set(5, "A", "15.01.2024 1:00", "7.25")
		set(6, "A", time.Date(2024, 1, 15, 1, 30, 0, 0, time.UTC), "#N/A")
		set(7, "A", "2024-01-15T02:00:00Z", true)
		set(8, "A", 45306.1, 1, 1, "", "", "beyond the header")
		must(t, f.SetCellStyle("Readings", "B3", "B6", style))
	})
}

func TestXLSX(t *testing.T) {
	sum, rows, faults := readText(t, readingsBook(t), DefaultLimits())
	if sum.Refused != nil || sum.Format != "xlsx" || sum.Rows != 6 {
		t.Fatalf("%+v", sum)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.SiteID+" "+r.TS.String())
	}
	// Local time of Almaty, +06 in January 2024.
	want := []string{"123456789012345 2024-01-14T18:00:00Z", "A 2024-01-14T18:30:00Z", "A 2024-01-14T19:00:00Z", "A 2024-01-15T02:00:00Z"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
	if rows[0].Wh != 1234568 || rows[0].VArh != 1 || rows[1].Wh != 300 || rows[1].VArh != 0 || rows[0].Line != 3 {
		t.Errorf("%+v", rows[:2])
	}
	if len(faults) != 2 || faults[0].Line != 6 || faults[1].Reason != cellCount.reason {
		t.Errorf("%v", faults)
	}
}

// Days count from 1904 in workbooks of old Macintosh programs.
func TestXLSX1904(t *testing.T) {
	yes := true
	book := workbook(t, func(f *excelize.File) {
		must(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}))
		must(t, f.SetSheetRow("Sheet1", "A1", &[]any{"site_id", "ts", "kwh"}))
		must(t, f.SetSheetRow("Sheet1", "A2", &[]any{"A", 43844, 1})) // 45306 - 1462
	})
	if _, rows, _ := readText(t, book, DefaultLimits()); len(rows) != 1 || rows[0].TS.String() != "2024-01-14T18:00:00Z" {
		t.Errorf("%+v", rows)
	}
}

func TestSerialStamp(t *testing.T) {
	for cell, want := range map[string]string{
		"45306": "2024-01-15T00:00:00Z", "45306.5": "2024-01-15T12:00:00Z", "45306.020833333336": "2024-01-15T00:30:00Z",
		"36526": "2000-01-01T00:00:00Z", "45306.99999": "2024-01-15T23:59:59Z",
	} {
		at, p := serialStamp([]byte(cell), since1900)
		if p != nil || at.Micros.String() != want {
			t.Errorf("serial %s is %v, %v; want %s", cell, at.Micros, p, want)
		}
	}
}

func TestRefusedWorkbooks(t *testing.T) {
	sheet := workbook(t, func(f *excelize.File) {})
	var encrypted bytes.Buffer
	w := zip.NewWriter(&encrypted)
	h := &zip.FileHeader{Name: "a.csv", Flags: 1}
	part, err := w.CreateHeader(h)
	must(t, err)
	part.Write([]byte(twoReadings))
	must(t, w.Close())
	small := DefaultLimits()
	small.Ratio, small.RatioFrom = 500, 1<<20
	many := zipped(t, func(i int) (string, string) { return "x", "" }, maxMembers+1)
	for _, c := range []struct {
		name    string
		content []byte
		reason  string
	}{
		{"no rows", sheet, "empty file"},
		{"cut off", sheet[:len(sheet)/2], "damaged zip data"},
		{"not a workbook", zipped(t, func(int) (string, string) { return "xl/workbook.xml", "<no" }, 1), "damaged or unsupported workbook"},
		{"password", encrypted.Bytes(), "zip archive with a password"},
		{"many members", many, "too many files"},
		{"empty archive", zipped(t, nil, 0), "empty file"},
		{"two formats", zipped(t, func(i int) (string, string) { return "m", []string{twoReadings, "100,NEM12\n"}[i] }, 2), "files of different formats"},
		{"archive inside", zipped(t, func(i int) (string, string) { return "m.zip", string(sheet) }, 1), "unknown format"},
		{"bomb", zipped(t, func(i int) (string, string) { return "m", twoReadings + strings.Repeat("\n", 8<<20) }, 1), "unpacks to more"},
		{"bomb in parts", zipped(t, func(i int) (string, string) { return "m", twoReadings + strings.Repeat("\n", 1<<19) }, 5), "m: unpacks to more"},
	} {
		sum, _, _ := readText(t, c.content, small)
		if sum.Refused == nil || !strings.HasPrefix(sum.Refused.Reason, c.reason) || sum.Refused.Remedy == "" {
			t.Errorf("%s: refused %v, want %q with a remedy", c.name, sum.Refused, c.reason)
		}
	}
}

// zipped makes an archive of n members.
func zipped(t testing.TB, member func(i int) (name, content string), n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range n {
		name, content := member(i)
		f, err := w.Create(name)
		must(t, err)
		_, err = f.Write([]byte(content))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

// Several members are one file; their lines go on counting.
func TestZipMembers(t *testing.T) {
	sum, rows, _ := readText(t, zipped(t, func(i int) (string, string) { return "m", twoReadings }, 2), DefaultLimits())
	if sum.Refused != nil || sum.Format != "csv;zip" || sum.Rows != 4 || len(rows) != 4 || rows[1].Line != 3 || rows[2].Line != 5 {
		t.Errorf("%+v %v", sum, rows)
	}
}

func FuzzXLSX(f *testing.F) {
	f.Add(readingsBook(f))
	f.Add(zipped(f, func(i int) (string, string) { return "m", twoReadings }, 2))
	f.Fuzz(func(t *testing.T, content []byte) {
		fuzzRead(t, append([]byte("PK\x03\x04"), bytes.TrimPrefix(content, zipMagic)...))
	})
}

// fuzzRead reads any bytes as readings: they are refused or give rows, all of
// which are counted.
func fuzzRead(t *testing.T, content []byte) {
	if len(content) > 1<<20 {
		return
	}
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, content, 0o644))
	var accepted, refused int64
	sum, err := Read(path, datasets.Lookup("readings"), options(), Sink[datasets.Reading]{
		Accept: func(rows []datasets.Reading) error { accepted += int64(len(rows)); return nil },
		Refuse: func(f Fault) error { refused++; return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Refused == nil && (sum.Rows != accepted+refused || sum.Accepted != accepted) {
		t.Fatalf("%d rows, %d accepted, %d refused: %+v", sum.Rows, accepted, refused, sum)
	}
}
