package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

func write(t *testing.T, run *Run) (dir string, list []string) {
	t.Helper()
	dir = t.TempDir()
	list, err := Write(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	return dir, list
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(name) == ".html" {
		return html.UnescapeString(string(b))
	}
	return string(b)
}

func TestWriteFiles(t *testing.T) {
	dir, list := write(t, sampleRun(t, 2, ""))
	want := []string{"compliance/energy_ministry_notices.csv", "compliance/registry.csv", "evidence.parquet",
		"inspection/dossiers/KZ-0001.html", "inspection/dossiers/KZ-0001.pdf", "inspection/dossiers/KZ-0002.html", "inspection/dossiers/KZ-0002.pdf", "inspection/report.html",
		"inspection/sites.csv", "inspection/sites.excel-ru.csv", "inspection/sites.geojson", "inspection/sites.gpkg",
		"inspection/sites.gpx", "inspection/sites.kml", "inspection/sites.xlsx", "quality.html", "quality.json",
		"score_terms.parquet", "scores.parquet", "statement.parquet", "tax/statement.csv", "tax/statement.excel-ru.csv", "tax/statement.xlsx",
		"telecom/candidates.csv", "telecom/candidates.nft", "telecom/candidates.rpz", "telecom/candidates.stix.json",
		"telecom/flow_rules.csv", "telecom/flow_rules.flowspec", "telecom/proposed_pools.csv", "telecom/providers/isp.csv", "telecom/revocations.csv", "telecom/subscribers.csv", "visits.parquet"}
	if !slices.Equal(list, want) {
		t.Errorf("got %q", list)
	}
	count := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			count++
		}
		return err
	})
	if err != nil || count != len(list) {
		t.Errorf("%d files lie there, %d were named: %v", count, len(list), err)
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	a, list := write(t, sampleRun(t, 4, ""))
	run := sampleRun(t, 4, "")
	run.Workers = 8
	b, _ := write(t, run)
	for _, name := range list {
		if read(t, a, name) != read(t, b, name) {
			t.Errorf("%s differs between two runs", name)
		}
	}
}

// A run on nothing still says what it is and what could not be said.
func TestWriteEmptyRun(t *testing.T) {
	run := &Run{ID: "empty", AsOf: day(2024, 1, 1), Zone: almaty(t), Notes: []string{"No readings were delivered."}}
	dir, _ := write(t, run)
	page := read(t, dir, "inspection/report.html")
	for _, want := range []string{"No readings were delivered.", text("report.empty"), text("lead")} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if !strings.Contains(read(t, dir, "quality.html"), text("quality.nofiles")) {
		t.Error("quality.html does not say that no file came")
	}
}

func TestNoChart(t *testing.T) {
	run := sampleRun(t, 1, "")
	run.Charts = func(string) (Chart, error) { return Chart{}, fmt.Errorf("site: %w", ErrNoChart) }
	dir, _ := write(t, run)
	if !strings.Contains(read(t, dir, "inspection/report.html"), text("chart.none")) {
		t.Error("the report does not say that there is no load to draw")
	}
	run.Charts = func(string) (Chart, error) { return Chart{}, errors.New("disk full") }
	if _, err := Write(t.TempDir(), run); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("err = %v, want that of Charts", err)
	}
}

// Nothing is asked of any server, and only the page's own style and script run.
func TestPagesAreSelfContained(t *testing.T) {
	dir, list := write(t, sampleRun(t, 2, ""))
	for _, name := range list {
		if filepath.Ext(name) != ".html" {
			continue
		}
		page := read(t, dir, name)
		if m := regexp.MustCompile(`(?i)(https?:|//[a-z]|@import|url\((?:[^#]))`).FindString(withoutData(page)); m != "" {
			t.Errorf("%s refers to %q", name, m)
		}
		if strings.Contains(page, "unsafe-inline") || strings.Contains(page, " style=") || strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%s needs inline styles or lost a value", name)
		}
		policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
		if policy == nil || !strings.HasPrefix(policy[1], "default-src 'none'; img-src data:; ") {
			t.Fatalf("%s: policy %q", name, policy)
		}
		for _, element := range regexp.MustCompile(`(?s)<(style|script)>(.*?)</(?:style|script)>`).FindAllStringSubmatch(page, -1) {
			sum := sha256.Sum256([]byte(element[2]))
			if !strings.Contains(policy[1], element[1]+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
				t.Errorf("%s: the policy forbids the page's own %s", name, element[1])
			}
		}
	}
}

// withoutData takes out the script, whose comments begin with slashes, and the
// pictures, whose letters may spell anything.
func withoutData(page string) string {
	return regexp.MustCompile(`(?s)<script[ >].*?</script>|data:image/png;base64,[^"]*`).ReplaceAllString(page, "")
}

func TestReportScriptIsSmall(t *testing.T) {
	if len(reportScript) > 20_000 {
		t.Errorf("the script has %d bytes, want at most 20,000", len(reportScript))
	}
}

// The report may have 3 MB for 500 sites with three years of hours each.
func TestReportSize(t *testing.T) {
	if testing.Short() {
		t.Skip("draws 500 sites")
	}
	dir, _ := write(t, sampleRun(t, 500, ""))
	if n := len(read(t, dir, "inspection/report.html")); n > 3_000_000 {
		t.Errorf("the report has %d bytes", n)
	} else {
		t.Logf("the report has %d bytes", n)
	}
	if n := len(read(t, dir, "inspection/dossiers/KZ-0001.html")); n > 300_000 {
		t.Errorf("a dossier has %d bytes, want at most 300,000", n)
	}
}

func TestWaterfall(t *testing.T) {
	bars, sum := waterfall([]datasets.ScoreTerm{
		{Order: 0, Term: "prior", LogOdds: -4, Cumulative: -4, Counted: true},
		{Order: 1, Term: "block", LogOdds: 5, Cumulative: 1, Counted: true},
		{Order: 2, Term: "shape", LogOdds: 2, Cumulative: 1, Counted: false},
		{Order: 3, Term: "season", LogOdds: -1, Cumulative: 0, Counted: true},
	})
	if sum != 0 {
		t.Errorf("sum = %v, want that of the counted terms", sum)
	}
	// From -4 to 3 are 7 units of log-odds on 100 %.
	for i, want := range []struct{ x, w float64 }{{0, 57.1}, {0, 71.4}, {71.4, 28.6}, {57.1, 14.3}} {
		if got := bars[i]; got.X != want.x || got.W < want.w-0.11 || got.W > want.w+0.11 || got.Zero != 57.1 {
			t.Errorf("bar %d: x %v, w %v, zero %v; want x %v, w %v, zero 57.1", i, got.X, got.W, got.Zero, want.x, want.w)
		}
	}
	if bars, sum := waterfall(nil); len(bars) != 0 || sum != 0 {
		t.Error("no terms have no bars")
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{grouped(0, 1234567.5), "1,234,568"}, {grouped(2, -1234.5), "\u22121,234.50"}, {grouped(0, 999), "999"},
		{grouped(1, -0.01), "0.0"}, {signed(1.234), "+1.23"}, {signed(-1.2), "\u22121.20"},
		{probability(0.99961), "99.9"}, {probability(0.0001), "0.1"}, {probability(0.5), "50"}, {probability(1), "100"},
		{fixed(-0.0001, 2), "0.00"}, {fixed(1.5, -1), "1.5"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestDossierNames(t *testing.T) {
	ids := []string{"KZ-0001", "kz-0001", "a/b", "a-b", "..", "CON"}
	var visits []datasets.Visit
	for _, id := range ids {
		visits = append(visits, datasets.Visit{SiteID: id})
	}
	names := dossierNames(visits)
	seen := map[string]bool{}
	for i, name := range names {
		if seen[strings.ToLower(name)] || strings.ContainsAny(name, `/\`) {
			t.Errorf("%q gets the name %q", ids[i], name)
		}
		seen[strings.ToLower(name)] = true
	}
	if names[0] != "KZ-0001" || names[3] != "a-b" {
		t.Errorf("plain ids are their own names, got %q and %q", names[0], names[3])
	}
}

// Every row of every file must be accounted for, or the page says so in red.
func TestQualityBalance(t *testing.T) {
	run := sampleRun(t, 1, "")
	dir, _ := write(t, run)
	if !strings.Contains(read(t, dir, "quality.html"), text("quality.balance")) {
		t.Error("a balanced run is not called so")
	}
	run.Quality.Files[0].Accepted--
	dir, _ = write(t, run)
	for _, page := range []string{"quality.html", "inspection/report.html"} {
		if !strings.Contains(read(t, dir, page), text("quality.unbalanced", "1")) {
			t.Errorf("%s hides that rows are missing", page)
		}
	}
}

// A row or watt-hour that is in no account is named in red.
func TestReconciliationBalance(t *testing.T) {
	run := sampleRun(t, 1, "")
	dir, _ := write(t, run)
	if strings.Contains(read(t, dir, "quality.html"), text("quality.nosums")) {
		t.Error("a balanced run is not called so")
	}
	for _, spoil := range []func(*Reconciliation){func(r *Reconciliation) { r.MissingRows = 1 }, func(r *Reconciliation) { r.MissingWh = -1 }} {
		run := sampleRun(t, 1, "")
		spoil(&run.Quality.Reconciled[0])
		dir, _ := write(t, run)
		if !strings.Contains(read(t, dir, "quality.html"), text("quality.nosums")) {
			t.Error("quality.html hides that something is unaccounted for")
		}
	}
}

// Every message that is asked for exists, and none is left over.
func TestMessages(t *testing.T) {
	var source bytes.Buffer
	for _, pattern := range []string{"*.go", "templates/*.tmpl"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(b)
		}
	}
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:\bt |\(t |text\(|add\(|say\()"([a-z0-9.]+)"`).FindAllStringSubmatch(source.String(), -1) {
		used[m[1]] = true
		if !slices.Contains(i18n.Keys(), m[1]) {
			t.Errorf("no message %q", m[1])
		}
	}
	for _, key := range i18n.Keys() {
		group, _, _ := strings.Cut(key, ".")
		named := strings.Contains(source.String(), `"`+key+`"`)
		if computed := []string{"month", "finding", "long", "match", "outcome", "check"}; !used[key] && !named && !slices.Contains(computed, group) {
			t.Errorf("message %q is used nowhere", key)
		}
	}
	// The findings of the contract.
	for _, f := range strings.Fields("unregistered before_notification after_termination under_declared over_declared_capacity bypass_suspected unexplained") {
		if label("finding", f) == f || label("long", f) == f {
			t.Errorf("finding %q has no words", f)
		}
	}
}

// A site that was drawn by lot is never called suspect.
func TestDrawnByLot(t *testing.T) {
	run := sampleRun(t, 2, "")
	run.Visits[1].Drawn, run.Visits[1].Finding = drawnByLot, ""
	dir, _ := write(t, run)
	page := read(t, dir, "inspection/dossiers/KZ-0002.html")
	if !strings.Contains(page, text("long.random")) || !strings.Contains(read(t, dir, "inspection/report.html"), text("long.random")) {
		t.Error("the pages do not say that the site was drawn by lot")
	}
	if strings.Contains(page, text("long.unregistered")) {
		t.Error("the dossier accuses a site that was drawn by lot")
	}
}
