package ingest

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
)

// An Explanation says how a file would be taken in. Nothing is written.
type Explanation struct {
	File    string   `json:"file"`
	Dataset string   `json:"dataset"`
	Others  []string `json:"others,omitempty"`  // datasets that would take it as well
	Mapping string   `json:"mapping,omitempty"` // that is used
	Format  string   `json:"format,omitempty"`

	Columns     []raw.Use        `json:"columns,omitempty"` // of formats with a header
	Ignored     []string         `json:"ignored_columns,omitempty"`
	Rows        int64            `json:"rows"`
	Accepted    int64            `json:"accepted"` // before duplicates are left out
	Quarantined map[string]int64 `json:"quarantined,omitempty"`
	Skipped     map[string]int64 `json:"skipped,omitempty"`
	Warnings    map[string]int64 `json:"warnings,omitempty"`
	KWh         float64          `json:"kwh,omitempty"` // of the accepted rows
	First       string           `json:"first,omitempty"`
	Last        string           `json:"last,omitempty"`
	Refused     *raw.Fault       `json:"refused,omitempty"`

	Header []string      `json:"header,omitempty"` // columns of Sample that have values
	Sample [][]string    `json:"sample,omitempty"` // the first rows as they would land, with their line
	Faults []RefusedLine `json:"faults,omitempty"` // the first refused records
}

// A RefusedLine is a record that would be refused.
type RefusedLine struct {
	raw.Fault
	Raw string `json:"raw"`
}

// How much of a file an explanation shows.
const (
	sampleRows   = 5
	sampleFaults = 10
	rawShown     = 160 // bytes
	probeRows    = 2000
)

var errEnough = errors.New("enough rows")

// Explain reads a file as Run would, and writes nothing. Without
// Options.Dataset the folder of the inbox decides, else the table that takes
// most of the file's columns.
func Explain(o Options, file string) (Explanation, error) {
	f := found{o.Dataset, inboxDir + "/" + o.Dataset + "/" + filepath.Base(file)}
	if dir, err := filepath.Abs(filepath.Join(o.Workspace, inboxDir)); err == nil {
		if abs, err := filepath.Abs(file); err == nil {
			if rel, err := filepath.Rel(dir, abs); err == nil && filepath.IsLocal(rel) && strings.Contains(rel, string(filepath.Separator)) {
				dataset, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
				if o.Dataset == "" || o.Dataset == dataset {
					f = found{dataset, inboxDir + "/" + filepath.ToSlash(rel)}
				}
			}
		}
	}
	if f.dataset != "" && datasets.Lookup(f.dataset) != nil {
		return o.explain(f, file, 0)
	}
	return o.guess(file)
}

// guess tries every table on the beginning of a file.
func (o *Options) guess(file string) (Explanation, error) {
	best, most := "", -1
	var fits []string
	for _, t := range datasets.Inputs() {
		e, err := o.explain(found{t.Name, inboxDir + "/" + t.Name + "/" + filepath.Base(file)}, file, probeRows)
		if err != nil {
			return e, err
		}
		if e.Refused != nil || e.Accepted == 0 {
			continue
		}
		fits = append(fits, t.Name)
		used := 0
		for _, u := range e.Columns {
			if u.Column != "" {
				used++
			}
		}
		if used > most {
			best, most = t.Name, used
		}
	}
	if best == "" {
		return Explanation{}, errors.New("no dataset takes this file; name the one that it is meant for to see why")
	}
	e, err := o.explain(found{best, inboxDir + "/" + best + "/" + filepath.Base(file)}, file, 0)
	e.Others = slices.DeleteFunc(fits, func(s string) bool { return s == best })
	return e, err
}

// explain reads a file as one table, at most so many rows; 0 is all.
func (o *Options) explain(f found, file string, rows int64) (Explanation, error) {
	e := Explanation{File: file, Dataset: f.dataset}
	options := raw.Options{Zone: o.Zone, Buckets: o.Buckets, Limits: o.Limits}
	if m, values := o.mapping(f); m != nil {
		e.Mapping, options.Mapping, options.Given = m.Name, &m.Mapping, values
	}
	sum, err := explainers[f.dataset](&e, file, options, rows)
	if err != nil && !errors.Is(err, errEnough) {
		return e, fmt.Errorf("explain: %w", err)
	}
	e.Format, e.Refused = sum.Format, sum.Refused
	e.Columns, e.Ignored = sum.Columns, sum.Ignored
	e.Rows, e.Accepted = sum.Rows, sum.Accepted
	e.Quarantined, e.Skipped, e.Warnings = sum.Quarantined, sum.Skipped, sum.Warnings
	e.KWh = datasets.Wh(sum.Wh).KWh()
	e.First, e.Last = sum.First.String(), sum.Last.String()
	e.prune()
	return e, nil
}

var explainers = map[string]func(*Explanation, string, raw.Options, int64) (raw.Summary, error){
	"sites":             explainRows[datasets.Site],
	"readings":          explainRows[datasets.Reading],
	"billing":           explainRows[datasets.Billing],
	"feeder_readings":   explainRows[datasets.FeederReading],
	"weather":           explainRows[datasets.Weather],
	"curtailments":      explainRows[datasets.Curtailment],
	"registry":          explainRows[datasets.RegistryEntry],
	"quarterly_reports": explainRows[datasets.QuarterlyReport],
	"declarations":      explainRows[datasets.Declaration],
	"subscribers":       explainRows[datasets.Subscriber],
	"flows":             explainRows[datasets.Flow],
	"dns":               explainRows[datasets.DNS],
	"tls":               explainRows[datasets.TLS],
	"pools":             explainRows[datasets.Pool],
	"known_services":    explainRows[datasets.KnownService],
	"outcomes":          explainRows[datasets.Outcome],
}

func explainRows[R any](e *Explanation, file string, o raw.Options, rows int64) (raw.Summary, error) {
	t := datasets.Lookup(e.Dataset)
	e.Header = []string{"line"}
	for _, c := range t.Delivered() {
		e.Header = append(e.Header, c.Name)
	}
	var n int64
	return raw.Read(file, t, o, raw.Sink[R]{
		Accept: func(batch []R) error {
			for i := range batch {
				if len(e.Sample) == sampleRows {
					break
				}
				e.Sample = append(e.Sample, sample(t, reflect.ValueOf(&batch[i]).Elem()))
			}
			if n += int64(len(batch)); rows > 0 && n >= rows {
				return errEnough
			}
			return nil
		},
		Refuse: func(f raw.Fault) error {
			if len(e.Faults) < sampleFaults {
				e.Faults = append(e.Faults, RefusedLine{f, visible(f.Raw[:min(len(f.Raw), rawShown)])})
			}
			return nil
		},
	})
}

// sample prints one row; what was not given is empty.
func sample(t *datasets.Table, row reflect.Value) []string {
	cells := []string{fmt.Sprint(row.FieldByName("Line").Int())}
	for _, c := range t.Delivered() {
		v := row.FieldByIndex(c.Index)
		if v.IsZero() && !c.Required && c.Kind != datasets.QualityK {
			cells = append(cells, "")
		} else {
			cells = append(cells, fmt.Sprint(v.Interface()))
		}
	}
	return cells
}

// prune drops columns of the sample without any value.
func (e *Explanation) prune() {
	for i := len(e.Header) - 1; i > 0; i-- {
		if slices.ContainsFunc(e.Sample, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		e.Header = slices.Delete(e.Header, i, i+1)
		for j := range e.Sample {
			e.Sample[j] = slices.Delete(e.Sample[j], i, i+1)
		}
	}
}
