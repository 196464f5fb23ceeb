package traffic

import (
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// Persistence is how sessions with one server lie in time.
type Persistence struct {
	OpenS float64 // seconds in which at least one session was open
	// NightToDay compares the night (01:00 to 05:00 local) with the other hours:
	// the share of the night in which a session was open over the share of the
	// rest. 1 is no difference; -1 if the span is under 24 h.
	NightToDay float64
}

// PersistenceOf reads sessions ordered by start. nil is UTC.
func PersistenceOf(sessions []datasets.FlowSession, zone *time.Location) Persistence {
	if len(sessions) == 0 {
		return Persistence{NightToDay: -1}
	}
	if zone == nil {
		zone = time.UTC
	}
	first, reached := sessions[0].Start, sessions[0].Start
	var open, span [2]datasets.Micros // day, night
	for _, s := range sessions {
		if s.End <= reached {
			continue
		}
		split(max(s.Start, reached), s.End, zone, &open)
		reached = s.End
	}
	split(first, reached, zone, &span)
	p := Persistence{OpenS: float64(open[0]+open[1]) / 1e6, NightToDay: -1}
	if reached-first >= 24*3600e6 && open[0] > 0 {
		p.NightToDay = (float64(open[1]) / float64(span[1])) / (float64(open[0]) / float64(span[0]))
	}
	return p
}

// split adds the time of [from, to) to sums: at night to sums[1], else to sums[0].
func split(from, to datasets.Micros, zone *time.Location, sums *[2]datasets.Micros) {
	const hour = datasets.Micros(3600e6)
	for from < to {
		end := min(to, from-from%hour+hour) // zones whose offset is no whole hour blur the edge of the night
		night := 0
		if h := from.Time().In(zone).Hour(); h >= 1 && h < 5 {
			night = 1
		}
		sums[night] += end - from
		from = end
	}
}
