package calibrate

import (
	"github.com/minewatch/minewatch/detectors/load"
)

// intervalFor returns the interval of a mine's energy from mines of the other
// model in other buildings.
func (b *bench) intervalFor(c *Case, v Verdict) load.EnergyError {
	key := [2]string{c.Building, string(c.Model)}
	e, ok := b.spreads[key]
	if !ok {
		e = spreadOf(missedEnergies(b.cases, b.cross, func(o *Case) bool { return o.Model != c.Model && o.Building != c.Building }))
		b.spreads[key] = e
	}
	block := v.block()
	return e.Of(&block)
}
