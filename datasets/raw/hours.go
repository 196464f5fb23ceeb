package raw

import (
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// hours resolves local times of one file, those included that came twice
// because the clock was set back.
//
// A file that gives such an hour gives it twice for a site: the first row with
// a site and a reading of the clock is the earlier instant, the next one with
// the same two the later. In a file with the newest rows first it is the other
// way round. A third is the earlier again, as in a file made of two copies. A
// row that has no twin is the earlier.
type hours struct {
	clock *datasets.Clock
	seen  map[reading]bool

	lastSite   string
	last       datasets.Micros
	descending bool
}

type reading struct {
	site string
	wall datasets.Micros
}

func newHours(zone *time.Location) hours {
	return hours{clock: datasets.NewClock(zone), seen: map[reading]bool{}}
}

// resolve returns the instant of a reading, whether two were possible, and
// false if none was. counted says that the reading is the time of the row.
func (h *hours) resolve(wall datasets.Micros, counted bool, site *string) (t datasets.Micros, ambiguous, ok bool) {
	first, second, n := h.clock.Instants(wall)
	if !counted || site == nil {
		return first, n == 2, n > 0
	}
	// Inside the hour that came twice, a step back may be the set-back itself.
	if h.lastSite == *site && wall != h.last && (n < 2 || absMicros(wall-h.last) > second-first) {
		h.descending = wall < h.last
	}
	h.lastSite, h.last = *site, wall
	if n < 2 {
		return first, false, n > 0
	}
	k := reading{*site, wall}
	twin := h.seen[k]
	h.seen[k] = !twin
	if twin != h.descending {
		return second, true, true
	}
	return first, true, true
}

func absMicros(d datasets.Micros) datasets.Micros {
	if d < 0 {
		return -d
	}
	return d
}
