package load

import (
	"math"

	"github.com/minewatch/minewatch/detectors/features"
)

// Degrees of outdoor air from which a building is heated and cooled, and what a
// slope must show before it is believed. The bases are those of degree days of
// the common energy statistics (15 and 18 to 24 °C, here of the daily mean).
const (
	heatBelowC   = 15
	coolAboveC   = 18
	minSlopeT    = 3
	minTempShare = 0.8 // of the hours of the series with a known temperature
)

// A weather takes out of a load what goes with the temperature: for each hour of
// the day a slope on the degrees of heating and one on those of cooling of the
// day, by least squares within weeks, so that power added for months is not taken
// for weather. Slopes below 0, or less than minSlopeT standard errors from it, are
// not believed.
type weather struct {
	heat, cool []float64 // of each day, degC; NaN where unknown
	kw         []float64
	series     features.Series
	window     Window
}

// without returns the window less its weather, with the mean load kept; w itself
// if too few temperatures are known or nothing goes with them. The result is valid
// until the next call.
func (x *weather) without(w *Window) *Window {
	if !x.degrees(w) {
		return w
	}
	var slope [24][2]float64
	goes := false
	for h := range slope {
		slope[h] = x.slopes(w, h)
		goes = goes || slope[h] != [2]float64{}
	}
	if !goes {
		return w
	}
	x.kw = resize(x.kw, len(w.KW))
	sum, n := 0.0, 0
	for i, v := range w.KW {
		d, h := i/24, i%24
		part := slope[h][0]*x.heat[d] + slope[h][1]*x.cool[d]
		if math.IsNaN(part) {
			part = 0
		}
		x.kw[i] = v - part
		if !math.IsNaN(v) {
			sum += part
			n++
		}
	}
	for i := range x.kw {
		x.kw[i] += sum / float64(max(1, n))
	}
	x.series, x.window = *w.Series, *w
	x.series.KW = x.kw
	x.window.Series = &x.series
	return &x.window
}

// degrees fills heat and cool by day of 24 hours from the begin of the series.
func (x *weather) degrees(w *Window) bool {
	if len(w.TempC) != len(w.KW) || len(w.KW) == 0 {
		return false
	}
	days, known := (len(w.KW)+23)/24, 0
	x.heat, x.cool = resize(x.heat, days), resize(x.cool, days)
	for d := range days {
		var t mean
		for _, v := range w.TempC[d*24 : min(len(w.TempC), (d+1)*24)] {
			t.add(v)
		}
		c := half(t, 24)
		known += t.n
		x.heat[d], x.cool[d] = max(0, heatBelowC-c), max(0, c-coolAboveC)
	}
	return float64(known) >= minTempShare*float64(len(w.KW))
}

// slopes returns the slopes in kW per degree of the hour h of days of 24 hours.
func (x *weather) slopes(w *Window, h int) (slope [2]float64) {
	var f twoSlopes
	for d := 0; d*24+h < len(w.KW); d++ {
		i := d*24 + h
		if v := w.KW[i]; !math.IsNaN(v) && !math.IsNaN(x.heat[d]) {
			// Working days and weekends differ for other reasons than weather.
			weekend := 0
			if w.Clock[i] >= 5*24 {
				weekend = 1
			}
			f.add(d/7, weekend, x.heat[d], x.cool[d], v)
		}
	}
	return f.solve()
}

// A twoSlopes is a least-squares fit of y on two regressors with an intercept of
// its own for the working days and the weekend of each week.
type twoSlopes struct {
	week       int
	part       [2]struct{ n, a, b, y, aa, ab, bb, ay, by, yy float64 }
	n          float64 // degrees of freedom
	aa, ab, bb float64 // sums about the means
	ay, by, yy float64
}

func (f *twoSlopes) add(week, side int, a, b, y float64) {
	if week != f.week {
		f.close()
		f.week = week
	}
	p := &f.part[side]
	p.n++
	p.a, p.b, p.y = p.a+a, p.b+b, p.y+y
	p.aa, p.ab, p.bb, p.ay, p.by, p.yy = p.aa+a*a, p.ab+a*b, p.bb+b*b, p.ay+a*y, p.by+b*y, p.yy+y*y
}

func (f *twoSlopes) close() {
	for i := range f.part {
		p := &f.part[i]
		if p.n >= 2 {
			f.n += p.n - 1
			f.aa += p.aa - p.a*p.a/p.n
			f.ab += p.ab - p.a*p.b/p.n
			f.bb += p.bb - p.b*p.b/p.n
			f.ay += p.ay - p.a*p.y/p.n
			f.by += p.by - p.b*p.y/p.n
			f.yy += p.yy - p.y*p.y/p.n
		}
	}
	clear(f.part[:])
}

// solve fits both slopes, and one alone where the other is not believed.
func (f *twoSlopes) solve() (slope [2]float64) {
	f.close()
	believed := func(v, ss, left float64) bool {
		return v > 0 && ss > 0 && v >= minSlopeT*math.Sqrt(max(left, 0)/max(1, f.n-2)/ss)
	}
	det := f.aa*f.bb - f.ab*f.ab
	if det > 1e-9*f.aa*f.bb {
		a, b := (f.ay*f.bb-f.by*f.ab)/det, (f.by*f.aa-f.ay*f.ab)/det
		left := f.yy - a*f.ay - b*f.by
		if believed(a, det/f.bb, left) && believed(b, det/f.aa, left) {
			return [2]float64{a, b}
		}
	}
	if f.aa > 0 {
		if a := f.ay / f.aa; believed(a, f.aa, f.yy-a*f.ay) {
			slope[0] = a
		}
	}
	if f.bb > 0 {
		if b := f.by / f.bb; believed(b, f.bb, f.yy-b*f.by) && slope[0] == 0 {
			slope[1] = b
		}
	}
	return slope
}
