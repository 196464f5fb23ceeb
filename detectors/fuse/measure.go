package fuse

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/detectors/stat"
)

// A Plan says what populations are drawn.
type Plan struct {
	Seed       uint64
	Rounds     int     // populations
	Sites      int     // of each
	Prevalence float64 // share of sites that mine, also the prior
	ProposeAt  float64 // probability from which a site is proposed
	FDR        float64 // false discovery rate asked of the list by q-values
}

// DefaultPlan returns the plan of BENCHMARK.md.
func DefaultPlan() Plan {
	return Plan{Seed: 1, Rounds: 100, Sites: 2000, Prevalence: 0.05, ProposeAt: 0.5, FDR: 0.1}
}

// An Estimate is a mean over populations with the 5 % and 95 % quantiles.
type Estimate struct {
	Mean float64 `json:"mean"`
	P05  float64 `json:"p05"`
	P95  float64 `json:"p95"`
}

func estimate(values []float64) Estimate {
	if len(values) == 0 {
		return Estimate{}
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	slices.Sort(values)
	return Estimate{sum / float64(len(values)), stat.Quantile(values, 0.05), stat.Quantile(values, 0.95)}
}

// A Measurement is how one kind of evidence does on populations of the test split.
type Measurement struct {
	Kind             Kind        `json:"kind"`
	AveragePrecision Estimate    `json:"average_precision"`
	PrecisionAtHalf  Estimate    `json:"precision_at_half_the_miners"`
	Brier            Estimate    `json:"brier"`
	ECE              Estimate    `json:"expected_calibration_error"`
	Recall           Estimate    `json:"recall"` // of those proposed
	Proposed         Estimate    `json:"proposed"`
	Declared         Estimate    `json:"declared_fdr"` // expected share of wrong ones, by probability
	Unlimited        Estimate    `json:"declared_fdr_before_limits"`
	Realised         Estimate    `json:"realised_fdr"`
	Covered          float64     `json:"wrong_interval_coverage"` // share of populations whose wrong ones lie in the 95 % interval
	ByQ              Estimate    `json:"realised_fdr_by_q"`       // of the list by q-values
	RecallByQ        Estimate    `json:"recall_by_q"`
	Reliability      []score.Bin `json:"reliability"`
}

// measure draws the plan's populations from the folds and measures one kind of
// evidence.
func measure(list []fold, p Plan, k Kind) Measurement {
	out := Measurement{Kind: k}
	var ap, at, brier, ece, recall, proposed, declared, unlimited, realised, byQ, recallByQ []float64
	var pooled []score.Judged
	covered := 0
	for round := range p.Rounds {
		pop := scored(list, p, rand.New(rand.NewPCG(p.Seed, uint64(2+round))), k)
		pooled = append(pooled, pop.judged...)
		ap = append(ap, stat.AveragePrecision(slices.Clone(pop.ranked)))
		at = append(at, precisionAt(pop.ranked, pop.mining/2))
		brier = append(brier, score.Brier(pop.judged))
		_, e := score.Reliability(pop.judged)
		ece = append(ece, e)
		l := pop.listed(func(i int) bool { return pop.judged[i].P >= p.ProposeAt })
		expect := score.ExpectedWrong(l.probabilities, pop.shiftSD)
		covered += count(expect.Low <= l.wrong && l.wrong <= expect.High)
		proposed = append(proposed, float64(len(l.probabilities)))
		recall = append(recall, share(l.right, pop.mining))
		declared, realised = append(declared, expect.Rate()), append(realised, share(l.wrong, l.right+l.wrong))
		unlimited = append(unlimited, score.ExpectedWrong(l.unlimited, 0).Rate())
		q := score.BenjaminiHochberg(pop.p)
		for i, v := range score.RunningRate(pop.probabilities()) {
			q[i] = max(q[i], v) // as a run does
		}
		l = pop.listed(func(i int) bool { return q[i] <= p.FDR })
		byQ, recallByQ = append(byQ, share(l.wrong, l.right+l.wrong)), append(recallByQ, share(l.right, pop.mining))
	}
	out.AveragePrecision, out.PrecisionAtHalf, out.Brier, out.ECE = estimate(ap), estimate(at), estimate(brier), estimate(ece)
	out.Recall, out.Proposed, out.Declared, out.Realised = estimate(recall), estimate(proposed), estimate(declared), estimate(realised)
	out.Unlimited = estimate(unlimited)
	out.ByQ, out.RecallByQ, out.Covered = estimate(byQ), estimate(recallByQ), share(covered, p.Rounds)
	out.Reliability, _ = score.Reliability(pooled)
	return out
}

// A population is one draw, scored.
type population struct {
	judged  []score.Judged
	ranked  []stat.Ranked
	p       []float64 // conformal
	mining  int
	shiftSD float64
}

func (pop *population) probabilities() []float64 {
	out := make([]float64, len(pop.judged))
	for i, j := range pop.judged {
		out[i] = j.P
	}
	return out
}

// A list is the part of a population that would be visited.
type list struct {
	probabilities []float64
	unlimited     []float64 // probabilities before the limits
	right, wrong  int
}

func (pop *population) listed(in func(int) bool) (l list) {
	for i, j := range pop.judged {
		if in(i) {
			l.probabilities = append(l.probabilities, j.P)
			l.unlimited = append(l.unlimited, score.Logistic(pop.ranked[i].Score))
			l.right, l.wrong = l.right+count(j.Mining), l.wrong+count(!j.Mining)
		}
	}
	return l
}

// scored draws a population, as many sites from each fold, and scores it.
func scored(folds []fold, p Plan, r *rand.Rand, k Kind) population {
	var pop population
	for _, f := range folds {
		m := score.NewModel(p.Prevalence, f.weights)
		pop.shiftSD = max(pop.shiftSD, f.weights.ShiftSD)
		for _, x := range f.set.draw(r, p.Sites/len(folds), p.Prevalence) {
			v := m.Sum(score.Site{ID: "s", Hourly: k != Traffic}, x.evidence(k))
			pop.judged = append(pop.judged, score.Judged{P: v.Probability, Mining: x.mining, Weight: 1})
			pop.ranked = append(pop.ranked, stat.Ranked{Score: v.LogOdds, Positive: x.mining, Weight: 1})
			pop.p = append(pop.p, score.Conformal(f.nulls[k], v.LogOdds-m.Base()))
			pop.mining += count(x.mining)
		}
	}
	return pop
}

// nullSites is how many sites without a mine are drawn for conformal p-values.
const nullSites = 2000

// Null returns the scores of sites without a mine that are drawn from a set, less the
// prior's, sorted.
func Null(s Set, seed uint64, w score.Weights, k Kind) []float64 {
	m := score.NewModel(0.5, w)
	var out []float64
	for _, x := range s.draw(rand.New(rand.NewPCG(seed, 0)), nullSites, 0) {
		v := m.Sum(score.Site{ID: "s", Hourly: k != Traffic}, x.evidence(k))
		out = append(out, v.LogOdds-m.Base())
	}
	slices.Sort(out)
	return out
}

// precisionAt is the precision of the first k, with ties at the end sharing alike.
func precisionAt(ranked []stat.Ranked, k int) float64 {
	r := slices.Clone(ranked)
	slices.SortStableFunc(r, func(a, b stat.Ranked) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	if k == 0 || k > len(r) {
		return 0
	}
	edge := r[k-1].Score
	sure, tied, tiedRight, right := 0, 0, 0, 0
	for _, x := range r {
		switch {
		case x.Score > edge:
			sure++
			right += count(x.Positive)
		case x.Score == edge:
			tied++
			tiedRight += count(x.Positive)
		}
	}
	return (float64(right) + float64(k-sure)*float64(tiedRight)/float64(tied)) / float64(k)
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func share(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// A Report is a whole benchmark.
type Report struct {
	Plan         Plan          `json:"plan"`
	Meters       [3]int        `json:"meters"`  // clean, look-alikes, mining
	Clients      [3]int        `json:"clients"` // clean, look-alikes, mining
	Measurements []Measurement `json:"measurements"`
	Weights      score.Weights `json:"weights"` // learnt from all: those to ship

	nulls map[string][]float64 // by segment
}

// segments names the segment of package score that each kind of evidence fills.
var segments = map[Kind]string{Both: score.Segment(true, true), Electricity: score.Segment(true, false), Traffic: score.Segment(false, true)}

// Run measures with weights learnt from the other folds, and learns the weights to
// ship from all.
func Run(all Set, p Plan) Report {
	list := cross(all, p)
	r := Report{
		Plan: p, Meters: [3]int{len(all.Meters.Clean), len(all.Meters.Alike), len(all.Meters.Mining)}, Clients: [3]int{len(all.Clients.Clean), len(all.Clients.Alike), len(all.Clients.Mining)},
		Weights: Fit(all, p), nulls: map[string][]float64{},
	}
	for _, k := range Kinds() {
		r.Measurements = append(r.Measurements, measure(list, p, k))
		r.nulls[segments[k]] = Null(all, p.Seed, r.Weights, k)
	}
	return r
}

// Tables returns the tables that package score embeds.
func (r Report) Tables() map[string]string {
	return map[string]string{"weights.csv": r.Weights.CSV(), "null.csv": score.NullCSV(r.nulls)}
}

// Print writes the report for a reader.
func (r Report) Print(out io.Writer) {
	p := r.Plan
	fmt.Fprintf(out, "%d populations of %d sites, %.1f %% mining, drawn from %d clean meters, %d look-alikes and %d with a mine, %d clean, %d infected and %d mining clients\n",
		p.Rounds, p.Sites, 100*p.Prevalence, r.Meters[0], r.Meters[1], r.Meters[2], r.Clients[0], r.Clients[1], r.Clients[2])
	fmt.Fprintln(out, "weights of each fold learnt from the other folds; mean (5 % to 95 % of populations)")
	for _, m := range r.Measurements {
		fmt.Fprintf(out, "\n%s\n", m.Kind)
		line := func(name string, e Estimate) {
			fmt.Fprintf(out, "  %-44s %.3f (%.3f to %.3f)\n", name, e.Mean, e.P05, e.P95)
		}
		line("average precision", m.AveragePrecision)
		line("precision at half the miners", m.PrecisionAtHalf)
		line("expected calibration error", m.ECE)
		line("Brier score", m.Brier)
		line(fmt.Sprintf("recall at probability %.2f", p.ProposeAt), m.Recall)
		line("declared share of wrong ones", m.Declared)
		line("the same before the limits", m.Unlimited)
		line("realised share of wrong ones", m.Realised)
		fmt.Fprintf(out, "  %-44s %.2f\n", "95 % intervals that hold the wrong ones", m.Covered)
		line(fmt.Sprintf("realised by q-values at %.2f", p.FDR), m.ByQ)
		line("recall of that list", m.RecallByQ)
		for _, b := range m.Reliability {
			fmt.Fprintf(out, "    %.1f  %8.0f sites  said %.3f  mined %.3f\n", b.From, b.Sites, b.Mean, b.Observed)
		}
	}
	for i, c := range r.Weights.Curves {
		for _, k := range c {
			fmt.Fprintf(out, "  %s evidence of %+.2f is worth %+.2f\n", score.Learnt[i], k.Sum, k.Worth)
		}
	}
	fmt.Fprintf(out, "  shift known within %.2f\n", r.Weights.ShiftSD)
}
