package calibrate

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"github.com/minewatch/minewatch/detectors/load"
)

// folds is the number of groups of buildings; each group is judged by a model
// that saw none of it.
const folds = 8

// HeldOut judges every case by a model that saw neither its building nor, if
// models is not empty, any mine but those of these models.
//
// Verdicts are scaled so that they are log-likelihood ratios (see scaleOf): one scale
// for all, which changes no ranking.
func HeldOut(cases []Case, models ...MineModel) []Verdict {
	raw, _ := judged(cases, models...)
	out, _ := scaledBy(cases, raw, models...)
	return out
}

// HeldOutInGroups is HeldOut with what load/group says of each meter and its neighbour,
// where that is more.
func HeldOutInGroups(cases []Case, models ...MineModel) []Verdict {
	raw, fitted := judged(cases, models...)
	out, s := scaledBy(cases, raw, models...)
	return withGroups(out, inGroups(cases, fitted, func(int) scale { return s }))
}

// scaledBy scales verdicts by one scale for all, and returns it.
func scaledBy(cases []Case, raw []Verdict, models ...MineModel) ([]Verdict, scale) {
	s := scaleFrom(cases, raw, func(*Case) bool { return true }, models)
	out := slices.Clone(raw)
	for i := range out {
		out[i].LogLR = s.of(raw[i].LogLR)
	}
	return out, s
}

// judged returns the verdicts of HeldOut before they are scaled, and the model of each
// group of buildings.
func judged(cases []Case, models ...MineModel) ([]Verdict, []*load.Model) {
	fold := foldOf(cases)
	verdicts := make([]Verdict, len(cases))
	fitted := make([]*load.Model, folds)
	next := make(chan int)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for k := range next {
				m := Fit(cases, func(c *Case) bool { return fold[c.Building] != k && Seen(c, models) })
				fitted[k] = m
				for i := range cases {
					if c := &cases[i]; fold[c.Building] == k {
						verdicts[i] = Judge(m, c)
					}
				}
			}
		}()
	}
	for k := range folds {
		next <- k
	}
	close(next)
	wait.Wait()
	return verdicts, fitted
}

// declared scales verdicts for what is declared of them: the scale of a building is
// fitted to verdicts on buildings of other groups, and of mines that may be seen. It
// is no ranking: a building that is often wrongly suspected is missing where its own
// scale is fitted, which is then the boldest of all.
func declared(cases []Case, raw []Verdict, models ...MineModel) []Verdict {
	fold := foldOf(cases)
	out := slices.Clone(raw)
	for k := range folds {
		s := scaleFrom(cases, raw, func(c *Case) bool { return fold[c.Building] != k }, models)
		for i := range out {
			if fold[cases[i].Building] == k {
				out[i].LogLR = s.of(raw[i].LogLR)
			}
		}
	}
	return out
}

// scaleFrom fits a scale to the verdicts of the cases that are in from and may be seen.
func scaleFrom(cases []Case, raw []Verdict, from func(*Case) bool, models []MineModel) scale {
	var of []Case
	var seen []Verdict
	for i := range cases {
		if c := &cases[i]; from(c) && Seen(c, models) {
			of, seen = append(of, *c), append(seen, raw[i])
		}
	}
	return scaleOf(of, seen)
}

// foldOf returns the group of each building.
func foldOf(cases []Case) map[string]int { return groupsOf(buildings(cases)) }

// groupsOf divides buildings, in order, into groups.
func groupsOf(names []string) map[string]int {
	fold := map[string]int{}
	for i, b := range names {
		fold[b] = i % folds
	}
	return fold
}

// Seen reports whether a case may be fitted to where only mines of these models
// may; with none all may.
func Seen(c *Case, models []MineModel) bool {
	return len(models) == 0 || !c.Mine() || slices.Contains(models, c.Model)
}

func buildings(cases []Case) []string {
	return distinct(cases, func(c *Case) string { return c.Building })
}

// distinct returns what the cases have, in order, each once.
func distinct[T cmp.Ordered](cases []Case, of func(*Case) T) []T {
	var list []T
	for i := range cases {
		list = append(list, of(&cases[i]))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// A Table is a file that package load embeds.
type Table struct{ Name, Text string }

// Tables makes the tables that package load embeds: the model fitted to all cases,
// and what held-out models say of meters without a mine and of the energy of the
// mines found.
func Tables(cases []Case) []Table {
	all := func(*Case) bool { return true }
	raw, _ := judged(cases)
	heldOut := declared(cases, raw)
	m := scaleOf(cases, raw).model(Fit(cases, all))
	energies := spreadOf(missedEnergies(cases, heldOut, all))
	return []Table{
		{"block_model.csv", recipe + m.Table()},
		{"block_placebo.csv", recipe + placeboTable(cases, heldOut)},
		{"block_energy.csv", recipe + energies.Table()},
	}
}

// Draws returns the cases of n seeds from the first on.
func Draws(first uint64, n int) ([]Case, error) {
	var cases []Case
	for s := range n {
		c, err := Cases(first + uint64(s))
		if err != nil {
			return nil, err
		}
		cases = append(cases, c...)
	}
	return cases, nil
}

const recipe = "# Written by `minewatch calibrate`. Recipe: package detectors/calibrate.\n"

// foundLR is the log-likelihood ratio from which a mine counts as found.
const foundLR = 1

// logLR returns the ratios of verdicts.
func logLR(verdicts []Verdict) []float64 {
	x := make([]float64, len(verdicts))
	for i, v := range verdicts {
		x[i] = v.LogLR
	}
	return x
}
