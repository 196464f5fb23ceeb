package pipeline

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// evaluated writes a run with these scores and evaluates it.
func evaluated(t *testing.T, scores []datasets.Score, truth string) (*Evaluation, error) {
	t.Helper()
	ws := &Workspace{Dir: t.TempDir(), Config: Default()}
	tmp, err := ws.BeginRun()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.WriteRows(filepath.Join(tmp, "scores.parquet"), scores); err != nil {
		t.Fatal(err)
	}
	if _, err := ws.PublishRun(tmp, "0001-test"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(ws.Dir, "truth.csv")
	if err := os.WriteFile(path, []byte(truth), 0o644); err != nil {
		t.Fatal(err)
	}
	return Evaluate(ws, "", path)
}

// Four sites ranked miner, clean, miner, registered miner. Average precision of
// the two sites due: (1/1 + 2/3)/2 = 0.8333. Of the three that mined, by
// probability 0.9, 0.8, 0.4, 0.1 (clean second): (1 + 2/3 + 3/4)/3 = 0.8056.
// Brier: (0.01 + 0.64 + 0.36 + 0.81)/4 = 0.455.
func TestEvaluate(t *testing.T) {
	e, err := evaluated(t, []datasets.Score{
		{SiteID: "m1", Probability: 0.9, RankValue: 3, Proposed: true, Finding: "unregistered", MiningKWh: 110, MiningKWhLow: 90, MiningKWhHigh: 130},
		{SiteID: "c1", Probability: 0.8, RankValue: 2, Proposed: true, Finding: "unregistered"},
		{SiteID: "m2", Probability: 0.4, RankValue: 1, MiningKWh: 50, MiningKWhLow: 40, MiningKWhHigh: 60},
		{SiteID: "r1", Probability: 0.1, RankValue: -1},
	}, "site_id,outcome,finding,mining_kwh,family\nm1,mining,unregistered,100,flat\nc1,clean,,,\nm2,mining,under_declared,100,night\nr1,mining,,,flat\nx,no_access,,,\nunseen,clean,,,\n")
	if err != nil {
		t.Fatal(err)
	}
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-4 {
			t.Errorf("%s = %.4f, want %.4f", name, got, want)
		}
	}
	near("average precision", e.AveragePrecision, 0.8333)
	near("average precision of mining", e.AveragePrecisionMining, 0.8056)
	near("Brier score", e.Brier, 0.455)
	near("recall", e.Recall, 0.5)
	near("within 20 %", e.Energy.Within20, 0.5)    // +10 % and −50 %
	near("coverage", e.Energy.Coverage, 0.5)       // 100 is in 90…130, not in 40…60
	near("median bias", e.Energy.MedianBias, -0.2) // of +0.1 and −0.5
	if e.Sites != 4 || e.Unknown != 1 || e.Mining != 3 || e.Due != 2 || e.Proposed != 2 || e.ProposedRight != 1 {
		t.Errorf("counts: %+v", e)
	}
	if len(e.Families) != 2 || e.Families[0].Family != "flat" || e.Families[0].Proposed != 1 || e.Families[1].Family != "night" || e.Families[1].Proposed != 0 {
		t.Errorf("families: %+v", e.Families)
	}
	// By finding: one unregistered site estimated at +10 %, its interval holds 100; the
	// proposed are expected to be wrong in (0.1 + 0.2)/2, and one of two is.
	if f := e.Findings[1]; f.Finding != "unregistered" || f.Right != 1 || f.Covered != 1 || math.Abs(f.MedianBias-0.1) > 1e-9 {
		t.Errorf("findings: %+v", e.Findings)
	}
	near("declared share of wrong ones", e.DeclaredFDR, 0.15)
	near("realised", e.RealisedFDR, 0.5)
	if i := e.Intervals.AveragePrecision; !(i.Low < e.AveragePrecision && e.AveragePrecision <= i.High) {
		t.Errorf("interval of the average precision %+v", i)
	}
	again := bootstrap([]pair{{truth{siteID: "b", mining: true, due: true}, datasets.Score{SiteID: "b", Probability: 0.3}}, {truth{siteID: "a"}, datasets.Score{SiteID: "a", Probability: 0.2}}})
	if turned := bootstrap([]pair{{truth{siteID: "a"}, datasets.Score{SiteID: "a", Probability: 0.2}}, {truth{siteID: "b", mining: true, due: true}, datasets.Score{SiteID: "b", Probability: 0.3}}}); turned != again {
		t.Errorf("intervals depend on the order of the sites: %+v and %+v", again, turned)
	}
	var text strings.Builder
	if err := e.Print(&text); err != nil || !strings.Contains(text.String(), "0.833 (0.") {
		t.Errorf("%v\n%s", err, text.String())
	}
}

func TestEvaluateRefusesWhatItCannotRead(t *testing.T) {
	scores := []datasets.Score{{SiteID: "a"}}
	for truth, want := range map[string]string{
		"":                             "want a CSV with the columns",
		"site,outcome\na,mining\n":     "column site_id is missing",
		"site_id,outcome\na,perhaps\n": ":2: column outcome: want mining, clean or no_access",
		"site_id,outcome,mining_kwh\na,mining,much\n": ":2: column mining_kwh: want a number",
		"site_id,outcome\nother,mining\n":             "none of its 1 sites has a score",
	} {
		if _, err := evaluated(t, scores, truth); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want … %s …", truth, err, want)
		}
	}
}
