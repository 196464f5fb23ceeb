package pipeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/score"
)

// Faults of meters go from the readings to evidence, the quality account and explain: a
// register that stood still, and two meters of one address that were swapped. What makes
// the address worth a look is a third meter there.
func TestFaultsInARun(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 2, Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2021, 1, 4, 0, 0, 0, 0, time.UTC)
	const hours, at = 730 * 24, 400 * 24
	kw := map[string][]float64{}
	for i, id := range []string{"day", "night", "added", "stuck"} {
		r, drift := rand.New(rand.NewPCG(uint64(5+i), 9)), 0.0
		for h := range hours {
			clock := begin.Add(time.Duration(h) * time.Hour)
			v := 12 + 2*math.Cos(2*math.Pi*float64(clock.YearDay())/365)
			switch work := clock.Hour() >= 8 && clock.Hour() < 19; {
			case id == "night" && !work:
				v += 5
			case id != "night" && work:
				v += 18
			}
			if id == "added" && h >= 150*24 {
				v += 15
			}
			drift = 0.8*drift + 0.6*r.NormFloat64()
			kw[id] = append(kw[id], v+drift)
		}
	}
	for h := at; h < hours; h++ {
		kw["day"][h], kw["night"][h] = kw["night"][h], kw["day"][h]
	}
	for h := at; h < at+30*24; h++ {
		kw["stuck"][h] = kw["stuck"][at-1]
	}
	var readings strings.Builder
	readings.WriteString("site_id,ts,kwh,interval_min\n")
	for id, list := range kw {
		for h, v := range list {
			fmt.Fprintf(&readings, "%s,%s,%.3f,60\n", id, begin.Add(time.Duration(h)*time.Hour).Format(time.RFC3339), v)
		}
	}
	write(t, ws.Path("inbox/sites/sites.csv"), "site_id,region,address\nadded,Karaganda,\"Karaganda, Gogol street 5\"\nday,Karaganda,\"Karaganda, Gogol street 5\"\nnight,Karaganda,\"Karaganda, Gogol street 5\"\nstuck,Karaganda,\"Karaganda, Gogol street 7\"\n")
	write(t, ws.Path("inbox/readings/r.csv"), readings.String())
	if _, err := Run(t.Context(), ws, RunOptions{}); err != nil {
		t.Fatal(err)
	}
	when := datasets.MicrosOf(begin.Add(at * time.Hour))
	found := map[string]string{}
	for _, table := range []string{"load_evidence", "group_evidence"} {
		for _, e := range tableOf[datasets.Evidence](t, ws, table) {
			if kind := load.NamedFault(e); kind != "" {
				found[e.SiteID] = kind
				if e.LogLR > 0 || e.MiningKW != 0 || math.Abs(float64(e.Start-when)) > 24*3.6e9 {
					t.Errorf("%+v", e)
				}
			}
		}
	}
	want := fmt.Sprint(map[string]string{"day": load.MetersSwapped, "night": load.MetersSwapped, "stuck": load.StuckRegister})
	if got := fmt.Sprint(found); got != want {
		t.Errorf("named %s, want %s", got, want)
	}
	x, err := Explain(ws, "latest", "stuck")
	if err != nil {
		t.Fatal(err)
	}
	named := false
	for _, b := range x.Bars {
		named = named || b.Term == "load/meter" && strings.Contains(b.Detail, "the same value from 2022-02-07 23:00")
	}
	if !named {
		t.Errorf("explain does not name the fault: %+v", x.Bars)
	}
	dir, err := ws.RunDir("latest")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "quality.html"))
	if err != nil || !strings.Contains(string(page), "stuck register: 1 (sites: 1, most in stuck 1); named as faults of the meter") {
		t.Error("the quality page does not name the fault", err)
	}
}

// A block that rests on a fault names no begin, no power and no energy, whatever else
// speaks for mining.
func TestNothingIsChargedFromAFault(t *testing.T) {
	s := evidenced("a", 4, 5)
	s.evidence[0].MiningKW, s.evidence[0].Start = 40, 1
	s.energy = []datasets.MiningEnergy{{Wh: 1000}}
	s.evidence = append(s.evidence, datasets.Evidence{Detector: "load/meter", Group: score.MeterFault, Status: datasets.Spoken, LogLR: -4, Detail: "meter fault, stuck register: x"})
	s.verdict = score.NewModel(0.02, score.Neutral()).Sum(s.scored(), s.evidence)
	s.mining()
	if s.kw != 0 || s.energy != nil || s.since == 1 {
		t.Errorf("%.0f kW from %d, %v", s.kw, s.since, s.energy)
	}
	if notes := strings.Join(s.notes(), "; "); !strings.Contains(notes, "a fault of the meter") || strings.Contains(notes, "no begin is seen") {
		t.Errorf("notes %q", notes)
	}
}
