package stat

import "math"

// MannWhitney returns the one-sided p-value that b is not larger than a, by the
// normal approximation without a correction for ties (Mann and Whitney 1947).
func MannWhitney(a, b []float64) float64 {
	u := 0.0
	for _, y := range b {
		for _, x := range a {
			switch {
			case y > x:
				u++
			case y == x:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	return math.Erfc((u-n*m/2)/math.Sqrt(n*m*(n+m+1)/12)/math.Sqrt2) / 2
}
