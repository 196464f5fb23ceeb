package pipeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

func TestGroups(t *testing.T) {
	// Check digits by hand: datasets.CheckBIN accepts both.
	const holder, other = "940140000385", "950341000052"
	at := func(id, bin, address, feeder string) datasets.Site {
		return datasets.Site{SiteID: id, BIN: bin, Region: "Karaganda", Address: address, FeederID: feeder}
	}
	for _, tc := range []struct {
		name  string
		sites []datasets.Site
		want  string
	}{
		{"one address in two spellings", []datasets.Site{at("a", "", "г. Караганда, ул. Гоголя, д. 5, кв. 1", ""), at("b", "", "Karaganda, Gogol street 5", "")}, "[[a b]]"},
		{"two houses", []datasets.Site{at("a", "", "Karaganda, Gogol street 5", ""), at("b", "", "Karaganda, Gogol street 7", "")}, "[]"},
		{"a street without a house", []datasets.Site{at("a", "", "Karaganda, Gogol street", ""), at("b", "", "Karaganda, Gogol street", "")}, "[]"},
		{"no address", []datasets.Site{at("a", "", "", "F1"), at("b", "", "", "F1")}, "[]"},
		{"one holder below one feeder", []datasets.Site{at("a", holder, "", "F1"), at("b", holder, "", "F1")}, "[[a b]]"},
		{"one holder below two feeders", []datasets.Site{at("a", holder, "", "F1"), at("b", holder, "", "F2")}, "[]"},
		{"one holder, feeder unknown", []datasets.Site{at("a", holder, "", ""), at("b", holder, "", "")}, "[]"},
		{"two holders below one feeder", []datasets.Site{at("a", holder, "", "F1"), at("b", other, "", "F1")}, "[]"},
		{"joined by the one between", []datasets.Site{at("c", "", "Karaganda, Gogol street 5", ""), at("b", holder, "Karaganda, Gogol street 5", "F1"), at("a", holder, "", "F1")}, "[[a b c]]"},
	} {
		env := &Env{tables: testTables(t), around: surroundings{sites: map[string]datasets.Site{}}, shared: shared{load: map[string]datasets.SiteLoad{}}}
		for _, s := range tc.sites {
			env.around.sites[s.SiteID], env.shared.load[s.SiteID] = s, datasets.SiteLoad{SiteID: s.SiteID, Known: 1}
		}
		if got := fmt.Sprint(env.groups()); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// A house of flats is no group.
func TestGroupTooLarge(t *testing.T) {
	env := &Env{tables: testTables(t), around: surroundings{sites: map[string]datasets.Site{}}, shared: shared{load: map[string]datasets.SiteLoad{}}}
	for i := range 20 {
		id := fmt.Sprint("flat", i)
		env.around.sites[id] = datasets.Site{SiteID: id, Region: "Karaganda", Address: "Karaganda, Gogol street 5"}
		env.shared.load[id] = datasets.SiteLoad{SiteID: id, Known: 1}
	}
	if got := env.groups(); got != nil {
		t.Errorf("groups %v", got)
	}
}

func testTables(t *testing.T) *Tables {
	t.Helper()
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := LoadTables(ws)
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// Two meters of one address with 4 kW each behind offices of 20 kW are found by what they
// show together, with energy of their own; two offices of another address stay silent.
func TestGroupRun(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 4, Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2021, 1, 4, 0, 0, 0, 0, time.UTC)
	sites := "site_id,region,address\n"
	var readings strings.Builder
	readings.WriteString("site_id,ts,kwh,interval_min\n")
	const hours, onset = 730 * 24, 300*24 + 14
	for i, id := range []string{"a1", "a2", "b1", "b2"} {
		sites += fmt.Sprintf("%s,Karaganda,\"Karaganda, Gogol street %s\"\n", id, map[byte]string{'a': "5", 'b': "7"}[id[0]])
		r, drift := rand.New(rand.NewPCG(uint64(5+i), 9)), 0.0
		for h := range hours {
			at := begin.Add(time.Duration(h) * time.Hour)
			kwh := 12 + 2*math.Cos(2*math.Pi*float64(at.YearDay())/365)
			if wd := at.Weekday(); wd != time.Saturday && wd != time.Sunday && at.Hour() >= 8 && at.Hour() < 19 {
				kwh += 18
			}
			if drift = 0.8*drift + 0.6*r.NormFloat64(); id[0] == 'a' && h >= onset+i*24 {
				kwh += 4
			}
			fmt.Fprintf(&readings, "%s,%s,%.3f,60\n", id, at.Format(time.RFC3339), kwh+drift)
		}
	}
	write(t, ws.Path("inbox/sites/sites.csv"), sites)
	write(t, ws.Path("inbox/readings/r.csv"), readings.String())
	if _, err := Run(t.Context(), ws, RunOptions{}); err != nil {
		t.Fatal(err)
	}
	var spoke []string
	for _, e := range tableOf[datasets.Evidence](t, ws, "group_evidence") {
		spoke = append(spoke, e.SiteID)
		if math.Abs(e.MiningKW-4) > 1.5 || e.Detector != "load/group" || !strings.Contains(e.Detail, "within 4 days at the other meter of this place or holder") {
			t.Errorf("evidence %+v", e)
		}
	}
	if !reflect.DeepEqual(spoke, []string{"a1", "a2"}) {
		t.Errorf("evidence of %v, want a1 and a2", spoke)
	}
	env, err := newEnv(ws, nil)
	if err == nil {
		err = env.share()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range tableOf[datasets.Evidence](t, ws, "group_evidence") {
		r := &runner{env: env, split: map[string]*siteCase{e.SiteID: {since: e.Start, kw: e.MiningKW}}}
		if c, err := r.chart(e.SiteID); err != nil || c.Since != e.Start || c.Until != e.End || c.BlockKW != e.MiningKW {
			t.Errorf("chart of %s: from %v to %v, %.1f kW, %v; want the block of %+v", e.SiteID, c.Since, c.Until, c.BlockKW, err, e)
		}
	}
	kwh := map[string]float64{}
	for _, q := range tableOf[datasets.MiningEnergy](t, ws, "group_energy") {
		kwh[q.SiteID] += q.Wh.KWh()
	}
	for _, id := range []string{"a1", "a2"} {
		if want := 4.0 * (hours - onset); math.Abs(kwh[id]/want-1) > 0.3 {
			t.Errorf("%s: %.0f kWh, want about %.0f", id, kwh[id], want)
		}
		x, err := Explain(ws, "latest", id)
		if err != nil {
			t.Fatal(err)
		}
		counted := false
		for _, b := range x.Bars {
			counted = counted || b.Term == "load/group" && b.Kind == "for"
		}
		if !counted {
			t.Errorf("%s: load/group is not counted: %+v", id, x.Bars)
		}
	}
}
