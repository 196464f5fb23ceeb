package stat

import (
	"slices"
	"sync"

	"golang.org/x/sys/cpu"
)

var hasVectors = cpu.X86.HasAVX2 && cpu.X86.HasPOPCNT

// orders has for each choice of four values, by bits, where vectors of 32 bits go so that the
// chosen ones come first.
var orders = func() (o [16][8]int32) {
	for choice := range o {
		n := 0
		for _, chosen := range [...]int{1, 0} {
			for i := range 4 {
				if choice>>i&1 == chosen {
					o[choice][2*n], o[choice][2*n+1] = int32(2*i), int32(2*i+1)
					n++
				}
			}
		}
	}
	return o
}()

var spare = sync.Pool{New: func() any { return new([]float64) }}

// splitVectors is split of the first done values, as many as vectors hold.
func splitVectors(x []float64, pivot float64) (below, done int) {
	if !hasVectors {
		return 0, 0
	}
	done = len(x) &^ 3
	memory := spare.Get().(*[]float64)
	*memory = slices.Grow((*memory)[:0], done+4)[:done+4] // the last vector may stand over
	below = splitAVX2(x[:done], *memory, pivot, &orders)
	copy(x[below:done], *memory)
	spare.Put(memory)
	return below, done
}

// splitAVX2 puts the values of x that are less than a pivot to its front and the others into
// others, both in their order. The length of x is a multiple of 4 above 0, others is longer by 4.
//
//go:noescape
func splitAVX2(x, others []float64, pivot float64, orders *[16][8]int32) (below int)
