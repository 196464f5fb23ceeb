//go:build !amd64

package load

// over is goes: there are no vectors for this processor.
func (s *slide) over(nums []float64, up, down []squareBit, num float64) (after float64) {
	return s.goes(nums, up, down, num)
}
