package load

// productLanes is how many sums productGo runs side by side: four vectors of four.
const productLanes = 16

// productGo returns the sum of x×y. y is not shorter than x.
func productGo(x, y []float64) float64 {
	var sum [productLanes]float64
	whole := len(x) / productLanes * productLanes
	for i := 0; i < whole; i += productLanes {
		a, b := (*[productLanes]float64)(x[i:]), (*[productLanes]float64)(y[i:])
		for k := range sum {
			sum[k] += a[k] * b[k]
		}
	}
	var lane [4]float64
	for k := range lane {
		lane[k] = (sum[k] + sum[k+4]) + (sum[k+8] + sum[k+12])
	}
	return (lane[0] + lane[2]) + (lane[1] + lane[3]) + productRest(x[whole:], y[whole:])
}

func productRest(x, y []float64) (sum float64) {
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// halfWeek is three days of hours.
const halfWeek = 3 * 24

// aboveWeekGo fills x with kw from halfWeek hours on less its mean over the seven days around.
func aboveWeekGo(x, kw []float64) {
	n := len(x)
	a, b, c, d := kw[:n], kw[24:24+n], kw[48:48+n], kw[72:72+n]
	e, f, g := kw[96:96+n], kw[120:120+n], kw[144:144+n]
	for i, v := range d {
		x[i] = v - (a[i]+b[i]+c[i]+v+e[i]+f[i]+g[i])*(1./7)
	}
}
