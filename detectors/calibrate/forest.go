package calibrate

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/stat"
)

// shapes is the number of load-shape features of the isolation forest.
const shapes = 11

// shape describes a load as rules of practice do: load factor, quantiles by the
// mean, night and weekend against day, spread of days and of hours, season.
func shape(w *load.Window) (f [shapes]float64) {
	var all, day, night, weekend, working []float64
	var season [2]sum
	hourly := [24]sum{}
	for i, v := range w.KW {
		if math.IsNaN(v) {
			continue
		}
		c := int(w.Clock[i])
		all = append(all, v)
		hourly[c%24].add(v)
		if c >= 5*24 {
			weekend = append(weekend, v)
		} else {
			working = append(working, v)
		}
		if h := c % 24; h < 6 {
			night = append(night, v)
		} else if h >= 9 && h < 18 {
			day = append(day, v)
		}
		season[i*2/len(w.KW)].add(v)
	}
	if len(all) == 0 {
		return f
	}
	m := max(mean(all), 1e-9)
	means, floors := daily(w)
	slices.Sort(all)
	hours := make([]float64, 24)
	for h := range hours {
		hours[h] = hourly[h].mean() / m
	}
	return [...]float64{
		m / max(stat.Quantile(all, 0.99), 1e-9), stat.Quantile(all, 0.1) / m, stat.Quantile(all, 0.5) / m, stat.Quantile(all, 0.9) / m,
		mean(night) / max(mean(day), 1e-9), mean(weekend) / max(mean(working), 1e-9), deviation(means) / m, deviation(floors) / m,
		deviation(hours), season[1].mean() / max(season[0].mean(), 1e-9), math.Log(m),
	}
}

type sum struct{ total, n float64 }

func (s *sum) add(v float64) { s.total, s.n = s.total+v, s.n+1 }
func (s *sum) mean() float64 { return s.total / max(1, s.n) }

// deviation is the standard deviation of the known values.
func deviation(x []float64) float64 {
	m, sum, n := mean(x), 0.0, 0.0
	for _, v := range x {
		if !math.IsNaN(v) {
			sum, n = sum+(v-m)*(v-m), n+1
		}
	}
	return math.Sqrt(sum / max(1, n))
}

// forest returns the anomaly score of each row by an isolation forest of 100
// trees of 256 rows (Liu, Ting and Zhou 2008), with the defaults of scikit-learn.
func forest(rows [][shapes]float64) []float64 {
	r := rand.New(rand.NewPCG(1, 0x69666f72))
	const trees, sample = 100, 256
	n := min(sample, len(rows))
	depth := make([]float64, len(rows))
	for range trees {
		pick := r.Perm(len(rows))[:n]
		t := grow(r, rows, pick, int(math.Ceil(math.Log2(float64(max(2, n))))))
		for i := range rows {
			depth[i] += t.depth(&rows[i]) / trees
		}
	}
	score := make([]float64, len(rows))
	for i, d := range depth {
		score[i] = math.Exp2(-d / average(n))
	}
	return score
}

// A tree is a node; a leaf has no children and holds size rows.
type tree struct {
	feature     int
	at          float64
	left, right *tree
	size        int
}

func grow(r *rand.Rand, rows [][shapes]float64, pick []int, levels int) *tree {
	if len(pick) <= 1 || levels == 0 {
		return &tree{size: len(pick)}
	}
	f := r.IntN(shapes)
	low, high := math.Inf(1), math.Inf(-1)
	for _, i := range pick {
		low, high = min(low, rows[i][f]), max(high, rows[i][f])
	}
	if !(low < high) {
		return &tree{size: len(pick)}
	}
	t := &tree{feature: f, at: low + (high-low)*r.Float64()}
	var left, right []int
	for _, i := range pick {
		if rows[i][f] < t.at {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
	}
	t.left, t.right = grow(r, rows, left, levels-1), grow(r, rows, right, levels-1)
	return t
}

func (t *tree) depth(x *[shapes]float64) float64 {
	if t.left == nil {
		return average(t.size)
	}
	if x[t.feature] < t.at {
		return 1 + t.left.depth(x)
	}
	return 1 + t.right.depth(x)
}

// average is the mean depth of an unsuccessful search in a tree of n rows.
func average(n int) float64 {
	switch {
	case n <= 1:
		return 0
	case n == 2:
		return 1
	}
	m := float64(n - 1)
	return 2*(math.Log(m)+0.5772156649) - 2*m/float64(n)
}
