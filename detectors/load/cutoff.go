package load

import (
	"fmt"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/features"
)

// Cutoff looks for a fall of the load in windows in which miners lost their
// network or their permission, while other users did not.
//
// Statistic: the mean over the window of median(same hours of the week, two weeks
// before and after) − load, in kW. P-value: rank of its share of the load expected
// among windows of the same length in other weeks. Log-likelihood ratio:
// −ln(−e·p·ln p), the bound of Sellke, Bayarri and Berger (2001). Withheld without a
// window in the data and below minPlacebos other weeks.
type Cutoff struct{}

var _ Detector = Cutoff{}

const (
	// cutoffLimit bounds the log-likelihood ratio: with about a hundred placebo
	// windows a chance below one in a hundred cannot be shown.
	cutoffLimit = 3
	// minPlacebos is the least number of weeks to compare with: below 19 no
	// p-value of 5 % exists.
	minPlacebos = 19
	// minFall is the least fall, as a share of the load expected, that counts as
	// a reaction: below it a real reaction would be no mine worth a visit.
	minFall = 0.1
)

// Info implements [Detector].
func (Cutoff) Info() detectors.Info {
	return detectors.Info{
		ID: "load/cutoff", Unit: "fall in kW", Group: "cutoff",
		Source: "natural experiments: internet shutdown of 5-10 January 2022, KEGOC cut-off of 24-31 January 2022, curtailments delivered; rank test against placebo weeks",
		Looks: `Looks for a fall of the load in windows that concern miners and hardly others: the internet was off, or miners were cut off by order. The
load of the window is compared with the same hours of the week in the four weeks around it, and the fall with that of placebo windows of the
same length in other weeks: the p-value is the rank. Outages, in which everybody falls, say nothing. Withheld without a window in the data or with
fewer than 19 placebo weeks.`,
		Picture: cutoffPicture,
	}
}

// Detect implements [Detector].
func (d Cutoff) Detect(s *Sight) datasets.Evidence {
	best := withheld(d, s, "no cut-off window lies in the data")
	for _, c := range s.Cuts {
		if c.Kind == "outage" {
			continue
		}
		if e, ok := d.window(s, c); ok && (best.Status == datasets.Withheld || e.LogLR > best.LogLR) {
			best = e
		}
	}
	return best
}

func (d Cutoff) window(s *Sight, c Cut) (datasets.Evidence, bool) {
	from, to := s.Hour(c.Start), s.Hour(c.End-1)+1
	fall, expected := fallIn(s.Window, from, to)
	if math.IsNaN(fall) {
		return datasets.Evidence{}, false
	}
	var placebo []float64
	for k := -104; k <= 104; k++ {
		shift := k * 168
		if abs(shift) < to-from+4*168 { // neither the window nor the weeks it is compared with
			continue
		}
		if f, e := fallIn(s.Window, from+shift, to+shift); !math.IsNaN(f) {
			placebo = append(placebo, f/e)
		}
	}
	if len(placebo) < minPlacebos {
		return datasets.Evidence{}, false
	}
	e := begin(d, s)
	e.Status = datasets.Spoken
	e.Start, e.End = s.At(from), s.At(to)
	e.N = int32(len(placebo))
	e.Statistic = fall
	slices.Sort(placebo)
	i, _ := slices.BinarySearch(placebo, fall/expected)
	e.PValue = float64(1+len(placebo)-i) / float64(1+len(placebo))
	share := fall / expected
	// Under no reaction the p-value is uniform; where miners react it is the
	// smallest possible. The bound −e·p·ln p of Sellke, Bayarri and Berger
	// (2001) gives the most that p can be worth.
	if share >= minFall && e.PValue < 1/math.E {
		e.LogLR = min(cutoffLimit, -math.Log(-math.E*e.PValue*math.Log(e.PValue)))
		e.MiningKW = fall
		e.Detail = fmt.Sprintf("the load fell by %s kW (%.0f %%) while %s, from %s to %s; of %d other weeks %.0f %% fell as much",
			kw(fall), 100*share, c.Source, day(e.Start, s.Zone), day(e.End, s.Zone), len(placebo), 100*e.PValue)
		return e, true
	}
	e.LogLR = -0.3 // shadow mines on another network or out of reach of the order do not react
	e.Detail = fmt.Sprintf("the load changed by %.0f %% while %s, as in other weeks (p %.2f)", -100*share, c.Source, e.PValue)
	return e, true
}

// fallIn returns the mean fall in kW of the hours [from, to) against the median
// of the same hours in the two weeks before and after, and the load expected.
// NaN if more than half of the hours cannot be compared.
func fallIn(w *Window, from, to int) (fallKW, expectedKW float64) {
	if from < 0 || to > len(w.KW) || to-from < 6 {
		return math.NaN(), math.NaN()
	}
	weeks := (to - from + 167) / 168
	var fall, expected mean
	if reach := (weeks + 1) * 168; from >= reach && to+reach <= len(w.KW) {
		n := to - from
		at := func(weeks int) []float64 { return w.KW[from+weeks*168:][:n] }
		now, before, earlier, after, later := at(0), at(-weeks)[:n], at(-weeks - 1)[:n], at(weeks)[:n], at(weeks + 1)[:n]
		for i, v := range now {
			a, b, c, d := earlier[i], before[i], after[i], later[i]
			m := middleOf(a+b, c+d, math.Abs(a-b)-math.Abs(c-d))
			fall.sum += m - v
			expected.sum += m
		}
		if fall.n, expected.n = n, n; !math.IsNaN(fall.sum) {
			return fallOf(fall, expected, n)
		}
		fall, expected = mean{}, mean{} // some are unknown
	}
	for i := from; i < to; i++ {
		if math.IsNaN(w.KW[i]) {
			continue
		}
		var around [4]float64
		n := 0
		for _, k := range [...]int{-weeks - 1, -weeks, weeks, weeks + 1} {
			if j := i + k*168; j >= 0 && j < len(w.KW) && !math.IsNaN(w.KW[j]) {
				around[n] = w.KW[j]
				n++
			}
		}
		var m float64 // the median, as fast as it can be told
		switch a, b, c := around[0], around[1], around[2]; n {
		case 2:
			m = (a + b) / 2
		case 3:
			m = max(min(a, b), min(max(a, b), c))
		case 4:
			m = middle(a, b, c, around[3])
		default:
			continue
		}
		fall.sum += m - w.KW[i]
		fall.n++
		expected.sum += m
		expected.n++
	}
	return fallOf(fall, expected, to-from)
}

func fallOf(fall, expected mean, hours int) (fallKW, expectedKW float64) {
	f, e := half(fall, hours), half(expected, hours)
	if !(e > 0) {
		return math.NaN(), math.NaN()
	}
	return f, e
}

// middle returns the median of four values.
func middle(a, b, c, d float64) float64 {
	return middleOf(a+b, c+d, math.Abs(a-b)-math.Abs(c-d))
}

// middleOf returns the median of two pairs of values from the sums of both and how much farther the
// first are apart, without a branch that they decide: max and min of two are half of their sum and difference.
func middleOf(x, y, farther float64) float64 {
	return (x+y)/4 - (math.Abs(x-y+farther)-math.Abs(x-y-farther))/8
}

// Overlaps reports whether a cut touches the series.
func (c Cut) Overlaps(s *features.Series) bool { return c.Start < s.End() && c.End > s.Start }
