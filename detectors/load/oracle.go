package load

import "math"

// ProfileT returns the t statistic of a known profile of added power, in kW an
// hour of the window, by generalised least squares under the site's own filter:
// what a detector could know that is told calendar, onset, end and every failure,
// and only not the host. 0 if the window cannot be whitened. It is the bound that
// the benchmark holds detectors against; no detector uses it.
func (s *Scanner) ProfileT(w *Window, kw []float64) float64 {
	if !s.white.fit(w, meanOf(w.KW)) {
		return 0
	}
	num, den := 0.0, 0.0
	for i := maxLag; i < len(kw); i++ {
		x := kw[i]
		for k, l := range lags {
			x -= s.white.phi[k] * kw[i-l]
		}
		num += s.white.weight[i] * s.white.inn[i] * x
		den += s.white.weight[i] * x * x
	}
	if den <= 0 {
		return 0
	}
	return num / math.Sqrt(den)
}
