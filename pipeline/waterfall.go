package pipeline

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/detectors/visit"
	"github.com/minewatch/minewatch/pipeline/registry"
)

// A Bar is one step of the waterfall from the prior to the posterior.
type Bar struct {
	Term    string          `json:"term"`
	Kind    string          `json:"kind"` // prior, for, against, weight, limit, or not counted
	LogOdds float64         `json:"log_odds"`
	From    float64         `json:"from"` // log-odds before
	To      float64         `json:"to"`   // and after
	Before  float64         `json:"probability_before"`
	After   float64         `json:"probability_after"`
	Detail  string          `json:"detail"`
	Start   datasets.Micros `json:"-"`
	End     datasets.Micros `json:"-"`
	Period  string          `json:"period,omitempty"`  // local days that the evidence speaks of
	Sources []Source        `json:"sources,omitempty"` // what it rests on, if asked for
}

// behind names the delivered tables that a detector reads, by the beginning of its
// name.
var behind = []struct {
	detector string
	tables   []string
}{
	{"load/bypass", []string{"feeder_readings", "readings"}},
	{"load/group", []string{"sites", "readings"}},
	{"load/", []string{"readings"}},
	{"billing/", []string{"billing"}},
	{"traffic/", []string{"subscribers", "flows", "dns", "tls"}},
	{"visit/", []string{"outcomes"}},
}

// LinkSources gives each bar the sources of e that it rests on.
func (e *Explanation) LinkSources() {
	for i := range e.Bars {
		b := &e.Bars[i]
		for _, k := range behind {
			if !strings.HasPrefix(b.Term, k.detector) {
				continue
			}
			for _, s := range e.Sources {
				if slices.Contains(k.tables, s.Dataset) {
					b.Sources = append(b.Sources, s)
				}
			}
			break
		}
	}
}

// The kinds of bars.
const (
	barPrior      = "prior"
	barFor        = "for"
	barAgainst    = "against"
	barWeight     = "weight"
	barLimit      = "limit"
	barNotCounted = "not counted"
)

// Waterfall turns the terms of a site into bars. The last bar ends at the log-odds
// of its probability.
func Waterfall(terms []datasets.ScoreTerm) []Bar {
	bars := make([]Bar, 0, len(terms))
	for _, t := range terms {
		b := Bar{Term: t.Term, LogOdds: t.LogOdds, From: t.Cumulative - t.LogOdds, To: t.Cumulative, Detail: t.Detail, Start: t.Start, End: t.End}
		if !t.Counted {
			b.From = t.Cumulative
		}
		b.Kind = barKind(t)
		if b.Kind == barPrior {
			b.From = b.To
		}
		b.Before, b.After = score.Logistic(b.From), score.Logistic(b.To)
		bars = append(bars, b)
	}
	return bars
}

func barKind(t datasets.ScoreTerm) string {
	switch {
	case !t.Counted:
		return barNotCounted
	case t.Term == "prior":
		return barPrior
	case t.Term == "limit":
		return barLimit
	case t.Term == "learnt", strings.HasPrefix(t.Term, "weight/"):
		return barWeight
	case t.LogOdds < 0:
		return barAgainst
	}
	return barFor
}

// A WhatIf is one thing that would change the verdict.
type WhatIf struct {
	If          string  `json:"if"`
	Probability float64 `json:"probability"`
	Proposed    bool    `json:"proposed"` // as far as the probability decides
}

// whatIfs is how many pieces of evidence are looked at without.
const whatIfs = 3

// whatIf scores the site again with something changed.
func (e *Explanation) whatIf(m *score.Model, evidence []datasets.Evidence, proposeAt float64) []WhatIf {
	site := score.Site{ID: e.Site.SiteID, Hourly: e.hourly}
	var out []WhatIf
	add := func(text string, list []datasets.Evidence) {
		p := m.Sum(site, list).Probability
		out = append(out, WhatIf{text, p, p >= proposeAt})
	}
	without := func(drop func(datasets.Evidence) bool) []datasets.Evidence {
		return slices.DeleteFunc(slices.Clone(evidence), drop)
	}
	var spoken []datasets.Evidence
	for _, x := range evidence {
		if x.Status == datasets.Spoken && math.Abs(x.LogLR) >= changedTerm {
			spoken = append(spoken, x)
		}
	}
	slices.SortStableFunc(spoken, func(a, b datasets.Evidence) int { return cmp.Compare(math.Abs(b.LogLR), math.Abs(a.LogLR)) })
	for _, x := range spoken[:min(whatIfs, len(spoken))] {
		add("without "+x.Detector, without(func(y datasets.Evidence) bool { return y == x }))
	}
	v := m.Sum(site, evidence)
	if v.Kinds < 2 && v.LogOdds > 0 {
		add("if a second kind of evidence spoke for mining (e^2)", append(slices.Clone(evidence),
			datasets.Evidence{SiteID: e.Site.SiteID, Detector: "other/kind", Group: "other", Status: datasets.Spoken, LogLR: 2}))
	}
	if e.Score.Probability >= shownAt {
		rest := without(func(x datasets.Evidence) bool { return x.Group == visit.Info().Group })
		found := func(outcome string) []datasets.Evidence {
			o := visit.Outcome{Outcome: datasets.Outcome{SiteID: e.Site.SiteID, Outcome: outcome}, At: math.MaxInt64 / 2}
			return append(slices.Clone(rest), o.Evidence(rest))
		}
		add("if a visit found no mining", found("clean"))
		add("if a visit found mining", found("mining"))
	}
	return out
}

// needs says in words what stands between the site and another verdict.
func (e *Explanation) needs(proposeAt float64) []string {
	var out []string
	p := e.Score.Probability
	if p < proposeAt {
		lack := score.Logit(proposeAt) - score.Logit(max(p, 1e-9))
		out = append(out, fmt.Sprintf("to be proposed it lacks %.1f of log-odds: evidence that is %.3g times likelier with a mine than without", lack, math.Exp(lack)))
	}
	switch e.Score.Finding {
	case registry.Unregistered:
		out = append(out, "an entry in the register under this BIN or at this place, in force at the time, would end the finding")
	case registry.UnderDeclared:
		out = append(out, "a declaration of the missing energy would end the finding")
	case registry.Unexplained:
		out = append(out, "whether the possible entry in the register is this site's is for a person to say")
	}
	return out
}
