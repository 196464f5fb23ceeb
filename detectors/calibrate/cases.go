// Package calibrate learns what the evidence for an added block is worth, from
// real meters with and without a simulated mine, and measures how well mines are
// found in meters and of kinds that it had not seen.
//
//  1. [Cases] cuts windows out of the public sample meters, adds mines of two
//     models written apart and lawful look-alikes to copies of them, and looks at
//     each with package load.
//  2. [Fit] fits load.Model by penalised logistic regression; [HeldOut] scores
//     every building with models that never saw it.
//  3. [Tables] gives the tables that package load embeds.
//  4. [Bench] prints what was reached, beside simple rules, boosted trees and a bound.
//  5. [SelfInject] does the same with the shipped tables on a user's own meters.
//
// The original meters are taken as free of mining; their own renovations and
// changes of use are what a mine must be told from.
package calibrate

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sample"
	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
)

// A Population is a group of meters of one kind.
type Population string

// The populations of the benchmark. Estate are the university buildings, Homes
// the single-family houses.
const (
	Estate Population = "estate"
	Homes  Population = "homes"
)

// A Case is one window with its truth.
type Case struct {
	Seed       uint64
	Building   string
	Population Population
	Model      MineModel // "" if no mine was added
	Family     string    // of the mine, or the look-alike; "" for the meter as it is
	Size       float64   // of the mine, as a share of the meter's mean load
	MeanKW     float64   // of the meter as it is
	Start      time.Time // of the window

	Looks     []Look
	Neighbour string                  // another building of the same group for judging; "" if there is none
	Beside    []Look                  // candidates of the neighbour's meter
	Both      bool                    // the look-alike, or half of the mine, is behind the neighbour's meter, too
	TrueKWh   float64                 // energy of the added mine
	OnsetH    int                     // hour of the window, of the mine or the look-alike
	EndH      int                     // hour after its last; 0 if it goes on
	Oracle    float64                 // t of the mine's true profile
	OracleNo  float64                 // the same on the meter without it
	Rules     [len(RuleNames)]float64 // scores of the simple rules
	Shape     [shapes]float64         // of the load, for the isolation forest
	Faults    []load.Fault            // of the meter, as they are named
}

// Mine reports whether a mine was added.
func (c *Case) Mine() bool { return c.Model != "" }

// Clean reports whether the meter is as it was.
func (c *Case) Clean() bool { return c.Model == "" && c.Family == "" }

// A Look is one candidate block of a window.
type Look struct {
	X      [len(load.FeatureNames)]float64
	Block  load.Block // LogLR is not set
	KWh    float64
	OnsetH int
	// Duty and EndH are the calendar and the end of the candidate, which Block has its own of.
	Duty  *load.Duty
	EndH  int
	Fault *load.Fault // of Case.Faults, that the candidate rests on; nil if there is none
}

// A job makes one case.
type job struct {
	c         Case
	start     time.Time
	kw        []float64 // the meter as it is
	changed   []float64 // with a look-alike, or nil
	estimated []bool
	mine      *added
	beside    *neighbour // or nil
}

// windowDays is the length of windows of the estate; homes have one year.
const windowDays = 730

// Cases returns the windows of a seed: five begins a building of the estate, one
// a home; each as it is and with a mine of each size of each model, and for each
// building one window with each look-alike.
func Cases(seed uint64) ([]Case, error) {
	jobs, err := draw(seed)
	if err != nil {
		return nil, err
	}
	return run(jobs), nil
}

// Hours are the hourly loads of a case in kW.
type Hours struct {
	Start  time.Time
	KW     []float64 // what the meter shows; NaN or 0 where it lost an hour
	MineKW []float64 // of which the mine; nil if there is none
}

// Loads returns the hours of the cases of a seed, in the order of [Cases].
func Loads(seed uint64) ([]Hours, error) {
	jobs, err := draw(seed)
	if err != nil {
		return nil, err
	}
	out := make([]Hours, len(jobs))
	for i, j := range jobs {
		out[i] = Hours{Start: j.start, KW: j.metered()}
		if j.mine != nil {
			out[i].MineKW = j.mine.kw
		}
	}
	return out, nil
}

// metered returns what the meter shows: an hour that it lost stays lost.
func (j *job) metered() []float64 {
	if j.changed != nil {
		return j.changed
	}
	if j.mine == nil {
		return j.kw
	}
	kw := slices.Clone(j.kw)
	for i := range kw {
		if kw[i] > 0 {
			kw[i] += j.mine.kw[i]
		}
	}
	return kw
}

// draw draws the cases of a seed.
func draw(seed uint64) ([]job, error) {
	meters, err := sample.Meters()
	if err != nil {
		return nil, err
	}
	temps, err := sample.CambridgeTempC()
	if err != nil {
		return nil, err
	}
	source := rand.NewPCG(seed, 0x63616c)
	r := rand.New(source)
	var jobs []job
	estate := slices.DeleteFunc(sample.Select(meters, sample.University), func(m sample.Meter) bool { return m.ID == twin })
	next := neighbours(meters)
	server := longest(sample.Select(meters, sample.Server))
	for i, m := range estate {
		kw := m.Hourly()
		const hours = windowDays * 24
		for k := range 5 {
			first := k*(len(kw)-hours)/4/24*24 - r.IntN(30)*24
			first = max(0, first)
			w := window{seed, Estate, m.ID, m.Start.Add(time.Duration(first) * time.Hour), kw[first : first+hours], temps[first : first+hours], nil}
			if at := next[m.ID]; at != "" {
				w.beside = &neighbour{id: at, kw: hourlyOf(estate, at)[first : first+hours]}
			}
			jobs = w.mines(r, jobs)
			if k == i%5 {
				other := estate[(i+1+r.IntN(len(estate)-1))%len(estate)].Hourly()
				jobs = w.lookalikes(source, other[first:first+hours], server, jobs)
			}
		}
	}
	for _, m := range sample.Select(meters, sample.Home) {
		w := window{seed, Homes, m.ID, m.Start, m.Hourly(), nil, nil}
		jobs = w.mines(r, jobs)
	}
	return jobs, nil
}

// twin is left out: in every hour it is 1.95 times b60, one meter shared out to
// two buildings. A model that saw one would have seen the other.
const twin = "cambridge-b118"

func longest(meters []sample.Meter) []float64 {
	return slices.MaxFunc(meters, func(a, b sample.Meter) int { return len(a.KWh) - len(b.KWh) }).Hourly()
}

// A window is a part of a real meter.
type window struct {
	seed       uint64
	population Population
	id         string
	start      time.Time
	kw, tempC  []float64
	beside     *neighbour // or nil
}

func (w window) job() job {
	j := job{c: Case{Seed: w.seed, Building: w.id, Population: w.population, MeanKW: mean(positive(w.kw))}, start: w.start, kw: w.kw, beside: w.beside}
	if w.beside != nil {
		j.c.Neighbour = w.beside.id
	}
	return j
}

func (w window) mines(r *rand.Rand, jobs []job) []job {
	jobs = append(jobs, w.job())
	p := place{w.start, len(w.kw), w.tempC, mean(positive(w.kw))}
	sizes := Sizes
	if w.population == Homes {
		sizes = []float64{2, 4, 8} // 2 to 20 kW behind a house of 1 to 2 kW
	}
	for _, size := range sizes {
		for _, model := range []MineModel{ModelA, ModelB} {
			family := Families[model][r.IntN(len(Families[model]))]
			add := p.addB
			if model == ModelA {
				add = p.addA
			}
			a, ok := add(r, family, size*p.meanKW)
			if !ok {
				continue
			}
			j := w.job()
			j.c.Model, j.c.Family, j.c.Size, j.mine = model, family, size, &a
			if a.other != nil && w.beside != nil {
				j.c.Both, j.beside = true, w.beside.with(a.other)
			}
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// lookalikes makes every second look-alike behind the neighbour's meter, too, as a
// change of a whole address: drawn alike, of the neighbour's own load.
func (w window) lookalikes(source *rand.PCG, other, server []float64, jobs []job) []job {
	r := rand.New(source)
	h := sim.Host{KW: w.kw, Start: w.start, TempC: w.tempC, Other: other, Server: server}
	for k, kind := range sim.Lookalikes {
		j := w.job()
		j.c.Family = kind
		share := Sizes[r.IntN(3)]
		again := *source
		j.changed, j.estimated = h.Change(kind, share, r)
		if w.beside != nil && (k+int(w.seed))%2 == 0 {
			next := h
			next.KW = w.beside.kw
			kw, estimated := next.Change(kind, share, rand.New(&again))
			j.c.Both, j.beside = true, &neighbour{id: w.beside.id, kw: kw, estimated: estimated}
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// run makes the cases on all cores; their order is that of the jobs.
func run(jobs []job) []Case {
	cases := make([]Case, len(jobs))
	next := make(chan int)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			s := load.NewScanner()
			for i := range next {
				cases[i] = jobs[i].look(s)
			}
		}()
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wait.Wait()
	return cases
}

// look scans one window.
func (j job) look(s *load.Scanner) Case {
	c := j.c
	c.Start = j.start
	kw := j.metered()
	if j.mine != nil {
		c.OnsetH = j.mine.onset
		c.EndH = j.mine.end
		for i := range kw {
			if kw[i] > 0 {
				c.TrueKWh += j.mine.kw[i]
			}
		}
		c.OracleNo = s.ProfileT(j.window(c.Building, j.kw, nil), j.mine.kw)
	}
	if j.changed != nil {
		c.OnsetH = firstChange(j.kw, j.changed)
	}
	w := j.window(c.Building, kw, j.estimated)
	if j.mine != nil {
		c.Oracle = s.ProfileT(w, j.mine.kw)
	}
	if c.Model != ModelA { // the rules are shown on mines of model B
		c.Rules, c.Shape = rules(w), shape(w)
	}
	c.Looks = looks(s, w)
	c.Faults = faulty(s, w, c.Looks)
	if j.beside != nil {
		c.Beside = j.beside.candidates(s, j)
	}
	return c
}

// firstChange returns the first hour in which two loads differ.
func firstChange(a, b []float64) int {
	for i := range a {
		if a[i] != b[i] && (a[i] == a[i] || b[i] == b[i]) {
			return i
		}
	}
	return len(a)
}

// looks returns the candidates of a window.
func looks(s *load.Scanner, w *load.Window) (list []Look) {
	s.Each(w, func(b *load.Block) {
		l := Look{X: b.Features(), Duty: b.Duty, OnsetH: b.Onset, EndH: b.End}
		s.Finish(b)
		l.Block, l.KWh = *b, load.Energy(w, b)
		list = append(list, l)
	})
	return list
}

// faulty returns the faults of the window that was looked at just before, and tells the
// candidates that rest on one.
func faulty(s *load.Scanner, w *load.Window, looks []Look) []load.Fault {
	faults := slices.Clone(s.Faults(w, nil))
	for i := range looks {
		for j := range faults {
			if s.RestsOn(&looks[i].Block, &faults[j]) {
				looks[i].Fault = &faults[j]
			}
		}
	}
	return faults
}

// window is a load over the hours of the job. The estate keeps the holidays of England;
// those of the homes are not known.
func (j job) window(id string, kw []float64, estimated []bool) *load.Window {
	w := load.NewWindow(series(id, j.start, kw, estimated), time.UTC)
	if j.c.Population == Estate {
		w.Observe(estateHolidays)
	}
	return w
}

var estateHolidays = func() (days []load.OtherDay) {
	for _, d := range sample.CambridgeHolidays() {
		days = append(days, load.OtherDay{Start: datasets.MicrosOf(d), End: datasets.MicrosOf(d.AddDate(0, 0, 1))})
	}
	return days
}()

func series(id string, start time.Time, kw []float64, estimated []bool) *features.Series {
	var l datasets.Load
	for i, v := range kw {
		if !math.IsNaN(v) {
			q := datasets.Measured
			if estimated != nil && estimated[i] {
				q = datasets.Estimated
			}
			l.Append(datasets.MicrosOf(start.Add(time.Duration(i)*time.Hour)), int32(math.Round(v*1000)), q, 60)
		}
	}
	return new(features.Normaliser).Normalise(id, &l)
}

// positive returns the values above 0: lost readings are 0 in these files.
func positive(kw []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(kw), func(v float64) bool { return !(v > 0) })
}
