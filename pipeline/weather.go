package pipeline

import (
	"fmt"
	"math"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/features"
)

// A climate is the air temperature of one region, hour by hour.
type climate struct {
	Start datasets.Micros // a whole hour
	TempC []float64       // NaN where nothing was measured in the hour or the two before
}

// holdHours is how long a measurement stands for the hours after it: weather comes
// every three hours from many stations.
const holdHours = 3

// climates reads the weather by region, as it is spelled there and by the code of
// the region if it is known. digest says what was read.
func (e *Env) climates() (by map[string]*climate, digest string, err error) {
	rows, err := store.ReadTable[datasets.Weather](e.WS.Lake(), "weather")
	if err != nil {
		return nil, "", err
	}
	by = map[string]*climate{}
	type span struct{ first, last datasets.Micros }
	spans := map[string]span{}
	var text strings.Builder
	keys := map[string]string{} // by name: to find a region takes longer than the row does
	for _, r := range rows {
		key, ok := keys[r.Region]
		if !ok {
			key = e.regionKey(r.Region)
			keys[r.Region] = key
		}
		s, ok := spans[key]
		if !ok {
			s = span{r.TS, r.TS}
		}
		spans[key] = span{min(s.first, r.TS), max(s.last, r.TS)}
		fmt.Fprintln(&text, key, r.TS, r.TempC)
	}
	for key, s := range spans {
		start := s.first - s.first%features.MicrosPerHour
		c := &climate{Start: start, TempC: make([]float64, int((s.last-start)/features.MicrosPerHour)+holdHours)}
		for i := range c.TempC {
			c.TempC[i] = math.NaN()
		}
		by[key] = c
	}
	for _, r := range rows { // in order of region and time: the last of an hour stands
		c := by[keys[r.Region]]
		c.TempC[(r.TS-c.Start)/features.MicrosPerHour] = r.TempC
	}
	for _, c := range by {
		c.hold()
	}
	return by, store.Fingerprint(text.String()), nil
}

// hold lets each measurement stand for the hours after it.
func (c *climate) hold() {
	age := holdHours
	for i, v := range c.TempC {
		age++
		if !math.IsNaN(v) {
			age = 0
		} else if age < holdHours {
			c.TempC[i] = c.TempC[i-1]
		}
	}
}

// regionKey is the code of a region, or its folded name if it is not known.
func (e *Env) regionKey(name string) string {
	if r, ok := e.tables.Regions.Find(name); ok {
		return r.Code
	}
	return strings.ToLower(strings.TrimSpace(name))
}

// over returns the temperatures of the hours of a series; nil without a climate.
func (c *climate) over(s *features.Series) []float64 {
	if c == nil {
		return nil
	}
	temps := make([]float64, len(s.KW))
	shift := int((s.Start - c.Start) / features.MicrosPerHour)
	for i := range temps {
		temps[i] = math.NaN()
		if at := i + shift; at >= 0 && at < len(c.TempC) {
			temps[i] = c.TempC[at]
		}
	}
	return temps
}
