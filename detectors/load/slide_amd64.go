package load

import "golang.org/x/sys/cpu"

var hasVectors = cpu.X86.HasAVX2

// over is goes, by vectors where the processor has them.
func (s *slide) over(nums []float64, up, down []squareBit, num float64) (after float64) {
	if hasVectors {
		return slideAVX2(s, nums, up, down, num)
	}
	return s.goes(nums, up, down, num)
}

//go:noescape
func slideAVX2(s *slide, nums []float64, up, down []squareBit, num float64) (after float64)
