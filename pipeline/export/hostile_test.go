package export

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/store"
)

// hostileTexts try to leave the text in which they stand. The first is harmless.
var hostileTexts = []string{
	" plain",
	"=1+1", "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", ";=1+1", `";"=1`, "\u202e=1", "＝1", "\x00=1",
	"<script>alert(1)</script>", "</script><script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", `"><svg onload=alert(1)>`, "' onmouseover='alert(1)",
	"</title><b>", "<!--", "-->", "]]>", "{{.}}", "javascript:alert(1)", "&lt;b&gt;", "&#60;b&#62;", "`${alert(1)}`",
	"\u202egpj.exe", "\u2066a\u2069", "\u200b", "\ufeff", "\x1b[31mred", "\x1b]0;t\x07", "\u009b2J", "\x00nul", "\xff\xfe", "\uFFFE", "_x0041_", "\u2028",
	"../../etc/passwd", `..\..\x`, "con", "a/b", strings.Repeat("ы", 200),
}

// withText returns a small run with s in every text column, and once at the
// start of each, where a formula would begin.
func withText(t testing.TB, s string) *Run {
	run := sampleRun(t, 2, s)
	v := &run.Visits[0]
	v.Name, v.Address, v.Evidence = s, s, s
	regions, err := ref.LoadRegions(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, named := regions.Find(s); !named { // "=11" is Akmola, by its code: one more region on the map
		v.Region = s
	}
	for id, site := range run.Sites { // the region is known whatever the text
		site.KATO = "351010000"
		run.Sites[id] = site
	}
	run.Statement[0].RateBasis = s
	run.Breaches[0].Detail = s
	run.Notes = append(run.Notes, s)
	run.Candidates = append(run.Candidates, hostileCandidates(run.AsOf, s)...)
	chart := run.Charts
	run.Charts = func(id string) (Chart, error) { // 40 days are enough here
		c, err := chart(id)
		c.Start, c.KW, c.ExpectedKW = c.at(11_500), c.KW[11_500:12_460], c.ExpectedKW[11_500:12_460]
		return c, err
	}
	return run
}

func TestHostileTextIsInert(t *testing.T) {
	want := skeletons(t, hostileTexts[0])
	for _, s := range hostileTexts[1:] {
		checkInert(t, s, want)
	}
}

func FuzzHostileText(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	want := skeletons(f, hostileTexts[0])
	f.Fuzz(func(t *testing.T, s string) { checkInert(t, s, want) })
}

func checkInert(t *testing.T, s string, want map[string]string) {
	t.Helper()
	dir := t.TempDir()
	run := withText(t, s)
	list, err := Write(dir, run)
	if err != nil {
		t.Fatalf("Write with %q: %v", s, err)
	}
	for _, name := range list {
		if !filepath.IsLocal(name) || strings.Count(name, "/") > 2 {
			t.Fatalf("text %q: file %q", s, name)
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(name) {
		case ".csv":
			checkCSV(t, s, name, b)
		case ".html":
			kind := filepath.Base(filepath.Dir(name))
			if got := skeleton(t, s, name, b); kind != "dossiers" && got != want[name] {
				t.Fatalf("text %q changed the elements of %s", s, name)
			} else if kind == "dossiers" && got != want["dossier"] {
				t.Fatalf("text %q changed the elements of a dossier", s)
			}
		case ".geojson", ".json":
			var v any
			if err := json.Unmarshal(b, &v); err != nil {
				t.Fatalf("text %q: %s: %v", s, name, err)
			}
			checkVisible(t, s, name, string(b))
			if bytes.ContainsAny(b, "<>") {
				t.Fatalf("text %q: %s holds a bare < or >", s, name)
			}
		case ".gpx", ".kml":
			checkXML(t, s, name, b)
		case ".gpkg":
			checkGeoPackage(t, s, filepath.Join(dir, name))
		case ".pdf":
			if n := len(pageObject.FindAll(b, -1)); n != 2 || regexp.MustCompile(`/(JavaScript|JS|URI|Launch|EmbeddedFile|OpenAction)\b`).Match(b) {
				t.Fatalf("text %q: %s has %d pages, or acts by itself", s, name, n)
			}
		case ".xlsx":
			checkXLSX(t, s, name, b)
		case ".rpz":
			checkVisible(t, s, name, string(b))
			parseZone(t, b)
		case ".nft":
			checkNFT(t, b)
		}
	}
	checkRawParquet(t, dir, run)
}

// checkVisible fails on characters that a reader cannot see.
func checkVisible(t *testing.T, s, name, text string) {
	t.Helper()
	if i := strings.IndexFunc(text, func(r rune) bool {
		return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}); i >= 0 {
		t.Fatalf("text %q: %s holds %q", s, name, text[i:min(i+8, len(text))])
	}
}

func checkCSV(t *testing.T, s, name string, b []byte) {
	t.Helper()
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	checkVisible(t, s, name, strings.ReplaceAll(string(b), "\r\n", "\n"))
	for _, comma := range []rune{',', ';'} {
		r := csv.NewReader(bytes.NewReader(b))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, true, -1
		records, err := r.ReadAll()
		if err != nil {
			t.Fatalf("text %q: %s: %v", s, name, err)
		}
		for _, cell := range slices.Concat(records...) {
			if formulaCell.MatchString(cell) {
				t.Fatalf("text %q: %s, separator %q: cell %q is a formula", s, name, comma, cell)
			}
		}
	}
}

// formulaCell matches what a spreadsheet would calculate; a number is none.
var formulaCell = regexp.MustCompile(`^[\pZ"]*[=+\-@＝＋－＠]([^0-9.]|[0-9.]+[^0-9.])`)

func checkXLSX(t *testing.T, s, name string, b []byte) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("text %q: %s: %v", s, name, err)
	}
	defer f.Close()
	sheet := f.GetSheetName(0)
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for j, value := range row {
			cell, _ := excelize.CoordinatesToCellName(j+1, i+1)
			checkVisible(t, s, name, value)
			formula, err := f.GetCellFormula(sheet, cell)
			if err != nil {
				t.Fatal(err)
			}
			if formula != "" && !regexp.MustCompile(`^(MAX|ROUND|SUM)\([A-Z0-9,:*-]+\)$`).MatchString(formula) {
				t.Fatalf("text %q: %s %s holds the formula %q", s, name, cell, formula)
			}
		}
	}
	if name == "inspection/sites.xlsx" && clean(s) != "" {
		if got, _ := f.GetCellValue(sheet, "C2"); got != clean(s) {
			t.Fatalf("text %q: %s C2 = %q", s, name, got)
		}
	}
}

// checkXML: elements are the program's own, texts can be seen and hold no markup.
func checkXML(t *testing.T, s, name string, b []byte) {
	t.Helper()
	checkVisible(t, s, name, string(b))
	known := strings.Fields("gpx metadata name desc time wpt rte number rtept kml Document Folder Placemark description Point coordinates")
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("text %q: %s: %v", s, name, err)
		}
		if e, ok := token.(xml.StartElement); ok && !slices.Contains(known, e.Name.Local) {
			t.Fatalf("text %q: %s holds an element %s", s, name, e.Name.Local)
		}
	}
}

// checkGeoPackage: the database is sound, and its texts can be seen.
func checkGeoPackage(t *testing.T, s, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var sound string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		t.Fatalf("text %q: %s: %s, %v", s, path, sound, err)
	}
	rows, err := db.Query("SELECT coalesce(name, '') || coalesce(address, '') || site_id || finding || coalesce(evidence, '') FROM sites")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		checkVisible(t, s, path, text)
	}
	if n != 2 || rows.Err() != nil {
		t.Fatalf("text %q: %d sites, %v", s, n, rows.Err())
	}
}

// checkRawParquet: tables keep the text as it came, since programs join on it.
func checkRawParquet(t *testing.T, dir string, run *Run) {
	t.Helper()
	got, err := store.ReadFile[datasets.Score](filepath.Join(dir, "scores.parquet"))
	if err != nil || len(got) != len(run.Scores) || got[0].SiteID != run.Scores[0].SiteID {
		t.Fatalf("scores.parquet: %v", err)
	}
}

// skeletons returns the elements of each page of a run with a harmless text.
func skeletons(t testing.TB, s string) map[string]string {
	dir := t.TempDir()
	list, err := Write(dir, withText(t, s))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range list {
		if filepath.Ext(name) != ".html" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		key := name
		if strings.Contains(name, "dossiers/") {
			key = "dossier"
		}
		out[key] = skeleton(t, s, name, b)
	}
	return out
}

// skeleton returns the names of all elements and attributes of a page, without
// the small elements that an empty text leaves out.
func skeleton(t testing.TB, s, name string, b []byte) string {
	var out strings.Builder
	z := html.NewTokenizer(bytes.NewReader(b))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out.String()
		case html.CommentToken:
			t.Fatalf("text %q: %s holds a comment", s, name)
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Key, "on") || (a.Key == "href" || a.Key == "src") && strings.Contains(a.Val, ":") && !strings.HasPrefix(a.Val, "data:image/png;base64,") {
					t.Fatalf("text %q: %s: <%s %s=%q>", s, name, token.Data, a.Key, a.Val)
				}
			}
			if mayBeLeftOut[token.Data] {
				continue
			}
			out.WriteString(token.Data)
			for _, a := range token.Attr {
				out.WriteString(" " + a.Key)
			}
			out.WriteByte('\n')
		case html.TextToken:
			if text := string(z.Text()); strings.ContainsFunc(html.UnescapeString(text), func(r rune) bool {
				return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf)
			}) {
				t.Fatalf("text %q: %s holds invisible characters in %q", s, name, text)
			}
		}
	}
}

// Elements around a text that are not written if the text is empty, or that
// differ in number with the number of different texts.
var mayBeLeftOut = map[string]bool{"option": true, "small": true, "span": true, "p": true, "b": true, "div": true, "dt": true, "dd": true}
