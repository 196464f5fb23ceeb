package score

import (
	"cmp"
	"math"
	"slices"
)

// Conformal returns the conformal p-value of x against the scores of sites known not
// to mine, sorted ascending: (1 + how many are at least x) / (1 + how many), Vovk
// et al. 2005. It is 1 if there are none.
func Conformal(null []float64, x float64) float64 {
	i, _ := slices.BinarySearch(null, x)
	return float64(1+len(null)-i) / float64(1+len(null))
}

// BenjaminiHochberg returns the q-value of each p-value: the least false discovery
// rate of a list that holds it (Benjamini and Hochberg 1995). It holds for
// independent p-values and for those that rise together, as conformal ones do that
// share their null scores (Bates et al. 2023).
func BenjaminiHochberg(p []float64) []float64 { return stepUp(p, 1) }

// BenjaminiYekutieli is BenjaminiHochberg for p-values that depend on each other in
// any way, at the price of the factor Σ 1/i (Benjamini and Yekutieli 2001).
func BenjaminiYekutieli(p []float64) []float64 {
	c := 0.0
	for i := range p {
		c += 1 / float64(i+1)
	}
	return stepUp(p, c)
}

func stepUp(p []float64, factor float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) }) // largest first
	q := make([]float64, len(p))
	least := 1.0
	for k, i := range order {
		rank := len(p) - k
		least = min(least, factor*p[i]*float64(len(p))/float64(rank))
		q[i] = least
	}
	return q
}

// RunningRate returns, for each probability, the mean of 1 − p over it and all
// larger ones: the false discovery rate of a list down to it as far as the
// probabilities are right (Newton et al. 2004). Equal probabilities get the same rate.
func RunningRate(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	out := make([]float64, len(p))
	sum := 0.0
	for k := 0; k < len(order); {
		j := k
		for ; j < len(order) && p[order[j]] == p[order[k]]; j++ {
			sum += 1 - p[order[j]]
		}
		for ; k < j; k++ {
			out[order[k]] = sum / float64(j)
		}
	}
	return out
}

// A Wrong says how many sites of a list are expected not to mine.
type Wrong struct {
	Sites    int     `json:"sites"` // of the list
	Expected float64 `json:"expected_wrong"`
	Low      int     `json:"expected_wrong_low"` // 95 % interval, both ends inclusive
	High     int     `json:"expected_wrong_high"`
}

// Rate is the expected share of wrong sites, the declared false discovery rate; 0 of
// an empty list.
func (w Wrong) Rate() float64 {
	if w.Sites == 0 {
		return 0
	}
	return w.Expected / float64(w.Sites)
}

// shiftNodes are the medians of nine slices of equal chance of the standard normal
// distribution, Φ⁻¹((2i−1)/18).
var shiftNodes = [...]float64{-1.5932, -0.9674, -0.5895, -0.2822, 0, 0.2822, 0.5895, 0.9674, 1.5932}

// ExpectedWrong returns how many of a list, given by its probabilities, are
// expected not to mine. The number of wrong ones is Poisson-binomial given that the
// probabilities are right; they may be wrong together, by a shift on the log-odds with
// standard deviation shiftSD, over which the distribution is averaged.
func ExpectedWrong(probabilities []float64, shiftSD float64) Wrong {
	w := Wrong{Sites: len(probabilities)}
	if w.Sites == 0 {
		return w
	}
	mixed := make([]float64, w.Sites+1)
	wrong := make([]float64, w.Sites)
	for _, node := range shiftNodes {
		for i, p := range probabilities {
			wrong[i] = 1 - shifted(p, node*shiftSD)
		}
		for k, v := range poissonBinomial(wrong) {
			mixed[k] += v / float64(len(shiftNodes))
		}
	}
	for _, p := range probabilities {
		w.Expected += 1 - p
	}
	w.Low, w.High = interval95(mixed)
	return w
}

func shifted(p, by float64) float64 {
	if by == 0 || p <= 0 || p >= 1 {
		return p
	}
	return Logistic(Logit(p) + by)
}

// exactSites is up to how many sites the distribution is reckoned exactly, in the
// square of their number; beyond, it is normal to all purposes.
const exactSites = 2000

// poissonBinomial returns the chance of each number of successes of independent
// trials.
func poissonBinomial(p []float64) []float64 {
	out := make([]float64, len(p)+1)
	if len(p) > exactSites {
		mean, variance := 0.0, 0.0
		for _, v := range p {
			mean, variance = mean+v, variance+v*(1-v)
		}
		below := func(k float64) float64 {
			return math.Erfc((mean-k)/math.Sqrt(2*max(variance, 1e-12))) / 2
		}
		for k := range out {
			out[k] = below(float64(k)+0.5) - below(float64(k)-0.5)
		}
		return out
	}
	out[0] = 1
	for i, v := range p {
		for k := i + 1; k > 0; k-- {
			out[k] = out[k]*(1-v) + out[k-1]*v
		}
		out[0] *= 1 - v
	}
	return out
}

// interval95 cuts 2.5 % off either end.
func interval95(mass []float64) (low, high int) {
	const tail = 0.025
	high = len(mass) - 1
	for sum := mass[low]; sum <= tail && low < high; sum += mass[low] {
		low++
	}
	for sum := mass[high]; sum <= tail && high > low; sum += mass[high] {
		high--
	}
	return low, high
}
