package raw

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// A day in one record is the same as its hours in records of their own. Days
// are those around the night on which Asia/Almaty set the clock back, values
// are anything without a separator.
func wideIsLong(t *testing.T, values []string) {
	t.Helper()
	dir := t.TempDir()
	var wideText, long strings.Builder
	wideText.WriteString("site_id;date;quality;" + strings.Join(slotNames(24), ";") + "\n")
	long.WriteString("site_id;ts;kwh;quality;interval_min\n")
	lines := 0
	for day := 28; day <= 30; day++ {
		date := []string{"2024-02-28", "2024-02-29", "2024-03-01"}[day-28]
		quality := []string{"", "estimated", "measured"}[day-28]
		fmt.Fprintf(&wideText, "a;%s;%s", date, quality)
		for h := range 24 {
			value, q := values[(day*24+h)%len(values)], quality
			if len(trim([]byte(value))) == 0 {
				q = "missing"
			}
			fmt.Fprintf(&wideText, ";%s", value)
			fmt.Fprintf(&long, "a;%sT%02d:00;%s;%s;60\n", date, h, value, q)
			lines++
		}
		wideText.WriteByte('\n')
	}
	read := func(name, text string) found[datasets.Reading] {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o644))
		compareBlocks[datasets.Reading](t, path, "readings")
		return readAll[datasets.Reading](t, path, "readings", options())
	}
	w, l := read("wide.csv", wideText.String()), read("long.csv", long.String())
	if w.sum.Rows != int64(lines) || w.sum.Accepted != l.sum.Accepted || w.sum.Wh != l.sum.Wh || total(w.sum.Warnings) != total(l.sum.Warnings) || total(w.sum.Quarantined) != total(l.sum.Quarantined) {
		t.Fatalf("%q: %+v, in records of their own %+v", values, w.sum, l.sum)
	}
	if !slices.EqualFunc(w.rows, l.rows, func(a, b datasets.Reading) bool {
		a.Line, b.Line = 0, 0
		return a == b
	}) {
		t.Fatalf("%q: %+v, in records of their own %+v", values, w.rows, l.rows)
	}
}

func TestWideIsLong(t *testing.T) {
	for _, values := range [][]string{
		{"1"}, {""}, {"1", ""}, {"1,5", "-2", " 3 ", "1e2", "x", "0", "9999999999", "1 234,5", "0,0005", "+1", "2147483,647", "2147483,648"},
		{"-1"}, {"x", "1"}, {"", "", "7"},
	} {
		wideIsLong(t, values)
	}
}

func FuzzWide(f *testing.F) {
	f.Add("1|2,5|-3||x| 4 ")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, ";\n\r\"\x00") || strings.ToValidUTF8(text, "") != text || len(text) > 1000 {
			return
		}
		wideIsLong(t, strings.Split(text, "|"))
	})
}
