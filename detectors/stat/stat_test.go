package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Values from numpy 1.26: numpy.quantile(x, q), numpy.median(x).
func TestQuantile(t *testing.T) {
	x := []float64{1, 2, 3, 4}
	for _, tc := range []struct{ q, want float64 }{{0, 1}, {0.25, 1.75}, {0.5, 2.5}, {0.9, 3.7}, {1, 4}} {
		if got := Quantile(x, tc.q); math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("Quantile(%v) = %v, want %v", tc.q, got, tc.want)
		}
	}
	if !math.IsNaN(Quantile(nil, 0.5)) || !math.IsNaN(Median(nil)) {
		t.Error("no values must give NaN")
	}
}

// 1 1 2 2 4 6 9 has median 2 and absolute deviations 1 1 0 0 2 4 7, median 1
// (the worked example of Wikipedia, "Median absolute deviation").
func TestMAD(t *testing.T) {
	x := []float64{1, 1, 2, 2, 4, 6, 9}
	if m := Median(slices.Clone(x)); m != 2 {
		t.Errorf("Median = %v, want 2", m)
	}
	if got := MAD(x, 2); math.Abs(got-1.4826022) > 1e-6 {
		t.Errorf("MAD = %v, want 1.4826", got)
	}
}

func TestSelectAgreesWithSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 200; n++ {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(r.IntN(n/2 + 1)) // many ties
		}
		sorted := slices.Sorted(slices.Values(x))
		k := r.IntN(n)
		if got := Select(x, k); got != sorted[k] {
			t.Fatalf("n=%d k=%d: %v, want %v", n, k, got, sorted[k])
		}
		for _, q := range []float64{0, 0.1, 0.5, 0.99, 1} {
			got, want := []float64{q}, Quantile(sorted, q)
			if SelectQuantiles(slices.Clone(x), got); got[0] != want {
				t.Fatalf("n=%d q=%v: %v, want %v", n, q, got[0], want)
			}
		}
		if m, want := Median(x), Quantile(sorted, 0.5); math.Abs(m-want) > 1e-12 {
			t.Fatalf("n=%d: median %v, want %v", n, m, want)
		}
	}
}

// Several quantiles in one search are those of sorted values, bit by bit.
func TestSelectQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for n := range 60 {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(r.IntN(n + 1)) // some are equal
		}
		q := []float64{0, 0.05, 0.1, 0.5, 0.5, 0.77, 0.99, 1}[:r.IntN(9)]
		want := make([]float64, len(q))
		sorted := slices.Sorted(slices.Values(x))
		for i := range q {
			want[i] = Quantile(sorted, q[i])
		}
		got := slices.Clone(q)
		SelectQuantiles(x, got)
		for i := range got {
			if got[i] != want[i] && !(n == 0 && math.IsNaN(got[i])) {
				t.Errorf("%d values, share %v: %v, want %v", n, q[i], got[i], want[i])
			}
		}
	}
}

// Of values in order the median is what it is of values in any.
func TestSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 4))
	for n := 1; n < 60; n++ {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(r.IntN(n+1)) + 0.1*float64(r.IntN(2))
		}
		sorted := slices.Sorted(slices.Values(x))
		median := Median(x)
		if got := SortedMedian(sorted); got != median {
			t.Errorf("%d values: median %v, want %v", n, got, median)
		}
	}
	if !math.IsNaN(SortedMedian(nil)) {
		t.Error("no values must give NaN")
	}
}

// Every place of many values is that of a sort, also where they repeat or are in order
// already.
func TestSelectOfMany(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 3))
	for range 60 {
		n := 250 + r.IntN(3000)
		x := make([]float64, n)
		kinds := 1 + r.IntN(2*n)
		for i := range x {
			x[i] = float64(r.IntN(kinds))
		}
		switch r.IntN(4) {
		case 0:
			slices.Sort(x)
		case 1:
			slices.Sort(x)
			slices.Reverse(x)
		}
		sorted := slices.Sorted(slices.Values(x))
		for _, k := range []int{0, n / 100, n / 10, n / 2, n * 99 / 100, n - 1, r.IntN(n)} {
			y := slices.Clone(x)
			if got := Select(y, k); got != sorted[k] {
				t.Errorf("%d values of %d kinds, place %d: %v, want %v", n, kinds, k, got, sorted[k])
			}
			if got, _ := Low(x, k, nil); got != sorted[k] {
				t.Errorf("%d values of %d kinds, place %d: %v by Low, want %v", n, kinds, k, got, sorted[k])
			}
			if k > 0 && slices.Max(y[:k]) > sorted[k] || slices.Min(y[k:]) < sorted[k] {
				t.Errorf("%d values, place %d: not parted", n, k)
			}
		}
		if got, want := Median(slices.Clone(x)), SortedMedian(sorted); got != want {
			t.Errorf("%d values: median %v, want %v", n, got, want)
		}
	}
}
