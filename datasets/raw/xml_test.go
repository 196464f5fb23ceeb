package raw

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// message wraps measuring points into a message of the layout 80020.
func message(points string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?><message class="80020" version="2" number="1"><datetime><day>20240115</day></datetime><area>` + points + `</area></message>`)
}

// halfHours writes a channel with n periods, the last of which ends at 0000.
func halfHours(code string, n int, value string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<measuringchannel code="%s">`, code)
	for i := 48 - n; i < 48; i++ {
		fmt.Fprintf(&b, `<period start="%02d%02d" end="%02d%02d">%s</period>`, i/2, i%2*30, (i+1)/2%24, (i+1)%2*30, value)
	}
	return b.String() + "</measuringchannel>"
}

// The traps of the layout, one a case.
func TestM80020(t *testing.T) {
	point := func(channels string) string {
		return `<measuringpoint code="131150001113003" name="x">` + channels + `</measuringpoint>`
	}
	for _, c := range []struct {
		name, points        string
		rows, missing       int
		wh                  int64
		last                string // time of the last row
		warnings, skipped   int
		quarantined, varhOf int
	}{
		{name: "48 half hours", points: point(halfHours("01", 48, "<value>10</value>")), rows: 48, wh: 480_000, last: "2024-01-15T17:30:00Z"},
		{name: "status 1 and empty", points: point(halfHours("01", 2, `<value status="1"></value>`) + halfHours("1", 1, "<value/>")), rows: 2, missing: 2, last: "2024-01-15T17:30:00Z"},
		{name: "status 1 with a value", points: point(halfHours("01", 1, `<value status="1">5</value>`)), rows: 1, missing: 1, last: "2024-01-15T17:30:00Z", warnings: 1},
		{name: "filled with zeros", points: point(halfHours("01", 48, `<value status="0">0</value>`)), rows: 48, last: "2024-01-15T17:30:00Z", warnings: 48},
		{name: "reactive", points: point(halfHours("01", 1, "<value>1</value>") + halfHours("03", 1, "<value>5</value>") + halfHours("04", 1, "<value>7</value>")), rows: 1, wh: 1000, varhOf: -2000, last: "2024-01-15T17:30:00Z"},
		{name: "reactive comes first", points: point(halfHours("03", 1, "<value>5</value>") + halfHours("01", 1, "<value>1</value>")), rows: 1, wh: 1000, varhOf: 5000, last: "2024-01-15T17:30:00Z"},
		{name: "reactive alone", points: point(halfHours("03", 1, "<value>5</value>")), quarantined: 1},
		{name: "returned energy", points: point(halfHours("02", 1, "<value>5</value>")), skipped: 1},
		{name: "fractions", points: point(halfHours("01", 1, "<value>1,2345</value>") + `<measuringchannel code="02"/>`), rows: 1, wh: 1235, last: "2024-01-15T17:30:00Z"},
		{name: "a group of points", points: `<deliverygroup code="g">` + halfHours("01", 1, "<value>5</value>") + `</deliverygroup>`, skipped: 1},
		{name: "an accounting point", points: `<accountpoint code="a">` + halfHours("01", 1, "<value>5</value>") + `</accountpoint>`, rows: 1, wh: 5000, last: "2024-01-15T17:30:00Z"},
		{name: "other case", points: strings.NewReplacer("measuring", "Measuring", "period", "Period", "value", "VALUE", "code", "Code", "start", "Start").Replace(point(halfHours("01", 1, "<value>5</value>"))), rows: 1, wh: 5000, last: "2024-01-15T17:30:00Z"},
		{name: "two areas", points: point(halfHours("01", 1, "<value>1</value>")) + "</area><area><name>b</name><inn>1</inn>" + strings.Replace(point(halfHours("01", 1, "<value>2</value>")), "3003", "3004", 1), rows: 2, wh: 3000, last: "2024-01-15T17:30:00Z"},
		{name: "text for a value", points: point(halfHours("01", 1, "<value>x</value>")), quarantined: 1},
		{name: "end before begin", points: point(`<measuringchannel code="01"><period start="0100" end="0030"><value>1</value></period></measuringchannel>`), quarantined: 1},
	} {
		sum, rows, faults := readText(t, message(c.points), DefaultLimits())
		if sum.Refused != nil {
			t.Errorf("%s: refused %v", c.name, sum.Refused)
			continue
		}
		missing := 0
		for _, r := range rows {
			if r.Quality == datasets.Missing {
				missing++
			}
			if r.IntervalMin != 30 || r.SiteID == "" {
				t.Errorf("%s: %+v", c.name, r)
			}
		}
		if len(rows) != c.rows || missing != c.missing || sum.Wh != c.wh || len(faults) != c.quarantined || total(sum.Warnings) != int64(c.warnings) || total(sum.Skipped) != int64(c.skipped) {
			t.Errorf("%s: %d rows, %d missing, %+v", c.name, len(rows), missing, sum)
		}
		if n := len(rows); n > 0 && (rows[n-1].TS.String() != c.last || rows[0].VArh != int32(c.varhOf)) {
			t.Errorf("%s: the last row is %+v", c.name, rows[n-1])
		}
	}
}

func total(counts map[string]int64) int64 {
	n := int64(0)
	for _, k := range counts {
		n += k
	}
	return n
}

// Hostile and damaged documents are refused as a whole, with a reason.
func TestRefusedXML(t *testing.T) {
	ok := string(message("<measuringpoint code=\"1\"></measuringpoint>"))
	for _, c := range []struct{ name, text, reason string }{
		{"entities", strings.Replace(ok, "?>", `?><!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>`, 1), "XML with a document type"},
		{"unknown entity", strings.Replace(ok, "<area>", "<area>&nbsp;", 1), "damaged XML"},
		{"cut off", ok[:len(ok)-20], "damaged XML"},
		{"nested", `<message class="80020">` + strings.Repeat("<a>", 100), "XML nested too deeply"},
		{"long text", `<message class="80020"><a>` + strings.Repeat("x", 2<<20), "XML element longer than the limit"},
		{"long attribute", `<message class="80020"><a b="` + strings.Repeat("x", 2<<20), "XML element longer than the limit"},
		{"encoding", strings.Replace(ok, "UTF-8", "koi8-r", 1), `XML in the encoding "koi8-r"`},
		{"class", strings.Replace(ok, "80020", "50080", 1), `message of class "50080"`},
		{"no day", strings.Replace(ok, "<day>20240115</day>", "", 1), "no operating day before the readings"},
		{"bad day", strings.Replace(ok, "20240115", "2024011", 1), "not an operating day"},
		{"no code", strings.Replace(ok, ` code="1"`, "", 1), "measuringpoint without a code"},
		{"other XML", `<?xml version="1.0"?><html/>`, "unknown format"},
		{"Green Button without readings", `<feed xmlns:espi="http://naesb.org/espi"></feed>`, "no interval readings of electric energy"},
	} {
		sum, _, _ := readText(t, []byte(c.text), DefaultLimits())
		if sum.Refused == nil || !strings.HasPrefix(sum.Refused.Reason, c.reason) || sum.Refused.Remedy == "" {
			t.Errorf("%s: refused %v, want %q with a remedy", c.name, sum.Refused, c.reason)
		}
	}
}

// seeds adds files below testdata/raw whose names match.
func seeds(f *testing.F, pattern string) {
	files, err := filepath.Glob(filepath.Join(rawDir, pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	for _, path := range files {
		content, err := os.ReadFile(path)
		must(f, err)
		f.Add(content)
	}
}

func Fuzz80020(f *testing.F) {
	seeds(f, "readings/80020_*.xml")
	f.Fuzz(func(t *testing.T, content []byte) { fuzzRead(t, append([]byte("<message "), content...)) })
}

func FuzzESPI(f *testing.F) {
	seeds(f, "readings/green-button.xml")
	f.Fuzz(func(t *testing.T, content []byte) { fuzzRead(t, append(content, "<!-- naesb.org/espi -->"...)) })
}

func FuzzNEM12(f *testing.F) {
	seeds(f, "readings/nem12.csv")
	f.Fuzz(func(t *testing.T, content []byte) { fuzzBlocks(t, append([]byte("100,NEM12,"), content...)) })
}

// Any header and any lines, through layouts of all kinds.
func FuzzLayout(f *testing.F) {
	seeds(f, "readings/wide-*.csv")
	seeds(f, "readings/russian-1251.csv")
	f.Fuzz(fuzzBlocks)
}

// fuzzBlocks reads any text as a file of readings, by lines and by blocks.
func fuzzBlocks(t *testing.T, content []byte) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, content, 0o644))
	compareBlocks[datasets.Reading](t, path, "readings")
}
