package load

import (
	_ "embed"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The tables below are written by `minewatch calibrate`, which explains the
// recipe: block_model.csv holds the shape functions, block_placebo.csv the
// log-likelihood ratios of meters without a mine, block_energy.csv what
// the energy's error depends on, and its quantiles.
var (
	//go:embed block_model.csv
	modelCSV string
	//go:embed block_placebo.csv
	placeboCSV string
	//go:embed block_energy.csv
	energyCSV string
)

var (
	model    = mustModel()
	placebos = mustPlacebos()
	energies = mustEnergies()
)

func mustModel() Model {
	m, err := readModel(modelCSV)
	if err != nil {
		panic(err)
	}
	return m
}

// SizeClasses are the classes of sites by their mean load in kW that have placebos
// of their own: homes, small and large consumers. The numbers are their upper ends.
var SizeClasses = [...]float64{3, 50, math.Inf(1)}

// SizeClass returns the index of a site's class.
func SizeClass(meanKW float64) int {
	for i, end := range SizeClasses {
		if meanKW < end {
			return i
		}
	}
	return len(SizeClasses) - 1
}

// mustPlacebos returns the log-likelihood ratios of meters without a mine by
// size class, sorted.
func mustPlacebos() (p [len(SizeClasses)][]float64) {
	for _, row := range table(placeboCSV) {
		class := int(number(row[0]))
		p[class] = append(p[class], number(row[1]))
	}
	for _, x := range p {
		slices.Sort(x)
	}
	return p
}

// pValue is the conformal p-value of a log-likelihood ratio: its rank among the
// meters without a mine of its size class, itself counted (Vovk et al. 2005).
func pValue(logLR, meanKW float64) float64 {
	x := placebos[SizeClass(meanKW)]
	i, _ := slices.BinarySearch(x, logLR)
	return float64(1+len(x)-i) / float64(1+len(x))
}

// table returns the rows below the header. The tables are embedded and tested:
// a fault in them is a bug.
func table(text string) [][]string {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		panic(err)
	}
	return rows[1:]
}

func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic(err)
	}
	return v
}

// softCap bends x towards ±limit without ties, so that no single evidence decides
// and the order of the evidence is kept.
func softCap(x, limit float64) float64 { return limit * math.Tanh(x/limit) }
