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

// SelectQuantiles replaces the shares in q, which must rise, by the type 7 quantiles of x,
// and reorders x: faster than sorting it. It looks for each within the part that the one before it in the search
// left: the middle one first. Special case: NaN if there are no values.
func SelectQuantiles(x, q []float64) {
	if len(q) == 0 {
		return
	}
	mid := len(q) / 2
	if len(x) == 0 {
		for i := range q {
			q[i] = math.NaN()
		}
		return
	}
	selectQuantiles(x, q, 0, len(x), mid)
}

// selectQuantiles puts q[mid], then those on both sides of it. x[:lo] holds none larger,
// and x[hi:] none smaller, than those between; the neighbours of x[lo:hi] are at their places.
func selectQuantiles(x, q []float64, lo, hi, mid int) {
	h := q[mid] * float64(len(x)-1)
	i := int(h)
	next := min(i+1, len(x)-1)
	switch {
	case lo <= next && next < hi:
		from := lo + partition(x[lo:hi], next-lo)
		if i < next && i >= lo { // the largest of those before it
			most := i
			for k := min(from, i); k < i; k++ {
				if x[k] > x[most] {
					most = k
				}
			}
			x[i], x[most] = x[most], x[i]
		}
	case lo <= i && i < hi:
		partition(x[lo:hi], i-lo)
	}
	v := x[i] + (h-float64(i))*(x[next]-x[i])
	if left := q[:mid]; len(left) > 0 {
		selectQuantiles(x, left, lo, min(hi, i), len(left)/2)
	}
	if right := q[mid+1:]; len(right) > 0 {
		selectQuantiles(x, right, max(lo, next+1), hi, len(right)/2)
	}
	q[mid] = v
}

// Median returns the median of x and reorders x. Special case: NaN if there are no values.
func Median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	k := len(x) / 2
	lo := partition(x, k)
	if len(x)%2 == 1 {
		return x[k]
	}
	below := x[k-1]
	for _, v := range x[min(lo, k-1):k] {
		if v > below {
			below = v
		}
	}
	return (x[k] + below) / 2
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

// SortedMedian is [Median] of values in order.
func SortedMedian(sorted []float64) float64 {
	n := len(sorted)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return sorted[n/2]
	default:
		return (sorted[n/2] + sorted[n/2-1]) / 2
	}
}

// Select returns the k-th smallest value of x, k from 0, and reorders x so that
// x[:k] holds no larger ones. It panics if k is out of range.
func Select(x []float64, k int) float64 {
	partition(x, k)
	return x[k]
}

// partition puts the k-th smallest value of x at its place, smaller ones before it.
// The largest of those is in x[lo:k], or is x[k-1] if lo is k. Quickselect with the
// median of three, or a pivot of a sample (after Floyd and Rivest 1975).
func partition(x []float64, k int) (lo int) {
	hi := len(x)
	for hi-lo > 6 {
		part := x[lo:hi]
		last := len(part) - 1
		mid := last / 2
		if len(part) >= sampled {
			mid = pivotOf(part, k-lo)
		} else {
			medianOfThree(part)
		}
		pivot := part[mid]
		part[mid], part[last] = part[last], pivot
		at := split(part[:last], pivot)
		part[last], part[at] = part[at], pivot
		switch {
		case k < lo+at:
			hi = lo + at
			continue
		case k == lo+at:
			return lo
		}
		lo += at + 1
		if at*8 > last {
			continue
		}
		// A lopsided part: many values may equal the pivot.
		part = x[lo:hi]
		at = 0
		for i, v := range part {
			if v == pivot {
				part[i], part[at] = part[at], v
				at++
			}
		}
		if k < lo+at {
			return k
		}
		lo += at
	}
	for i := lo + 1; i < hi; i++ {
		v := x[i]
		j := i
		for ; j > lo && x[j-1] > v; j-- {
			x[j] = x[j-1]
		}
		x[j] = v
	}
	return k
}

const (
	// sampled is from how many values on a pivot is the median of more than three.
	sampled = 2048
	// sampleSize is of how many.
	sampleSize = 63
)

// medianOfThree puts the median of the first, the middle and the last value in the middle.
func medianOfThree(part []float64) {
	last := len(part) - 1
	mid := last / 2
	if part[mid] < part[0] {
		part[mid], part[0] = part[0], part[mid]
	}
	if part[last] < part[0] {
		part[last], part[0] = part[0], part[last]
	}
	if part[last] < part[mid] {
		part[last], part[mid] = part[mid], part[last]
	}
}

// pivotOf returns the place of a value near the k-th smallest of many, by a sample: on
// the far side of it, seen from the nearer end, so that most likely the longer rest is put aside.
func pivotOf(part []float64, k int) int {
	share := (float64(k) + 0.5) / float64(len(part))
	slack := math.Sqrt(share * (1 - share) / sampleSize)
	if share > 0.5 {
		slack = -slack
	}
	return pivotAt(part, share+slack)
}

// pivotAt returns the place of the value below which a share of a sample lies.
func pivotAt(part []float64, share float64) int {
	n := len(part)
	var at [sampleSize]int
	for i := range at {
		place := (2*i + 1) * n / (2 * sampleSize)
		v, j := part[place], i
		for ; j > 0 && part[at[j-1]] > v; j-- {
			at[j] = at[j-1]
		}
		at[j] = place
	}
	return at[max(0, min(sampleSize-1, int(share*sampleSize)))]
}

// Low returns the k-th smallest value of x, k from 0 and far below half of them, with memory to
// hold some of them, and the memory again. x stays as it is. Faster than [Select] of a copy: only what is below a
// bound that a sample tells is copied. It panics if k is out of range.
func Low(x []float64, k int, memory []float64) (v float64, again []float64) {
	n := len(x)
	memory = slices.Grow(memory[:0], n)[:n]
	if n >= sampled {
		const beyond = 2.5 // standard deviations of the rank, so that it is seldom too low
		share := (float64(k) + 0.5) / float64(n)
		bound := x[pivotAt(x, share+beyond*math.Sqrt(share*(1-share)/sampleSize))]
		below := 0
		for _, v := range x {
			memory[below] = v
			less := 0
			if v < bound {
				less = 1
			}
			below += less
		}
		if k < below {
			return Select(memory[:below], k), memory
		}
	}
	copy(memory, x)
	return Select(memory, k), memory
}
