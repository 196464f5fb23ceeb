package export

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A profile is the day of a site before its block and in it: for each local
// hour the median and the middle 90 % of the days.
type profile struct {
	Before, After           string // path data of the medians, "" where there are too few days
	BeforeBand, AfterBand   string
	BeforeDays, AfterDays   int
	TopKW                   float64
	OnsetLow, OnsetHigh     datasets.Day // range of the change point, see onsetRange; 0 if none
	OnsetLowDay, OnsetUntil string
}

// minProfileDays is how many days it takes to show a band of 90 %.
const minProfileDays = 20

// Height and width of the drawing, in units of the path data.
const profileH, profileW = 100, 24

// newProfile returns nil where there is nothing to compare.
func newProfile(c *Chart, d *days) *profile {
	if c.Since == 0 {
		return nil
	}
	since, until := max(d.dayOf(c.Since), 0), min(d.dayOf(c.Until-1), len(d.load)-1)
	p := &profile{}
	before := d.hourBands(0, since-1)
	after := d.hourBands(since+1, until) // the day of the change is neither
	p.BeforeDays, p.AfterDays = since, max(until-since, 0)
	if p.AfterDays < minProfileDays {
		return nil
	}
	top := 0.0
	for _, b := range append(slices.Clone(after), before...) {
		if !math.IsNaN(b.high) {
			top = max(top, b.high)
		}
	}
	p.TopKW = niceTop(top)
	p.After, p.AfterBand = bandPaths(after, p.TopKW)
	if p.BeforeDays >= minProfileDays {
		p.Before, p.BeforeBand = bandPaths(before, p.TopKW)
	}
	if low, high, ok := d.onsetRange(since, until); ok {
		p.OnsetLow, p.OnsetHigh = d.first+datasets.Day(low), d.first+datasets.Day(high)
		p.OnsetLowDay, p.OnsetUntil = p.OnsetLow.String(), p.OnsetHigh.String()
	}
	return p
}

// dayOf returns the number of the local day of an instant.
func (d *days) dayOf(t datasets.Micros) int {
	return int(datasets.DayOf(t.Time().In(d.zone)) - d.first)
}

// A band is the spread of one hour over many days, NaN without a value.
type band struct{ low, median, high float64 }

// hourBands returns the 5th percentile, the median and the 95th percentile of
// each local hour over the days from..to, both inclusive.
func (d *days) hourBands(from, to int) []band {
	out := make([]band, profileW)
	for hour := range out {
		var known []float64
		for day := max(from, 0); day <= min(to, len(d.load)-1); day++ {
			if v := d.cells[24*day+hour].value(); !math.IsNaN(v) {
				known = append(known, v)
			}
		}
		if len(known) == 0 {
			out[hour] = band{math.NaN(), math.NaN(), math.NaN()}
			continue
		}
		slices.Sort(known)
		at := func(q float64) float64 { return known[int(math.Round(q*float64(len(known)-1)))] }
		out[hour] = band{at(0.05), at(0.5), at(0.95)}
	}
	return out
}

// bandPaths draws the medians as steps of an hour, and the band as an area.
// Hours without a value take the height of the hour before.
func bandPaths(bands []band, top float64) (line, area string) {
	y := func(v, before float64) float64 {
		if math.IsNaN(v) {
			return before
		}
		return profileH - math.Round(min(max(v/top, 0), 1)*profileH)
	}
	last := band{profileH, profileH, profileH}
	lows, medians, highs := make([]float64, len(bands)), make([]float64, len(bands)), make([]float64, len(bands))
	for i, b := range bands {
		last = band{y(b.low, last.low), y(b.median, last.median), y(b.high, last.high)}
		lows[i], medians[i], highs[i] = last.low, last.median, last.high
	}
	slices.Reverse(lows)
	return "M0 " + stairs(medians, 1)[1:], "M0 " + stairs(highs, 1)[1:] + stairs(lows, -1) + "z"
}

// stairs draws heights as steps of one unit; equal ones are one longer step.
func stairs(heights []float64, direction int) string {
	var b strings.Builder
	for i := 0; i < len(heights); {
		n := 1
		for i+n < len(heights) && heights[i+n] == heights[i] {
			n++
		}
		fmt.Fprintf(&b, "V%gh%d", heights[i], n*direction)
		i += n
	}
	return b.String()
}

// onsetRange returns the days between which the daily means allow the change
// to lie: all days at which a step of the block's mean height, in the daily load
// less the expected, fits so well that twice the log of the likelihood falls by
// at most 2.71 (the 90 % point of chi-squared with one degree of freedom; Hinkley
// 1970, doi 10.1093/biomet/57.1.1). Days follow each other, so the variance is
// taken times (1+r)/(1-r) with r the correlation of neighbours.
func (d *days) onsetRange(since, until int) (low, high int, ok bool) {
	from, to := max(since-onsetDays, 0), min(since+onsetDays, until)
	if since-from < minOnsetDays || to-since < minOnsetDays {
		return 0, 0, false
	}
	rest, good := d.residuals(from, to, since)
	if !good {
		return 0, 0, false
	}
	before, after := rest[:since-from], rest[since-from:]
	a, b := average(before), average(after)
	variance := spread(before, a, after, b)
	if variance <= 0 || math.Abs(b-a) == 0 {
		return 0, 0, false
	}
	// cost of a change before day k of rest, up to a constant
	cost := make([]float64, len(rest)+1)
	for i, v := range rest {
		cost[i+1] = cost[i] + (v-a)*(v-a) - (v-b)*(v-b)
	}
	best := slices.Min(cost)
	low, high = -1, -1
	for k, c := range cost {
		if (c-best)/variance <= 2.71 {
			if low < 0 {
				low = k
			}
			high = k
		}
	}
	// A change before day k lies in day k-1 or at its end.
	return from + max(low-1, 0), from + min(high, len(rest)-1), true
}

// The change is looked for so many days around the detector's, and needs so many on each side.
const onsetDays, minOnsetDays = 60, 14

// residuals returns load less expected by day; before the block, where nothing
// was expected, the load less its own mean. Days that are not known take the mean of their side.
func (d *days) residuals(from, to, since int) ([]float64, bool) {
	var before mean
	for day := from; day < since; day++ {
		before.join(d.load[day])
	}
	out := make([]float64, 0, to-from)
	known := 0
	for day := from; day < to; day++ {
		v := math.NaN()
		if m := d.load[day]; m.known(1) {
			e := d.expect[day].value()
			if math.IsNaN(e) {
				e = before.value()
			}
			v = m.value() - e
		}
		if !math.IsNaN(v) {
			known++
		}
		out = append(out, v)
	}
	for _, side := range [][]float64{out[:since-from], out[since-from:]} {
		fillWith(side, average(side))
	}
	return out, known >= 2*minOnsetDays && !slices.ContainsFunc(out, math.IsNaN)
}

func average(x []float64) float64 {
	var m mean
	for _, v := range x {
		m.add(v)
	}
	return m.value()
}

func fillWith(x []float64, v float64) {
	for i := range x {
		if math.IsNaN(x[i]) {
			x[i] = v
		}
	}
}

// spread is the variance about the two means, inflated for neighbours that resemble each other.
func spread(x []float64, a float64, y []float64, b float64) float64 {
	var ss, cross float64
	for _, part := range []struct {
		v []float64
		m float64
	}{{x, a}, {y, b}} {
		for i, v := range part.v {
			ss += (v - part.m) * (v - part.m)
			if i > 0 {
				cross += (v - part.m) * (part.v[i-1] - part.m)
			}
		}
	}
	if ss == 0 {
		return 0
	}
	r := min(max(cross/ss, 0), 0.9)
	return ss / float64(len(x)+len(y)-2) * (1 + r) / (1 - r)
}

// An Activity is how the traffic named in the evidence of a site is spread over
// the hours of the local day.
type Activity struct {
	Days  int         // days with such traffic
	Hours [24]float64 // share of these days on which a session was open in the hour, 0 to 1
}

// bars draws an activity as 24 bars of a common path; "" if there is none.
func (a Activity) bars() string {
	if a.Days == 0 {
		return ""
	}
	var b strings.Builder
	for h, v := range a.Hours {
		fmt.Fprintf(&b, "M%g %dv-%gh.8V%dz", float64(h)+0.1, profileH, math.Round(100*min(max(v, 0), 1)), profileH)
	}
	return b.String()
}
