package calibrate

import (
	"fmt"
	"math"
	"slices"
	"strings"

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

// energyErrors returns ln(true / estimated energy) of the mines found, by class,
// each class sorted. Homes are left out: a mine that is larger than the house is
// known too well.
func energyErrors(cases []Case, heldOut []Verdict) (e [load.EnergyClasses][]float64) {
	for i := range cases {
		c, v := &cases[i], heldOut[i]
		if c.Mine() && c.Population != Homes && v.LogLR > foundLR && v.Look.KWh > 0 && c.TrueKWh > 0 {
			class := classOf(v)
			e[class] = append(e[class], math.Log(c.TrueKWh/v.Look.KWh))
		}
	}
	for _, x := range e {
		slices.Sort(x)
	}
	return e
}

// interval returns the split-conformal 90 % interval of sorted errors.
func interval(errors []float64) load.EnergyError {
	n := float64(len(errors))
	if n == 0 {
		return load.EnergyError{Low: -1, High: 1}
	}
	inflate := 0.05 * (1 - 1/n) // (n+1)(1−α/2)/n, on either side
	return load.EnergyError{Low: stat.Quantile(errors, inflate), High: stat.Quantile(errors, 1-inflate)}
}

func energyTable(errors [load.EnergyClasses][]float64) string {
	var b strings.Builder
	b.WriteString("class,low,high,mines\n")
	for class, x := range errors {
		e := interval(x)
		fmt.Fprintf(&b, "%d,%.4f,%.4f,%d\n", class, e.Low, e.High, len(x))
	}
	return b.String()
}
