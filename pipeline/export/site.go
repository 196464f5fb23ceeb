package export

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A siteView is what the pages say of one proposed site.
type siteView struct {
	Anchor       string // of the section in the report
	Dossier      string // file name
	Visit        datasets.Visit
	Score        datasets.Score
	Finding      string // code of the finding; "random" if the site was drawn by lot
	Paper        bool   // whether the view is that of a dossier
	Since, Until string // local days of the block; "" if none
	SinceDay     int    // the first of them as a number, to sort by
	Region       string // by its English name; as delivered if it is none of ours
	RegionCode   string // "" if it is none of ours
	RegionNames  [3]string
	Plot         *plot // nil if there is no load to draw
	Profile      *profile
	Activity     string // path data, "" if there was no such traffic
	ActiveDays   int
	Words        chartWords
	Bars         []bar
	SumLogOdds   float64
	Withheld     []datasets.Evidence // detectors that could not speak
	Against      []bar               // terms that speak against mining
	Spoken       []evidenceView
	Registry     []RegistryCandidate
	Lines        []string // the arithmetic of the tax by quarter
	LinesMore    int      // how many more there are
	Statement    []datasets.StatementLine
	RateBases    []string // of the statement, each once
	Tax          []taxLine
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
	Added                          float64
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
func newSite(run *Run, geo geography, i int, g *siteRows, c *Chart) (siteView, *days) {
	v := run.Visits[i]
	s := siteView{
		Anchor: fmt.Sprintf("s%d", i+1), Visit: v, Score: g.score,
		Since: localDay(v.MiningSince, run), Statement: g.statement,
		Tax: taxLines(run.Tax[v.SiteID]), RegistryName: run.RegistryNames[g.score.RegistryBIN],
		Registry: run.Registry[v.SiteID], Lines: arithmetic(g.statement), Region: v.Region,
	}
	if r, ok := geo.regionOf(v, run.Sites[v.SiteID]); ok {
		s.Region, s.RegionCode, s.RegionNames = r.NameEN, r.Code, [3]string{r.NameEN, r.NameRU, r.NameKK}
	}
	if s.Finding = v.Finding; v.Drawn == drawnByLot {
		s.Finding = drawnByLot
	}
	if v.MiningSince != 0 {
		s.SinceDay = int(datasets.DayOf(v.MiningSince.Time().In(run.Zone)))
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
	for _, b := range s.Bars {
		if b.Adds < 0 && !b.Prior && b.Term != "limit" {
			s.Against = append(s.Against, b)
		}
	}
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
		Peak: d.topKW, Missing: d.missing, Added: d.during.value() - d.expected.value(),
	}
	s.Profile = newProfile(c, d)
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

// drawnByLot marks visits to sites of which nothing is suspected (Visit.Drawn).
const drawnByLot = "random"

// A taxLine is one line of a calculation. What follows "source:" cites others,
// in their words.
type taxLine struct{ Text, Source string }

func taxLines(lines []string) []taxLine {
	out := make([]taxLine, len(lines))
	for i, l := range lines {
		out[i].Text, out[i].Source, _ = strings.Cut(l, "; source: ")
	}
	return out
}

// arithmetic returns the calculation of each quarter of a statement in one line
// that a reader can follow with a pocket calculator.
func arithmetic(statement []datasets.StatementLine) []string {
	var out []string
	for _, l := range statement {
		if l.RateKZTKWh == 0 {
			out = append(out, text("tax.line.norate", l.Quarter, grouped(3, l.MiningKWh), grouped(3, l.DeclaredKWh), grouped(3, l.UnpaidKWh)))
			continue
		}
		out = append(out, text("tax.line", l.Quarter, grouped(3, l.MiningKWh), grouped(3, l.DeclaredKWh), grouped(3, l.UnpaidKWh), fixed(l.RateKZTKWh, -1), grouped(2, l.TaxKZT)))
	}
	return out
}

// Facets of the list are offered in the order of their text.
func facets(sites []siteView, of func(siteView) string) []string {
	var out []string
	for _, v := range sites {
		if s := of(v); s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
