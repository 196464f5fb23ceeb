// Package score adds the evidence of a site up to one probability, in the open.
//
//  1. The prior is the first term.
//  2. Evidence of one group reads the same feature: only its strongest counts.
//     Where power passes the meter by ([Unmetered]), evidence of the meter against
//     mining does not count.
//  3. The log-likelihood ratios that count are added. Every term is kept, with
//     the sentence of its evidence, so that the sum can be followed.
//  4. The sum is bent so that it stays below [Limit], and one kind of evidence
//     alone (electricity, or traffic) below [OneKindLimit].
//
// The weights of the evidence are set where the evidence is made; here is
// addition only. What is known of the owner is not in the arguments.
package score

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// OneKindLimit is the largest probability that one kind of evidence can give:
// what looks like a mine on a meter alone is sometimes a data centre, and what
// looks like one in the network alone is sometimes an infected computer
// (32 of 78 entities inspected in Zhejiang in 2021).
const OneKindLimit = 0.85

// Limit is the largest probability of all: what the models leave out (a wrong
// link, a meter of another house) is not rarer than one in a hundred.
const Limit = 0.99

// kindSpeaks is the log-likelihood ratio from which a kind of evidence counts
// as speaking for mining.
const kindSpeaks = 0.7

// Unmetered is the group of evidence for power that passes the site's meter by.
// Where it speaks, what the meter does not show speaks against nothing.
const Unmetered = "bypass"

// meterKind is the kind of evidence that is read from the site's own meter.
const meterKind = "load"

// weakKind is evidence of monthly bills: it adds, but is too weak to count as a
// kind of its own.
const weakKind = "billing"

// A Verdict is the sum of a site's evidence.
type Verdict struct {
	Probability float64
	LogOdds     float64 // before the limit of one kind: keeps the order of sites
	Kinds       int     // kinds of evidence that speak for mining
	Terms       []datasets.ScoreTerm
	Strongest   []datasets.Evidence // evidence that counts and speaks for mining, strongest first
}

// Sum adds up the evidence of one site. prior is a probability between 0 and
// 1. The order of the evidence does not matter.
func Sum(siteID string, prior float64, evidence []datasets.Evidence) Verdict {
	v := Verdict{LogOdds: Logit(prior)}
	v.add(siteID, "prior", v.LogOdds, true, fmt.Sprintf("before any evidence %.2g %% of sites are taken to mine", 100*prior))
	sorted := slices.SortedFunc(slices.Values(evidence), byStrength)
	counted := map[string]bool{}
	past := slices.ContainsFunc(sorted, func(e datasets.Evidence) bool {
		return e.Group == Unmetered && e.Status == datasets.Spoken && e.LogLR > 0
	})
	best := map[string]float64{}
	for _, e := range sorted {
		if e.Status != datasets.Spoken {
			continue
		}
		kind, _, _ := strings.Cut(e.Detector, "/")
		counts := !counted[e.Group] && !(past && kind == meterKind && e.LogLR < 0)
		counted[e.Group] = true
		if counts {
			v.LogOdds += e.LogLR
			best[kind] = max(best[kind], e.LogLR)
			if e.LogLR > 0 {
				v.Strongest = append(v.Strongest, e)
			}
		}
		v.add(siteID, e.Detector, e.LogLR, counts, e.Detail)
	}
	for kind, lr := range best {
		if kind != weakKind && lr >= kindSpeaks {
			v.Kinds++
		}
	}
	v.limit(siteID)
	return v
}

// limit bends the sum, so that it stays below its limit and keeps its order.
func (v *Verdict) limit(siteID string) {
	most, why := Limit, "models leave things out: the probability is kept below %.0f %%"
	if v.Kinds < 2 {
		most, why = OneKindLimit, "only one kind of evidence speaks: the probability is kept below %.0f %%"
	}
	v.Probability = Logistic(v.LogOdds)
	if v.LogOdds <= 0 {
		return
	}
	bound := Logit(most)
	bent := bound * math.Tanh(v.LogOdds/bound)
	v.add(siteID, "limit", bent-v.LogOdds, true, fmt.Sprintf(why, 100*most))
	v.Probability = Logistic(bent)
}

func (v *Verdict) add(siteID, term string, logOdds float64, counted bool, detail string) {
	cumulative := 0.0
	if n := len(v.Terms); n > 0 {
		cumulative = v.Terms[n-1].Cumulative
	}
	if counted {
		cumulative += logOdds
	}
	v.Terms = append(v.Terms, datasets.ScoreTerm{
		SiteID: siteID, Order: int32(len(v.Terms)), Term: term,
		LogOdds: logOdds, Cumulative: cumulative, Counted: counted, Detail: detail,
	})
}

// byStrength puts the strongest evidence for mining first; the rest of the
// order only makes it total.
func byStrength(a, b datasets.Evidence) int {
	switch {
	case a.LogLR > b.LogLR:
		return -1
	case a.LogLR < b.LogLR:
		return 1
	}
	if c := strings.Compare(a.Detector, b.Detector); c != 0 {
		return c
	}
	if c := int64(a.Start) - int64(b.Start); c != 0 {
		return int(max(-1, min(1, c)))
	}
	return strings.Compare(a.Detail, b.Detail)
}

// Logit returns ln(p / (1−p)).
func Logit(p float64) float64 { return math.Log(p / (1 - p)) }

// Logistic is the inverse of Logit.
func Logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
