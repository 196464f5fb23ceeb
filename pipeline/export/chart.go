package export

import (
	"math"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// days is a chart brought to local days: what both pictures are made of.
type days struct {
	first   datasets.Day
	cells   []mean // 24 to a day, by local hour
	load    []mean // one a day
	expect  []mean
	zone    *time.Location
	topKW   float64 // 99th percentile of the hours: single peaks do not darken the rest
	missing float64 // share of the hours without a value

	// means of the hours before the block, in it, and expected in it
	before, during, expected mean
}

// A mean adds up hours.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(x float64) {
	if !math.IsNaN(x) {
		m.sum += x
		m.n++
	}
}

func (m *mean) join(o mean) { m.sum += o.sum; m.n += o.n }

// value returns the mean, NaN if nothing was added.
func (m mean) value() float64 {
	if m.n == 0 {
		return math.NaN()
	}
	return m.sum / float64(m.n)
}

// daysOf adds up the hours of c by local day. The hour that a zone repeats when
// its offset falls goes into the same cell twice. nil if no hour has a value.
func daysOf(c *Chart, zone *time.Location) *days {
	var known []float64
	for _, v := range c.KW {
		if !math.IsNaN(v) {
			known = append(known, v)
		}
	}
	if len(known) == 0 {
		return nil
	}
	d := &days{first: datasets.DayOf(c.Start.Time().In(zone)), zone: zone}
	n := int(datasets.DayOf((c.end()-1).Time().In(zone))-d.first) + 1
	d.cells, d.load, d.expect = make([]mean, 24*n), make([]mean, n), make([]mean, n)
	for i, v := range c.KW {
		t := c.at(i)
		local := t.Time().In(zone)
		day := int(datasets.DayOf(local) - d.first)
		d.cells[24*day+local.Hour()].add(v)
		d.load[day].add(v)
		expected := math.NaN()
		if i < len(c.ExpectedKW) {
			expected = c.ExpectedKW[i]
		}
		d.expect[day].add(expected)
		switch {
		case c.Since != 0 && t >= c.Since && t < c.Until:
			d.during.add(v)
			d.expected.add(expected)
		case c.Since != 0 && t < c.Since:
			d.before.add(v)
		}
	}
	slices.Sort(known)
	d.topKW = known[(len(known)-1)*99/100]
	d.missing = 1 - float64(len(known))/float64(len(c.KW))
	return d
}

// percent places an instant on the axis of days, 0 to 100.
func (d *days) percent(t datasets.Micros) float64 {
	local := t.Time().In(d.zone)
	x := float64(datasets.DayOf(local)-d.first) + float64(local.Hour())/24
	return min(max(100*x/float64(len(d.load)), 0), 100)
}

// bins joins the days k by k.
func bins(daily []mean, k int) []mean {
	out := make([]mean, (len(daily)+k-1)/k)
	for i, m := range daily {
		out[i/k].join(m)
	}
	return out
}

// A tick is a label on the axis of days.
type tick struct {
	X     float64 // percent
	Label string
}

// ticks returns at most five labels: days, months or years, whatever fits.
func (d *days) ticks() []tick {
	const most = 5
	n := len(d.load)
	var out []tick
	add := func(day datasets.Day, label string) {
		if x := 100 * float64(day-d.first) / float64(n); x >= 0 && x <= 92 {
			out = append(out, tick{x, label})
		}
	}
	if n <= 60 {
		step := (n + most - 1) / most
		for i := 0; i < n; i += step {
			date := (d.first + datasets.Day(i)).Date()
			add(d.first+datasets.Day(i), text("daymonth", date.Day(), text(monthKey(date.Month()))))
		}
		return out
	}
	from, to := d.first.Date(), (d.first + datasets.Day(n)).Date()
	months := (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month()) + 1
	step := 12 * (1 + months/(12*most))
	for _, s := range []int{1, 2, 3, 4, 6} {
		if months <= s*most {
			step = s
			break
		}
	}
	for m := from.Year() * 12; m <= to.Year()*12+11; m += step {
		date := time.Date(m/12, time.Month(m%12+1), 1, 0, 0, 0, 0, time.UTC)
		label := text("daymonth", text(monthKey(date.Month())), date.Year())
		if step >= 12 {
			label = date.Format("2006")
		}
		add(datasets.DayOf(date), label)
	}
	return out
}

func monthKey(m time.Month) string {
	return "month." + [...]string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"}[m-1]
}

// niceTop returns the next round number at or above x, for the top of an axis.
func niceTop(x float64) float64 {
	if !(x > 0) {
		return 1
	}
	scale := math.Pow(10, math.Floor(math.Log10(x)))
	for _, step := range []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8} {
		if step*scale >= x {
			return step * scale
		}
	}
	return 10 * scale
}
