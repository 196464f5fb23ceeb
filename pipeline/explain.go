package pipeline

import (
	"fmt"
	"path/filepath"
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
	Bars      []Bar                    `json:"waterfall"`
	WhatIf    []WhatIf                 `json:"what_if"`  // each alone
	Needs     []string                 `json:"needs"`    // for another verdict
	Withheld  []datasets.Evidence      `json:"withheld"` // detectors that could not speak, and why
	Statement []datasets.StatementLine `json:"statement"`
	Sources   []Source                 `json:"sources,omitempty"` // see [Sources]

	zone   *time.Location
	hourly bool
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
	evidence, err := pick(dir, "evidence.parquet", func(v datasets.Evidence) bool { return v.SiteID == siteID })
	if err != nil {
		return nil, err
	}
	e.Withheld = []datasets.Evidence{}
	for _, v := range evidence {
		if v.Status == datasets.Withheld {
			e.Withheld = append(e.Withheld, v)
		}
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
	return e, e.waterfall(dir, evidence)
}

// waterfall fills in the bars and what would change the verdict.
func (e *Explanation) waterfall(dir string, evidence []datasets.Evidence) error {
	e.Bars = Waterfall(e.Terms)
	for i := range e.Bars {
		if b := &e.Bars[i]; b.Start != 0 {
			b.Period = localDay(b.Start, e.zone, false).String() + " to " + localDay(b.End, e.zone, true).String()
		}
	}
	m, err := readModel(dir)
	if err != nil {
		return fmt.Errorf("run %s does not say what its scores were made with: %w; run again", e.RunID, err)
	}
	e.hourly = e.Score.Coverage > 0
	e.WhatIf = e.whatIf(score.NewModel(m.Prior, m.Weights), evidence, m.ProposeAt)
	e.Needs = e.needs(m.ProposeAt)
	return nil
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
