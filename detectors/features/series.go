// Package features turns readings into what the detectors read.
//
//  1. [Normalise] brings the readings of one site, whatever their intervals, to
//     one hourly [Series] with a figure of how much of it is known.
//  2. [Profiles] describes each month of the series in one row.
package features

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/minewatch/minewatch/datasets"
)

// MicrosPerHour is the length of an hour in datasets.Micros.
const MicrosPerHour = 3_600_000_000

// A Series is the hourly load of one site, without a gap in time: hour i
// begins at Start + i hours (whole UTC hours).
type Series struct {
	SiteID    string
	Start     datasets.Micros
	KW        []float64 // mean power of the hour; NaN if less than MinHourShare of it is known
	Estimated []bool    // the hour holds energy that the sender estimated

	// Coverage is the share of hours with a measured value, 0 to 1.
	Coverage float64
	// CoarseWh is energy in intervals longer than an hour. It is in no hour: a
	// mean over a day or a month is not evidence of a flat load.
	CoarseWh datasets.Wh
	// Wh is the energy of all readings, CoarseWh included.
	Wh datasets.Wh
}

// End returns the instant at which the last hour ends.
func (s *Series) End() datasets.Micros { return s.At(len(s.KW)) }

// At returns the instant at which hour i begins.
func (s *Series) At(i int) datasets.Micros {
	return s.Start + datasets.Micros(i)*MicrosPerHour
}

// Hour returns the index of the hour that holds t; it may lie outside the series.
func (s *Series) Hour(t datasets.Micros) int {
	return int(floorDiv(int64(t-s.Start), MicrosPerHour))
}

// Known returns the number of hours with a value.
func (s *Series) Known() int {
	if !math.IsNaN(floats.Sum(s.KW)) {
		return len(s.KW) // as of most
	}
	n := 0
	for _, v := range s.KW {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// Clock returns the local hour of the week of each hour of the series, 0 being
// Monday from 00:00, in buf if it is large enough.
func (s *Series) Clock(zone *time.Location, buf []uint8) []uint8 {
	clock := slices.Grow(buf[:0], len(s.KW))[:len(s.KW)]
	for i := 0; i < len(clock); {
		at := s.At(i).Time().In(zone)
		_, offset := at.Zone()
		to := len(clock)
		if _, end := at.ZoneBounds(); !end.IsZero() { // the first hour that begins at a change of the offset or after it
			to = min(to, max(i+1, s.Hour(datasets.MicrosOf(end)+MicrosPerHour-1)))
		}
		part, first := clock[i:to], int(hourOfWeek(s.At(i), offset))
		for k := range part[:min(168, len(part))] {
			part[k] = uint8((first + k) % 168)
		}
		for n := 168; n < len(part); n *= 2 { // weeks repeat
			copy(part[n:], part[:n])
		}
		i = to
	}
	return clock
}

// hourOfWeek counts from Monday 00:00 local time; 1970-01-01 was a Thursday.
func hourOfWeek(at datasets.Micros, offsetS int) uint8 {
	hours := floorDiv(int64(at)/1_000_000+int64(offsetS), 3600)
	return uint8(((hours+72)%168 + 168) % 168)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
