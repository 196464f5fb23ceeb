package stat

import "math"

// Wilson returns the score interval of a proportion of k in n at the normal quantile
// z (Wilson 1927). Special case: 0 and 1 if n is 0.
func Wilson(k, n int, z float64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	p, m := float64(k)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, centre-half), min(1, centre+half)
}

// Fisher returns the two-sided p-value of Fisher's exact test of the table a b / c d:
// the chance, with the margins as they are, of a table at most as likely. Special case:
// 1 if a row or a column is empty.
func Fisher(a, b, c, d int) float64 {
	row, col, n := a+b, a+c, a+b+c+d
	if row == 0 || row == n || col == 0 || col == n {
		return 1
	}
	logOf := func(x int) float64 {
		return logChoose(col, x) + logChoose(n-col, row-x) - logChoose(n, row)
	}
	const slack = 1e-7 // tables as likely as this one, up to rounding
	limit := logOf(a) + slack
	p := 0.0
	for x := max(0, row-(n-col)); x <= min(row, col); x++ {
		if l := logOf(x); l <= limit {
			p += math.Exp(l)
		}
	}
	return min(1, p)
}

func logChoose(n, k int) float64 {
	f := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	return f(n) - f(k) - f(n-k)
}

// LargestLogLR returns the natural log of the largest likelihood ratio that a p-value
// can stand for, -ln(-e p ln p) (Sellke, Bayarri and Berger, American Statistician 55,
// 2001). p must be below 1/e.
func LargestLogLR(p float64) float64 {
	p = max(p, 1e-300)
	return -math.Log(-math.E * p * math.Log(p))
}
