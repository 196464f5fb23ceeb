package score

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Weights correct the evidence by what was learnt: the summed log-likelihood ratios
// of a kind are read off its curve and multiplied by its slope, and Shift is added to
// the log-odds. Curves come from the benchmark's calibration, shift and slopes from
// the user's outcomes.
type Weights struct {
	Curves   [len(Learnt)]Curve   // by kind
	Shift    float64              // on the log-odds
	Slope    [len(Learnt)]float64 // by kind, not negative
	ShiftSD  float64              // how sure Shift is: standard deviation, log-odds
	Outcomes int                  // visits that they were learnt from; 0: shipped
}

// Shipped returns the weights that the program ships with: those of the
// benchmark's calibration (BENCHMARK.md). The prior is the user's, so Shift is 0.
func Shipped() Weights { return shipped }

// Neutral returns weights that leave the evidence as it is.
func Neutral() Weights {
	w := Weights{}
	for i := range w.Slope {
		w.Slope[i] = 1
	}
	return w
}

//go:embed weights.csv
var weightsCSV string

var shipped = mustWeights(weightsCSV)

// worth is what the sum of a kind is worth.
func (w *Weights) worth(i int, sum float64) float64 { return w.Slope[i] * w.Curves[i].At(sum) }

func (w *Weights) text() string {
	return fmt.Sprintf("learnt from the outcomes of %d visits: mining is %s likely than prior and evidence say", w.Outcomes, more(w.Shift))
}

func more(shift float64) string {
	if shift > 0 {
		return fmt.Sprintf("%.1f times more", math.Exp(shift))
	}
	return fmt.Sprintf("%.1f times less", math.Exp(-shift))
}

// mustWeights reads the embedded table; a fault in it is a bug.
func mustWeights(text string) Weights {
	w := Neutral()
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		panic("weights.csv: " + err.Error())
	}
	for _, row := range rows[1:] {
		sum, errS := strconv.ParseFloat(row[1], 64)
		worth, errW := strconv.ParseFloat(row[2], 64)
		i := slices.Index(Learnt[:], row[0])
		switch {
		case errS != nil || errW != nil:
			panic(fmt.Sprintf("weights.csv: %v: want two numbers", row))
		case row[0] == "shift_sd":
			w.ShiftSD = worth
		case i < 0:
			panic(fmt.Sprintf("weights.csv: %v: no such kind", row))
		default:
			w.Curves[i] = append(w.Curves[i], Knot{sum, worth})
		}
	}
	for i, c := range w.Curves {
		if !c.rises() {
			panic("weights.csv: the curve of " + Learnt[i] + " must rise")
		}
	}
	return w
}

func (c Curve) rises() bool {
	for i := 1; i < len(c); i++ {
		if !(c[i].Sum > c[i-1].Sum) || c[i].Worth < c[i-1].Worth {
			return false
		}
	}
	return true
}

// CSV returns the table that the package embeds.
func (w *Weights) CSV() string {
	var b strings.Builder
	b.WriteString("# Written by `minewatch bench fuse --write`. Recipe: package detectors/fuse.\nkind,sum,worth\n")
	for i, c := range w.Curves {
		for _, k := range c {
			fmt.Fprintf(&b, "%s,%.2f,%.4f\n", Learnt[i], k.Sum, k.Worth)
		}
	}
	fmt.Fprintf(&b, "shift_sd,0,%.4f\n", w.ShiftSD)
	return b.String()
}
