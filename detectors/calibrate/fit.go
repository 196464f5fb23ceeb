package calibrate

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/stat"
)

// A Result is what a calibration learnt and how well it did on buildings that
// it had not seen.
type Result struct {
	Cases     []Case
	Intercept float64
	Weights   [len(load.FeatureNames)]float64
	HeldOut   []float64 // log-likelihood ratio of each case, by weights fitted without its building
	// ErrLow and ErrHigh are the 5 % and 95 % quantiles of ln(true / estimated
	// energy) of the weak (0) and strong (1) mines found.
	ErrLow, ErrHigh [2]float64
}

// foundLR is the held-out log-likelihood ratio from which a mine counts as
// found, for the quantiles of the energy error.
const foundLR = 1

// ridge keeps the weights of nearly redundant features small.
const ridge = 0.5

// Fit fits the weights to all cases, and once more without each building in turn.
func Fit(cases []Case) Result {
	r := Result{Cases: cases, HeldOut: make([]float64, len(cases))}
	r.Intercept, r.Weights = logistic(cases, "")
	for _, b := range buildings(cases) {
		intercept, weights := logistic(cases, b)
		for i, c := range cases {
			if c.Building == b {
				r.HeldOut[i] = intercept + dot(weights, c.Block.Features())
			}
		}
	}
	var errors [2][]float64
	for i, c := range cases {
		if c.Family == "" || r.HeldOut[i] <= foundLR || c.GuessKWh <= 0 {
			continue
		}
		class := 0
		if r.HeldOut[i] >= load.StrongLR {
			class = 1
		}
		errors[class] = append(errors[class], math.Log(c.TrueKWh/c.GuessKWh))
	}
	for class, e := range errors {
		slices.Sort(e)
		r.ErrLow[class], r.ErrHigh[class] = stat.Quantile(e, 0.05), stat.Quantile(e, 0.95)
	}
	return r
}

// AveragePrecision returns the held-out average precision at a prevalence, over
// the mines that keep selects and all meters without one.
func (r *Result) AveragePrecision(prevalence float64, keep func(Case) bool) float64 {
	return averagePrecision(r.Cases, r.HeldOut, prevalence, keep)
}

func averagePrecision(cases []Case, scores []float64, prevalence float64, keep func(Case) bool) float64 {
	positives, negatives := 0.0, 0.0
	for _, c := range cases {
		if c.Family == "" {
			negatives++
		} else if keep(c) {
			positives++
		}
	}
	var items []stat.Ranked
	for i, c := range cases {
		switch {
		case c.Family == "":
			items = append(items, stat.Ranked{Score: scores[i], Weight: (1 - prevalence) / negatives})
		case keep(c):
			items = append(items, stat.Ranked{Score: scores[i], Positive: true, Weight: prevalence / positives})
		}
	}
	return stat.AveragePrecision(items)
}

// Tables returns the two tables that package load embeds.
func (r *Result) Tables() (weights, placebo string) {
	var w, p strings.Builder
	w.WriteString("# Written by `minewatch calibrate`. Recipe: package detectors/calibrate.\nterm,weight\n")
	fmt.Fprintf(&w, "intercept,%.4f\n", r.Intercept)
	for i, name := range load.FeatureNames {
		fmt.Fprintf(&w, "%s,%.4f\n", name, r.Weights[i])
	}
	for class, name := range []string{"weak", "strong"} {
		fmt.Fprintf(&w, "ln_energy_error_%s_p05,%.4f\nln_energy_error_%[1]s_p95,%.4[3]f\n", name, r.ErrLow[class], r.ErrHigh[class])
	}
	p.WriteString("# Held-out log-likelihood ratios of windows without a mine. Written by `minewatch calibrate`.\nlog_lr\n")
	var clean []float64
	for i, c := range r.Cases {
		if c.Family == "" {
			clean = append(clean, r.HeldOut[i])
		}
	}
	slices.Sort(clean)
	for _, v := range clean {
		fmt.Fprintf(&p, "%.3f\n", v)
	}
	return w.String(), p.String()
}

// Report writes the held-out scores for a reader.
func (r *Result) Report(out io.Writer) {
	all := func(Case) bool { return true }
	fmt.Fprintf(out, "average precision on buildings not seen: %.3f at 5 %% prevalence, %.3f at 1 %%\n",
		r.AveragePrecision(0.05, all), r.AveragePrecision(0.01, all))
	for _, size := range Sizes {
		ap := r.AveragePrecision(0.05, func(c Case) bool { return c.Size == size })
		fmt.Fprintf(out, "  mine of %.2f × mean load  %.3f\n", size, ap)
	}
	for _, f := range Families {
		ap := r.AveragePrecision(0.05, func(c Case) bool { return c.Family == f })
		fmt.Fprintf(out, "  %-24s %.3f\n", f, ap)
	}
	fmt.Fprintln(out, "simple rules on the same windows:")
	for k, name := range RuleNames {
		scores := make([]float64, len(r.Cases))
		for i, c := range r.Cases {
			scores[i] = c.Rules[k]
		}
		fmt.Fprintf(out, "  %-30s %.3f\n", name, averagePrecision(r.Cases, scores, 0.05, all))
	}
	fmt.Fprintf(out, "  %-30s %.3f\n", "rank product of the last two", averagePrecision(r.Cases, rankProduct(r.Cases), 0.05, all))
	found, mines, onset, energy := 0, 0, 0, 0
	for i, c := range r.Cases {
		if c.Family == "" {
			continue
		}
		mines++
		if r.HeldOut[i] <= foundLR {
			continue
		}
		found++
		if math.Abs(c.OnsetH) <= 48 {
			onset++
		}
		if q := c.GuessKWh / c.TrueKWh; q > 0.8 && q < 1.2 {
			energy++
		}
	}
	fmt.Fprintf(out, "of %d mines %d found; onset within two days for %d, energy within 20 %% for %d\n", mines, found, onset, energy)
}

func buildings(cases []Case) []string {
	var names []string
	for _, c := range cases {
		names = append(names, c.Building)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func dot(w, x [len(load.FeatureNames)]float64) float64 {
	s := 0.0
	for i := range w {
		s += w[i] * x[i]
	}
	return s
}

// logistic fits a ridge-penalised logistic regression by Newton's method, with
// mines and clean meters of equal total weight, so that the fitted log-odds are
// a log-likelihood ratio.
func logistic(cases []Case, without string) (float64, [len(load.FeatureNames)]float64) {
	const p = len(load.FeatureNames) + 1
	weight := balance(cases, without)
	var beta [p]float64
	for range 100 {
		grad, hess := make([]float64, p), make([]float64, p*p)
		for _, c := range cases {
			if c.Building == without {
				continue
			}
			x := [p]float64{1}
			f := c.Block.Features()
			copy(x[1:], f[:])
			z, y := 0.0, 0.0
			for j := range p {
				z += beta[j] * x[j]
			}
			if c.Family != "" {
				y = 1
			}
			w, q := weight[c.Family != ""], 1/(1+math.Exp(-z))
			for a := range p {
				grad[a] += w * (y - q) * x[a]
				for b := range p {
					hess[a*p+b] += w * q * (1 - q) * x[a] * x[b]
				}
			}
		}
		for a := 1; a < p; a++ {
			grad[a] -= ridge * beta[a]
			hess[a*p+a] += ridge
		}
		var step mat.VecDense
		if err := step.SolveVec(mat.NewDense(p, p, hess), mat.NewVecDense(p, grad)); err != nil {
			panic(fmt.Sprintf("calibrate: %v", err)) // ridge makes the matrix regular
		}
		largest := 0.0
		for a := range p {
			beta[a] += step.AtVec(a)
			largest = max(largest, math.Abs(step.AtVec(a)))
		}
		if largest < 1e-9 {
			break
		}
	}
	return beta[0], [len(load.FeatureNames)]float64(beta[1:])
}

// balance returns the weight of a mine (true) and of a clean meter: each kind
// weighs as many as there are clean meters.
func balance(cases []Case, without string) map[bool]float64 {
	n := map[bool]float64{}
	for _, c := range cases {
		if c.Building != without {
			n[c.Family != ""]++
		}
	}
	return map[bool]float64{true: n[false] / n[true], false: 1}
}
