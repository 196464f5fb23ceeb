package calibrate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/minewatch/minewatch/detectors/stat"
)

// A scored case is what measures are taken of.
type scored struct {
	c     *Case
	score float64
}

// pick returns the cases that keep selects, with their scores.
func pick(cases []Case, scores []float64, keep func(*Case) bool) []scored {
	var s []scored
	for i := range cases {
		if keep(&cases[i]) {
			s = append(s, scored{&cases[i], scores[i]})
		}
	}
	return s
}

// ranked turns cases into a weighted ranking. Of the meters without a mine,
// look-alikes weigh a share alike of all (0: they are left out). Mines of each
// size and each family of a size weigh as they come.
func ranked(s []scored, prevalence, alike float64) []stat.Ranked {
	var n [3]float64
	kind := func(c *Case) int {
		switch {
		case c.Mine():
			return 2
		case c.Clean():
			return 0
		}
		return 1
	}
	for _, x := range s {
		n[kind(x.c)]++
	}
	share := [3]float64{(1 - prevalence) * (1 - alike), (1 - prevalence) * alike, prevalence}
	if n[1] == 0 {
		share[0] = 1 - prevalence
	}
	var items []stat.Ranked
	for _, x := range s {
		if k := kind(x.c); share[k] > 0 {
			items = append(items, stat.Ranked{Score: x.score, Positive: k == 2, Weight: share[k] / n[k]})
		}
	}
	return items
}

func averagePrecision(s []scored, prevalence, alike float64) float64 {
	return stat.AveragePrecision(ranked(s, prevalence, alike))
}

// recallAt returns the largest recall of a list of which at most a share fdr
// are no mines.
func recallAt(s []scored, prevalence, alike, fdr float64) float64 {
	items := ranked(s, prevalence, alike)
	slices.SortFunc(items, func(a, b stat.Ranked) int { return cmp.Compare(b.Score, a.Score) })
	tp, fp, best := 0.0, 0.0, 0.0
	for i, it := range items {
		if it.Positive {
			tp += it.Weight
		} else {
			fp += it.Weight
		}
		if last := i+1 == len(items) || items[i+1].Score != it.Score; last && fp <= fdr*(tp+fp) {
			best = tp / prevalence
		}
	}
	return best
}

// precisionAt returns the mean precision of the first k of populations of n
// sites drawn by weight.
func precisionAt(s []scored, prevalence, alike float64, n int, ks []int) []float64 {
	items := ranked(s, prevalence, alike)
	cum := make([]float64, len(items))
	total := 0.0
	for i, it := range items {
		total += it.Weight
		cum[i] = total
	}
	r := rand.New(rand.NewPCG(7, 0x7061746b))
	const draws = 200
	p := make([]float64, len(ks))
	for range draws {
		list := make([]stat.Ranked, n)
		for i := range list {
			at, _ := slices.BinarySearch(cum, r.Float64()*total)
			list[i] = items[min(at, len(items)-1)]
		}
		slices.SortStableFunc(list, func(a, b stat.Ranked) int { return cmp.Compare(b.Score, a.Score) })
		for j, k := range ks {
			for _, it := range list[:k] {
				if it.Positive {
					p[j] += 1 / float64(k) / draws
				}
			}
		}
	}
	return p
}

// bootstrap returns the 5 % and 95 % quantiles of a measure over draws of whole
// buildings with replacement.
func bootstrap(s []scored, measure func([]scored) float64) (low, high float64) {
	by := map[string][]scored{}
	var names []string
	for _, x := range s {
		if by[x.c.Building] == nil {
			names = append(names, x.c.Building)
		}
		by[x.c.Building] = append(by[x.c.Building], x)
	}
	r := rand.New(rand.NewPCG(11, 0x626f6f74))
	values := make([]float64, 200)
	for k := range values {
		var drawn []scored
		for range names {
			drawn = append(drawn, by[names[r.IntN(len(names))]]...)
		}
		values[k] = measure(drawn)
	}
	slices.Sort(values)
	return stat.Quantile(values, 0.05), stat.Quantile(values, 0.95)
}

// realised returns the false share of the list that a declared one of q gives:
// the longest whose mean chance of no mine, by the log-likelihood ratio and the
// prevalence, is at most q. NaN if the list is empty.
func realised(s []scored, prevalence, alike, q float64) (fdp, recall float64) {
	items := ranked(s, prevalence, alike)
	slices.SortFunc(items, func(a, b stat.Ranked) int { return cmp.Compare(b.Score, a.Score) })
	prior := math.Log(prevalence / (1 - prevalence))
	total, doubt, fp, tp := 0.0, 0.0, 0.0, 0.0
	fdp = math.NaN()
	for _, it := range items {
		doubt += it.Weight / (1 + math.Exp(it.Score+prior))
		total += it.Weight
		if it.Positive {
			tp += it.Weight
		} else {
			fp += it.Weight
		}
		if doubt <= q*total {
			fdp, recall = fp/total, tp/prevalence
		}
	}
	return fdp, recall
}
