package calibrate

import (
	"math"
	"slices"

	"github.com/minewatch/minewatch/detectors/load"
)

// intervalFor returns the interval of a mine's energy from mines of the other
// model in other buildings.
func (b *bench) intervalFor(c *Case, v Verdict) load.EnergyError {
	class := classOf(v)
	var errors []float64
	for i := range b.cases {
		o, u := &b.cases[i], b.cross[i]
		if o.Mine() && o.Population != Homes && o.Model != c.Model && o.Building != c.Building && u.LogLR > foundLR && u.Look.KWh > 0 && classOf(u) == class {
			errors = append(errors, math.Log(o.TrueKWh/u.Look.KWh))
		}
	}
	slices.Sort(errors)
	return interval(errors)
}
