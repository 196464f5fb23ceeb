package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/pipeline/export"
)

// A run's calculations come back as they were kept, and the sums are those of
// the statement to the tiyn: 0.1 + 0.2 KZT are 0.3.
func TestTaxOfARun(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	line := func(site, quarter string, unpaid, rate, tax float64) datasets.StatementLine {
		q, err := datasets.ParseQuarter(quarter)
		if err != nil {
			t.Fatal(err)
		}
		basis := "flat rate"
		if rate == 0 {
			basis = "no rate is confirmed"
		}
		return datasets.StatementLine{SiteID: site, Quarter: q, MiningKWh: unpaid, UnpaidKWh: unpaid, RateKZTKWh: rate, RateBasis: basis, TaxKZT: tax, TaxKZTLow: tax, TaxKZTHigh: 2 * tax}
	}
	out := &export.Run{
		Zone: time.UTC, Sites: map[string]datasets.Site{},
		Scores: []datasets.Score{{SiteID: "A"}, {SiteID: "B"}, {SiteID: "C"}},
		Statement: []datasets.StatementLine{
			line("A", "2022Q1", 0.1, 1, 0.1), line("A", "2022Q2", 0.2, 1, 0.2), line("B", "2022Q1", 5, 1, 5), line("B", "2026Q1", 7, 0, 0),
		},
		Tax: map[string][]string{"A": {"Tax (fee) <A>", "  0.100 x 1.00 = 0.10 KZT"}, "B": {"B"}},
	}
	dir, err := ws.BeginRun()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := export.Write(dir, out); err != nil {
		t.Fatal(err)
	}
	if err := keepCalculations(dir, out); err != nil {
		t.Fatal(err)
	}
	if _, err := ws.PublishRun(dir, "0001-test"); err != nil {
		t.Fatal(err)
	}

	c, err := TaxCalculation(ws, "", "A")
	if err != nil || !slices.Equal(c.Lines, out.Tax["A"]) || len(c.Statement) != 2 || c.RunID != "0001-test" {
		t.Errorf("calculation of A: %+v, %v", c, err)
	}
	for site, want := range map[string]string{"C": "does not propose site C", "D": `has no site "D"`} {
		if _, err := TaxCalculation(ws, "", site); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("site %s: %v", site, err)
		}
	}
	s, err := SumTax(ws, "0001-test")
	if err != nil {
		t.Fatal(err)
	}
	if s.Total.TaxKZT != 5.3 || s.Total.UnpaidKWh != 12.3 || s.Total.TaxKZTHigh != 10.6 || s.Total.WithoutRate != 1 || s.Total.Lines != 4 {
		t.Errorf("total %+v", s.Total)
	}
	if len(s.Sites) != 2 || s.Sites[0].Name != "B" || s.Sites[1].TaxKZT != 0.3 {
		t.Errorf("sites %+v", s.Sites)
	}
	if len(s.Quarters) != 3 || s.Quarters[0].Name != "2022Q1" || s.Quarters[0].TaxKZT != 5.1 {
		t.Errorf("quarters %+v", s.Quarters)
	}
}

// Every table that ships can be overridden, its own text being a valid file of
// a user's.
func TestEveryTableCanBeOverridden(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := LoadTables(ws)
	if err != nil || len(shipped.Files) != 0 {
		t.Fatalf("%v, %v", shipped.Files, err)
	}
	readme, err := os.ReadFile(ws.Path(TablesFolder + "/" + inboxReadme))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range tableKinds {
		text := shippedText(t, kind.file)
		if err := os.WriteFile(ws.Path(TablesFolder+"/"+kind.file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(readme), kind.file) {
			t.Errorf("the README does not name %s", kind.file)
		}
	}
	own, err := LoadTables(ws)
	if err != nil || len(own.Files) != len(tableKinds) {
		t.Fatalf("%d files, %v", len(own.Files), err)
	}
	if len(own.Rates) != len(shipped.Rates) || len(own.Regions) != len(shipped.Regions) || len(own.Places) != len(shipped.Places) || len(own.Calendar) != len(shipped.Calendar) {
		t.Error("overriding a table by itself changes it")
	}
}

// A curtailment reaches the sites of its region in whatever language the two
// name it, and no others.
func TestRegionInThreeLanguages(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e := &Env{WS: ws}
	if e.tables, err = LoadTables(ws); err != nil {
		t.Fatal(err)
	}
	for _, region := range []string{"Карагандинская область", "Қарағанды облысы", "Karaganda", "Qaraghandy", "35", "карагандинская обл."} {
		if !e.concerns(cut{Region: "Karaganda oblast"}, datasets.Site{Region: region}) {
			t.Errorf("%s is not Karaganda", region)
		}
	}
	for _, region := range []string{"", "Ұлытау облысы", "Almaty", "Nowhere"} {
		if e.concerns(cut{Region: "Karaganda oblast"}, datasets.Site{Region: region}) {
			t.Errorf("%q is Karaganda", region)
		}
	}
	if !e.concerns(cut{Region: "Zone 7"}, datasets.Site{Region: "zone 7"}) {
		t.Error("names that the table does not know are compared as they are")
	}
}

func shippedText(t *testing.T, file string) string {
	t.Helper()
	text, ok := ref.Shipped(file)
	if !ok {
		t.Fatalf("no table %s ships", file)
	}
	return text
}
