// Package stat holds the numerical helpers that gonum lacks: robust location
// and scale without allocation, and the type 7 quantile that DuckDB and numpy
// use. Functions that reorder their argument say so.
package stat

import (
	"math"
	"slices"
)

// Quantile returns the type 7 quantile (Hyndman and Fan 1996; the default of
// numpy and of DuckDB's quantile_cont) of sorted values, q in [0, 1].
// Special case: NaN if there are no values.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	h := q * float64(len(sorted)-1)
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

// Median returns the median of x and reorders x. Special case: NaN if there are no values.
func Median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	k := len(x) / 2
	hi := Select(x, k)
	if len(x)%2 == 1 {
		return hi
	}
	return (hi + slices.Max(x[:k])) / 2
}

// MADScale makes the median absolute deviation of normal values their standard
// deviation: 1/Φ⁻¹(3/4).
const MADScale = 1.482602218505602

// MAD returns the median absolute deviation from centre times [MADScale], and
// overwrites x. Special case: NaN if there are no values.
func MAD(x []float64, centre float64) float64 {
	for i, v := range x {
		x[i] = math.Abs(v - centre)
	}
	return MADScale * Median(x)
}

// Select returns the k-th smallest value of x, k from 0, and reorders x so that
// x[:k] holds no larger ones. It panics if k is out of range. Hoare's
// quickselect with the median of three.
func Select(x []float64, k int) float64 {
	lo, hi := 0, len(x)-1
	for lo < hi {
		mid := lo + (hi-lo)/2
		if x[mid] < x[lo] {
			x[mid], x[lo] = x[lo], x[mid]
		}
		if x[hi] < x[lo] {
			x[hi], x[lo] = x[lo], x[hi]
		}
		if x[hi] < x[mid] {
			x[hi], x[mid] = x[mid], x[hi]
		}
		pivot := x[mid]
		i, j := lo, hi
		for i <= j {
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return x[k]
		}
	}
	return x[k]
}
