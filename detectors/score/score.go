// Package score adds the evidence of a site up to one probability, in the open.
//
//  1. A [Model] holds the prior and the [Weights]. The prior is the first term.
//  2. Evidence of one group reads the same feature: only its strongest counts.
//     Where power passes the meter by ([Unmetered]), evidence of the meter against
//     mining does not count.
//  3. The log-likelihood ratios that count are added by kind, and what the sum of a
//     kind was worth where the truth was known ([Weights]) is added to the prior.
//     Every term is kept, with the sentence of its evidence, so that the sum can be
//     followed; what the weights change is a term of its own.
//  4. Counter-evidence is subtracted: a known load ([KnownLoad]) or a fault of the meter
//     ([MeterFault]) explains what the meter shows and nothing else, a feeder in balance
//     leaves no room for a bypass.
//  5. Near its limit the sum is bent, so that it stays below [Limit], one kind of evidence alone
//     (electricity, or traffic) below [OneKindLimit], and a site without hourly
//     data below [HourlessLimit].
//
// How many of a list will be wrong is in fdr.go, how well probabilities agree with
// outcomes in calibration.go.
//
// What is known of the owner is not in the arguments: [Site] is all that scoring is
// told of a site.
package score

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// OneKindLimit is what one kind of evidence alone cannot reach: a high probability
// takes two that err independently. A meter alone does not tell a mine from a
// server room that nobody registered, a network alone not what draws the power.
const OneKindLimit = HighAt

// HourlessLimit is the largest probability of a site without hourly data: nobody
// has seen its load, so nothing can contradict what the network says.
const HourlessLimit = 0.7

// Limit is the largest probability of all: what the models leave out (a wrong link, a
// meter of another house) is not rarer than one in two hundred. Of 2,710 matches
// on labelled registers 12 are wrong (TestLabelledSet of package linkage).
const Limit = 0.995

// kindSpeaks is the log-likelihood ratio from which a kind of evidence counts
// as speaking for mining.
const kindSpeaks = 0.7

// Unmetered is the group of evidence for power that passes the site's meter by.
// Where it speaks, what the meter does not show speaks against nothing.
const Unmetered = "bypass"

// balanced is what a feeder in balance adds: about one mine in ten is taken to
// pass its meter by, and that one would have shown (judgement).
const balanced = -0.1

// leastCorrection is the least change of the log-odds that gets a term: smaller ones
// are rounding of the curves.
const leastCorrection = 1e-9

// Levels of confidence. HighAt is the probability from which a verdict is High, if
// two kinds of evidence speak; MediumAt that of Medium.
const (
	High   = "high"
	Medium = "medium"
	Low    = "low"

	HighAt   = 0.9
	MediumAt = 0.5
)

// A Site is all that scoring is told of a site.
type Site struct {
	ID     string
	Hourly bool // whether there are hourly readings
}

// A Verdict is the sum of a site's evidence.
type Verdict struct {
	Probability float64
	LogOdds     float64              // before the limits: keeps the order of sites
	Kinds       int                  // kinds of evidence that speak for mining
	Level       string               // High, Medium or Low
	Sums        [len(Learnt)]float64 // log-likelihood ratios that count, by kind, without a bypass
	Worth       [len(Learnt)]float64 // what they were worth; 0 of a kind that says nothing
	Terms       []datasets.ScoreTerm
	spoken      [len(Learnt)]bool
	Strongest   []datasets.Evidence // evidence that counts and speaks for mining, strongest first
}

// Spoken reports whether a kind of [Learnt] says anything of the site.
func (v *Verdict) Spoken(kind int) bool { return v.spoken[kind] }

// A Model turns evidence into a probability. Use [NewModel].
type Model struct {
	Prior   float64 // between 0 and 1
	Weights Weights

	priorOdds float64
	priorText string
}

// NewModel returns a model of a prior, a probability between 0 and 1.
func NewModel(prior float64, w Weights) *Model {
	return &Model{
		Prior: prior, Weights: w, priorOdds: Logit(prior),
		priorText: fmt.Sprintf("before any evidence %.2g %% of sites are taken to mine", 100*prior),
	}
}

// Base is the log-odds of a site without evidence: those of the prior, and what
// was learnt of it.
func (m *Model) Base() float64 { return m.priorOdds + m.Weights.Shift }

// Sum adds up the evidence of one site. The order of the evidence does not matter.
func (m *Model) Sum(site Site, evidence []datasets.Evidence) Verdict {
	s := sum{m: m, site: site, v: Verdict{LogOdds: m.priorOdds, Terms: make([]datasets.ScoreTerm, 0, len(evidence)+3)}}
	s.add(datasets.ScoreTerm{Term: "prior", LogOdds: m.priorOdds, Counted: true, Detail: m.priorText})
	if w := m.Weights; w.Shift != 0 {
		s.v.LogOdds += w.Shift
		s.add(datasets.ScoreTerm{Term: "learnt", LogOdds: w.Shift, Counted: true, Detail: w.text()})
	}
	sorted := slices.SortedFunc(slices.Values(evidence), byStrength)
	past := slices.ContainsFunc(sorted, func(e datasets.Evidence) bool {
		return e.Group == Unmetered && e.Status == datasets.Spoken && e.LogLR > 0
	})
	for _, e := range sorted {
		if e.Status == datasets.Spoken && !explains(e.Group) {
			s.weigh(e, past)
		}
	}
	s.correct()
	for _, e := range sorted { // once it is known what there is to explain
		if e.Status == datasets.Spoken && explains(e.Group) {
			s.explain(e)
		}
	}
	for k, lr := range s.best {
		if kind(k).stands() && lr >= kindSpeaks {
			s.v.Kinds++
		}
	}
	s.limit()
	return s.v
}

// sum is the state of one addition.
type sum struct {
	m      *Model
	site   Site
	v      Verdict
	groups []string       // that have been counted
	best   [kinds]float64 // strongest evidence that counts
	meter  float64        // what the site's own meter says, as it counts
}

// weigh adds one piece of evidence.
func (s *sum) weigh(e datasets.Evidence, past bool) {
	k := kindOf(e.Detector)
	lr := e.LogLR
	if e.Group == Unmetered && lr == 0 {
		lr = balanced
	}
	counts := !slices.Contains(s.groups, e.Group) && !(past && k == meter && lr < 0)
	s.groups = append(s.groups, e.Group)
	if counts {
		s.v.LogOdds += lr
		s.best[k] = max(s.best[k], lr)
		if i, ok := k.learnt(); ok && e.Group != Unmetered {
			s.v.Sums[i] += lr
			s.v.spoken[i] = true
		}
		if e.LogLR > 0 {
			s.v.Strongest = append(s.v.Strongest, e)
		}
	}
	s.add(datasets.ScoreTerm{Term: e.Detector, LogOdds: lr, Counted: counts, Detail: e.Detail, Start: e.Start, End: e.End})
}

// correct replaces the sum of each kind by what it was worth. What passes the
// meter by is a balance of its own and stays as it is.
func (s *sum) correct() {
	w := &s.m.Weights
	for i, sum := range s.v.Sums {
		if !s.v.spoken[i] {
			continue
		}
		worth := w.worth(i, sum)
		if kind(i) == meter {
			s.meter = worth
		}
		s.v.Worth[i] = worth
		if by := worth - sum; math.Abs(by) >= leastCorrection {
			s.v.LogOdds += by
			s.add(datasets.ScoreTerm{Term: "weight/" + Learnt[i], LogOdds: by, Counted: true,
				Detail: fmt.Sprintf("%s evidence that adds up to %+.1f was worth %+.1f where the truth was known", Learnt[i], sum, worth)})
		}
	}
}

// explain subtracts what a known load or a fault explains: together no more than the meter
// shows, so that neither ever speaks against the network.
func (s *sum) explain(e datasets.Evidence) {
	added := max(min(0, e.LogLR), -max(0, s.meter))
	counts := !slices.Contains(s.groups, e.Group) && (e.Group != MeterFault || e.LogLR < 0)
	if counts {
		s.groups = append(s.groups, e.Group)
		s.v.LogOdds += added
		s.meter += added
	}
	s.add(datasets.ScoreTerm{Term: e.Detector, LogOdds: added, Counted: counts, Detail: e.Detail, Start: e.Start, End: e.End})
}

// limit bends the sum, so that it stays below its limit and keeps its order.
func (s *sum) limit() {
	most, why := Limit, "models leave things out"
	if s.v.Kinds < 2 {
		most, why = OneKindLimit, "only one kind of evidence speaks"
	}
	if !s.site.Hourly && most > HourlessLimit {
		most, why = HourlessLimit, "there are no hourly readings"
	}
	s.v.Probability = Logistic(s.v.LogOdds)
	if bent := bend(s.v.LogOdds, Logit(most)); bent < s.v.LogOdds {
		s.add(datasets.ScoreTerm{Term: "limit", LogOdds: bent - s.v.LogOdds, Counted: true,
			Detail: fmt.Sprintf("%s: the probability is kept below %.3g %%", why, 100*most)})
		s.v.Probability = Logistic(bent)
	}
	switch p := s.v.Probability; {
	case p >= HighAt && s.v.Kinds >= 2:
		s.v.Level = High
	case p >= MediumAt:
		s.v.Level = Medium
	default:
		s.v.Level = Low
	}
}

// elbow is how far below a limit, in log-odds, bending begins: below that a
// probability is what the evidence says.
const elbow = 0.5

// bend returns x up to elbow below the bound; beyond it a hyperbola that begins with
// slope 1, rises everywhere and nears the bound without reaching it.
func bend(x, bound float64) float64 {
	over := x - (bound - elbow)
	if over <= 0 {
		return x
	}
	return bound - elbow*elbow/(elbow+over)
}

// add appends a term and its running sum.
func (s *sum) add(t datasets.ScoreTerm) {
	n := len(s.v.Terms)
	t.SiteID, t.Order = s.site.ID, int32(n)
	if n > 0 {
		t.Cumulative = s.v.Terms[n-1].Cumulative
	}
	if t.Counted {
		t.Cumulative += t.LogOdds
	}
	s.v.Terms = append(s.v.Terms, t)
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
