package pipeline

import (
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// RITA's scores (version 5, as of 2026-01), written anew from their description, as
// an opponent: it is what analysts run on Zeek logs today. For each pair of hosts in
// 24 h, of the log's connections as they are:
//
//   - beacon, from four connections on: the mean of four scores. ts and ds: the mean
//     of 1 - |Bowley skewness| (which counts if the quartiles lie 10 apart or more) and
//     (median - MAD)/median, of the gaps in seconds and of the bytes sent; hist: 24
//     hourly bins, the larger of 1 - stdev/mean and, from 11 active hours on, the fit
//     of two levels; dur: from 6 active hours on, the larger of coverage and the
//     longest run over 12 h.
//   - long connections: 1, 4, 8 and 12 h are bands, scored as 0.5, 0.7, 0.9 and 1.
//   - prevalence: +0.15 for servers of at most 2 % of the hosts, -0.15 from 50 % on.
func ritaScore(day []datasets.Flow, share float64) float64 {
	score := max(ritaBeacon(day), ritaLong(day))
	switch {
	case score == 0:
		return 0
	case share <= 0.02:
		score += 0.15
	case share >= 0.5:
		score -= 0.15
	}
	return score
}

func ritaLong(day []datasets.Flow) float64 {
	longest := 0.0
	for _, f := range day {
		longest = max(longest, f.DurationS)
	}
	for _, band := range []struct{ hours, score float64 }{{12, 1}, {8, 0.9}, {4, 0.7}, {1, 0.5}} {
		if longest >= band.hours*3600 {
			return band.score
		}
	}
	return 0
}

func ritaBeacon(day []datasets.Flow) float64 {
	if len(day) < 4 {
		return 0
	}
	var gaps, sent []float64
	var hours [24]float64
	for i, f := range day {
		if i > 0 {
			gaps = append(gaps, float64(f.TS-day[i-1].TS)/1e6)
		}
		sent = append(sent, float64(f.OrigBytes))
		hours[int(f.TS/3600e6)%24]++
	}
	return (ritaSpread(gaps) + ritaSpread(sent) + ritaHistogram(hours) + ritaDuration(hours)) / 4
}

// ritaSpread is high for values that are alike.
func ritaSpread(x []float64) float64 {
	slices.Sort(x)
	q := func(p float64) float64 { return x[int(p*float64(len(x)-1)+0.5)] }
	skew, mad := 1.0, 1.0
	if q3, q2, q1 := q(0.75), q(0.5), q(0.25); q3-q1 >= 10 {
		skew = 1 - math.Abs((q3+q1-2*q2)/(q3-q1))
	}
	if median := q(0.5); median > 0 {
		away := make([]float64, len(x))
		for i, v := range x {
			away[i] = math.Abs(v - median)
		}
		slices.Sort(away)
		mad = max(0, (median-away[len(away)/2])/median)
	}
	return (skew + mad) / 2
}

func ritaHistogram(hours [24]float64) float64 {
	sum, squares, active := 0.0, 0.0, 0
	levels := map[float64]int{}
	for _, n := range hours {
		sum, squares = sum+n, squares+n*n
		if n > 0 {
			active++
			levels[n]++
		}
	}
	mean := sum / 24
	even := max(0, 1-math.Sqrt(max(0, squares/24-mean*mean))/mean)
	if active < 11 {
		return even
	}
	var counts []int
	for _, n := range levels {
		counts = append(counts, n)
	}
	slices.Sort(counts)
	two := 0
	for _, n := range counts[max(0, len(counts)-2):] {
		two += n
	}
	return max(even, float64(two)/24)
}

func ritaDuration(hours [24]float64) float64 {
	first, last, run, longest, active := -1, -1, 0, 0, 0
	for h, n := range hours {
		if n == 0 {
			run = 0
			continue
		}
		if first < 0 {
			first = h
		}
		last = h
		active++
		run++
		longest = max(longest, run)
	}
	if active < 6 {
		return 0
	}
	return max(float64(last-first+1)/24, min(1, float64(longest)/12))
}
