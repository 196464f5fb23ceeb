package score

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// An Example is one site with a known outcome.
type Example struct {
	Worth  [len(Learnt)]float64 // see Verdict
	Mining bool
	Weight float64 // 1 for a plain visit; more for one drawn at random, which stands for many
}

// Shrinkage: standard deviations of the normal priors of Shift and of the
// slopes around the weights to start from. A slope of twice the shipped one is
// unusual; a shift of e^1 is not, since the prior is a guess.
const (
	shiftPriorSD = 1.0
	slopePriorSD = 0.5
)

// minOutcomes is the least number of examples of either outcome from which anything
// is learnt.
const minOutcomes = 3

// Learn fits shift and slopes to outcomes by logistic regression around the weights to
// start from, with the prior's log-odds as offset: Newton's method on the penalised
// likelihood, which is concave. It returns start unchanged if there are fewer than
// three visits of either outcome. Slopes are kept from falling below 0, so that more
// evidence never lowers a probability.
func Learn(prior float64, start Weights, examples []Example) Weights {
	n := [2]int{}
	for _, e := range examples {
		n[index(e.Mining)]++
	}
	if min(n[0], n[1]) < minOutcomes {
		return start
	}
	const p = len(Learnt) + 1
	centre := [p]float64{start.Shift}
	copy(centre[1:], start.Slope[:])
	beta := centre
	var hess *mat.SymDense
	for range 100 {
		var grad [p]float64
		hess = mat.NewSymDense(p, nil)
		for a := range p {
			sd := slopePriorSD
			if a == 0 {
				sd = shiftPriorSD
			}
			grad[a] = (centre[a] - beta[a]) / (sd * sd)
			hess.SetSym(a, a, 1/(sd*sd))
		}
		for _, e := range examples {
			x := [p]float64{1}
			copy(x[1:], e.Worth[:])
			z := Logit(prior)
			for j := range p {
				z += beta[j] * x[j]
			}
			q := Logistic(z)
			for a := range p {
				grad[a] += e.Weight * (float64(index(e.Mining)) - q) * x[a]
				for b := a; b < p; b++ {
					hess.SetSym(a, b, hess.At(a, b)+e.Weight*q*(1-q)*x[a]*x[b])
				}
			}
		}
		var chol mat.Cholesky
		var step mat.VecDense
		if !chol.Factorize(hess) || chol.SolveVecTo(&step, mat.NewVecDense(p, grad[:])) != nil {
			return start // numbers beyond the range of floats: nothing can be learnt from them
		}
		largest := 0.0
		for a := range p {
			beta[a] += step.AtVec(a)
			if a > 0 {
				beta[a] = max(0, beta[a])
			}
			largest = max(largest, math.Abs(step.AtVec(a)))
		}
		if largest < 1e-9 {
			break
		}
	}
	w := Weights{Curves: start.Curves, Shift: beta[0], Outcomes: start.Outcomes + len(examples)}
	copy(w.Slope[:], beta[1:])
	w.ShiftSD = shiftSD(hess)
	return w
}

// shiftSD is the standard deviation of the shift by the curvature of the
// penalised likelihood (Laplace).
func shiftSD(hess *mat.SymDense) float64 {
	var chol mat.Cholesky
	var inv mat.SymDense
	if !chol.Factorize(hess) || chol.InverseTo(&inv) != nil {
		return shiftPriorSD
	}
	return math.Sqrt(inv.At(0, 0))
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}
