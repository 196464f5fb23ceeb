package pipeline

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/minewatch/minewatch/detectors/stat"
)

// Resamples of a bootstrap, fewer where there are many sites: what they are for is
// then known well enough.
const (
	resamples     = 400
	fewResamples  = 40
	manySites     = 50_000
	intervalShare = 0.9
)

// bootstrap draws the sites anew with replacement and returns the percentile
// intervals of the figures (Efron 1979). Its seed is a hash of the sites and what
// they turned out to be, so that equal data give equal intervals.
func bootstrap(pairs []pair) Intervals {
	sorted := slices.Clone(pairs)
	slices.SortStableFunc(sorted, func(a, b pair) int { return cmp.Compare(a.siteID, b.siteID) })
	h := fnv.New64a()
	for _, p := range sorted {
		fmt.Fprintf(h, "%s %t %t;", p.siteID, p.mining, p.due) // never fails
	}
	r := rand.New(rand.NewPCG(h.Sum64(), uint64(len(sorted))))
	times := resamples
	if len(sorted) > manySites {
		times = fewResamples
	}
	of := map[*Interval][]float64{}
	var out Intervals
	sample := make([]pair, len(sorted))
	for range times {
		for i := range sample {
			sample[i] = sorted[r.IntN(len(sorted))]
		}
		var e Evaluation
		e.measure(sample)
		keep := func(to *Interval, v float64, has bool) {
			if has && !math.IsNaN(v) {
				of[to] = append(of[to], v)
			}
		}
		keep(&out.AveragePrecision, e.AveragePrecision, e.Due > 0)
		keep(&out.AveragePrecisionMining, e.AveragePrecisionMining, e.Mining > 0)
		keep(&out.Recall, e.Recall, e.Due > 0)
		keep(&out.Brier, e.Brier, true)
		keep(&out.ECE, e.ECE, true)
		keep(&out.RealisedFDR, e.RealisedFDR, e.Proposed > 0)
		keep(&out.MedianBias, e.Energy.MedianBias, e.Energy.N > 0)
		keep(&out.Coverage, e.Energy.Coverage, e.Energy.N > 0)
	}
	for to, values := range of {
		slices.Sort(values)
		to.Low, to.High = stat.Quantile(values, (1-intervalShare)/2), stat.Quantile(values, (1+intervalShare)/2)
	}
	return out
}
