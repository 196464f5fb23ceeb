package ref

import (
	"cmp"
	"io"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// Kinds of days in the calendar.
const (
	Holiday  = "holiday"  // a holiday of its own
	Observed = "observed" // day off for a holiday on a weekend
	DayOff   = "day_off"  // day off for which a weekend day is worked
	Workday  = "workday"  // weekend day that is worked
)

// A CalendarDay is one day that differs from its weekday.
type CalendarDay struct {
	Day            datasets.Day
	Kind           string
	NameEN, NameRU string
	Basis
}

// A Calendar lists such days, oldest first.
type Calendar []CalendarDay

var holidayColumns = []string{"day", "kind", "name_en", "name_ru", "source", "confidence"}

// LoadCalendar returns the public holidays of Kazakhstan, 2018 to 2026, with
// lines of the user's file put in or in their place; user may be nil.
func LoadCalendar(user io.Reader) (Calendar, error) {
	own, users, err := load("holidays.csv", holidayColumns, user, func(r *row) CalendarDay {
		r.need("day")
		return CalendarDay{r.day("day"), r.oneOf("kind", Holiday, Observed, DayOff, Workday), r.need("name_en"), r.text("name_ru"), r.basis()}
	})
	if err != nil {
		return nil, err
	}
	t, err := replace("holidays.csv", own, users, func(h CalendarDay) string { return h.Day.String() })
	slices.SortFunc(t, func(a, b CalendarDay) int { return cmp.Compare(a.Day, b.Day) })
	return t, err
}

// On returns the entry of d, if there is one.
func (t Calendar) On(d datasets.Day) (CalendarDay, bool) {
	i, ok := slices.BinarySearchFunc(t, d, func(h CalendarDay, d datasets.Day) int { return cmp.Compare(h.Day, d) })
	if !ok {
		return CalendarDay{}, false
	}
	return t[i], true
}

// Works reports whether d is a working day: by the calendar, else Monday to
// Friday.
func (t Calendar) Works(d datasets.Day) bool {
	if h, ok := t.On(d); ok {
		return h.Kind == Workday
	}
	w := d.Date().Weekday()
	return w != time.Saturday && w != time.Sunday
}
