package features

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

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

// add adds those that are known.
func (m *mean) add(values []float64) {
	if sum := floats.Sum(values); !math.IsNaN(sum) {
		m.sum += sum
		m.n += len(values)
		return
	}
	for _, v := range values {
		if !math.IsNaN(v) {
			m.sum += v
			m.n++
		}
	}
}

func (m mean) value() float64 {
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
	var row datasets.LoadProfile
	kw := s.KW[from:to]
	sum := floats.Sum(kw)
	if math.IsNaN(sum) { // some hours are unknown
		sum = p.someHours(kw)
	} else {
		p.known = append(p.known[:0], kw...)
		p.change = slices.Grow(p.change[:0], len(kw))[:len(kw)-1]
		for i, v := range kw[1:] {
			p.change[i] = math.Abs(v - kw[i])
		}
	}
	p.places(kw, p.clock[from:to])
	for i, estimated := range s.Estimated[from:to] {
		if estimated && !math.IsNaN(kw[i]) {
			row.EstimatedH++
		}
	}
	row.Covered = int32(len(p.known))
	row.Wh = datasets.Wh(math.Round(sum * 1000))
	row.MeanKW = mean{sum, len(p.known)}.value()
	if len(p.known) > 0 {
		q := [...]float64{0.10, 0.50, 0.99}
		stat.SelectQuantiles(p.known, q[:])
		row.FloorKW, row.MedianKW, row.PeakKW = q[0], q[1], q[2]
		low := p.known
		if row.FloorKW > 0 {
			low = low[:len(low)/10+1] // which hold the least
		}
		for _, v := range low {
			if v == 0 {
				row.ZeroH++
			}
		}
	}
	if len(p.change) > 0 {
		q := [...]float64{0.50}
		stat.SelectQuantiles(p.change, q[:])
		row.VariationKW = q[0]
	}
	row.NightKW, row.DayKW, row.WeekendKW = p.night.value(), p.day.value(), p.weekend.value()
	return row
}

// someHours fills known and change of hours some of which are unknown, and returns their sum.
func (p *Profiler) someHours(kw []float64) (sum float64) {
	p.known, p.change = p.known[:0], p.change[:0]
	last := math.NaN()
	for _, v := range kw {
		if !math.IsNaN(v) {
			sum += v
			p.known = append(p.known, v)
			if change := math.Abs(v - last); !math.IsNaN(change) {
				p.change = append(p.change, change)
			}
		}
		last = v
	}
	return sum
}

// places adds up the loads by kind of hour, given the local hours of the week.
func (p *Profiler) places(kw []float64, clock []uint8) {
	p.night, p.day, p.weekend = mean{}, mean{}, mean{}
	for i := 0; i < len(kw); {
		// Hours up to the next change of kind, or of the clock, are of one kind.
		hour := int(clock[i])
		next := i + min(len(kw)-i, kindEnds[hour%24]-hour%24)
		for int(clock[next-1]) != hour+next-1-i {
			next--
		}
		part := kw[i:next]
		weekend := hour >= 5*24
		switch h := hour % 24; {
		case h < 6:
			p.night.add(part)
		case h >= 9 && h < 18 && !weekend:
			p.day.add(part)
		}
		if weekend {
			p.weekend.add(part)
		}
		i = next
	}
}

// kindEnds is the hour of the day before which the kind of each hour of the day ends.
var kindEnds = func() (ends [24]int) {
	for h := range ends {
		for _, end := range [...]int{24, 18, 9, 6} {
			if h < end {
				ends[h] = end
			}
		}
	}
	return ends
}()
