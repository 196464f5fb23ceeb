package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

// demoRun is the run of one demo, which the tests of this package share.
var demoRun = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "minewatch-pages")
	if err != nil {
		return "", err
	}
	demoDir = dir
	code, _, errs := minewatch("demo", dir, "--quiet")
	if code != exitDone {
		return "", errors.New(errs)
	}
	return filepath.Join(dir, "runs", "latest"), nil
})

var demoDir string

// tidyTests removes the demo when all tests have run.
type tidyTests struct{ *testing.M }

func (m tidyTests) Run() int {
	code := m.M.Run()
	if demoDir != "" {
		os.RemoveAll(demoDir)
	}
	return code
}

func demoPages(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the demo")
	}
	dir, err := demoRun()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// texts returns the texts of a page that change with the language.
func texts(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	root, err := html.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
			out = append(out, n.Data)
		}
		if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style" || slices.Contains(n.Attr, html.Attribute{Key: "translate", Val: "no"})) {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return out
}

// Names and units that stand as they are in every language: sites, feeders,
// trips, detectors, files, servers and pools, mathematical signs.
var (
	nameWord = regexp.MustCompile(`^(KZ-\d+|F-?\d+|G\d+|b\d+|Sample|[a-z_]+/[a-z_.*]+|[a-z0-9-]+(\.[a-z0-9-]+)+|\d+-[IVXL]+|inbox/[a-z/.]+|S2|[A-Z][A-Za-z0-9]*Pool|p-.*|Stratum(-ға)?|VPN|UTC|DNS|CSV(-ге)?|EMCD|[A-Z]|n|p|t|20\d\dQ[1-4])$`)
	nameList = strings.Fields("weather readings sites flows dns tls registry declarations subscribers street Binance Pool ViaBTC Poolin S1 XML XLSX PDF DOCTYPE zip gzip Zeek conn inbox/dns site site_id ts kwh bin name category notified_on declared_mw lake/reading_doubts")
)

// No English word is left in the Russian and Kazakh pages but names and units.
// A sentence that fails here needs a line in pipeline/export/i18n/phrases.tsv.
func TestNoEnglishIsLeft(t *testing.T) {
	dir := demoPages(t)
	pages, err := filepath.Glob(filepath.Join(dir, "inspection", "dossiers", "*.html"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d dossiers: %v", len(pages), err)
	}
	regions, err := ref.LoadRegions(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, filepath.Join(dir, "inspection", "report.html"), filepath.Join(dir, "quality.html")) {
		var said []string
		for _, s := range texts(t, page) {
			if slices.ContainsFunc(regions, func(r ref.Region) bool { return r.NameEN == strings.TrimSpace(s) }) {
				continue // the page has their names beside the words
			}
			for _, r := range regions { // as are they in the titles of the map
				s = strings.TrimPrefix(s, r.NameEN+": ")
			}
			said = append(said, s)
		}
		speaks(t, said)
	}
}

// speaks fails for each text that stays English in another language.
func speaks(t *testing.T, said []string) {
	t.Helper()
	slices.Sort(said)
	for _, s := range slices.Compact(said) {
		for _, l := range i18n.Langs[1:] {
			if left := english(i18n.Say(l, s)); len(left) > 0 {
				t.Errorf("%s: %q is left of %q", l.Tag(), left, s)
			}
		}
	}
}

// damaged are deliveries that are refused, in part or as a whole.
var damaged = map[string]string{
	"readings/letters.csv":  "site_id,ts,kwh\nS1,2022-10-01T00:00:00Z,12\nS1,2022-10-01T01:00:00Z,twelve\nS1,never,12\n,2022-10-01T02:00:00Z,1\nS1,2022-10-01T03:00:00Z,-4\n\"S1,2022-10-01T04:00:00Z,1\n",
	"readings/nocolumn.csv": "site,time,energy\nS1,2022-10-01,12\n",
	"readings/office.xls":   "\xd0\xcf\x11\xe0\xa1\xb1",
	"readings/paper.pdf":    "%PDF-1.7\n",
	"readings/cut.csv.gz":   "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x2b\xce",
	"readings/book.xlsx":    "PK\x03\x04 no workbook",
	"readings/entity.xml":   `<?xml version="1.0"?><!DOCTYPE message [<!ENTITY a "b">]><message class="80020"/>`,
	"readings/open.xml":     `<?xml version="1.0"?><message class="80020"><datetime><day>20221001</day></datetime><area><measuringpoint code="1">`,
	"readings/empty.csv":    "",
	"flows/conn.log":        "#separator \\x09\n#path\tdns\n#fields\tts\tquery\n1\ta\n",
	"flows/packets.pcap":    "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00",
	"registry/late.csv":     "bin,name,category,notified_on\n12,A,miner,soon\n950341000052,B,baker,2022-01-10\n",
}

// The reasons of refusals come from the parsers, and reach the page of quality.
func TestRefusalsAreTranslated(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "w")
	mustRun(t, "init", dir)
	for name, text := range damaged {
		path := filepath.Join(dir, "inbox", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	minewatch("run", "-w", dir, "--quiet")
	said := texts(t, filepath.Join(dir, "runs", "latest", "quality.html"))
	refused := 0
	for _, s := range said {
		refused += strings.Count(s, ": refused: ")
	}
	if refused < 8 {
		t.Errorf("only %d files are said to be refused", refused)
	}
	speaks(t, said)
}

func english(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;:()«»=×−–→%\"'", r) }) {
		w = strings.Trim(w, ".+")
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.Is(unicode.Latin, r) }) && !nameWord.MatchString(w) && !slices.Contains(nameList, w) {
			out = append(out, w)
		}
	}
	return out
}
