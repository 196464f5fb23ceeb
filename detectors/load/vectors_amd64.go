package load

import "golang.org/x/sys/cpu"

// hasVectors says whether the functions of vectors_amd64.s can be called. Each gives the bits of its
// counterpart in Go.
var hasVectors = cpu.X86.HasAVX2

// over is goes, by vectors where the processor has them.
func (s *slide) over(nums []float64, up, down []squareBit, num float64) (after float64) {
	if hasVectors {
		return slideAVX2(s, nums, up, down, num)
	}
	return s.goes(nums, up, down, num)
}

// product returns the sum of x×y.
func product(x, y []float64) float64 {
	if hasVectors && len(x) >= productLanes {
		whole := len(x) / productLanes * productLanes
		return productAVX2(x[:whole], y) + productRest(x[whole:], y[whole:])
	}
	return productGo(x, y)
}

// aboveWeek fills x with kw from halfWeek hours on less its mean over the seven days around.
func aboveWeek(x, kw []float64) {
	whole := 0
	if hasVectors && len(x) >= 4 {
		whole = len(x) &^ 3
		aboveWeekAVX2(x[:whole], kw)
	}
	aboveWeekGo(x[whole:], kw[whole:])
}

// markEvents is markEventsGo.
func markEvents(marks []uint8, kw, innovations, weights []float64) {
	whole := 0
	if hasVectors && len(weights) >= 4 {
		whole = len(weights) &^ 3
		markEventsAVX2(marks, kw, innovations, weights[:whole])
	}
	markEventsGo(marks[whole/4:], kw[whole:], innovations[whole:], weights[whole:])
}

func sums(v *[cells]float64) (all, squares float64) {
	if hasVectors {
		return sumsAVX2(v)
	}
	return sumsGo(v)
}

func levelsOf(of *[cells]int32, v *[cells]float64, from, by float64) {
	if hasVectors {
		levelsAVX2(of, v, from, by)
		return
	}
	levelsGo(of, v, from, by)
}

//go:noescape
func slideAVX2(s *slide, nums []float64, up, down []squareBit, num float64) (after float64)

// productAVX2 is productGo of a number of values that productLanes divide, not 0.
//
//go:noescape
func productAVX2(x, y []float64) float64

// aboveWeekAVX2 is aboveWeekGo of a number of values that 4 divides, not 0.
//
//go:noescape
func aboveWeekAVX2(x, kw []float64)

// markEventsAVX2 is markEventsGo of a number of weights that 4 divides, not 0.
//
//go:noescape
func markEventsAVX2(marks []uint8, kw, innovations, weights []float64)

//go:noescape
func sumsAVX2(v *[cells]float64) (all, squares float64)

// levelsAVX2 is levelsGo of values that are not so far that their level overflows.
//
//go:noescape
func levelsAVX2(of *[cells]int32, v *[cells]float64, from, by float64)
