package load

import (
	"math"
	"math/bits"
)

// A side is a set of cells, by bits.
type side uint64

func (s side) len() int { return bits.OnesCount64(uint64(s)) }

// first returns the least cell of a side that is not empty.
func (s side) first() int { return bits.TrailingZeros64(uint64(s)) % room }

// An order of the cells by their values tells the median of any side without putting
// them in order one by one: cells are put into classes around the mean, and those of one
// class, seldom more than two, are compared when they are asked for.
type order struct {
	known side
	below [levels + 1]side // the cells of the classes before each
}

const (
	// levels is the number of classes.
	levels = 32
	// classWidths is how far classes reach to either side of the mean, in standard deviations;
	// beyond it all are of the outermost.
	classWidths = 2
)

// fill puts the cells whose values are known in order.
func (o *order) fill(v *[cells]float64) {
	all, squares := sums(v)
	n := float64(cells)
	o.known = allCells
	if math.IsNaN(all) {
		all, squares, n = 0, 0, 0
		for i, x := range v {
			if math.IsNaN(x) {
				o.known &^= 1 << i
				continue
			}
			all, squares, n = all+x, squares+x*x, n+1
		}
	}
	mean := all / max(1, n)
	by := 0.0
	if variance := squares/max(1, n) - mean*mean; variance > 1e-12*mean*mean {
		by = levels / 2 / classWidths / math.Sqrt(variance)
	}
	var of [cells]int32
	levelsOf(&of, v, levels/2-mean*by, by)
	var class [levels]side
	for i, c := range of {
		class[c%levels] |= 1 << (i % room)
	}
	below := side(0)
	for c, s := range class {
		o.below[c] = below
		below |= s & o.known
	}
	o.below[levels] = below
}

// sumsGo returns the sums of the values and of their squares: four chains of additions instead of one.
func sumsGo(v *[cells]float64) (all, squares float64) {
	var sum, square [4]float64
	for i := 0; i < cells; i += 4 {
		w := (*[4]float64)(v[i:])
		for k, x := range w {
			sum[k] += x
			square[k] += x * x
		}
	}
	return (sum[0] + sum[2]) + (sum[1] + sum[3]), (square[0] + square[2]) + (square[1] + square[3])
}

// levelsGo fills of with from + by × v, without its fraction and within the levels.
func levelsGo(of *[cells]int32, v *[cells]float64, from, by float64) {
	for i, x := range v {
		of[i] = int32(max(0, min(levels-1, int(from+x*by))))
	}
}

// median returns the median of the known cells of a side, NaN if none is.
func (o *order) median(v *[cells]float64, s side) float64 {
	s &= o.known
	n := s.len()
	if n == 0 {
		return math.NaN()
	}
	k := (n - 1) / 2
	at := 0
	for step := levels / 2; step > 0; step /= 2 { // to the class of the k-th
		fewer := (o.below[at+step] & s).len() - k - 1 // negative: it is in this class or behind it
		at += step & (fewer >> 63)
	}
	class := (o.below[at+1] &^ o.below[at]) & s
	k -= (o.below[at] & s).len()
	var sorted [cells]float64
	m := 0
	for c := class; c != 0; c &= c - 1 {
		x, j := v[c.first()%cells], m
		for ; j > 0 && sorted[j-1] > x; j-- {
			sorted[j] = sorted[j-1]
		}
		sorted[j] = x
		m++
	}
	if n%2 == 1 {
		return sorted[k]
	}
	if k+1 < m {
		return (sorted[k+1] + sorted[k]) / 2
	}
	least := math.Inf(1) // of the next class that holds any
	for class = 0; class == 0; at++ {
		class = (o.below[at+2] &^ o.below[at+1]) & s
	}
	for ; class != 0; class &= class - 1 {
		least = min(least, v[class.first()%cells])
	}
	return (least + sorted[k]) / 2
}
