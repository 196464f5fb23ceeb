package score

import "math"

// A Judged is one probability and what turned out.
type Judged struct {
	P      float64
	Mining bool
	Weight float64 // 1 for a plain count
}

// A Bin is one tenth of the probabilities of a reliability diagram.
type Bin struct {
	From     float64 `json:"from"`
	Sites    float64 `json:"sites"` // sum of weights
	Mean     float64 `json:"mean_probability"`
	Observed float64 `json:"observed"` // share that mined
}

const bins = 10

// Reliability returns the bins that hold sites, and the expected calibration error:
// the mean of |Mean − Observed| weighted by sites (Naeini et al. 2015).
func Reliability(list []Judged) (diagram []Bin, ece float64) {
	var of [bins]Bin
	total := 0.0
	for _, j := range list {
		b := &of[min(bins-1, int(j.P*bins))]
		b.Sites += j.Weight
		b.Mean += j.Weight * j.P
		b.Observed += j.Weight * float64(index(j.Mining))
		total += j.Weight
	}
	for i, b := range of {
		if b.Sites == 0 {
			continue
		}
		b.From, b.Mean, b.Observed = float64(i)/bins, b.Mean/b.Sites, b.Observed/b.Sites
		diagram = append(diagram, b)
		ece += math.Abs(b.Mean-b.Observed) * b.Sites / total
	}
	return diagram, ece
}

// Brier returns the mean squared difference of probability and outcome (Brier
// 1950); 0 if there is nothing to judge.
func Brier(list []Judged) float64 {
	sum, total := 0.0, 0.0
	for _, j := range list {
		d := j.P - float64(index(j.Mining))
		sum += j.Weight * d * d
		total += j.Weight
	}
	if total == 0 {
		return 0
	}
	return sum / total
}
