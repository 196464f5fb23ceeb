// Package sample holds real public meters, for the demo and for measuring
// detectors. The files lie unchanged below data, each folder with its source
// and its licence; NOTICE repeats them.
//
// [Meters] reads them all into one form. Clock times are those of the files;
// nothing is moved in time here.
package sample

import (
	"compress/gzip"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed data
var files embed.FS

// A Kind says what a meter measures.
type Kind string

// The kinds of meters.
const (
	University Kind = "university" // Cambridge estate, offices, laboratories, libraries
	Home       Kind = "home"       // single-family homes, Fontana
	Server     Kind = "server"     // GPU servers: a computing load that does not mine
	Steel      Kind = "steel"      // steel works
	School     Kind = "school"
)

// A Meter is one real meter. Value i is the energy of the interval that begins
// at Start + i·Interval; NaN where the file has no row.
type Meter struct {
	ID       string
	Kind     Kind
	Start    time.Time // clock time of the file, as UTC
	Interval time.Duration
	KWh      []float64
}

// Hourly returns the mean power in kW of each hour; NaN where a reading is missing.
func (m Meter) Hourly() []float64 {
	per := int(time.Hour / m.Interval)
	kw := make([]float64, len(m.KWh)/per)
	for i := range kw {
		for _, v := range m.KWh[i*per : (i+1)*per] {
			kw[i] += v
		}
	}
	return kw
}

// Meters returns all meters: Cambridge, Fontana, servers, steel, school, each by id.
func Meters() ([]Meter, error) {
	var all []Meter
	for _, read := range []func() ([]Meter, error){cambridge, fontana, servers, steel, school} {
		meters, err := read()
		if err != nil {
			return nil, fmt.Errorf("sample: %w", err)
		}
		all = append(all, meters...)
	}
	return all, nil
}

// CambridgeTempC returns the hourly air temperature at Bedford from 2017-01-01
// 00:00 on (Met Office MIDAS Open), which goes with the University meters.
func CambridgeTempC() ([]float64, error) {
	var temps []float64
	for _, year := range []string{"2017", "2018", "2019"} {
		err := rows("data/cambridge/weather-bedford/"+year+".csv.gz", ',', func(row []string) error {
			v, err := strconv.ParseFloat(row[1], 64)
			if err != nil {
				v = math.NaN()
			}
			temps = append(temps, v)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("sample: %w", err)
		}
	}
	return temps, nil
}

func cambridge() ([]Meter, error) {
	entries, err := fs.ReadDir(files, "data/cambridge")
	if err != nil {
		return nil, err
	}
	var all []Meter
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "weather-bedford" {
			continue
		}
		m := Meter{ID: "cambridge-" + e.Name(), Kind: University, Interval: time.Hour}
		for _, year := range []string{"2017", "2018", "2019"} {
			if err := m.read(path.Join("data/cambridge", e.Name(), year+".csv.gz"), "2006-01-02 15:04:05", 0, 1); err != nil {
				return nil, err
			}
		}
		all = append(all, m)
	}
	return all, nil
}

// fontana's files have no dates: they begin in the last hour of 31 July, and 1
// August is a Monday. 2022 is such a year.
func fontana() ([]Meter, error) {
	var all []Meter
	for b := 1; b <= 17; b++ {
		m := Meter{ID: fmt.Sprintf("fontana-%02d", b), Kind: Home, Interval: time.Hour,
			Start: time.Date(2022, 7, 31, 23, 0, 0, 0, time.UTC)}
		err := rows(fmt.Sprintf("data/fontana/Building_%d.csv.gz", b), ',', func(row []string) error {
			v, err := strconv.ParseFloat(row[7], 64)
			m.KWh = append(m.KWh, v)
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// servers reads the mean power of a GPU of each server; rows that share a time
// stamp are added up.
func servers() ([]Meter, error) {
	var all []Meter
	for _, name := range []string{"cbsugpu05", "cbsugpu08"} {
		sum := map[time.Time]float64{}
		err := rows("data/gpu/"+name+"_usage_stats.tsv.gz", '\t', func(row []string) error {
			if len(row) < 3 { // the export ends with remarks of the query tool
				return nil
			}
			t, err := time.Parse("2006-01-02 15:04:05.000", row[1])
			if err != nil {
				return err
			}
			w, err := strconv.ParseFloat(row[2], 64)
			sum[t.Truncate(time.Hour)] += w / 1000
			return err
		})
		if err != nil {
			return nil, err
		}
		m := Meter{ID: "gpu-" + name, Kind: Server, Interval: time.Hour}
		m.Start, m.KWh = grid(sum, time.Hour)
		all = append(all, m)
	}
	return all, nil
}

func grid(sum map[time.Time]float64, step time.Duration) (time.Time, []float64) {
	first, last := time.Time{}, time.Time{}
	for t := range sum {
		if first.IsZero() || t.Before(first) {
			first = t
		}
		if t.After(last) {
			last = t
		}
	}
	values := make([]float64, int(last.Sub(first)/step)+1)
	for i := range values {
		v, ok := sum[first.Add(time.Duration(i)*step)]
		if !ok {
			v = math.NaN()
		}
		values[i] = v
	}
	return first, values
}

// steel's time stamps are the ends of intervals of 15 minutes.
func steel() ([]Meter, error) {
	m := Meter{ID: "steel", Kind: Steel, Interval: 15 * time.Minute}
	if err := m.read("data/steel/Steel_industry_data.csv.gz", "02/01/2006 15:04", 0, 1); err != nil {
		return nil, err
	}
	m.Start = m.Start.Add(-m.Interval)
	return []Meter{m}, nil
}

func school() ([]Meter, error) {
	m := Meter{ID: "school", Kind: School, Interval: time.Hour}
	err := m.read("data/school/school_hourly.csv.gz", "2006-01-02 15:04:05", 0, 1)
	return []Meter{m}, err
}

// read appends the rows of a file that has one row an interval, in order.
func (m *Meter) read(name, layout string, timeColumn, valueColumn int) error {
	return rows(name, ',', func(row []string) error {
		if m.Start.IsZero() {
			t, err := time.Parse(layout, row[timeColumn])
			if err != nil {
				return err
			}
			m.Start = t
		}
		if row[valueColumn] == "NA" {
			m.KWh = append(m.KWh, math.NaN())
			return nil
		}
		v, err := strconv.ParseFloat(row[valueColumn], 64)
		m.KWh = append(m.KWh, v)
		return err
	})
}

// rows calls each for the rows below the header.
func rows(name string, comma rune, each func([]string) error) error {
	f, err := files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r := csv.NewReader(z)
	r.Comma, r.ReuseRecord, r.FieldsPerRecord, r.LazyQuotes = comma, true, -1, true
	for line := 1; ; line++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && line > 1 {
			err = each(row)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, line, err)
		}
	}
}

// Select returns the meters of the given kinds.
func Select(meters []Meter, kinds ...Kind) []Meter {
	return slices.DeleteFunc(slices.Clone(meters), func(m Meter) bool { return !slices.Contains(kinds, m.Kind) })
}

// Licences returns the text of each source's README and licence, by folder.
func Licences() (map[string]string, error) {
	texts := map[string]string{}
	err := fs.WalkDir(files, "data", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".gz") {
			return err
		}
		text, err := fs.ReadFile(files, name)
		texts[name] = string(text)
		return err
	})
	return texts, err
}
