package features

import (
	"math"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/stat"
)

// A Profiler describes months. It keeps its memory from site to site; one
// goroutine at a time may use it.
type Profiler struct {
	Zone *time.Location // local time; nights, working days and months are meant in it

	rows                []datasets.LoadProfile
	known, change       []float64
	clock               []uint8
	night, day, weekend mean
}

type mean struct {
	sum float64
	n   int
}

func (m *mean) add(v float64) { m.sum += v; m.n++ }

func (m *mean) value() float64 {
	if m.n == 0 {
		return 0
	}
	return m.sum / float64(m.n)
}

// Profiles returns one row for each month that the series touches, oldest
// first. The rows are valid until the next call.
func (p *Profiler) Profiles(s *Series) []datasets.LoadProfile {
	p.rows = p.rows[:0]
	p.clock = s.Clock(p.Zone, p.clock)
	for i := 0; i < len(s.KW); {
		first := s.At(i).Time().In(p.Zone)
		next := time.Date(first.Year(), first.Month()+1, 1, 0, 0, 0, 0, p.Zone)
		end := min(len(s.KW), max(i+1, s.Hour(datasets.MicrosOf(next))))
		row := p.month(s, i, end)
		row.SiteID = s.SiteID
		row.Month = datasets.Month(first.Year()*12 + int(first.Month()) - 1)
		start := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, p.Zone)
		row.Hours = int32(next.Sub(start) / time.Hour)
		p.rows = append(p.rows, row)
		i = end
	}
	return p.rows
}

func (p *Profiler) month(s *Series, from, to int) datasets.LoadProfile {
	p.known, p.change = slices.Grow(p.known[:0], to-from), slices.Grow(p.change[:0], to-from)
	p.night, p.day, p.weekend = mean{}, mean{}, mean{}
	var row datasets.LoadProfile
	var all mean
	last := math.NaN()
	for i, v := range s.KW[from:to] {
		if math.IsNaN(v) {
			last = v
			continue
		}
		all.add(v)
		p.known = append(p.known, v)
		if change := math.Abs(v - last); !math.IsNaN(change) {
			p.change = append(p.change, change)
		}
		last = v
		if s.Estimated[from+i] {
			row.EstimatedH++
		}
		if v == 0 {
			row.ZeroH++
		}
		p.place(p.clock[from+i], v)
	}
	row.Covered = int32(all.n)
	row.Wh = datasets.Wh(math.Round(all.sum * 1000))
	row.MeanKW = all.value()
	if all.n > 0 {
		q := [...]float64{0.10, 0.50, 0.99}
		stat.SelectQuantiles(p.known, q[:])
		row.FloorKW, row.MedianKW, row.PeakKW = q[0], q[1], q[2]
	}
	if len(p.change) > 0 {
		row.VariationKW = stat.SelectQuantile(p.change, 0.50)
	}
	row.NightKW, row.DayKW, row.WeekendKW = p.night.value(), p.day.value(), p.weekend.value()
	return row
}

// place adds the load of one hour, given the local hour of the week.
func (p *Profiler) place(clock uint8, kw float64) {
	weekend := clock >= 5*24
	switch h := clock % 24; {
	case h < 6:
		p.night.add(kw)
	case h >= 9 && h < 18 && !weekend:
		p.day.add(kw)
	}
	if weekend {
		p.weekend.add(kw)
	}
}
