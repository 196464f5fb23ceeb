package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

// A browser is Chromium with one tab. It notes what pages ask for and complain of.
type browser struct {
	context.Context
	t        *testing.T
	mu       sync.Mutex
	requests []string
	faults   []string
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on this machine (Debian: apt-get install chromium)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, chromedp.ExecPath(path), chromedp.Flag("headless", "new"), chromedp.Flag("no-sandbox", true),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en"))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{Context: ctx, t: t}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "data:") {
			b.requests = append(b.requests, e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, fmt.Sprint("console.", e.Type))
	case *log.EventEntryAdded:
		b.faults = append(b.faults, e.Entry.Text)
	}
}

// open shows a file, with something after "#", and checks that nothing else was
// asked for and nothing went wrong.
func (b *browser) open(path, fragment string) {
	b.t.Helper()
	b.mu.Lock()
	b.requests, b.faults = nil, nil
	b.mu.Unlock()
	u := url.URL{Scheme: "file", Path: path, Fragment: fragment}
	// From a blank page, so that another fragment loads the page again.
	if err := chromedp.Do(b, chromedp.Navigate("about:blank"), chromedp.Navigate(u.String())); err != nil {
		b.t.Fatal(err)
	}
	evaluate[bool](b, `new Promise(done => requestAnimationFrame(() => setTimeout(() => done(true))))`)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.requests {
		if r != "about:blank" && !strings.HasPrefix(r, "file://"+path) {
			b.t.Errorf("%s asked for %s", path, r)
		}
	}
	if len(b.faults) > 0 {
		b.t.Errorf("%s: %q", path, b.faults)
	}
}

func evaluate[T any](b *browser, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", script[:min(len(script), 80)], err)
	}
	return v
}

func (b *browser) media(media, scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) width(px int64) {
	b.t.Helper()
	if err := chromedp.Do(b, chromedp.EmulateViewport(px, 900)); err != nil {
		b.t.Fatal(err)
	}
}

// axeSum is the SHA-256 of axe-core 4.14.1, axe.min.js, as its publisher ships it.
const axeSum = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

var axe = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile("../../testdata/web/axe.min.js")
	if sum := sha256.Sum256(b); err == nil && hex.EncodeToString(sum[:]) != axeSum {
		err = fmt.Errorf("testdata/web/axe.min.js is not axe-core 4.14.1")
	}
	return string(b), err
})

// accessible runs the rules of WCAG 2.2, levels A and AA, that axe can check.
func (b *browser) accessible(what string) {
	b.t.Helper()
	script, err := axe()
	if err != nil {
		b.t.Fatal(err)
	}
	evaluate[bool](b, script+"; true")
	// Sections off the screen are laid out too.
	found := evaluate[string](b, `(async () => {
		document.querySelectorAll("article").forEach(a => { a.setAttribute("data-was", a.style.contentVisibility); });
		const r = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]});
		return JSON.stringify(r.violations.map(v => v.id + ": " + v.nodes.length + " such as " + v.nodes[0].html.slice(0, 160) + " " + v.nodes[0].failureSummary.slice(0, 200)));
	})()`)
	if found != "[]" {
		b.t.Errorf("%s: %s", what, found)
	}
}

// noOverflow checks that a page is not wider than the screen.
func (b *browser) noOverflow(what string) {
	b.t.Helper()
	got := evaluate[string](b, `(() => {
		const d = document.documentElement;
		if (d.scrollWidth <= d.clientWidth) return "";
		const wide = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > d.clientWidth + 1 && !e.closest(".scroll"));
		return d.scrollWidth + " > " + d.clientWidth + " " + wide.slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(" | ");
	})()`)
	if got != "" {
		b.t.Errorf("%s is too wide: %s", what, got)
	}
}

// The pages ask for nothing, complain of nothing, and are accessible and fit in
// light and dark, in each language and on each width.
func TestPagesInABrowser(t *testing.T) {
	dir := demoPages(t)
	b := startBrowser(t)
	dossiers, _ := filepath.Glob(filepath.Join(dir, "inspection", "dossiers", "*.html"))
	slices.Sort(dossiers)
	for _, page := range []string{filepath.Join(dir, "inspection", "report.html"), dossiers[0], filepath.Join(dir, "quality.html")} {
		for _, scheme := range []string{"light", "dark"} {
			b.media("", scheme)
			for _, l := range i18n.Langs {
				b.width(1440)
				b.open(page, "lang="+l.Tag())
				what := filepath.Base(page) + " " + scheme + " " + l.Tag()
				b.accessible(what)
				for _, px := range []int64{360, 768, 1440} {
					b.width(px)
					b.noOverflow(fmt.Sprint(what, " ", px, " px"))
				}
			}
		}
	}
}

// Sorting, filtering, the language and the way to a site work by keyboard too.
func TestReportWorks(t *testing.T) {
	dir := demoPages(t)
	b := startBrowser(t)
	b.width(1440)
	b.open(filepath.Join(dir, "inspection", "report.html"), "")
	column := func(i int) []string {
		return strings.Split(evaluate[string](b, fmt.Sprintf(`[...document.querySelectorAll("#sites tbody tr")].filter(r => !r.hidden).map(r => r.cells[%d].dataset.v || r.cells[%d].textContent).join("\n")`, i, i)), "\n")
	}
	all := len(column(0))
	evaluate[bool](b, `(() => { const x = document.querySelectorAll("#sites thead button")[5]; x.focus(); return true; })()`)
	if err := chromedp.Do(b, chromedp.KeyEvent("\r")); err != nil { // Enter
		t.Fatal(err)
	}
	kw := column(5)
	if !slices.IsSortedFunc(kw, func(x, y string) int { return -strings.Compare(fmt.Sprintf("%12s", x), fmt.Sprintf("%12s", y)) }) {
		t.Errorf("by power, greatest first: %q", kw)
	}
	if got := evaluate[string](b, `document.querySelectorAll("#sites th[aria-sort]").length + " " + document.querySelectorAll("#sites thead th")[5].getAttribute("aria-sort") + " " + document.activeElement.tagName`); got != "1 descending BUTTON" {
		t.Errorf("aria-sort: %q", got)
	}
	evaluate[bool](b, `(() => { const f = document.getElementById("filter"); f.elements.finding.value = "unregistered"; f.elements.finding.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`)
	some := len(column(0))
	if want := fmt.Sprintf("%d of %d sites shown", some, all); some == 0 || some == all || evaluate[string](b, `document.querySelector("#filter output").textContent`) != want {
		t.Errorf("filtered to %d of %d, want the words %q", some, all, want)
	}
	if got := evaluate[int](b, `[...document.querySelectorAll("article")].filter(a => !a.hidden).length`); got != some {
		t.Errorf("%d sections for %d rows", got, some)
	}
	evaluate[bool](b, `(() => { document.querySelector("[data-lang=ru]").click(); return true; })()`)
	if got := evaluate[string](b, `document.documentElement.lang + " " + document.querySelector("h1").textContent + " " + document.title + " " + document.querySelector("#filter output").textContent`); got != "ru Объекты, предложенные к проверке Объекты, предложенные к проверке Показано объектов: "+fmt.Sprint(some)+" из "+fmt.Sprint(all) {
		t.Errorf("in Russian: %q", got)
	}
	// The view is in the address, so that it can be passed on.
	fragment := strings.TrimPrefix(evaluate[string](b, `location.hash`), "#")
	b.open(filepath.Join(dir, "inspection", "report.html"), fragment)
	if got := evaluate[string](b, `document.documentElement.lang + " " + document.querySelectorAll("#sites thead th")[5].getAttribute("aria-sort")`); got != "ru descending" || len(column(0)) != some {
		t.Errorf("after opening %q: %q, %d rows", fragment, got, len(column(0)))
	}
	evaluate[bool](b, `(() => { document.querySelector("#sites tbody tr:not([hidden]) a").click(); return true; })()`)
	if got := evaluate[bool](b, `new Promise(done => setTimeout(() => { const r = document.querySelector(location.hash).getBoundingClientRect(); done(r.top >= -1 && r.top < innerHeight); }, 200))`); !got {
		t.Error("the link of a site does not lead to its section")
	}
}

// The browser translates as package i18n does.
func TestBrowserSpeaksAsThePapersDo(t *testing.T) {
	dir := demoPages(t)
	b := startBrowser(t)
	for _, l := range i18n.Langs[1:] {
		page := filepath.Join(dir, "inspection", "report.html")
		b.open(page, "lang="+l.Tag())
		said := texts(t, page)
		list, err := json.Marshal(said)
		if err != nil {
			t.Fatal(err)
		}
		got := evaluate[[]string](b, string(list)+`.map(s => minewatch.translate(s).trim())`)
		regions := 0
		for i, s := range said {
			if want := i18n.Say(l, s); got[i] != want {
				if strings.TrimSpace(s) == want || strings.Contains(s, "sites, ") { // names of regions come beside the words
					regions++
					continue
				}
				t.Errorf("%s: %q: the browser says %q, the papers %q", l.Tag(), s, got[i], want)
			}
		}
		if regions == 0 {
			t.Error("no region was translated")
		}
	}
}

var pdfPage = regexp.MustCompile(`/Type\s*/Page[^s]`)

// The report prints whole: every proposed site has its section on paper.
func TestReportPrints(t *testing.T) {
	dir := demoPages(t)
	b := startBrowser(t)
	read, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("no pdftotext on this machine (Debian: apt-get install poppler-utils)")
	}
	b.open(filepath.Join(dir, "inspection", "report.html"), "lang=ru")
	sites := evaluate[[]string](b, `[...document.querySelectorAll("#sites tbody th a, #sites tbody td a")].map(a => a.textContent)`)
	pdf, err := chromedp.Run(b, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(read, path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	if len(sites) == 0 {
		t.Error("the list names no site")
	}
	for _, s := range sites { // in the list and at its own section
		if n := strings.Count(string(text), s); n < 2 {
			t.Errorf("site %s stands %d times on paper", s, n)
		}
	}
}

// A dossier is two sheets of A4.
func TestDossierPrintsOnTwoPages(t *testing.T) {
	dir := demoPages(t)
	b := startBrowser(t)
	dossiers, _ := filepath.Glob(filepath.Join(dir, "inspection", "dossiers", "*.html"))
	for _, page := range dossiers {
		for _, l := range i18n.Langs {
			b.open(page, "lang="+l.Tag())
			pdf, err := chromedp.Run(b, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
			if err != nil {
				t.Fatal(err)
			}
			if n := len(pdfPage.FindAll(pdf, -1)); n != 2 || !bytes.HasPrefix(pdf, []byte("%PDF")) {
				t.Errorf("%s in %s has %d pages", filepath.Base(page), l.Tag(), n)
			}
		}
	}
}
