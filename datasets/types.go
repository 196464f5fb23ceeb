package datasets

import (
	"cmp"
	"fmt"
	"time"
)

// Micros is an instant: UTC microseconds since 1970.
type Micros int64

// MicrosOf converts a time.
func MicrosOf(t time.Time) Micros { return Micros(t.UnixMicro()) }

// Time returns m as a UTC time.
func (m Micros) Time() time.Time { return time.UnixMicro(int64(m)).UTC() }

// String prints m as RFC 3339 in UTC, "" for 0.
func (m Micros) String() string {
	if m == 0 {
		return ""
	}
	return m.Time().Format(time.RFC3339)
}

// Day is a calendar day as days since 1970-01-01; 0 means "not given".
type Day int32

// DayOf returns the calendar day of t in t's own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Date returns midnight UTC of d.
func (d Day) Date() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// In returns the instant at which d begins in loc.
func (d Day) In(loc *time.Location) time.Time {
	y, m, day := d.Date().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, loc)
}

// String prints d as YYYY-MM-DD, "" for 0.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.Date().Format(time.DateOnly)
}

// Wh is energy in watt-hours.
type Wh int64

// KWh returns the energy in kilowatt-hours.
func (w Wh) KWh() float64 { return float64(w) / 1000 }

// Tiyn is money in 1/100 tenge.
type Tiyn int64

// KZT returns the amount in tenge.
func (t Tiyn) KZT() float64 { return float64(t) / 100 }

// A Quarter is a calendar quarter as year*4 + (0…3).
type Quarter int32

// QuarterOf returns the quarter of t in t's own location.
func QuarterOf(t time.Time) Quarter { return Quarter(t.Year()*4 + (int(t.Month())-1)/3) }

// Start returns the first day of q.
func (q Quarter) Start() Day {
	return DayOf(time.Date(int(q)/4, time.Month(int(q)%4*3+1), 1, 0, 0, 0, 0, time.UTC))
}

// End returns the last day of q.
func (q Quarter) End() Day { return (q + 1).Start() - 1 }

// String prints q as 2023Q1, "" for 0.
func (q Quarter) String() string {
	if q == 0 {
		return ""
	}
	return fmt.Sprintf("%dQ%d", int(q)/4, int(q)%4+1)
}

// ParseQuarter reads "2023Q1" (also "2023-Q1", "2023 q1").
func ParseQuarter(s string) (Quarter, error) {
	if len(s) == 7 && (s[4] == '-' || s[4] == ' ') {
		s = s[:4] + s[5:]
	}
	if len(s) == 6 && (s[4] == 'Q' || s[4] == 'q') && s[5] >= '1' && s[5] <= '4' {
		if y, ok := number(s[:4]); ok && y > 1900 {
			return Quarter(int(y)*4 + int(s[5]-'1')), nil
		}
	}
	return 0, fmt.Errorf("want a quarter like 2023Q1, got %q", s)
}

// Quality says how an energy value came about.
type Quality int32

// The values of Quality, as delivered: "measured", "estimated", "missing".
const (
	Measured  Quality = iota // read from the meter; also if nothing was said
	Estimated                // filled in by the sender; never evidence of a flat load
	Missing                  // the sender says that there is no value
)

var qualityNames = [...]string{"measured", "estimated", "missing"}

func (q Quality) String() string {
	if q < 0 || int(q) >= len(qualityNames) {
		return fmt.Sprintf("Quality(%d)", int32(q))
	}
	return qualityNames[q]
}

// ParseQuality reads a name of a Quality; "" is Measured.
func ParseQuality(s string) (Quality, error) {
	if s == "" {
		return Measured, nil
	}
	for i, n := range qualityNames {
		if s == n {
			return Quality(i), nil
		}
	}
	return 0, fmt.Errorf("want measured, estimated or missing, got %q", s)
}

// An Origin traces a row to where it was delivered.
type Origin struct {
	Source int32 `parquet:"src_file" doc:"delivery number of the file, see lake/_files"`
	Line   int64 `parquet:"src_line,delta" doc:"line (text) or row (Parquet) in that file; the first is 1"`
}

// CompareOrigin orders by delivery: a later one supersedes an earlier one.
func CompareOrigin(a, b Origin) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Line, b.Line))
}
