package calibrate

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/stat"
)

// alike is the share of look-alikes among the meters without a mine, where they
// are counted.
const alike = 0.2

// proposedLR is the log-likelihood ratio that makes even odds of a prior of 2 %:
// ln(0.98 / 0.02).
const proposedLR = 3.9

// Bench writes what the detector reaches on meters and mines that it had not
// seen. Cases are those of [Draws].
func Bench(out io.Writer, cases []Case) {
	b := bench{out: out, cases: cases, seeds: distinct(cases, func(c *Case) uint64 { return c.Seed }), spreads: map[[2]string]load.EnergySpread{}}
	b.run()
}

type bench struct {
	out     io.Writer
	cases   []Case
	seeds   []uint64
	spreads map[[2]string]load.EnergySpread // by building and model of the mine: those of the others
	cross   []Verdict                       // of each mine by a model that knew the other kind of mine only; of other meters by that of model A
}

func (b *bench) printf(format string, args ...any) { fmt.Fprintf(b.out, format, args...) }

func (b *bench) run() {
	fromA, modelsA := judged(b.cases, ModelA)
	fromB, modelsB := judged(b.cases, ModelB)
	fromBoth, _ := judged(b.cases)
	saidA, saidB, saidBoth := declared(b.cases, fromA, ModelA), declared(b.cases, fromB, ModelB), declared(b.cases, fromBoth)
	b.printf("%d windows of %d meters, %d seeds; every figure is of buildings that the model had not seen\n\n", len(b.cases), len(buildings(b.cases)), len(b.seeds))
	estate := func(c *Case) bool { return c.Population == Estate }
	b.printf("university buildings, AP            at 5 %%              1 %%   0.1 %%  worst seed  5 %% with look-alikes\n")
	for _, row := range []struct {
		name   string
		scores []float64
		model  MineModel
	}{
		{"learnt on A, tested on B", logLR(fromA), ModelB},
		{"learnt on B, tested on A", logLR(fromB), ModelA},
		{"learnt on both, tested on A", logLR(fromBoth), ModelA},
		{"learnt on both, tested on B", logLR(fromBoth), ModelB},
	} {
		b.line(row.name, row.scores, func(c *Case) bool { return estate(c) && (!c.Mine() || c.Model == row.model) })
	}
	onA := func(c *Case) bool { return estate(c) && c.Model != ModelB }
	b.line("boosted trees, A, tested on B", logLR(boosted(b.cases, modelsA, ModelA)), onB(estate))
	b.line("boosted trees, B, tested on A", logLR(boosted(b.cases, modelsB, ModelB)), onA)
	for k, name := range RuleNames {
		b.line(name, b.rule(k), onB(estate))
	}
	b.line("rank product of the last two", rankProduct(b.cases), onB(estate))
	b.line("isolation forest", b.forest(), onB(estate))
	b.oracle(estate)
	b.cross = make([]Verdict, len(b.cases))
	for i := range b.cases {
		b.cross[i] = saidA[i]
		if b.cases[i].Model == ModelA {
			b.cross[i] = saidB[i]
		}
	}
	b.lists("learnt on A, tested on B", fromA, saidA, onB(estate))
	b.lists("learnt on B, tested on A", fromB, saidB, onA)
	b.lists("learnt on both, tested on B", fromBoth, saidBoth, onB(estate))
	b.lists("learnt on both, tested on A", fromBoth, saidBoth, onA)
	b.parts(fromA, onB(estate), ModelB)
	b.parts(fromB, onA, ModelA)
	b.found(estate, foundLR)
	b.found(estate, proposedLR)
	b.lookalikes(saidBoth)
	b.faults()
	for _, row := range []struct {
		name     string
		raw      []Verdict
		models   []*load.Model
		learnt   MineModel
		testedOn MineModel
	}{
		{"learnt on A, tested on B", fromA, modelsA, ModelA, ModelB},
		{"learnt on B, tested on A", fromB, modelsB, ModelB, ModelA},
	} {
		own, s := scaledBy(b.cases, row.raw, row.learnt)
		groups := inGroups(b.cases, row.models, func(int) scale { return s })
		b.groups(row.name, row.testedOn, own, withGroups(own, groups), groups)
	}
	homes := func(c *Case) bool { return c.Population == Homes }
	b.printf("\nhomes, 2 to 20 kW, AP\n")
	b.line("learnt on A, tested on B", logLR(fromA), onB(homes))
	b.line("learnt on both, tested on B", logLR(fromBoth), onB(homes))
	b.line("rank product of two rules", rankProduct(b.cases), onB(homes))
}

// onB leaves mines of model A out.
func onB(keep func(*Case) bool) func(*Case) bool {
	return func(c *Case) bool { return keep(c) && c.Model != ModelA }
}

func (b *bench) rule(k int) []float64 {
	x := make([]float64, len(b.cases))
	for i := range b.cases {
		x[i] = b.cases[i].Rules[k]
	}
	return x
}

// forest grows one forest on all windows without a mine of model A.
func (b *bench) forest() []float64 {
	x := make([]float64, len(b.cases))
	var rows [][shapes]float64
	var at []int
	for i := range b.cases {
		if b.cases[i].Model != ModelA {
			rows, at = append(rows, b.cases[i].Shape), append(at, i)
		}
	}
	for k, v := range forest(rows) {
		x[at[k]] = v
	}
	return x
}

// line prints the average precisions of a score.
func (b *bench) line(name string, scores []float64, keep func(*Case) bool) {
	plain := pick(b.cases, scores, func(c *Case) bool { return keep(c) && (c.Mine() || c.Clean()) })
	at := func(p float64) func([]scored) float64 {
		return func(s []scored) float64 { return averagePrecision(s, p, 0) }
	}
	low, high := bootstrap(plain, at(0.05))
	worst := 1.0
	for _, s := range b.seeds {
		seed := slices.DeleteFunc(slices.Clone(plain), func(x scored) bool { return x.c.Seed != s })
		worst = min(worst, at(0.05)(seed))
	}
	b.printf("  %-32s %.3f (%.2f-%.2f)  %.3f  %.3f  %.3f       %.3f\n", name, at(0.05)(plain), low, high, at(0.01)(plain), at(0.001)(plain), worst,
		averagePrecision(pick(b.cases, scores, keep), 0.05, alike))
}

// oracle prints the bound: the t of the true profile, among the same profiles on
// the meters without the mine.
func (b *bench) oracle(keep func(*Case) bool) {
	for _, model := range []MineModel{ModelA, ModelB} {
		s := b.bound(func(c *Case) bool { return keep(c) && c.Model == model })
		b.printf("  oracle, mines of model %s         %.3f              %.3f  %.3f\n", model,
			averagePrecision(s, 0.05, 0), averagePrecision(s, 0.01, 0), averagePrecision(s, 0.001, 0))
	}
}

func (b *bench) bound(keep func(*Case) bool) []scored {
	clean := &Case{}
	var s []scored
	for i := range b.cases {
		c := &b.cases[i]
		if !c.Mine() || c.Population != Estate {
			continue
		}
		if keep(c) {
			s = append(s, scored{c, c.Oracle})
		}
		s = append(s, scored{clean, c.OracleNo})
	}
	return s
}

// lists prints what lists of the first verdicts hold, and what is declared of them by
// the same as log-likelihood ratios.
func (b *bench) lists(name string, verdicts, said []Verdict, keep func(*Case) bool) {
	b.printf("\nlists, %s\n", name)
	for _, a := range []float64{0, alike} {
		kept := func(c *Case) bool { return keep(c) && (a > 0 || c.Mine() || c.Clean()) }
		s := pick(b.cases, logLR(verdicts), kept)
		for _, p := range []float64{0.05, 0.01} {
			at := precisionAt(s, p, a, 1000, []int{10, 25, 50})
			b.printf("  %.0f %% mines, %.0f %% look-alikes: precision in the first 10, 25, 50 of 1,000: %.2f %.2f %.2f; recall at FDR 5 %% %.2f, 10 %% %.2f\n",
				100*p, 100*a, at[0], at[1], at[2], recallAt(s, p, a, 0.05), recallAt(s, p, a, 0.1))
			for _, q := range []float64{0.05, 0.1, 0.2} {
				fdp, recall := realised(pick(b.cases, logLR(said), kept), p, a, q)
				b.printf("    declared FDR %2.0f %%: realised %4.1f %%, recall %.2f\n", 100*q, 100*fdp, recall)
			}
		}
	}
}

// parts prints average precision by size and by family, beside the oracle.
func (b *bench) parts(verdicts []Verdict, keep func(*Case) bool, model MineModel) {
	b.printf("\nmines of model %s, learnt on the other: AP at 5 %%, oracle, recall at FDR 10 %% of all\n", model)
	scores := logLR(verdicts)
	cut := math.Inf(1) // threshold of FDR 10 %
	all := pick(b.cases, scores, func(c *Case) bool { return keep(c) && (c.Mine() || c.Clean()) })
	for _, x := range all {
		if x.score < cut && fdrAt(all, x.score) <= 0.1 {
			cut = x.score
		}
	}
	row := func(name string, part func(*Case) bool) {
		mine := func(c *Case) bool { return keep(c) && c.Model == model && part(c) }
		s := pick(b.cases, scores, func(c *Case) bool { return (keep(c) && c.Clean()) || mine(c) })
		n, found := 0, 0
		for _, x := range s {
			if x.c.Mine() {
				n++
				if x.score >= cut {
					found++
				}
			}
		}
		if n > 0 {
			b.printf("  %-18s %.3f  %.3f  %.2f  (%d mines)\n", name, averagePrecision(s, 0.05, 0), averagePrecision(b.bound(mine), 0.05, 0), float64(found)/float64(n), n)
		}
	}
	for _, size := range Sizes {
		row(fmt.Sprintf("%.2f x mean", size), func(c *Case) bool { return c.Size == size })
	}
	row(">= 0.6 x mean", func(c *Case) bool { return c.Size >= 0.6 })
	for _, f := range Families[model] {
		row(f, func(c *Case) bool { return c.Family == f })
	}
}

// fdrAt is the false share of the list of all with this score or more, at 5 %.
func fdrAt(s []scored, cut float64) float64 {
	tp, fp, np, nn := 0.0, 0.0, 0.0, 0.0
	for _, x := range s {
		if x.c.Mine() {
			np++
			if x.score >= cut {
				tp++
			}
		} else {
			nn++
			if x.score >= cut {
				fp++
			}
		}
	}
	t, f := 0.05*tp/np, 0.95*fp/nn
	return f / max(t+f, 1e-12)
}

// found prints how well the mines found are described: onset and energy.
func (b *bench) found(keep func(*Case) bool, cut float64) {
	for _, model := range []MineModel{ModelA, ModelB} {
		var onset, errors, ratio []float64
		exact, within, covered, n, ended, ends := 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
		var width []float64
		for i := range b.cases {
			c, v := &b.cases[i], b.cross[i]
			if !keep(c) || c.Model != model || v.LogLR <= cut {
				continue
			}
			n++
			d := math.Abs(float64(v.Look.OnsetH-c.OnsetH)) / 24
			onset = append(onset, d)
			if d <= 2 {
				exact++
			}
			if c.EndH > 0 && c.EndH < windowDays*24 {
				ends++
				if math.Abs(float64(v.Look.Block.End-c.EndH)) <= 7*24 {
					ended++
				}
			}
			q := v.Look.KWh / c.TrueKWh
			ratio, errors = append(ratio, q-1), append(errors, math.Abs(q-1))
			if q > 0.8 && q < 1.2 {
				within++
			}
			e := b.intervalFor(c, v)
			low, high := v.Look.KWh*math.Exp(min(0, e.Low)), v.Look.KWh*math.Exp(max(0, e.High))
			width = append(width, (high-low)/v.Look.KWh)
			if c.TrueKWh >= low && c.TrueKWh <= high {
				covered++
			}
		}
		for _, x := range [][]float64{onset, errors, ratio, width} {
			slices.Sort(x)
		}
		b.printf("\nof %.0f mines of model %s with a log-likelihood ratio above %.1f: onset within two days %.2f, median error %.1f days; energy within 20 %% %.2f, median error %.1f %%, median bias %+.1f %%\n",
			n, model, cut, exact/n, stat.Quantile(onset, 0.5), within/n, 100*stat.Quantile(errors, 0.5), 100*stat.Quantile(ratio, 0.5))
		b.printf("  of %.0f that ended within the data the end within a week %.2f\n", ends, ended/max(1, ends))
		b.printf("  90 %% intervals (of the other buildings and the other model): cover %.2f, relative width %.2f in the mean, %.2f in the median\n", covered/n, mean(width), stat.Quantile(width, 0.5))
	}
}

// lookalikes prints how many of each kind a run would propose, had it nothing else to go by.
func (b *bench) lookalikes(said []Verdict) {
	b.printf("\nper 1,000, proposed by a run that has nothing else (probability from 0.5 at a prior of 2 %%); in brackets with a log-likelihood ratio above %.1f; models that knew both kinds of mine\n", proposedLR)
	count := func(name string, keep func(*Case) bool) {
		n, listed, above := 0.0, 0.0, 0.0
		for i := range b.cases {
			if keep(&b.cases[i]) {
				n++
				if said[i].proposed() {
					listed++
				}
				if said[i].LogLR > proposedLR {
					above++
				}
			}
		}
		b.printf("  %-20s %6.1f (%.1f) of %.0f\n", name, 1000*listed/max(1, n), 1000*above/max(1, n), n)
	}
	count("buildings as they are", func(c *Case) bool { return c.Clean() && c.Population == Estate })
	count("homes as they are", func(c *Case) bool { return c.Clean() && c.Population == Homes })
	for _, kind := range sim.Lookalikes {
		count(kind, func(c *Case) bool { return !c.Mine() && c.Family == kind })
	}
	count("all look-alikes", func(c *Case) bool { return !c.Mine() && !c.Clean() })
	count("mines", func(c *Case) bool { return c.Mine() && c.Population == Estate })
}
