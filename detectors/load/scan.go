package load

import "math"

// edgeHours is how far an edge is followed: a week. Later the filter leaves
// nearly nothing of a step, and what it leaves cannot be told from drift: two
// weeks ranked unseen buildings worse, and so did half a week.
const edgeHours = 7 * 24

// edges holds, for one duty calendar, the generalised least-squares fit of a
// step that begins at each hour: for a step of power h at hour t the whitened
// series is h·x(t) plus innovations, so that h = num/den and its t statistic
// is num/√den. x is followed for edgeHours. All hours cost O(n · lags), by
// prefix sums over what each lag of the filter contributes.
type edges struct {
	num, den []float64
	t        []float64 // num/√den; 0 where nothing is known
	// before[i] and after[i] are the largest t of a step down at an hour below i,
	// and from i on.
	before, after []float64
	a, b          [len(lags) + 1][]float64 // prefix sums of x·e/s² and x²/s², by lag
}

func (g *edges) fit(win *Window, w *whitener, d *Duty) {
	n := len(win.KW)
	for k := range g.a {
		g.a[k], g.b[k] = resize(g.a[k], n+1), resize(g.b[k], n+1)
		g.a[k][0], g.b[k][0] = 0, 0
	}
	for i := range n {
		e := w.inn[i]
		if math.IsNaN(e) {
			for k := range g.a {
				g.a[k][i+1], g.b[k][i+1] = g.a[k][i], g.b[k][i]
			}
			continue
		}
		s := w.scale[w.class[i]]
		weight := 1 / (s * s)
		before := 0.0 // Σ of the contributions of shorter lags
		for k := range g.a {
			c := 0.0
			switch {
			case k == 0 && d.on[win.Clock[i]]:
				c = 1
			case k > 0 && i >= lags[k-1] && d.on[win.Clock[i-lags[k-1]]]:
				c = -w.phi[k-1]
			}
			g.a[k][i+1] = g.a[k][i] + weight*c*e
			g.b[k][i+1] = g.b[k][i] + weight*(c*c+2*c*before)
			before += c
		}
	}
	g.num, g.den, g.t = resize(g.num, n), resize(g.den, n), resize(g.t, n)
	for t := range n {
		end := min(n, t+edgeHours)
		num, den := 0.0, 0.0
		for k := range g.a {
			from := t
			if k > 0 {
				from += lags[k-1]
			}
			if from < end {
				num += g.a[k][end] - g.a[k][from]
				den += g.b[k][end] - g.b[k][from]
			}
		}
		g.num[t], g.den[t], g.t[t] = num, den, 0
		if den > 0 {
			g.t[t] = num / math.Sqrt(den)
		}
	}
	g.downs()
}

// downs fills before and after.
func (g *edges) downs() {
	n := len(g.t)
	g.before, g.after = resize(g.before, n+1), resize(g.after, n+1)
	g.before[0], g.after[n] = 0, 0
	for i, t := range g.t {
		g.before[i+1] = g.before[i]
		if i >= maxLag {
			g.before[i+1] = max(g.before[i], -t)
		}
	}
	for i := n - 1; i >= 0; i-- {
		g.after[i] = g.after[i+1]
		if i >= maxLag {
			g.after[i] = max(g.after[i+1], -g.t[i])
		}
	}
}

// counter returns the largest t of a step down that is not within two days of end.
func (g *edges) counter(end int) float64 {
	n := len(g.t)
	if end >= n {
		return g.before[n]
	}
	return max(g.before[max(0, end-47)], g.after[min(n, end+48)])
}

// climb adds up the clear steps up and down in [from, to), at least two days
// apart: the power of a ramp by its edges.
func (g *edges) climb(from, to int) float64 {
	const least, apart = 4, 48
	sum := 0.0
	for i := from; i < to; {
		at := i
		for j := i; j < min(to, i+apart); j++ {
			if math.Abs(g.t[j]) > math.Abs(g.t[at]) {
				at = j
			}
		}
		if math.Abs(g.t[at]) < least {
			i += apart
			continue
		}
		sum += g.num[at] / g.den[at]
		i = at + apart
	}
	return sum
}
