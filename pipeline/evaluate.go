package pipeline

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/detectors/stat"
)

// An Evaluation compares a run with known outcomes.
type Evaluation struct {
	RunID   string `json:"run_id"`
	Sites   int    `json:"sites"`   // with a known outcome and a score
	Unknown int    `json:"unknown"` // with a known outcome and no score
	Mining  int    `json:"mining"`  // sites that mined
	Due     int    `json:"due"`     // sites that a visit is due to: they mined and nobody answered for it

	AveragePrecision       float64       `json:"average_precision"`        // of due sites, by rank value
	AveragePrecisionMining float64       `json:"average_precision_mining"` // of sites that mined, by probability
	PrecisionAt            []PrecisionAt `json:"precision_at"`
	Proposed               int           `json:"proposed"`
	ProposedRight          int           `json:"proposed_right"`
	Recall                 float64       `json:"recall"` // due sites that were proposed

	Brier       float64     `json:"brier"`
	ECE         float64     `json:"expected_calibration_error"`
	Reliability []score.Bin `json:"reliability"`
	DeclaredFDR float64     `json:"declared_fdr"` // share of the proposed that the probabilities call wrong
	RealisedFDR float64     `json:"realised_fdr"` // share of the proposed that did not mine

	// Intervals hold 90 % of what other sites like these would have given:
	// bootstrap over sites, seeded from the data.
	Intervals Intervals `json:"intervals"`

	Energy   EnergyError     `json:"energy"`
	Families []FamilyRecall  `json:"families,omitempty"`
	Findings []FindingRecall `json:"findings,omitempty"`
}

// PrecisionAt is the share of due sites among the first K.
type PrecisionAt struct {
	K         int     `json:"k"`
	Precision float64 `json:"precision"`
}

// An Interval is a 90 % interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func (i Interval) String() string { return fmt.Sprintf("%.3f to %.3f", i.Low, i.High) }

// Intervals are those of the figures of the same name.
type Intervals struct {
	AveragePrecision       Interval `json:"average_precision"`
	AveragePrecisionMining Interval `json:"average_precision_mining"`
	Recall                 Interval `json:"recall"`
	Brier                  Interval `json:"brier"`
	ECE                    Interval `json:"expected_calibration_error"`
	RealisedFDR            Interval `json:"realised_fdr"`
	MedianBias             Interval `json:"energy_median_bias"`
	Coverage               Interval `json:"energy_interval_coverage"`
}

// EnergyError describes estimates of mining energy where the truth is known.
type EnergyError struct {
	N           int     `json:"n"`
	MedianBias  float64 `json:"median_bias"`          // (estimate − truth) / truth
	MedianAbs   float64 `json:"median_absolute"`      // of the same
	Within20    float64 `json:"within_20_percent"`    // share of estimates
	Coverage    float64 `json:"interval_coverage"`    // share of 90 % intervals that hold the truth
	MedianWidth float64 `json:"median_width"`         // (high − low) / estimate
	FoundShare  float64 `json:"energy_found_of_true"` // Σ estimate of due sites found / Σ truth of due sites
}

// A Part is the sites due of one kind of mine, or of one finding.
type Part struct {
	Sites      int      `json:"sites"`
	Proposed   int      `json:"proposed"`
	Recall     Interval `json:"recall_interval"`        // 90 %, Wilson
	Estimates  int      `json:"energy_estimates"`       // where the truth is known
	MedianBias float64  `json:"energy_median_bias"`     // (estimate − truth) / truth
	Covered    int      `json:"energy_interval_covers"` // 90 % intervals that hold the truth

	bias []float64
}

func (f *Part) add(p pair) {
	f.Sites++
	f.Proposed += count(p.Proposed)
	if p.kwh > 0 && p.MiningKWh > 0 {
		f.Estimates++
		f.bias = append(f.bias, p.MiningKWh/p.kwh-1)
		f.Covered += count(p.MiningKWhLow <= p.kwh && p.kwh <= p.MiningKWhHigh)
	}
}

func (f *Part) finish() {
	f.Recall.Low, f.Recall.High = stat.Wilson(f.Proposed, f.Sites, z90)
	if len(f.bias) > 0 {
		f.MedianBias = stat.Median(f.bias)
	}
}

// z90 is the normal quantile of a two-sided 90 % interval.
const z90 = 1.6448536269514722

// FamilyRecall describes the mines of one kind.
type FamilyRecall struct {
	Family string `json:"family"`
	Part
}

// FindingRecall describes the sites of one finding, and how many are named as the
// truth names them.
type FindingRecall struct {
	Finding string `json:"finding"`
	Right   int    `json:"right"`
	Part
}

// A truth is one line of known outcomes.
type truth struct {
	siteID, finding, family string
	mining, due             bool
	kwh                     float64
}

// Evaluate compares a run, the newest if runID is "", with known outcomes: a
// CSV with the columns site_id and outcome (mining, clean; lines of no_access
// are left out) and, where known, finding (empty for a miner who is answered
// for), mining_kwh and family (the kind of mine).
func Evaluate(ws *Workspace, runID, truthCSV string) (*Evaluation, error) {
	dir, err := ws.RunDir(runID)
	if err != nil {
		return nil, err
	}
	known, err := readTruth(truthCSV)
	if err != nil {
		return nil, err
	}
	scores, err := store.ReadFile[datasets.Score](filepath.Join(dir, "scores.parquet"))
	if err != nil {
		return nil, err
	}
	by := map[string]datasets.Score{}
	for _, s := range scores {
		by[s.SiteID] = s
	}
	e := &Evaluation{RunID: filepath.Base(dir)}
	var pairs []pair
	for _, t := range known {
		s, ok := by[t.siteID]
		if !ok {
			e.Unknown++
			continue
		}
		pairs = append(pairs, pair{t, s})
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s: none of its %d sites has a score in run %s; is it the right workspace?", truthCSV, len(known), e.RunID)
	}
	e.measure(pairs)
	e.breakdown(pairs)
	e.Intervals = bootstrap(pairs)
	return e, nil
}

// measure fills in the figures of a list of sites, which it reorders.
func (e *Evaluation) measure(pairs []pair) {
	e.rank(pairs)
	e.calibration(pairs)
	e.energy(pairs)
}

type pair struct {
	truth
	datasets.Score
}

func (e *Evaluation) rank(pairs []pair) {
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.RankValue, a.RankValue), cmp.Compare(a.siteID, b.siteID))
	})
	var due, mining []stat.Ranked
	for _, p := range pairs {
		due = append(due, stat.Ranked{Score: p.RankValue, Positive: p.due, Weight: 1})
		mining = append(mining, stat.Ranked{Score: p.Probability, Positive: p.mining, Weight: 1})
		e.Sites++
		e.Mining += count(p.mining)
		e.Due += count(p.due)
		e.Proposed += count(p.Proposed)
		e.ProposedRight += count(p.Proposed && p.due)
	}
	e.AveragePrecision, e.AveragePrecisionMining = stat.AveragePrecision(due), stat.AveragePrecision(mining)
	ks := []int{5, 10, 20, 50, 100, e.Due}
	slices.Sort(ks)
	for _, k := range slices.Compact(ks) {
		if k == 0 || k > len(pairs) {
			continue
		}
		right := 0
		for _, p := range pairs[:k] {
			right += count(p.due)
		}
		e.PrecisionAt = append(e.PrecisionAt, PrecisionAt{k, float64(right) / float64(k)})
	}
	e.Recall = ratio(e.ProposedRight, e.Due)
}

func (e *Evaluation) calibration(pairs []pair) {
	judged := make([]score.Judged, len(pairs))
	wrong := 0
	for i, p := range pairs {
		judged[i] = score.Judged{P: p.Probability, Mining: p.mining, Weight: 1}
		if p.Proposed {
			e.DeclaredFDR += 1 - p.Probability
			wrong += count(!p.mining)
		}
	}
	e.Brier = score.Brier(judged)
	e.Reliability, e.ECE = score.Reliability(judged)
	if e.Proposed > 0 {
		e.DeclaredFDR /= float64(e.Proposed)
		e.RealisedFDR = ratio(wrong, e.Proposed)
	}
}

func (e *Evaluation) energy(pairs []pair) {
	var bias, abs, width []float64
	within, covered := 0, 0
	dueKWh, foundKWh := 0.0, 0.0
	for _, p := range pairs {
		if p.due {
			dueKWh += p.kwh
			if p.Proposed {
				foundKWh += p.MiningKWh
			}
		}
		if !p.mining || p.kwh <= 0 || p.MiningKWh <= 0 {
			continue
		}
		d := p.MiningKWh/p.kwh - 1
		bias, abs = append(bias, d), append(abs, math.Abs(d))
		width = append(width, (p.MiningKWhHigh-p.MiningKWhLow)/p.MiningKWh)
		within += count(math.Abs(d) <= 0.2)
		covered += count(p.MiningKWhLow <= p.kwh && p.kwh <= p.MiningKWhHigh)
	}
	e.Energy.N = len(bias)
	if len(bias) == 0 {
		return
	}
	e.Energy = EnergyError{
		N: len(bias), MedianBias: stat.Median(bias), MedianAbs: stat.Median(abs), MedianWidth: stat.Median(width),
		Within20: ratio(within, len(bias)), Coverage: ratio(covered, len(bias)),
	}
	if dueKWh > 0 {
		e.Energy.FoundShare = foundKWh / dueKWh
	}
}

func (e *Evaluation) breakdown(pairs []pair) {
	families, findings := map[string]*FamilyRecall{}, map[string]*FindingRecall{}
	for _, p := range pairs {
		if !p.due {
			continue
		}
		if p.family != "" {
			if families[p.family] == nil {
				families[p.family] = &FamilyRecall{Family: p.family}
			}
			families[p.family].add(p)
		}
		if name := p.truth.finding; name != "" {
			if findings[name] == nil {
				findings[name] = &FindingRecall{Finding: name}
			}
			findings[name].add(p)
			findings[name].Right += count(p.Finding == name)
		}
	}
	for _, f := range families {
		f.finish()
		e.Families = append(e.Families, *f)
	}
	for _, f := range findings {
		f.finish()
		e.Findings = append(e.Findings, *f)
	}
	slices.SortFunc(e.Families, func(a, b FamilyRecall) int { return cmp.Compare(a.Family, b.Family) })
	slices.SortFunc(e.Findings, func(a, b FindingRecall) int { return cmp.Compare(a.Finding, b.Finding) })
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ratio is a/b, 0 if b is 0.
func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func readTruth(path string) ([]truth, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s:1: %w; want a CSV with the columns site_id and outcome", path, err)
	}
	column := map[string]int{}
	for i, name := range head {
		column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, name := range []string{"site_id", "outcome"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("%s:1: column %s is missing; there are: %s", path, name, strings.Join(head, ", "))
		}
	}
	var list []truth
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := r.FieldPos(0)
		t, keep, err := parseTruth(row, column)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		if keep {
			list = append(list, t)
		}
	}
}

func parseTruth(row []string, column map[string]int) (t truth, keep bool, err error) {
	get := func(name string) string {
		i, ok := column[name]
		if !ok {
			return ""
		}
		return strings.TrimSpace(row[i])
	}
	t = truth{siteID: get("site_id"), finding: get("finding"), family: get("family")}
	switch outcome := get("outcome"); outcome {
	case "mining":
		t.mining = true
	case "clean":
	case "no_access":
		return t, false, nil
	default:
		return t, false, fmt.Errorf("column outcome: want mining, clean or no_access, got %q", outcome)
	}
	if s := get("mining_kwh"); s != "" {
		if t.kwh, err = strconv.ParseFloat(s, 64); err != nil {
			return t, false, fmt.Errorf("column mining_kwh: want a number, got %q", s)
		}
	}
	_, named := column["finding"]
	t.due = t.mining && (!named || t.finding != "")
	return t, true, nil
}
