package load

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// lags of the whitening filter, in hours: the last hours, yesterday, last week.
// An edge of a block survives the filter whole, while the daily and weekly
// habit of the site does not.
var lags = [...]int{1, 2, 24, 25, 168, 169}

const maxLag = 169

// A whitener turns hourly load into innovations of known scale: what an
// autoregression over lags could not foresee, in kW, and one over the variance
// that innovations have at that hour of that kind of day, and in that part of the year.
type whitener struct {
	phi    [len(lags)]float64
	x      []float64 // load less the habit of its weekdays; unknown hours hold the value of a week before
	mean   float64   // of the load, kW
	inn    []float64 // innovations in kW; 0 where unknown
	weight []float64 // 1/scale² of each innovation; 0 where unknown
	u      []float64 // inn × weight

	xtx       *mat.Dense // normal equations
	xty, beta *mat.VecDense
	lu        mat.LU

	ofHour [168]uint8 // class of each hour of the week
	class  []uint8    // of each hour of the series; unknown where there is no innovation
	fold   []float64

	unit  [168]float64 // weight by hour of the week, in a part of the year of scale 1
	parts []float64    // what weights are multiplied by in each part of the year

	rough []float64 // running sum of the sizes of known innovations by the scale of their class
	count []int32   // and their number, if hours are unknown
	whole bool      // no hour of the load is unknown
}

// minInnovations is how many innovations the fit needs: four weeks.
const minInnovations = 4 * 168

// fit fits the filter by least squares and reports whether there was enough data. m adds up
// the known loads of the window.
func (w *whitener) fit(win *Window, m mean) bool {
	w.whole = m.n == len(win.KW)
	w.mean = m.sum / float64(max(1, m.n))
	w.fill(win)
	if !w.filter() {
		return false
	}
	w.innovate()
	if w.classify(win) < minInnovations {
		return false
	}
	return w.scales()
}

// part is how many hours are gone through at a time where a series is gone through several times:
// they stay in the nearest cache.
const part = 1024

// innovate fills inn.
func (w *whitener) innovate() {
	n := len(w.x)
	w.inn = resize(w.inn, n)
	clear(w.inn[:maxLag])
	for from := maxLag; from < n; from += part {
		to := min(n, from+part)
		inn := w.inn[from:to]
		for k, l := range lags {
			if before := w.x[from-l : to-l]; k == 0 {
				floats.AddScaledTo(inn, w.x[from:to], -w.phi[k], before)
			} else {
				floats.AddScaled(inn, -w.phi[k], before)
			}
		}
	}
}

// classify fills class and returns how many innovations are known. The filter leans on the last
// two hours: where one is imputed there is no innovation.
func (w *whitener) classify(win *Window) int {
	n := len(w.inn)
	w.class = resize(w.class, n)
	var week [2 * 168]uint8 // and once more, so that a day may begin at any hour
	for h := range w.ofHour {
		w.ofHour[h] = uint8(h%24 + 24*kindOfDay[h/24%7])
		week[h], week[h+168] = w.ofHour[h], w.ofHour[h]
	}
	for from := 0; from < n; from += 24 {
		day := w.class[from:min(n, from+24)]
		if first := win.Clock[from]; usualHours(win.Clock[from : from+len(day)]) {
			copy(day, week[first:])
			continue
		}
		for i, hour := range win.Clock[from : from+len(day)] {
			day[i] = w.ofHour[hour]
		}
	}
	for i := range w.class[:maxLag] {
		w.class[i] = unknown
	}
	if w.whole {
		return n - maxLag
	}
	known := 0
	for i := maxLag; i < n; i++ {
		if math.IsNaN(win.KW[i] + win.KW[i-1] + win.KW[i-2]) {
			w.inn[i], w.class[i] = 0, unknown
		} else {
			known++
		}
	}
	return known
}

// fill makes x: the load less what the days of its week differ by at each hour. A
// filter over one day cannot foresee a Monday. The daily habit is left to it: a
// calendar of nights would else show in every day before its onset. A gap of a week
// or more repeats the week before it.
func (w *whitener) fill(win *Window) {
	w.x = resize(w.x, len(win.KW))
	usual, habit := w.weekdays(win), win.habit()
	var expected [256]float64 // no bounds are checked
	for c, v := range usual {
		expected[c] = w.mean + v
	}
	x, kw := w.x, win.KW[:len(w.x)]
	for i, c := range habit[:len(x)] {
		x[i] = kw[i] - expected[c]
	}
	if w.whole {
		return
	}
	for i, v := range x {
		if !math.IsNaN(v) {
			continue
		}
		if x[i] = 0; i >= 168 {
			x[i] = x[i-168]
		}
	}
}

// weekdays returns by how much each hour of the week lies above the mean of its hour
// of the day over the seven days around it, in kW. Differences are clipped, so that a
// block that begins on a Thursday does not raise all Thursdays.
func (w *whitener) weekdays(win *Window) (usual [168]float64) {
	n := len(win.KW) - 2*halfWeek
	if n <= 0 {
		return usual
	}
	habit := win.habit()[halfWeek : halfWeek+n]
	x := w.x[halfWeek : halfWeek+n]
	aboveWeek(x, win.KW)
	var size, clip, sum [256]float64 // no bounds are checked
	var count [256]int32
	for i, v := range x {
		if v == v { // known
			size[habit[i]] += math.Abs(v)
			count[habit[i]]++
		}
	}
	for c := range usual {
		clip[c] = clipAt * size[c] / float64(max(1, count[c]))
	}
	for i, v := range x {
		c := habit[i]
		if most := clip[c]; v > most {
			v = most
		} else if v < -most {
			v = -most
		}
		if v == v {
			sum[c] += v
		}
	}
	for c := range usual {
		usual[c] = sum[c] / float64(max(1, count[c]))
	}
	return usual
}

// shifts are the lags and the hour itself.
var shifts = func() (s [len(lags) + 1]int) {
	copy(s[1:], lags[:])
	return s
}()

// A lagPair are two shifts, the smaller one first.
type lagPair struct{ near, far int }

func (p lagPair) distance() int { return p.far - p.near }

// distances has one pair of shifts for each distance between two of them.
var distances = func() (pairs []lagPair) {
	for i, near := range shifts {
		for _, far := range shifts[i:] {
			p := lagPair{near, far}
			if !slices.ContainsFunc(pairs, func(o lagPair) bool { return o.distance() == p.distance() }) {
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}()

// filter solves the normal equations. The product of two lags differs from that
// of another pair of the same distance at the ends only, so that a full pass is
// needed for each distance, not for each pair.
func (w *whitener) filter() bool {
	const p = len(lags)
	n := len(w.x)
	if n < maxLag+minInnovations {
		return false
	}
	var done [maxLag + 1]struct {
		near int // of the pair that was summed
		sum  float64
	}
	for from := maxLag; from < n; from += part {
		to := min(n, from+part)
		for _, pair := range distances {
			d := &done[pair.distance()]
			d.near = pair.near
			d.sum += product(w.x[from-pair.near:to-pair.near], w.x[from-pair.far:to-pair.far])
		}
	}
	var products [p + 1][p + 1]float64
	for a, near := range shifts {
		for b := a; b < len(shifts); b++ {
			distance := shifts[b] - near
			sum := done[distance].sum
			for k := done[distance].near; k < near; k++ { // one step back in time: one product enters, one leaves
				sum += w.x[maxLag-k-1]*w.x[maxLag-k-1-distance] - w.x[n-1-k]*w.x[n-1-k-distance]
			}
			products[a][b], products[b][a] = sum, sum
		}
	}
	if products[0][0] <= 0 {
		return false // a constant load
	}
	if w.xtx == nil {
		w.xtx, w.xty, w.beta = mat.NewDense(p, p, nil), mat.NewVecDense(p, nil), mat.NewVecDense(p, nil)
	}
	for i := range p {
		for j := range p {
			w.xtx.Set(i, j, products[i+1][j+1])
		}
		w.xtx.Set(i, i, products[i+1][i+1]*(1+1e-9))
		w.xty.SetVec(i, products[i+1][0])
	}
	w.lu.Factorize(w.xtx)
	if err := w.lu.SolveVecTo(w.beta, false, w.xty); err != nil {
		return false // no unique filter
	}
	for k := range w.phi {
		w.phi[k] = w.beta.AtVec(k)
	}
	return true
}

const (
	// clipAt bounds innovations, as multiples of their mean size, where a scale is
	// estimated, so that single spikes do not decide.
	clipAt = 3
	// seasonHours is the length of the parts of the year that have a scale of their own.
	seasonHours = 8 * 168
	// classes of innovations: hours of the kinds of day.
	classes = 4 * 24
	// unknown is the class of the hours without one.
	unknown = 127
	// gaussian makes the mean size of normal values their standard deviation: √(π/2).
	gaussian = 1.2533141373155
)

// kindOfDay tells the days of the week apart by how well the day before foresees
// them: Tuesday to Friday, Monday, Saturday, Sunday.
var kindOfDay = [7]int{1, 0, 0, 0, 0, 2, 3}

// scales sets weight to 1/scale². A scale is not below a fifth of that of all
// hours: quiet hours of a rounded meter would weigh without limit. Unknown innovations
// are of a class of their own, which weighs nothing.
func (w *whitener) scales() bool {
	var sum, clip [128]float64 // no bounds are checked
	var count [128]int32
	class := w.class[:len(w.inn)]
	for i, e := range w.inn {
		c := class[i] % 128
		sum[c] += math.Abs(e)
		count[c]++
	}
	var n, scale [classes]float64
	known := 0.0
	for c := range scale {
		n[c] = float64(count[c])
		scale[c] = sum[c] / max(1, n[c])
		clip[c] = clipAt * scale[c]
		known += n[c]
	}
	clear(sum[:])
	for i, e := range w.inn { // once more with the sizes clipped
		c := class[i] % 128
		sum[c] += min(math.Abs(e), clip[c])
	}
	total := 0.0
	for c := range scale {
		total += sum[c]
		scale[c] = sum[c] / max(1, n[c])
	}
	all := total / max(1, known)
	if !(all > 0) {
		return false
	}
	for c := range scale {
		scale[c] = gaussian * max(scale[c], all/5)
	}
	w.roughen(&scale)
	w.seasons(&scale)
	return true
}

// roughen fills rough, and count if hours are unknown.
func (w *whitener) roughen(scale *[classes]float64) {
	n := len(w.inn)
	w.rough = resize(w.rough, n+1)
	var per [128]float64 // no bounds are checked
	for c, s := range scale {
		per[c] = 1 / s
	}
	class, sums := w.class[:n], w.rough[:n+1]
	rough := 0.0
	sums[0] = 0
	for i, e := range w.inn {
		rough += min(math.Abs(e)*per[class[i]%128], clipAt)
		sums[i+1] = rough
	}
	if w.whole {
		return
	}
	w.count = resize(w.count, n+1)
	w.count[0] = 0
	for i, c := range class {
		w.count[i+1] = w.count[i]
		if c != unknown {
			w.count[i+1]++
		}
	}
}

// known returns how many innovations of the hours [from, to) are known.
func (w *whitener) known(from, to int) int {
	if w.whole {
		return max(maxLag, to) - max(maxLag, from)
	}
	return int(w.count[to] - w.count[from])
}

// roughness returns the mean size of the innovations of the hours [from, to); NaN
// if fewer than half of them are known.
func (w *whitener) roughness(from, to int) float64 {
	if from < 0 || to >= len(w.rough) || w.known(from, to)*2 < to-from {
		return math.NaN()
	}
	return (w.rough[to] - w.rough[from]) / float64(w.known(from, to))
}

// texture returns ln of the size of the innovations in the levelDays from a day after
// an onset and a gap of days on, by that in the levelDays before it, less that of
// another year where there is one. NaN if it is unknown.
func (w *whitener) texture(onset, gap int) float64 {
	const span = levelDays * 24
	change := func(at int) float64 {
		from := at + (1+gap)*24
		return math.Log(w.roughness(from, from+span) / w.roughness(at-span, at))
	}
	return lessAnotherYear(change, onset, yearDays*24)
}

// seasons fills weight and u. It gives each part of the year the ratio of its innovations to what their
// class leads to expect, smoothed over its neighbours.
func (w *whitener) seasons(scale *[classes]float64) {
	parts := (len(w.inn) + seasonHours - 1) / seasonHours
	w.fold, w.parts = resize(w.fold, parts), resize(w.parts, parts)
	w.weight, w.u = resize(w.weight, len(w.inn)), resize(w.u, len(w.inn))
	for h := range w.unit {
		s := scale[w.ofHour[h]]
		w.unit[h] = 1 / (s * s)
	}
	for p := range w.fold {
		from, to := p*seasonHours, min(len(w.inn), (p+1)*seasonHours)
		n := float64(w.known(from, to))
		w.fold[p] = (gaussian*(w.rough[to]-w.rough[from]) + 168) / (n + 168) // a week of what is usual as a prior
	}
	for p := range w.fold {
		r := (w.fold[max(0, p-1)] + 2*w.fold[p] + w.fold[min(parts-1, p+1)]) / 4
		w.parts[p] = 1 / (r * r)
		var weight [128]float64 // no bounds are checked
		for c, s := range scale {
			weight[c] = 1 / (r * r * s * s)
		}
		from, to := p*seasonHours, min(len(w.inn), (p+1)*seasonHours)
		class, inn, weights, u := w.class[from:to], w.inn[from:to], w.weight[from:to], w.u[from:to]
		for i, c := range class {
			v := weight[c%128]
			weights[i], u[i] = v, v*inn[i]
		}
	}
}

// resize returns a slice of n elements, with x's memory if it is large enough.
func resize[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}
