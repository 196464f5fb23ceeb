package load

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/minewatch/minewatch/detectors/stat"
)

// lags of the whitening filter, in hours: the last hours, yesterday, last week.
// An edge of a block survives the filter whole, while the daily and weekly
// habit of the site does not.
var lags = [...]int{1, 2, 24, 25, 168, 169}

const maxLag = 169

// A whitener turns hourly load into innovations of comparable size: what an
// autoregression over lags could not foresee, divided by the scale that
// innovations have at that hour of the day, working days and weekends apart.
type whitener struct {
	phi   [len(lags)]float64
	inn   []float64 // kW; NaN where a lag is missing
	scale [48]float64
	class []uint8 // of each hour: hour of the day, +24 on weekends

	all     []float64
	byClass [48][]float64
}

// minInnovations is how many innovations the fit needs: four weeks.
const minInnovations = 4 * 168

// fit fits the filter by least squares and reports whether there was enough data.
func (w *whitener) fit(win *Window) bool {
	const p = len(lags) + 1
	var xtx [p * p]float64
	var xty [p]float64
	n := 0
	each(win.KW, func(_ int, y float64, x *[p]float64) {
		n++
		for i := range p {
			for j := range p {
				xtx[i*p+j] += x[i] * x[j]
			}
			xty[i] += x[i] * y
		}
	})
	if n < minInnovations {
		return false
	}
	for i := range p { // a constant load has no variance to explain
		xtx[i*p+i] *= 1 + 1e-9
		xtx[i*p+i] += 1e-9
	}
	var beta mat.VecDense
	if err := beta.SolveVec(mat.NewDense(p, p, xtx[:]), mat.NewVecDense(p, xty[:])); err != nil {
		return false // no unique filter: the load is constant
	}
	for k := range w.phi {
		w.phi[k] = beta.AtVec(k)
	}
	w.innovate(win, beta.AtVec(p-1))
	return true
}

// each calls f with every hour whose lags are all known; the last regressor is 1.
func each(kw []float64, f func(i int, y float64, x *[len(lags) + 1]float64)) {
	var x [len(lags) + 1]float64
	x[len(lags)] = 1
hours:
	for i := maxLag; i < len(kw); i++ {
		if math.IsNaN(kw[i]) {
			continue
		}
		for k, l := range lags {
			if math.IsNaN(kw[i-l]) {
				continue hours
			}
			x[k] = kw[i-l]
		}
		f(i, kw[i], &x)
	}
}

func (w *whitener) innovate(win *Window, constant float64) {
	w.inn = resize(w.inn, len(win.KW))
	for i := range w.inn {
		w.inn[i] = math.NaN()
	}
	each(win.KW, func(i int, y float64, x *[len(lags) + 1]float64) {
		y -= constant
		for k, f := range w.phi {
			y -= f * x[k]
		}
		w.inn[i] = y
	})
	w.class = resize(w.class, len(win.KW))
	for i, c := range win.Clock {
		w.class[i] = c % 24
		if c >= 5*24 {
			w.class[i] += 24
		}
	}
	w.scales()
}

// scales estimates the scale of each class of hours by the MAD, not below a
// fifth of the scale of all: quiet hours of a rounded meter would weigh without limit.
func (w *whitener) scales() {
	w.all = w.all[:0]
	for c := range w.byClass {
		w.byClass[c] = w.byClass[c][:0]
	}
	for i, e := range w.inn {
		if !math.IsNaN(e) {
			w.all = append(w.all, e)
			w.byClass[w.class[i]] = append(w.byClass[w.class[i]], e)
		}
	}
	all := stat.MAD(w.all, 0)
	for c, x := range w.byClass {
		s := stat.MAD(x, 0)
		if math.IsNaN(s) {
			s = all
		}
		w.scale[c] = max(s, all/5, 1e-6)
	}
}

// resize returns a slice of n elements, with x's memory if it is large enough.
func resize[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}
