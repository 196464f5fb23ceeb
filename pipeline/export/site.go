package export

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// A siteView is what the pages say of one proposed site.
type siteView struct {
	Anchor       string // of the section in the report
	Dossier      string // file name
	Visit        datasets.Visit
	Score        datasets.Score
	Since, Until string // local days of the block; "" if none
	Plot         *plot  // nil if there is no load to draw
	Words        chartWords
	Bars         []bar
	SumLogOdds   float64
	Withheld     []datasets.Evidence // detectors that could not speak
	Spoken       []evidenceView
	Statement    []datasets.StatementLine
	RateBases    []string // of the statement, each once
	Tax          []string
	TaxMore      int // lines of Tax that are left out
	RegistryName string
}

// An evidenceView is one piece of evidence with its period in local days.
type evidenceView struct {
	datasets.Evidence
	From, To string
}

// chartWords says in numbers what the pictures show. Powers in kW, NaN if unknown.
type chartWords struct {
	From, To                       string
	Before, During, Expected, Peak float64
	Missing                        float64 // share of the hours
}

// A bar is one row of the waterfall. X and W are percent of the width.
type bar struct {
	Term, Detail   string
	Adds           float64
	Counted, Prior bool
	X, W           float64
	Zero           float64 // where the log-odds are 0
}

// newSite gathers the view of visit i. c is nil if there is no load to draw.
func newSite(run *Run, i int, g *siteRows, c *Chart) (siteView, *days) {
	v := run.Visits[i]
	s := siteView{
		Anchor: fmt.Sprintf("s%d", i+1), Visit: v, Score: g.score,
		Since: localDay(v.MiningSince, run), Statement: g.statement,
		Tax: run.Tax[v.SiteID], RegistryName: run.RegistryNames[g.score.RegistryBIN],
	}
	if v.MiningUntil > v.MiningSince {
		s.Until = localDay(v.MiningUntil-1, run)
	}
	for _, l := range g.statement {
		if l.RateBasis != "" && !slices.Contains(s.RateBases, l.RateBasis) {
			s.RateBases = append(s.RateBases, l.RateBasis)
		}
	}
	s.Bars, s.SumLogOdds = waterfall(g.terms)
	for _, e := range g.evidence {
		if e.Status == datasets.Withheld {
			s.Withheld = append(s.Withheld, e)
			continue
		}
		to := e.End
		if to > e.Start {
			to--
		}
		s.Spoken = append(s.Spoken, evidenceView{e, localDay(e.Start, run), localDay(to, run)})
	}
	if c == nil {
		return s, nil
	}
	d := daysOf(c, run.Zone)
	if d == nil {
		return s, nil
	}
	s.Words = chartWords{
		From: d.first.String(), To: (d.first + datasets.Day(len(d.load)-1)).String(),
		Before: d.before.value(), During: d.during.value(), Expected: d.expected.value(),
		Peak: d.topKW, Missing: d.missing,
	}
	return s, d
}

// chartOf returns the chart of a site, nil if there is none.
func chartOf(run *Run, siteID string) (*Chart, error) {
	if run.Charts == nil {
		return nil, nil
	}
	c, err := run.Charts(siteID)
	if errors.Is(err, ErrNoChart) || err == nil && len(c.KW) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("chart of site %q: %w", siteID, err)
	}
	return &c, nil
}

// waterfall lays out the terms between the least and the greatest sum on the
// way, and returns the last sum. A term that does not count hangs where the sum
// stood, without moving it.
func waterfall(terms []datasets.ScoreTerm) ([]bar, float64) {
	low, high, sum := 0.0, 0.0, 0.0
	for _, t := range terms {
		from := t.Cumulative - t.LogOdds
		if !t.Counted {
			from = t.Cumulative
		} else {
			sum = t.Cumulative
		}
		low = min(low, from, from+t.LogOdds)
		high = max(high, from, from+t.LogOdds)
	}
	if high == low {
		high = low + 1
	}
	at := func(x float64) float64 { return math.Round(1000*(x-low)/(high-low)) / 10 }
	bars := make([]bar, 0, len(terms))
	for _, t := range terms {
		from, to := t.Cumulative-t.LogOdds, t.Cumulative
		if !t.Counted {
			from, to = t.Cumulative, t.Cumulative+t.LogOdds
		}
		bars = append(bars, bar{
			Term: t.Term, Detail: t.Detail, Adds: t.LogOdds, Counted: t.Counted, Prior: t.Order == 0,
			X: at(min(from, to)), W: max(at(max(from, to))-at(min(from, to)), 0.4), Zero: at(0),
		})
	}
	return bars, sum
}

// Facets of the list are offered in the order of their text.
func facets(visits []datasets.Visit, of func(datasets.Visit) string) []string {
	var out []string
	for _, v := range visits {
		if s := of(v); s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
