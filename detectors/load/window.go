// Package load holds the electricity detectors. They look for an added block:
// a power level times a duty calendar on top of what the site would have used.
//
//  1. A [Window] is the hourly series of one site with its local clock, its
//     peers and the cut-off windows that concern it.
//  2. A [Scanner] whitens the series and scans it once for the best block.
//  3. Each [Detector] turns what it reads into evidence; [All] lists them.
//  4. [Energy] gives the mining energy by quarter of the block found.
//
// No attribute of the site's owner is in a Window, so none can be a feature.
package load

import (
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/features"
)

// A Cut is a window in which supply or permission was withdrawn from some users.
type Cut struct {
	Start, End datasets.Micros
	Kind       string // grid_order, outage, price, or internet
	Source     string // where the window comes from, for the reader
}

// Peers is the spread of a shape statistic over the sites of one activity.
type Peers struct {
	Activity string // for the reader
	N        int    // sites
	// FloorShare holds each site's base load over its mean load, sorted.
	FloorShare []float64
}

// A Window is what the electricity detectors know of one site.
type Window struct {
	*features.Series
	Clock []uint8 // local hour of the week, 0 = Monday 00; one an hour of the series
	// Habit is Clock but for days that differ from their weekday (see Observe); nil if none does.
	Habit []uint8
	Cuts  []Cut
	Peers *Peers // nil if the site's activity has too few sites
	// TempC is the outdoor air of each hour of the series, NaN where unknown; nil if
	// the region brings no weather.
	TempC []float64
}

// NewWindow adds the local clock to a series.
func NewWindow(s *features.Series, zone *time.Location) *Window {
	return &Window{Series: s, Clock: s.Clock(zone, nil)}
}

// An OtherDay is a local day that is not kept like its weekday: a public holiday, a day
// off in its place, or a weekend day that is worked for one.
type OtherDay struct {
	Start, End datasets.Micros
	Works      bool
}

// Local hours of the week whose habits other days take on: those of a Sunday, and of a
// Wednesday.
const (
	sunday    = 6 * 24
	wednesday = 2 * 24
)

// Observe has the site expected to use on these days what it uses on a Sunday, or on a
// Wednesday where they are worked. The hour of the day stays as it is, and so does what
// is unusual at such an hour: holidays differ more from each other than Sundays do.
func (w *Window) Observe(days []OtherDay) {
	for _, d := range days {
		from, to := max(0, w.Hour(d.Start)), min(len(w.Clock), w.Hour(d.End))
		if from >= to {
			continue
		}
		if w.Habit == nil {
			w.Habit = slices.Clone(w.Clock)
		}
		like := uint8(sunday)
		if d.Works {
			like = wednesday
		}
		for i := from; i < to; i++ {
			w.Habit[i] = like + w.Clock[i]%24
		}
	}
}

// habit returns the hour of the week that each hour is expected to be like.
func (w *Window) habit() []uint8 {
	if w.Habit != nil {
		return w.Habit
	}
	return w.Clock
}

// A Duty is a calendar of the hours of the local week in which a block is on.
type Duty struct {
	Name  string
	daily [24]bool // by hour of the day
	on    [168]bool
	n     int         // hours of the day inside
	cells side        // of [days] inside
	spans []span      // of hours of the day inside
	reach [97]float64 // 1 inside, 0 outside, of the hours from two days before a midnight to two days after
}

func duty(name string, on func(hour int) bool) Duty {
	d := Duty{Name: name}
	for h := range d.daily {
		if d.daily[h] = on(h); d.daily[h] {
			d.n++
		}
	}
	for h := range d.on {
		d.on[h] = d.daily[h%24]
	}
	for h := range d.daily {
		switch k := len(d.spans) - 1; {
		case !d.daily[h]:
		case k >= 0 && d.spans[k].to == h:
			d.spans[k].to++
		default:
			d.spans = append(d.spans, span{h, h + 1})
		}
	}
	for i := range cells {
		if d.daily[i%24] {
			d.cells |= 1 << i
		}
	}
	for i := range d.reach {
		if d.daily[i%24] {
			d.reach[i] = 1
		}
	}
	return d
}

// Duties are the calendars that a block is tried with: round the clock; the
// night tariff zone 23-07; 00-10, as a Karaganda farm said it ran on imported
// power; and all hours but the evening peak 18-22.
var Duties = []Duty{
	duty("round the clock", func(int) bool { return true }),
	duty("nights 23-07", func(h int) bool { return h >= 23 || h < 7 }),
	duty("nights 00-10", func(h int) bool { return h < 10 }),
	duty("off peak (not 18-22)", func(h int) bool { return h < 18 || h >= 22 }),
}
