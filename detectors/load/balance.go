package load

import (
	"math"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/features"
)

// A Balance adds up the meters below one feeder, hour by hour, beside what
// entered the feeder. Energies are integer Wh, so that the order in which sites
// are added changes nothing.
type Balance struct {
	FeederID string
	in       *features.Series
	clock    []uint8
	metered  []datasets.Wh // of the sites with a reading in the hour
	imputed  []datasets.Wh // of sites without one: their mean of that hour of the week
	sites    int           // below the feeder
	read     int           // of which there are hourly readings
}

// NewBalance begins the balance of a feeder with so many sites below it; w is
// the series of what entered it, which must stay as it is while the balance is
// used.
func NewBalance(w *Window, sites int) *Balance {
	n := len(w.KW)
	return &Balance{FeederID: w.SiteID, in: w.Series, clock: w.Clock, sites: sites, metered: make([]datasets.Wh, n), imputed: make([]datasets.Wh, n)}
}

// Add counts the load of a site below the feeder.
func (b *Balance) Add(s *features.Series) {
	var sum [168]float64
	var n [168]int
	shift := int((s.Start - b.in.Start) / features.MicrosPerHour)
	for i, v := range s.KW {
		if at := i + shift; at >= 0 && at < len(b.clock) && !math.IsNaN(v) {
			c := b.clock[at]
			sum[c] += v
			n[c]++
			b.metered[at] += wattHours(v)
		}
	}
	if n == [168]int{} {
		return
	}
	b.read++
	for at, c := range b.clock {
		if i := at - shift; (i < 0 || i >= len(s.KW) || math.IsNaN(s.KW[i])) && n[c] > 0 {
			b.imputed[at] += wattHours(sum[c] / float64(n[c]))
		}
	}
}

func wattHours(kwh float64) datasets.Wh { return datasets.Wh(math.Round(kwh * 1000)) }

// Bounds of the balance.
const (
	// maxImputed is the share of the feeder's energy of an hour that may be
	// imputed; a lost meter would otherwise look like a loss.
	maxImputed = 0.03
	// maxTechnical is the largest share of the metered energy that is taken for
	// technical loss that grows with the load. Losses of 0.4 to 10 kV networks
	// are reported at 3 to 15 %.
	maxTechnical = 0.15
)

// Loss returns the series of what entered the feeder and no meter saw, less
// the part that grows with the square of the load (Joule's law: the loss of a
// line follows the current squared). It is NaN where the feeder's reading or
// too much of the sites' is missing. The slope is fitted within weeks, so that
// power added for weeks is not taken for loss.
func (b *Balance) Loss() *features.Series {
	out := &features.Series{SiteID: b.FeederID, Start: b.in.Start, KW: make([]float64, len(b.in.KW)), Estimated: b.in.Estimated, Coverage: b.in.Coverage, Wh: b.in.Wh}
	var slope squareFit
	for i, in := range b.in.KW {
		out.KW[i] = math.NaN()
		if float64(b.imputed[i]) > maxImputed*in*1000 || math.IsNaN(in) {
			continue
		}
		metered := (b.metered[i] + b.imputed[i]).KWh()
		out.KW[i] = in - metered
		slope.add(i/168, metered, out.KW[i])
	}
	k := slope.perKW()
	for i := range out.KW {
		metered := (b.metered[i] + b.imputed[i]).KWh()
		out.KW[i] -= k * metered * metered
	}
	return out
}

// A squareFit is a least-squares fit of loss on the square of the load, with
// an intercept of its own for each week.
type squareFit struct {
	week                int
	n                   int
	x, y, xx, xy        float64 // sums of the week
	within, cross       float64 // sums of squares and products about the weeks' means
	load, square, hours float64
}

func (f *squareFit) add(week int, load, loss float64) {
	if week != f.week {
		f.close()
		f.week = week
	}
	x := load * load
	f.n++
	f.x, f.y, f.xx, f.xy = f.x+x, f.y+loss, f.xx+x*x, f.xy+x*loss
	f.load, f.square, f.hours = f.load+load, f.square+x, f.hours+1
}

func (f *squareFit) close() {
	if f.n > 0 {
		f.within += f.xx - f.x*f.x/float64(f.n)
		f.cross += f.xy - f.x*f.y/float64(f.n)
	}
	f.n, f.x, f.y, f.xx, f.xy = 0, 0, 0, 0, 0
}

// perKW returns the loss in kW for each kW² of load, from 0 to what makes
// maxTechnical of the energy.
func (f *squareFit) perKW() float64 {
	f.close()
	if f.within <= 0 || f.square <= 0 {
		return 0
	}
	return max(0, min(f.cross/f.within, maxTechnical*f.load/f.square))
}
