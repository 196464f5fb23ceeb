package export

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"math"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

//go:embed templates
var templateFiles embed.FS

// asset returns an embedded file, comments and all: what the browser hashes is
// what lies in the repository.
func asset(name string) string {
	b, err := templateFiles.ReadFile("templates/" + name)
	if err != nil {
		panic("export: " + err.Error())
	}
	return string(b)
}

// The scripts of the pages: pageScript changes the language, reportScript also
// sorts and filters.
var (
	pageStyle    = asset("page.css")
	pageScript   = asset("language.js") + startScript
	reportScript = asset("language.js") + asset("report.js") + startScript
)

const startScript = "minewatch.start();\n"

// Head is what every page begins with.
type Head struct {
	Title       string
	RunID       string
	Version     string
	AsOf        string
	Zone        string
	From, Until string // days of the data, "" if there is none
	Notes       []string

	Policy template.HTML // the Content-Security-Policy element
	Style  template.HTML // the style element
	Script template.HTML // the script element with its words, "" if the page has none
}

// newHead begins a page. script is the text of the page's one script, "" for none.
func newHead(run *Run, title, script string) Head {
	h := Head{
		Title: title, RunID: run.ID, Version: run.Version, AsOf: run.AsOf.String(), Zone: run.Zone.String(),
		From: localDay(run.From, run), Notes: run.Notes,
		Style: template.HTML("<style>" + pageStyle + "</style>"),
	}
	if run.Until > run.From {
		h.Until = localDay(run.Until-1, run)
	}
	scripts := "'none'"
	if script != "" {
		h.Script = template.HTML(noWords + "<script>" + script + "</script>")
		scripts = sourceHash(script)
	}
	h.Policy = template.HTML(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src ` +
		sourceHash(pageStyle) + `; script-src ` + scripts + `; base-uri 'none'; form-action 'none'">`)
	return h
}

// sourceHash returns the CSP source of an inline element with this text.
func sourceHash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// localDay returns the local day of an instant, "" for 0.
func localDay(m datasets.Micros, run *Run) string {
	if m == 0 {
		return ""
	}
	return datasets.DayOf(m.Time().In(run.Zone)).String()
}

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"t":      text,
	"label":  label,
	"num":    grouped,
	"kw":     func(x float64) string { return grouped(1, x) },
	"pct":    probability,
	"share":  func(x float64) string { return grouped(1, 100*x) },
	"signed": signed,
	"has":    func(x float64) bool { return !math.IsNaN(x) },
	"raw":    func(digits int, x float64) string { return fixed(x, digits) },
	"css":    func(x float64) string { return fixed(math.Round(x*100)/100, -1) },
}).ParseFS(templateFiles, "templates/*.tmpl"))

// grouped prints x with so many decimals and commas between thousands, as
// English does; package i18n writes it as the other languages do. A dash for
// "no number".
func grouped(digits int, x any) string {
	var v float64
	switch n := x.(type) {
	case float64:
		v = n
	case int:
		v = float64(n)
	case int32:
		v = float64(n)
	case int64:
		v = float64(n)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := fixed(v, digits)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "\u2212", s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}

// signed prints a log-odds with its sign and two decimals.
func signed(x float64) string {
	s := grouped(2, x)
	if x >= 0 && s != "–" {
		return "+" + s
	}
	return s
}

// probability prints p in percent, never as certainty: only exact 0 and 1 print as 0 and 100.
func probability(p float64) string {
	switch {
	case p > 0.99 && p < 1:
		return fixed(min(100*p, 99.9), 1)
	case p < 0.01 && p > 0:
		return fixed(max(100*p, 0.1), 1)
	}
	return grouped(0, 100*p)
}
