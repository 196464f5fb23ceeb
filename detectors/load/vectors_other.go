//go:build !amd64

package load

// Without vectors for this processor, all is done in Go.

func (s *slide) over(nums []float64, up, down []squareBit, num float64) (after float64) {
	return s.goes(nums, up, down, num)
}

func product(x, y []float64) float64 { return productGo(x, y) }

func aboveWeek(x, kw []float64) { aboveWeekGo(x, kw) }

func markEvents(marks []uint8, kw, innovations, weights []float64) {
	markEventsGo(marks, kw, innovations, weights)
}

func sums(v *[cells]float64) (all, squares float64) { return sumsGo(v) }

func levelsOf(of *[cells]int32, v *[cells]float64, from, by float64) { levelsGo(of, v, from, by) }
