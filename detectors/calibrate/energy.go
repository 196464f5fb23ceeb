package calibrate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/stat"
)

// placeboTable lists what held-out models say of clean meters, by size class.
func placeboTable(cases []Case, heldOut []Verdict) string {
	var p [len(load.SizeClasses)][]float64
	for i := range cases {
		if c := &cases[i]; c.Clean() {
			class := load.SizeClass(c.MeanKW)
			p[class] = append(p[class], heldOut[i].LogLR)
		}
	}
	var b strings.Builder
	b.WriteString("class,log_lr\n")
	for class, x := range p {
		slices.Sort(x)
		for _, v := range x {
			fmt.Fprintf(&b, "%d,%.3f\n", class, v)
		}
	}
	return b.String()
}

// A missed energy is what a mine found tells of the errors of energies.
type missed struct {
	block load.Block
	error float64 // ln(true / estimated energy)
}

// missedEnergies lists the mines found that keep selects. Homes are left out: a mine that
// is larger than the house is known too well.
func missedEnergies(cases []Case, heldOut []Verdict, keep func(*Case) bool) (list []missed) {
	for i := range cases {
		c, v := &cases[i], heldOut[i]
		if c.Mine() && c.Population != Homes && v.LogLR > foundLR && v.Look.KWh > 0 && c.TrueKWh > 0 && keep(c) {
			list = append(list, missed{v.block(), math.Log(c.TrueKWh / v.Look.KWh)})
		}
	}
	return list
}

// block returns the block of a verdict with its ratio.
func (v Verdict) block() load.Block {
	b := v.Look.Block
	b.LogLR = v.LogLR
	return b
}

const (
	// leastError is added to errors before their logarithm is taken: a few that are by chance
	// near 0 say nothing of the others.
	leastError = 0.02
	// energyRidge keeps the fit unique where a term is the same of all.
	energyRidge = 1e-6
)

// spreadOf fits how the errors depend on the blocks by least squares of the logarithm of
// their size, and takes the split-conformal 90 % interval of the errors by the fitted size
// (Lei et al. 2018, locally weighted).
func spreadOf(list []missed) load.EnergySpread {
	const n = len(load.EnergyTermNames)
	xtx, xty := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	for i := range n {
		xtx.SetSym(i, i, energyRidge)
	}
	for i := range list {
		x := list[i].block.EnergyTerms()
		y := math.Log(leastError + math.Abs(list[i].error))
		for j, v := range x {
			xty.SetVec(j, xty.AtVec(j)+v*y)
			for k := j; k < n; k++ {
				xtx.SetSym(j, k, xtx.At(j, k)+v*x[k])
			}
		}
	}
	e := load.EnergySpread{Most: math.Inf(1)}
	var c mat.Cholesky
	var beta mat.VecDense
	if c.Factorize(xtx) && c.SolveVecTo(&beta, xty) == nil {
		for i := range e.Weights {
			e.Weights[i] = beta.AtVec(i)
		}
	}
	var scales, errors []float64
	for i := range list {
		s := e.Scale(&list[i].block)
		scales, errors = append(scales, s), append(errors, list[i].error/s)
	}
	slices.Sort(scales)
	slices.Sort(errors)
	if len(scales) > 0 {
		e.Most = stat.Quantile(scales, 0.99)
	}
	e.Low, e.High = interval(errors)
	return e
}

// interval returns the split-conformal 90 % interval of sorted errors.
func interval(errors []float64) (low, high float64) {
	n := float64(len(errors))
	if n == 0 {
		return -1, 1
	}
	inflate := 0.05 * (1 - 1/n) // (n+1)(1−α/2)/n, on either side
	return stat.Quantile(errors, inflate), stat.Quantile(errors, 1-inflate)
}
