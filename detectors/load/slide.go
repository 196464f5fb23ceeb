package load

import "math"

// A slide moves a step over the hours of days without a change of the clock: what enters at
// its end and what leaves at its begin, each times what the template of its hour of the day says.
type slide struct {
	entering, leaving []float64 // by hour of the days
	enters, leaves    *[24]float64
	inverse           *[weekAndDay]float64 // of den, by hour of the week
	first             int                  // hour of the week of the first hour
}

// goes fills the numerator of the step before each hour, and the bits of the largest of num²/den where num
// is positive, and of the least of its negative where it is negative, of each day. It returns the numerator after the last day. Sums are
// added in the order of vectors of four: the terms of each among themselves, and then to what stands before.
func (s *slide) goes(nums []float64, up, down []squareBit, num float64) (after float64) {
	first := s.first
	for d := range up {
		entering, leaving, out := (*[24]float64)(s.entering[d*24:]), (*[24]float64)(s.leaving[d*24:]), (*[24]float64)(nums[d*24:])
		inverse := (*[24]float64)(s.inverse[first:])
		most, least := 0.0, 0.0
		for j := 0; j < 24; j += 4 {
			var t [4]float64
			for i := range t {
				t[i] = entering[j+i]*s.enters[j+i] - leaving[j+i]*s.leaves[j+i]
			}
			two := t[1] + t[0]
			for i, before := range [4]float64{0, t[0], two, t[2] + t[1] + t[0]} {
				n := num + before
				out[j+i] = n
				square := n * math.Abs(n) * inverse[j+i]
				most, least = max(most, square), min(least, square)
			}
			num += t[3] + t[2] + two
		}
		up[d], down[d] = squareBit(math.Float64bits(most)), squareBit(math.Float64bits(least))
		first = (first + 24) % (7 * 24)
	}
	return num
}
