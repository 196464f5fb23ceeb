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
	nameWord = regexp.MustCompile(`^(KZ-\d+|F-?\d+|G\d+|b\d+|Sample|[a-z_]+/[a-z_.*]+|[a-z0-9-]+(\.[a-z0-9-]+)+|\d+-[IVXL]+|S2|[A-Z][A-Za-z0-9]*Pool|p-.*|Stratum(-ға)?|VPN|UTC|DNS|CSV(-ге)?|EMCD|[A-Z]|n|p|t|20\d\dQ[1-4])$`)
	nameList = strings.Fields("weather readings sites flows dns tls registry declarations subscribers street Binance Pool ViaBTC Poolin")
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
	said := map[string]bool{}
	for _, page := range append(pages, filepath.Join(dir, "inspection", "report.html"), filepath.Join(dir, "quality.html")) {
		for _, s := range texts(t, page) {
			if slices.ContainsFunc(regions, func(r ref.Region) bool { return r.NameEN == strings.TrimSpace(s) }) {
				continue // the page has their names beside the words
			}
			for _, r := range regions { // as are they in the titles of the map
				s = strings.TrimPrefix(s, r.NameEN+": ")
			}
			for _, l := range i18n.Langs[1:] {
				if left := english(i18n.Say(l, s)); len(left) > 0 && !said[l.Tag()+s] {
					said[l.Tag()+s] = true
					t.Errorf("%s: %q is left of %q", l.Tag(), left, s)
				}
			}
		}
	}
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
