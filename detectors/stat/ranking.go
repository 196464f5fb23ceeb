package stat

import (
	"cmp"
	"slices"
)

// A Ranked is one item of a ranking: larger scores come first.
type Ranked struct {
	Score    float64
	Positive bool
	Weight   float64 // 1 for a plain count; weights change the prevalence
}

// AveragePrecision returns the area under the precision-recall curve of a
// ranking, Σ precision × recall gained, as scikit-learn's
// average_precision_score. Items of equal score are taken together, so that
// ties earn what chance would give. Special case: 0 without positives. It
// reorders items.
func AveragePrecision(items []Ranked) float64 {
	slices.SortFunc(items, func(a, b Ranked) int { return cmp.Compare(b.Score, a.Score) })
	total := 0.0
	for _, it := range items {
		if it.Positive {
			total += it.Weight
		}
	}
	if total == 0 {
		return 0
	}
	tp, seen, ap := 0.0, 0.0, 0.0
	for i := 0; i < len(items); {
		gained := 0.0
		j := i
		for ; j < len(items) && items[j].Score == items[i].Score; j++ {
			seen += items[j].Weight
			if items[j].Positive {
				gained += items[j].Weight
			}
		}
		tp += gained
		if gained > 0 {
			ap += gained / total * tp / seen
		}
		i = j
	}
	return ap
}
