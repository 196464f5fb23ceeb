package raw

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// A Mapping says how a file is read whose header is not the table's: CSV, XLSX
// and Parquet. Interval formats without a header (80020, NEM12, Green Button)
// follow Zone and Ratio, and are refused if there is more. The zero value
// changes nothing.
type Mapping struct {
	// Columns names, by the delivered name, the column of the table, or one of
	// the parts below that columns are made of.
	Columns map[string]string
	// Constants are values that every row of the file has, by column.
	Constants map[string]string
	// Units are the units delivered, by column, where they are not the table's.
	Units map[string]string
	// Missing lists texts that stand for "no value". Energy is then missing.
	Missing []string

	Zone       *time.Location // of times without offset; nil for Options.Zone
	TimeFormat string         // tokens YYYY YY MM DD hh mm ss AM, or unix; "" for ISO 8601 and DD.MM.YYYY hh:mm
	TimeMarks  string         // what the time of an interval is: start (also ""), end, end_of_day
	Comma      bool           // a decimal comma in files that are not separated by semicolons
	PeriodEnd  string         // "" or next_start: a billing period ends where the next one of the account begins

	Ratio    string // transformer ratio, "" for 1
	Register bool   // energy columns hold the state of a register, not the energy of an interval
	Digits   int    // of the register before the decimal point, 0 if it is not known where it rolls over
}

// Parts of columns that a mapping may name beside the columns of the table.
const (
	partDate     = "date"           // with partTime the ts
	partTime     = "time"           //
	partMonth    = "month"          // period_start and period_end of billing
	partRatio    = "ratio"          // transformer ratio of the row
	partMeter    = "meter"          // number of the device: its change explains a register that went back
	partRegStart = "register_start" // kwh is the difference of the two, times the ratio
	partRegEnd   = "register_end"
	partIgnore   = "-" // the column is not used, though its name is one of the table's
)

var parts = []string{partDate, partTime, partMonth, partRatio, partMeter, partRegStart, partRegEnd, partIgnore}

// The values of TimeMarks and PeriodEnd.
const (
	marksStart    = "start"
	marksEnd      = "end"
	marksEndOfDay = "end_of_day" // as end, but midnight is the end of the day it is written with
	nextStart     = "next_start"
)

// Validate checks m against the columns of a table. The error names every
// setting that is wrong.
func (m *Mapping) Validate(t *datasets.Table) error {
	var problems []error
	fail := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	in := map[string]*datasets.Column{}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.In != "" {
			in[c.In] = c
		}
	}
	used := map[string]string{}
	for _, theirs := range slices.Sorted(maps.Keys(m.Columns)) {
		ours := m.Columns[theirs]
		if in[ours] == nil && !slices.Contains(parts, ours) {
			fail("columns: %q: %s has no column %q", theirs, t.Name, ours)
		} else if other, twice := used[ours]; twice && ours != partIgnore {
			fail("columns: %q and %q both become %q", other, theirs, ours)
		}
		used[ours] = theirs
	}
	for _, c := range slices.Sorted(maps.Keys(m.Constants)) {
		if in[c] == nil {
			fail("constants: %s has no column %q", t.Name, c)
		} else if used[c] != "" {
			fail("constants: %q is delivered in the column %q", c, used[c])
		}
	}
	for _, c := range slices.Sorted(maps.Keys(m.Units)) {
		if in[c] == nil {
			fail("units: %s has no column %q", t.Name, c)
		} else if _, err := unitOf(in[c], m.Units[c]); err != nil {
			fail("units: %s: %w", c, err)
		}
	}
	problems = append(problems, m.validateTimes(t), m.validateRegister(t, used))
	return errors.Join(problems...)
}

func (m *Mapping) validateTimes(t *datasets.Table) error {
	if m.TimeFormat != "" {
		if _, err := parseTimeFormat(m.TimeFormat); err != nil {
			return fmt.Errorf("time_format: %w", err)
		}
	}
	if !slices.Contains([]string{"", marksStart, marksEnd, marksEndOfDay}, m.TimeMarks) {
		return fmt.Errorf("time_marks: want start, end or end_of_day, got %q", m.TimeMarks)
	}
	if (m.TimeMarks == marksEnd || m.TimeMarks == marksEndOfDay) && (t.Name != "readings" || m.Register) {
		return errors.New("time_marks: only readings without register have intervals that a time can end")
	}
	if m.PeriodEnd != "" && m.PeriodEnd != nextStart {
		return fmt.Errorf("period_end: want next_start, got %q", m.PeriodEnd)
	}
	if m.PeriodEnd != "" && t.Name != "billing" {
		return errors.New("period_end: only billing has periods")
	}
	return nil
}

func (m *Mapping) validateRegister(t *datasets.Table, used map[string]string) error {
	if m.Ratio != "" {
		if n, p := parseDecimal([]byte(m.Ratio), 3, false); p != nil || n <= 0 || n > maxRatio {
			return fmt.Errorf("ratio: want a number above 0, at most %d, got %q", maxRatio/1000, m.Ratio)
		}
	}
	if m.Digits < 0 || m.Digits > 9 {
		return fmt.Errorf("register_digits: want 0 (not known) to 9, got %d", m.Digits)
	}
	if m.Register && t.Name != "readings" {
		return errors.New("register: only readings are made of register states; in billing map register_start and register_end")
	}
	if (used[partRegStart] == "") != (used[partRegEnd] == "") {
		return errors.New("columns: register_start and register_end belong together")
	}
	if m.Register && used[partRegEnd] != "" {
		return errors.New("register: is for files with one register state a row, not for register_start and register_end")
	}
	return nil
}

// maxRatio bounds a transformer ratio, in thousandths: 1150 kV to 100 V times
// 4000 A to 1 A is 46 million.
const maxRatio = 100_000_000_000

// needsHeader reports whether the mapping says something that only a file with
// columns can follow.
func (m *Mapping) needsHeader() bool {
	return len(m.Columns)+len(m.Constants)+len(m.Units)+len(m.Missing) > 0 || m.TimeFormat != "" || m.TimeMarks != "" || m.Comma || m.PeriodEnd != "" || m.Register
}

// isMissing reports whether a cell says that there is no value.
func (m *Mapping) isMissing(cell []byte) bool {
	for _, s := range m.Missing {
		if strings.EqualFold(s, string(cell)) {
			return true
		}
	}
	return false
}

// apply brings the mapping's settings to the form that reading needs. The
// mapping must be valid.
func (l *loader) apply(m *Mapping) {
	if m == nil {
		m = &Mapping{}
	}
	l.mapping = m
	if m.Zone != nil {
		l.hours = newHours(m.Zone)
	}
	l.comma = m.Comma
	l.ratio = 1000
	if m.Ratio != "" {
		l.ratio, _ = parseDecimal([]byte(m.Ratio), 3, false)
	}
	if m.TimeFormat != "" {
		l.format, _ = parseTimeFormat(m.TimeFormat)
	}
	l.units = map[string]unit{}
	for c, name := range m.Units {
		for i := range l.table.Columns {
			if col := &l.table.Columns[i]; col.In == c {
				l.units[c], _ = unitOf(col, name)
			}
		}
	}
}
