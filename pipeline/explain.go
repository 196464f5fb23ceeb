package pipeline

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/score"
)

// An Explanation says why a site ranks where it does.
type Explanation struct {
	RunID     string                   `json:"run_id"`
	Site      datasets.Site            `json:"site"`
	Score     datasets.Score           `json:"score"`
	Rank      int                      `json:"rank"`  // among all sites, by rank value
	Sites     int                      `json:"sites"` // of the run
	Visit     int32                    `json:"visit"` // rank on the inspection list, 0 if not proposed
	Terms     []datasets.ScoreTerm     `json:"terms"`
	Withheld  []datasets.Evidence      `json:"withheld"` // detectors that could not speak, and why
	Statement []datasets.StatementLine `json:"statement"`
	Sources   []Source                 `json:"sources,omitempty"` // see [Sources]

	zone *time.Location
}

// Explain explains one site of a run, the newest if runID is "".
func Explain(ws *Workspace, runID, siteID string) (*Explanation, error) {
	dir, err := ws.RunDir(runID)
	if err != nil {
		return nil, err
	}
	e := &Explanation{RunID: filepath.Base(dir), Site: datasets.Site{SiteID: siteID}, zone: ws.Config.Location()}
	if err := e.score(dir, siteID); err != nil {
		return nil, err
	}
	if e.Terms, err = pick(dir, "score_terms.parquet", func(t datasets.ScoreTerm) bool { return t.SiteID == siteID }); err != nil {
		return nil, err
	}
	if e.Withheld, err = pick(dir, "evidence.parquet", func(v datasets.Evidence) bool { return v.SiteID == siteID && v.Status == datasets.Withheld }); err != nil {
		return nil, err
	}
	if e.Statement, err = pick(dir, "statement.parquet", func(l datasets.StatementLine) bool { return l.SiteID == siteID }); err != nil {
		return nil, err
	}
	visits, err := pick(dir, "visits.parquet", func(v datasets.Visit) bool { return v.SiteID == siteID })
	if err != nil {
		return nil, err
	}
	for _, v := range visits {
		e.Visit = v.Rank
	}
	sites, err := store.ReadTable[datasets.Site](ws.Lake(), "sites")
	if err != nil {
		return nil, err
	}
	for _, s := range sites {
		if s.SiteID == siteID {
			e.Site = s
		}
	}
	return e, nil
}

// score finds the site's row and its rank.
func (e *Explanation) score(dir, siteID string) error {
	scores, err := store.ReadFile[datasets.Score](filepath.Join(dir, "scores.parquet"))
	if err != nil {
		return err
	}
	e.Sites = len(scores)
	for _, s := range scores {
		if s.SiteID == siteID {
			e.Score, e.Rank = s, 1
		}
	}
	if e.Rank == 0 {
		return fmt.Errorf("run %s has no site %q; scores.parquet lists its %d sites", e.RunID, siteID, len(scores))
	}
	for _, s := range scores {
		if s.RankValue > e.Score.RankValue {
			e.Rank++
		}
	}
	return nil
}

// pick returns the rows of a run's table that keep wants.
func pick[R any](dir, name string, keep func(R) bool) ([]R, error) {
	picked := []R{}
	err := store.Scan(filepath.Join(dir, name), func(rows []R) error {
		for _, r := range rows {
			if keep(r) {
				picked = append(picked, r)
			}
		}
		return nil
	})
	return picked, err
}

// Print writes the explanation for a reader.
func (e *Explanation) Print(w io.Writer) error {
	s := e.Score
	fmt.Fprintf(w, "%s  %s\n", e.Site.SiteID, strings.Join(nonEmpty(e.Site.Name, e.Site.Region, e.Site.Address), ", "))
	fmt.Fprintf(w, "run %s, rank %d of %d sites, %s\n", e.RunID, e.Rank, e.Sites, e.listed())
	fmt.Fprintf(w, "probability of mining %.1f %%, finding: %s, registry: %s\n", 100*s.Probability, orNone(s.Finding), registryWords(s))
	if s.MiningKW > 0 {
		fmt.Fprintf(w, "about %.1f kW, %s to %s\n", s.MiningKW, e.local(s.MiningSince), e.local(s.MiningUntil))
	}
	if s.Note != "" {
		fmt.Fprintf(w, "limits: %s\n", s.Note)
	}
	fmt.Fprintln(w, "\nEvidence, in log-odds:")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, t := range e.Terms {
		added := fmt.Sprintf("%+.2f", t.LogOdds)
		if !t.Counted {
			added = "(" + added + ")"
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s\t%s\t%s\n", t.Term, added, bar(t), fmt.Sprintf("%.1f %%", 100*score.Logistic(t.Cumulative)), t.Detail)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, v := range e.Withheld {
		fmt.Fprintf(w, "  %s says nothing: %s\n", v.Detector, v.Detail)
	}
	e.printTax(w)
	_, err := fmt.Fprintln(w, "\nThis is a lead, not a finding: a load or traffic pattern consistent with mining.")
	return err
}

// registryWords says who answers, and how surely where it is not by number.
func registryWords(s datasets.Score) string {
	if s.RegistryProbability == 0 || s.RegistryProbability == 1 {
		return s.RegistryMatch
	}
	by := ""
	if s.RegistryBIN != "" {
		by = " with " + s.RegistryBIN
	}
	return fmt.Sprintf("%s%s, probability %.3f", s.RegistryMatch, by, s.RegistryProbability)
}

func (e *Explanation) printTax(w io.Writer) {
	if len(e.Statement) == 0 {
		return
	}
	fmt.Fprintln(w, "\nTax (fee):")
	low, sum, high := 0.0, 0.0, 0.0
	for _, l := range e.Statement {
		rate := "no confirmed rate"
		if l.RateKZTKWh > 0 {
			rate = fmt.Sprintf("%.4g KZT/kWh = %.2f KZT (%.2f to %.2f)", l.RateKZTKWh, l.TaxKZT, l.TaxKZTLow, l.TaxKZTHigh)
		}
		fmt.Fprintf(w, "  %s  %.0f kWh mined − %.0f declared → %.0f unpaid × %s\n          %s\n", l.Quarter, l.MiningKWh, l.DeclaredKWh, l.UnpaidKWh, rate, l.RateBasis)
		low, sum, high = low+l.TaxKZTLow, sum+l.TaxKZT, high+l.TaxKZTHigh
	}
	fmt.Fprintf(w, "  sum     %.2f KZT (%.2f to %.2f)\n", sum, low, high)
}

// bar draws the change of a term, one block for half a unit of log-odds.
func bar(t datasets.ScoreTerm) string {
	if !t.Counted {
		return ""
	}
	n := min(12, int(math.Round(2*math.Abs(t.LogOdds))))
	if t.LogOdds < 0 {
		return strings.Repeat("░", n)
	}
	return strings.Repeat("█", n)
}

func (e *Explanation) listed() string {
	if e.Visit == 0 {
		return "not proposed for a visit"
	}
	return fmt.Sprintf("visit %d of the inspection list", e.Visit)
}

func (e *Explanation) local(t datasets.Micros) string {
	if t == 0 {
		return "unknown"
	}
	return t.Time().In(e.zone).Format("2006-01-02 15:04")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func nonEmpty(parts ...string) []string {
	var list []string
	for _, p := range parts {
		if p != "" {
			list = append(list, p)
		}
	}
	return list
}
