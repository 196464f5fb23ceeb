package pipeline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/export"
)

// calculationsName is the file of a run that keeps, for each site of the
// statement, the calculation as it was made: one JSON object a line, by site.
// It is stored, not made again on demand: the lake and the tables go on.
const calculationsName = "tax/calculations.jsonl"

// A Calculation is the tax (fee) of one site as a person would check it with a
// pocket calculator.
type Calculation struct {
	RunID     string                   `json:"run_id,omitempty"`
	SiteID    string                   `json:"site_id"`
	Lines     []string                 `json:"lines"`
	Statement []datasets.StatementLine `json:"-"` // the same sums, as in the statement
}

// keepCalculations writes the calculations of a run.
func keepCalculations(runDir string, out *export.Run) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, id := range slices.Sorted(maps.Keys(out.Tax)) {
		if err := e.Encode(Calculation{SiteID: id, Lines: out.Tax[id]}); err != nil {
			return err
		}
	}
	path := filepath.Join(runDir, filepath.FromSlash(calculationsName))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return store.WriteFile(path, b.Bytes())
}

// TaxCalculation returns the calculation of one site of a run, the newest if
// runID is "".
func TaxCalculation(ws *Workspace, runID, siteID string) (*Calculation, error) {
	dir, err := ws.RunDir(runID)
	if err != nil {
		return nil, err
	}
	c, err := findCalculation(dir, siteID)
	if err != nil {
		return nil, err
	}
	c.RunID = filepath.Base(dir)
	c.Statement, err = pick(dir, "statement.parquet", func(l datasets.StatementLine) bool { return l.SiteID == siteID })
	return c, err
}

func findCalculation(dir, siteID string) (*Calculation, error) {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(calculationsName)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run %s keeps no calculations: it was made by an earlier version; run again", filepath.Base(dir))
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for d := json.NewDecoder(bufio.NewReader(f)); ; {
		var c Calculation
		if err := d.Decode(&c); err == io.EOF {
			return nil, notReckoned(dir, siteID)
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		if c.SiteID == siteID {
			return &c, nil
		}
	}
}

// notReckoned says why a site has no calculation.
func notReckoned(dir, siteID string) error {
	scores, err := pick(dir, "scores.parquet", func(s datasets.Score) bool { return s.SiteID == siteID })
	if err != nil {
		return err
	}
	if len(scores) == 0 {
		return fmt.Errorf("run %s has no site %q", filepath.Base(dir), siteID)
	}
	return fmt.Errorf("run %s does not propose site %s for a visit, so its statement has no line of it; see minewatch explain %s", filepath.Base(dir), siteID, siteID)
}

// A TaxSum is the statement of one quarter, of one site, or of all. Sums of
// money are sums of the statement's lines, to the tiyn.
type TaxSum struct {
	Name        string  `json:"name"`  // quarter or site
	Lines       int     `json:"lines"` // of the statement
	MiningKWh   float64 `json:"mining_kwh"`
	DeclaredKWh float64 `json:"declared_kwh"`
	UnpaidKWh   float64 `json:"unpaid_kwh"`
	TaxKZT      float64 `json:"tax_kzt"`
	TaxKZTLow   float64 `json:"tax_kzt_low"`
	TaxKZTHigh  float64 `json:"tax_kzt_high"`
	WithoutRate int     `json:"without_rate"` // lines for which no rate is confirmed
}

// A TaxSummary is a run's statement added up.
type TaxSummary struct {
	RunID    string   `json:"run_id"`
	Quarters []TaxSum `json:"quarters"`
	Sites    []TaxSum `json:"sites"` // the largest first
	Total    TaxSum   `json:"total"`
}

// SumTax adds up the statement of a run, the newest if runID is "".
func SumTax(ws *Workspace, runID string) (*TaxSummary, error) {
	dir, err := ws.RunDir(runID)
	if err != nil {
		return nil, err
	}
	lines, err := store.ReadFile[datasets.StatementLine](filepath.Join(dir, "statement.parquet"))
	if err != nil {
		return nil, err
	}
	s := &TaxSummary{RunID: filepath.Base(dir)}
	s.Quarters = sumBy(lines, func(l datasets.StatementLine) string { return l.Quarter.String() })
	s.Sites = sumBy(lines, func(l datasets.StatementLine) string { return l.SiteID })
	slices.SortStableFunc(s.Sites, func(a, b TaxSum) int {
		switch {
		case a.TaxKZT > b.TaxKZT:
			return -1
		case a.TaxKZT < b.TaxKZT:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	s.Total = TaxSum{Name: "all"}
	if all := sumBy(lines, func(datasets.StatementLine) string { return "all" }); len(all) > 0 {
		s.Total = all[0]
	}
	return s, nil
}

// sumBy adds up lines by name, in the order of the names.
func sumBy(lines []datasets.StatementLine, name func(datasets.StatementLine) string) []TaxSum {
	type sum struct {
		lines, withoutRate       int
		mining, declared, unpaid int64 // Wh
		tax, low, high           int64 // tiyn
	}
	by := map[string]*sum{}
	whole := func(v, unit float64) int64 { return int64(math.Round(v * unit)) } // back to the integers they were
	for _, l := range lines {
		n := name(l)
		if by[n] == nil {
			by[n] = &sum{}
		}
		s := by[n]
		s.lines++
		if l.RateKZTKWh == 0 && strings.HasPrefix(l.RateBasis, "no rate") {
			s.withoutRate++
		}
		s.mining, s.declared, s.unpaid = s.mining+whole(l.MiningKWh, 1e3), s.declared+whole(l.DeclaredKWh, 1e3), s.unpaid+whole(l.UnpaidKWh, 1e3)
		s.tax, s.low, s.high = s.tax+whole(l.TaxKZT, 100), s.low+whole(l.TaxKZTLow, 100), s.high+whole(l.TaxKZTHigh, 100)
	}
	out := []TaxSum{}
	for _, n := range slices.Sorted(maps.Keys(by)) {
		s := by[n]
		out = append(out, TaxSum{
			Name: n, Lines: s.lines, MiningKWh: float64(s.mining) / 1e3, DeclaredKWh: float64(s.declared) / 1e3, UnpaidKWh: float64(s.unpaid) / 1e3,
			TaxKZT: float64(s.tax) / 100, TaxKZTLow: float64(s.low) / 100, TaxKZTHigh: float64(s.high) / 100, WithoutRate: s.withoutRate,
		})
	}
	return out
}
