package calibrate

import (
	"cmp"
	"math"
	"slices"

	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/stat"
)

// RuleNames name the simple rules that practice uses, as opponents.
var RuleNames = [...]string{"load factor", "night/day ratio", "one change of mean", "floor step, year-ago corrected"}

// rules scores one window by each simple rule; larger is more suspicious.
//
//	load factor          mean / 99th percentile of hourly power
//	night/day ratio      mean 00-06 / mean 09-18
//	one change of mean   largest likelihood ratio of a step up in the log of daily means
//	floor step           largest step up of the daily 10th percentile over four weeks, less that
//	                     of the year before, by the MAD of the same over all days
func rules(w *load.Window) [len(RuleNames)]float64 {
	var known, night, day []float64
	for i, v := range w.KW {
		if math.IsNaN(v) {
			continue
		}
		known = append(known, v)
		switch h := w.Clock[i] % 24; {
		case h < 6:
			night = append(night, v)
		case h >= 9 && h < 18:
			day = append(day, v)
		}
	}
	if len(known) == 0 {
		return [len(RuleNames)]float64{}
	}
	sorted := slices.Sorted(slices.Values(known))
	means, floors := daily(w)
	return [...]float64{
		mean(known) / max(stat.Quantile(sorted, 0.99), 1e-9),
		mean(night) / max(mean(day), 1e-9),
		changeOfMean(means),
		floorStep(floors),
	}
}

// daily returns the mean and the 10th percentile of each day; NaN for a day
// with fewer than 12 known hours.
func daily(w *load.Window) (means, floors []float64) {
	for from := 0; from+24 <= len(w.KW); from += 24 {
		var hours []float64
		for _, v := range w.KW[from : from+24] {
			if !math.IsNaN(v) {
				hours = append(hours, v)
			}
		}
		m, f := math.NaN(), math.NaN()
		if len(hours) >= 12 {
			m = mean(hours)
			slices.Sort(hours)
			f = stat.Quantile(hours, 0.1)
		}
		means, floors = append(means, m), append(floors, f)
	}
	return means, floors
}

// changeOfMean is the generalised likelihood ratio of one step up.
func changeOfMean(daily []float64) float64 {
	var x []float64
	for _, v := range daily {
		if v > 0 {
			x = append(x, math.Log(v))
		}
	}
	n := float64(len(x))
	if n < 60 {
		return 0
	}
	total := mean(x)
	variance := 0.0
	for _, v := range x {
		variance += (v - total) * (v - total)
	}
	best, sum := 0.0, 0.0
	for k, v := range x {
		sum += v
		a, b := float64(k+1), n-float64(k+1)
		if a < 28 || b < 28 {
			continue
		}
		before, after := sum/a, (total*n-sum)/b
		if after > before {
			best = max(best, a*b/n*(after-before)*(after-before))
		}
	}
	return best / max(variance-best, 1e-9)
}

func floorStep(floors []float64) float64 {
	const span, year = 28, 364
	step := func(day int) float64 {
		if day-span < 0 || day+span > len(floors) {
			return math.NaN()
		}
		return mean(floors[day:day+span]) - mean(floors[day-span:day])
	}
	var steps []float64
	best := 0.0
	for day := range floors {
		v := step(day)
		if s := step(day - year); !math.IsNaN(s) {
			v -= s
		} else if s := step(day + year); !math.IsNaN(s) {
			v -= s
		}
		if !math.IsNaN(v) {
			steps = append(steps, v)
			best = max(best, v)
		}
	}
	if len(steps) < 28 {
		return 0
	}
	return best / max(stat.MAD(steps, 0), 1e-9)
}

// mean is that of the known values; NaN if there are none.
func mean(x []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range x {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// rankProduct returns for each case the negated product of its ranks by the
// last two rules: the best of the simple ones.
func rankProduct(cases []Case) []float64 {
	product := make([]float64, len(cases))
	for i := range product {
		product[i] = -1
	}
	for _, rule := range []int{2, 3} {
		order := make([]int, len(cases))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(cases[b].Rules[rule], cases[a].Rules[rule]) })
		for rank, i := range order {
			product[i] *= float64(rank + 1)
		}
	}
	return product
}
