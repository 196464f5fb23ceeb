package raw

import (
	"bytes"
	"math"
	"reflect"
	"strconv"

	"github.com/minewatch/minewatch/datasets"
)

var (
	notWhole        = problem{"not a whole number", "write digits only"}
	outOfRange      = problem{"out of range", "check the unit and the sign"}
	tooMuch         = problem{"more than 2147483 kWh in one interval", "check the unit: the column holds kWh"}
	tooMuchReactive = problem{"more than 2147483 kvarh in one interval", "check the unit: the column holds kvarh"}
	notListed       = problem{"not one of the allowed values", "see minewatch datasets for the list"}
	badQuality      = problem{"not a quality", "write measured, estimated or missing"}
	badQuarter      = problem{"not a quarter", "write a quarter like 2023Q1"}
	badDay          = problem{"not a date", "write a date like 2024-03-01"}
	badStamp        = problem{"not a time", "write 2024-03-01T15:00:00+05:00, or local time 2024-03-01T15:00"}
	noLength        = problem{"end of an interval without its length", "give interval_min, as a column or a constant"}
	skippedHour     = problem{"local time that no clock showed", "the clock was set forward over it; deliver times with their offset"}
	strangeYear     = problem{"year outside 1990 to 2100", "check the clock of the sender"}
	strangeYearD    = problem{"year outside 1900 to 2200", "check the date"}
)

// setter returns what reads a cell of c into its field of the row v. The cell
// is not empty and has no space at its ends.
func (l *loader) setter(c *datasets.Column, v reflect.Value) func(cell []byte) *problem {
	field := v.FieldByIndex(c.Index)
	switch p := field.Addr().Interface().(type) {
	case *string:
		return l.textSetter(c, p, v)
	case *int32:
		switch c.Kind {
		case datasets.Energy:
			return l.readingSetter(c, p)
		case datasets.Reactive:
			return l.reactiveSetter(c, p)
		}
		return func(cell []byte) *problem {
			n, fault := parseWhole(cell, c.Min, c.Max, math.MaxInt32)
			*p = int32(n)
			return fault
		}
	case *int64:
		return func(cell []byte) (fault *problem) {
			*p, fault = parseWhole(cell, c.Min, c.Max, 1<<62)
			return fault
		}
	case *float64:
		return func(cell []byte) (fault *problem) {
			if *p, fault = parseFloat(cell, l.comma); fault != nil {
				if joined, ok := ungroup(cell); ok && l.comma {
					*p, fault = parseFloat(joined, true)
				}
			}
			if u, given := l.units[c.In]; given {
				*p = *p*u.mul + u.add
			}
			if fault != nil && c.Unit == "MW" { // a register's "1,5 МВт" names its unit itself
				*p, fault = parsePower(cell)
			}
			if fault == nil && (c.Min != 0 || c.Max != 0) && (*p < c.Min || *p > c.Max) {
				fault = &outOfRange
			}
			return fault
		}
	case *datasets.Wh:
		return l.energySetter(c, p)
	case *datasets.Tiyn:
		return func(cell []byte) *problem {
			n, fault := l.decimal(c, cell, 2)
			*p = datasets.Tiyn(n)
			return fault
		}
	case *datasets.Micros:
		return l.instantSetter(c, p)
	case *datasets.Day:
		return l.daySetter(p)
	case *datasets.Quarter:
		return quarterSetter(p)
	case *datasets.Quality:
		return qualitySetter(p)
	}
	panic("raw: no decoder for " + l.table.Name + "." + c.Name)
}

// readingSetter reads kWh of one interval. Negative energy is kept, as meters
// with generation behind them deliver it, and counted.
func (l *loader) readingSetter(c *datasets.Column, p *int32) func([]byte) *problem {
	return func(cell []byte) *problem {
		n, fault := l.decimal(c, cell, 3)
		if fault != nil {
			return fault
		}
		if l.registers != nil {
			l.registers.value = n
			return nil
		}
		if n > math.MaxInt32 || n < -math.MaxInt32 {
			return &tooMuch
		}
		if n < 0 {
			l.doubt(c, "negative energy")
		}
		*p = int32(n)
		return nil
	}
}

// reactiveSetter reads kvarh of one interval.
func (l *loader) reactiveSetter(c *datasets.Column, p *int32) func([]byte) *problem {
	return func(cell []byte) *problem {
		n, fault := l.decimal(c, cell, 3)
		if fault != nil {
			return fault
		}
		if l.registers != nil {
			l.registers.react, *p = n, 1
			return nil
		}
		if n > math.MaxInt32 || n < -math.MaxInt32 {
			return &tooMuchReactive
		}
		*p = reactive(n)
		return nil
	}
}

// reactive keeps a measured zero apart from "not given", which is 0 on disk.
func reactive(varh int64) int32 {
	if varh == 0 {
		return 1
	}
	return int32(varh)
}

func (l *loader) energySetter(c *datasets.Column, p *datasets.Wh) func([]byte) *problem {
	return func(cell []byte) *problem {
		n, fault := l.decimal(c, cell, 3)
		if n < 0 {
			l.doubt(c, "negative energy")
		}
		*p = datasets.Wh(n)
		return fault
	}
}

// instantSetter reads a time. The time of the key decides which of two equal
// local hours is meant; other times take the earlier one.
func (l *loader) instantSetter(c *datasets.Column, p *datasets.Micros) func([]byte) *problem {
	return func(cell []byte) *problem {
		at, fault := l.stamp(cell)
		if fault != nil {
			return fault
		}
		if p == l.time {
			if fault := l.shift(&at); fault != nil {
				return fault
			}
		}
		*p, fault = l.instant(at, c, p == l.time)
		return fault
	}
}

// instant returns the instant of a time of column c. counted says that it is
// the time of the row.
func (l *loader) instant(at datasets.Stamp, c *datasets.Column, counted bool) (datasets.Micros, *problem) {
	if at.Local {
		t, ambiguous, ok := l.hours.resolve(at.Micros, counted, l.site)
		if !ok {
			return 0, &skippedHour
		}
		if ambiguous {
			l.doubt(c, "local hour that came twice")
		}
		at.Micros = t
	}
	if at.Micros < leastInstant || at.Micros >= endInstant {
		return 0, &strangeYear
	}
	return at.Micros, nil
}

// 1990-01-01 and 2100-01-01: before is older than any meter data system, and
// most often a clock that was never set.
const (
	leastInstant = 631_152_000_000_000
	endInstant   = 4_102_444_800_000_000
)

func (l *loader) stamp(cell []byte) (datasets.Stamp, *problem) {
	if l.native && (len(cell) < 5 || cell[4] != '-') {
		return epoch(cell)
	}
	if l.format != nil && !l.iso {
		return l.format.stamp(cell)
	}
	at, err := datasets.ParseStamp(cell)
	if err == nil {
		return at, nil
	}
	if at, ok := dotted(cell); ok {
		return at, nil
	}
	if l.serial != nil && isNumber(cell) {
		return serialStamp(cell, *l.serial)
	}
	return at, &badStamp
}

// shift brings a time that marks the end of its interval to the begin.
func (l *loader) shift(at *datasets.Stamp) *problem {
	marks := l.mapping.TimeMarks
	if marks != marksEnd && marks != marksEndOfDay {
		return nil
	}
	if l.interval == nil || *l.interval <= 0 {
		return &noLength
	}
	const day = 86_400_000_000
	if marks == marksEndOfDay && at.Local && at.Micros%day == 0 {
		at.Micros += day
	}
	at.Micros -= datasets.Micros(*l.interval) * 60_000_000
	return nil
}

// isNumber reports whether a cell is digits with at most one point.
func isNumber(cell []byte) bool {
	return len(bytes.TrimLeft(bytes.Replace(cell, []byte("."), nil, 1), "0123456789")) == 0
}

// epoch reads seconds since 1970 with decimals, as Zeek writes them, or whole
// milliseconds, as Zeek does in JSON if told so: seconds stay below 10^11
// until the year 5138.
func epoch(cell []byte) (datasets.Stamp, *problem) {
	us, fault := parseDecimal(cell, 6, false)
	if fault != nil {
		return datasets.Stamp{}, &badStamp
	}
	if us >= 1e17 {
		us /= 1000
	}
	return datasets.Stamp{Micros: datasets.Micros(us)}, nil
}

func (l *loader) daySetter(p *datasets.Day) func([]byte) *problem {
	return func(cell []byte) *problem {
		d, err := datasets.ParseDay(cell)
		if err != nil || l.format != nil {
			at, fault := l.stamp(cell)
			if fault != nil {
				return &badDay
			}
			d = datasets.DayOf(at.Micros.Time())
		}
		if y := d.Date().Year(); y < 1900 || y > 2200 {
			return &strangeYearD
		}
		*p = d
		return nil
	}
}

func quarterSetter(p *datasets.Quarter) func([]byte) *problem {
	return func(cell []byte) *problem {
		q, err := datasets.ParseQuarter(string(cell))
		if err != nil {
			written, ok := writtenQuarter(string(cell))
			if !ok {
				return &badQuarter
			}
			q = written
		}
		*p = q
		return nil
	}
}

func qualitySetter(p *datasets.Quality) func([]byte) *problem {
	return func(cell []byte) *problem {
		switch string(cell) { // the usual spellings cost no memory
		case "measured":
			*p = datasets.Measured
			return nil
		case "estimated":
			*p = datasets.Estimated
			return nil
		}
		q, err := datasets.ParseQuality(string(bytes.ToLower(cell)))
		if err != nil {
			return &badQuality
		}
		*p = q
		return nil
	}
}

// parseWhole reads a whole number. Decimals that are all zero are allowed,
// since some programs write whole numbers as 60.0.
func parseWhole(cell []byte, least, most, limit float64) (int64, *problem) {
	if i := bytes.IndexByte(cell, '.'); i > 0 && len(bytes.Trim(cell[i+1:], "0")) == 0 {
		cell = cell[:i]
	}
	n, err := strconv.ParseInt(string(cell), 10, 64)
	if err != nil {
		if len(bytes.Trim(cell, "0123456789")) == 0 {
			return 0, &numberRange
		}
		return 0, &notWhole
	}
	if f := float64(n); f > limit || f < -limit || (least != 0 || most != 0) && (f < least || f > most) {
		return 0, &outOfRange
	}
	return n, nil
}

// parseFloat reads a decimal number; hexadecimal, infinite and undefined ones
// are refused.
func parseFloat(cell []byte, comma bool) (float64, *problem) {
	var buf [32]byte
	s := append(buf[:0], cell...)
	for i, c := range s {
		switch {
		case c >= '0' && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		case c == ',' && comma:
			s[i] = '.'
		default:
			return 0, &notNumber
		}
	}
	f, err := strconv.ParseFloat(string(s), 64)
	if err != nil {
		if math.IsInf(f, 0) {
			return 0, &numberRange
		}
		return 0, &notNumber
	}
	return f, nil
}
