package datasets

import (
	"errors"
	"fmt"
	"time"
)

// A Stamp is a time as it was delivered: an instant, or the reading of a wall
// clock whose zone was not said.
type Stamp struct {
	// Micros is the instant, or for a wall clock the same digits taken as UTC.
	Micros Micros
	Local  bool
}

var errStamp = errors.New("want a time like 2024-03-01T15:00:00+05:00, or local time 2024-03-01T15:00")

// ParseStamp reads RFC 3339, or local time without offset: 2006-01-02T15:04,
// with seconds and a fraction if given; a space may stand for the T, and a
// date alone is its midnight. 24:00 is the next day's midnight. Digits after
// the microsecond are cut off.
func ParseStamp[T string | []byte](s T) (Stamp, error) {
	days, ok := parseDate(s)
	if !ok {
		return Stamp{}, errStamp
	}
	us := days * 86_400_000_000
	if len(s) == 10 {
		return Stamp{Micros(us), true}, nil
	}
	if c := s[10]; c != 'T' && c != ' ' && c != 't' {
		return Stamp{}, errStamp
	}
	clock, n, ok := parseClock(s[11:])
	if !ok {
		return Stamp{}, errStamp
	}
	us += clock
	offset, local, ok := parseOffset(s[11+n:])
	if !ok {
		return Stamp{}, errStamp
	}
	return Stamp{Micros(us - offset), local}, nil
}

// ParseDay reads YYYY-MM-DD. Of a longer RFC 3339 or local time it takes the
// date as written.
func ParseDay[T string | []byte](s T) (Day, error) {
	days, ok := parseDate(s)
	if ok && len(s) > 10 {
		_, err := ParseStamp(s)
		ok = err == nil
	}
	if !ok {
		return 0, errors.New("want a date like 2024-03-01")
	}
	return Day(days), nil
}

// parseDate reads the YYYY-MM-DD that s begins with as days since 1970.
func parseDate[T string | []byte](s T) (int64, bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, ok1 := number(s[0:4])
	m, ok2 := number(s[5:7])
	d, ok3 := number(s[8:10])
	if !ok1 || !ok2 || !ok3 || y < 1 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	// Days of the civil calendar, counted in years that begin in March.
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 719_469, true
}

func daysIn(y, m int64) int64 {
	switch {
	case m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0):
		return 29
	case m == 2:
		return 28
	case m == 4 || m == 6 || m == 9 || m == 11:
		return 30
	}
	return 31
}

// parseClock reads hh:mm[:ss[.f…]] and returns microseconds since midnight and
// the number of bytes read.
func parseClock[T string | []byte](s T) (us int64, n int, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, 0, false
	}
	h, ok1 := number(s[0:2])
	m, ok2 := number(s[3:5])
	if !ok1 || !ok2 || h > 24 || m > 59 {
		return 0, 0, false
	}
	us, n = (h*60+m)*60_000_000, 5
	if len(s) >= 8 && s[5] == ':' {
		sec, ok := number(s[6:8])
		if !ok || sec > 59 {
			return 0, 0, false
		}
		us, n = us+sec*1_000_000, 8
		if len(s) > 8 && s[8] == '.' {
			frac, digits := fraction(s[9:])
			if digits == 0 {
				return 0, 0, false
			}
			us, n = us+frac, 9+digits
		}
	}
	return us, n, us <= 86_400_000_000
}

// fraction reads decimal digits as microseconds.
func fraction[T string | []byte](s T) (us int64, digits int) {
	unit := int64(100_000)
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		us += int64(s[digits]-'0') * unit
		unit /= 10
		digits++
	}
	return us, digits
}

// parseOffset reads "", Z, +hh:mm, +hhmm or +hh.
func parseOffset[T string | []byte](s T) (us int64, local, ok bool) {
	if len(s) == 0 {
		return 0, true, true
	}
	if len(s) == 1 && (s[0] == 'Z' || s[0] == 'z') {
		return 0, false, true
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, false, false
	}
	var minutes T
	switch {
	case len(s) == 3:
	case len(s) == 5:
		minutes = s[3:]
	case len(s) == 6 && s[3] == ':':
		minutes = s[4:]
	default:
		return 0, false, false
	}
	h, ok1 := number(s[1:3])
	m, ok2 := int64(0), true
	if len(minutes) > 0 {
		m, ok2 = number(minutes)
	}
	us = (h*60 + m) * 60_000_000
	if s[0] == '-' {
		us = -us
	}
	return us, false, ok1 && ok2 && h <= 23 && m <= 59
}

// number reads a text of decimal digits only.
func number[T string | []byte](s T) (n int64, ok bool) {
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// A Clock turns wall-clock readings of one zone into instants. It keeps the
// last answer, so each goroutine needs its own.
type Clock struct {
	loc *time.Location
	// Readings in [from, to) stand well inside one offset.
	from, to, offset int64
}

// NewClock returns a clock of a zone.
func NewClock(loc *time.Location) *Clock { return &Clock{loc: loc} }

// farUS is farther from a reading than any offset, so that the offsets in
// force that long before and after it are the only two it can have.
const farUS = 48 * 3600 * 1_000_000

// Instants returns the instants at which the wall clock shows the reading:
// one as a rule; two, the earlier first, where the clock was set back; none
// where it was set forward. second is 0 unless n is 2.
func (c *Clock) Instants(reading Micros) (first, second Micros, n int) {
	w := int64(reading)
	if w >= c.from && w < c.to {
		return Micros(w - c.offset), 0, 1
	}
	before, after := c.offsetAt(w-farUS), c.offsetAt(w+farUS)
	a, b := w-before, w-after
	validA, validB := c.offsetAt(a) == before, c.offsetAt(b) == after
	switch {
	case before == after && validA:
		c.remember(a, before)
		return Micros(a), 0, 1
	case validA && validB:
		return Micros(min(a, b)), Micros(max(a, b)), 2
	case validA:
		return Micros(a), 0, 1
	case validB:
		return Micros(b), 0, 1
	}
	return 0, 0, 0
}

func (c *Clock) offsetAt(us int64) int64 {
	_, seconds := time.UnixMicro(us).In(c.loc).Zone()
	return int64(seconds) * 1_000_000
}

func (c *Clock) remember(us, offset int64) {
	start, end := time.UnixMicro(us).In(c.loc).ZoneBounds()
	c.offset, c.from, c.to = offset, us, us+1
	if start.IsZero() {
		start = time.UnixMicro(us - farUS)
	}
	if end.IsZero() { // no change is known: a century will do
		end = time.UnixMicro(us + 36525*86_400_000_000)
	}
	c.from = start.UnixMicro() + offset + farUS
	c.to = end.UnixMicro() + offset - farUS
}

// CheckZoneData fails if the time zone data of this machine is too old to
// know that Almaty's offset changed from +06 to +05 on 2024-03-01 (IANA tz
// 2024a). With old data every local time after that day would be an hour off.
func CheckZoneData() error {
	loc, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		return fmt.Errorf("time zone data: %w; install the tzdata package of this system", err)
	}
	return checkAlmaty(loc)
}

func checkAlmaty(loc *time.Location) error {
	_, before := time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC).In(loc).Zone()
	_, after := time.Date(2024, 3, 2, 0, 0, 0, 0, time.UTC).In(loc).Zone()
	if before-after != 3600 {
		return errors.New("time zone data: the change of Asia/Almaty on 2024-03-01 is not known; update the tzdata package to 2024a or later, or unset ZONEINFO")
	}
	return nil
}
