package export

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

var pageObject = regexp.MustCompile(`/Type /Page\b[^s]`)

// papers writes the dossiers of a run in one language and returns their paths.
func papers(t *testing.T, run *Run, l i18n.Lang) []string {
	t.Helper()
	run.Language = l
	dir, list := write(t, run)
	var out []string
	for _, name := range list {
		if strings.HasSuffix(name, ".pdf") {
			out = append(out, filepath.Join(dir, filepath.FromSlash(name)))
		}
	}
	return out
}

// A dossier has two pages, however much there is to say.
func TestPaperHasTwoPages(t *testing.T) {
	run := sampleRun(t, 2, "")
	long := strings.Repeat("109 kW were added round the clock from 2022-03-10 13:00 on: edge t 64.3, the site's own largest step down 45.2; ", 12)
	for i := range run.Terms {
		run.Terms[i].Detail = long
	}
	for q := datasets.Quarter(2000 * 4); q < 2024*4; q++ {
		line := run.Statement[0]
		line.Quarter = q
		run.Statement = append(run.Statement, line)
	}
	for _, l := range i18n.Langs {
		for _, path := range papers(t, run, l) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(pageObject.FindAll(b, -1)); n != 2 || !bytes.HasPrefix(b, []byte("%PDF-1.")) {
				t.Errorf("%s, %s: %d pages", filepath.Base(path), l.Tag(), n)
			}
			if len(b) > 120_000 {
				t.Errorf("%s has %d bytes", filepath.Base(path), len(b))
			}
		}
	}
}

// Other programs read the letters of all three languages, and the code.
func TestPaperCanBeRead(t *testing.T) {
	for l, want := range map[i18n.Lang][]string{
		i18n.English: {"What speaks against it", "Act number", "Checklist version", "A lead, not a finding"},
		i18n.Russian: {"Что говорит против", "Номер акта", "Карагандинская область", "Это повод для проверки, а не вывод"},
		i18n.Kazakh:  {"Не қарсы сөйлейді", "Акт нөмірі", "Қарағанды облысы", "Бұл тексеруге негіз ғана, қорытынды емес"},
	} {
		run := sampleRun(t, 1, "")
		path := papers(t, run, l)[0]
		got := strings.Join(strings.Fields(tool(t, "poppler-utils", "pdftotext", "-layout", path, "-")), " ")
		for _, w := range append(want, "KZ-0001", "ТОО «Складской комплекс»", caseCode(run, 0)) {
			if !strings.Contains(got, w) {
				t.Errorf("%s: the paper lacks %q", l.Tag(), w)
			}
		}
	}
}

// The code on the paper can be checked against the list: it is the hash of the
// site's line.
func TestCaseCode(t *testing.T) {
	run := sampleRun(t, 2, "")
	a, b := caseCode(run, 0), caseCode(run, 1)
	if !regexp.MustCompile(`^KZ-0001;run;[0-9a-f]{16}$`).MatchString(a) || a == b {
		t.Errorf("codes %q and %q", a, b)
	}
	dir, _ := write(t, run)
	lines := strings.Split(read(t, dir, "inspection/sites.csv"), "\n")
	if lines[1] != string(sitesLine(run, 0)) {
		t.Errorf("the line of the list is %q, that of the code %q", lines[1], sitesLine(run, 0))
	}
	run.Visits[0].SiteID = "объект \x1b[31m;"
	if got := caseCode(run, 0); strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) || strings.Count(got, ";") != 2 {
		t.Errorf("code %q", got)
	}
}
