package load

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The tables below are written by `minewatch calibrate`, which explains the
// recipe; block_weights.csv holds the weights and the error quantiles,
// block_placebo.csv the log-likelihood ratios of meters without a mine.
var (
	//go:embed block_weights.csv
	weightsCSV string
	//go:embed block_placebo.csv
	placeboCSV string
)

// weightTable is the calibrated model of a block.
type weightTable struct {
	intercept float64
	terms     [len(FeatureNames)]float64
	errors    [2]energyError
	placebo   []float64 // sorted
}

// energyError holds the 5 % and 95 % quantiles of ln(true / estimated energy)
// of mines found in meters that the calibration had not seen.
type energyError struct{ low, high float64 }

// StrongLR is the log-likelihood ratio that divides blocks into weak ones and
// strong ones, whose energy is known better.
const StrongLR = 3

func (w *weightTable) energyError(logLR float64) energyError {
	if logLR >= StrongLR {
		return w.errors[1]
	}
	return w.errors[0]
}

var weights = mustWeights()

func mustWeights() weightTable {
	var w weightTable
	named := map[string]*float64{
		"intercept":                  &w.intercept,
		"ln_energy_error_weak_p05":   &w.errors[0].low,
		"ln_energy_error_weak_p95":   &w.errors[0].high,
		"ln_energy_error_strong_p05": &w.errors[1].low,
		"ln_energy_error_strong_p95": &w.errors[1].high,
	}
	for i, n := range FeatureNames {
		named[n] = &w.terms[i]
	}
	for _, row := range table(weightsCSV) {
		p, ok := named[row[0]]
		if !ok {
			panic("block_weights.csv: unknown term " + row[0])
		}
		*p = number(row[1])
		delete(named, row[0])
	}
	if len(named) > 0 {
		panic(fmt.Sprint("block_weights.csv: missing terms ", named))
	}
	// Scanner.look relies on it: more of these never speaks against a mine.
	for _, name := range []string{"held", "dips"} {
		if w.terms[slices.Index(FeatureNames[:], name)] < 0 {
			panic("block_weights.csv: the weight of " + name + " must not be negative")
		}
	}
	for _, row := range table(placeboCSV) {
		w.placebo = append(w.placebo, number(row[0]))
	}
	slices.Sort(w.placebo)
	return w
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

func (w *weightTable) logLR(x [len(FeatureNames)]float64) float64 {
	z := w.intercept
	for i, v := range x {
		z += w.terms[i] * v
	}
	return z
}

// pValue is the conformal p-value of a log-likelihood ratio: its rank among
// the meters without a mine, itself counted (Vovk et al. 2005).
func (w *weightTable) pValue(logLR float64) float64 {
	i, _ := slices.BinarySearch(w.placebo, logLR)
	return float64(1+len(w.placebo)-i) / float64(1+len(w.placebo))
}

// softCap bends x towards ±limit without ties, so that no single evidence decides
// and the order of the evidence is kept.
func softCap(x, limit float64) float64 { return limit * math.Tanh(x/limit) }
