package ref

import (
	"cmp"
	"io"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// An Event is a window in which mining and other loads part ways.
type Event struct {
	Name     string
	Start    datasets.Micros
	End      datasets.Micros // exclusive; 0 for an instant
	Who      string          // all_mining, registered, gpu_mining, old_units, everyone
	Zone     string          // part of the power system, "" for all
	Expected string          // what such load does: down, zero, none
	Note     string
	Basis
}

// Events lists events by start.
type Events []Event

var eventColumns = []string{"event", "start", "end", "who", "zone", "expected", "note", "source", "confidence"}

// LoadEvents returns the shipped events, with those of the user's file added
// or in their place; user may be nil.
func LoadEvents(user io.Reader) (Events, error) {
	own, users, err := load("events.csv", eventColumns, user, parseEvent)
	if err != nil {
		return nil, err
	}
	t, err := replace("events.csv", own, users, func(e Event) string { return e.Name })
	slices.SortFunc(t, func(a, b Event) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Name, b.Name)) })
	return t, err
}

func parseEvent(r *row) Event {
	e := Event{
		Name: r.need("event"), Start: r.instant("start"), End: r.instant("end"),
		Who:  r.oneOf("who", "all_mining", "registered", "gpu_mining", "old_units", "everyone"),
		Zone: r.oneOf("zone", "", "north", "south", "west"), Expected: r.oneOf("expected", "down", "zero", "none"),
		Note: r.text("note"), Basis: r.basis(),
	}
	r.need("start")
	if e.End != 0 && e.End <= e.Start {
		r.fail("end", "does not lie after start")
	}
	return e
}

// Find returns the event of this name.
func (t Events) Find(name string) (Event, bool) {
	for _, e := range t {
		if e.Name == name {
			return e, true
		}
	}
	return Event{}, false
}
