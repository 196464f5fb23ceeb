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

	alone bool // the rows before these are not known: turn keeps what they need
	turn  turn
}

type reading struct {
	site string
	wall datasets.Micros
}

// A turn is what a run of rows says about the order of time in the file.
type turn struct {
	any         bool // there was a local time
	first, last reading
	decided     bool // descending says the order at the end of the run
	descending  bool
	ambiguous   bool // a time needs the rows before the run
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
	if h.alone {
		h.turn.add(*site, wall, n)
		return first, false, n == 1
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

func (t *turn) add(site string, wall datasets.Micros, instants int) {
	t.ambiguous = t.ambiguous || instants == 2
	if !t.any {
		t.any, t.first = true, reading{site, wall}
	} else if t.last.site == site && wall != t.last.wall {
		t.decided, t.descending = true, wall < t.last.wall
	}
	t.last = reading{site, wall}
}

// join goes on behind a run of rows without ambiguous times.
func (h *hours) join(t turn) {
	if !t.any {
		return
	}
	if h.lastSite == t.first.site && t.first.wall != h.last {
		h.descending = t.first.wall < h.last
	}
	if t.decided {
		h.descending = t.descending
	}
	h.lastSite, h.last = t.last.site, t.last.wall
}

func absMicros(d datasets.Micros) datasets.Micros {
	if d < 0 {
		return -d
	}
	return d
}
