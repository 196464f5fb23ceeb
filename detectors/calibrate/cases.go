// Package calibrate learns what the evidence for an added block is worth, from
// real meters with and without a simulated mine.
//
//  1. [Cases] cuts two-year windows out of the public sample meters and adds a
//     mine of each size to a copy of each (detectors must tell copies from
//     originals).
//  2. [Fit] fits the weights of load.Block's features by logistic regression
//     and scores every building with weights that never saw it.
//  3. [Result.Tables] gives the tables that package load embeds.
//
// The original meters are taken as free of mining; their own renovations and
// changes of use are what a mine must be told from.
package calibrate

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sample"
	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
)

// Sizes are the powers of the added mines, as shares of the meter's mean load.
var Sizes = []float64{0.15, 0.3, 0.6, 1.2}

// Families are the kinds of added mines.
var Families = []string{"flat", "night", "long night", "off peak", "ramp", "ends"}

// A Case is one window with its truth.
type Case struct {
	Building string
	Family   string  // "" if no mine was added
	Size     float64 // share of the meter's mean load
	Block    load.Block
	TrueKWh  float64                 // energy of the added mine
	GuessKWh float64                 // energy of the block found
	OnsetH   float64                 // hours from the true onset to the one found
	Rules    [len(RuleNames)]float64 // scores of the simple rules
}

const windowDays = 730

// Cases returns the windows of all university meters, five begins each, and for
// each window and each of the rounds a mine of each size, its family, begin
// and machines drawn at random from the seed.
func Cases(seed uint64, rounds int) ([]Case, error) {
	meters, err := sample.Meters()
	if err != nil {
		return nil, err
	}
	temps, err := sample.CambridgeTempC()
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(seed, 0x63616c))
	scanner := load.NewScanner()
	var cases []Case
	for _, m := range sample.Select(meters, sample.University) {
		kw := m.Hourly()
		for first := 0; first+windowDays*24 <= len(kw); first += 91 * 24 {
			start := m.Start.Add(time.Duration(first) * time.Hour)
			base := kw[first : first+windowDays*24]
			t := temps[first : first+windowDays*24]
			cases = append(cases, look(scanner, m.ID, start, base, nil))
			for k := range rounds * len(Sizes) {
				size := Sizes[k%len(Sizes)]
				family := Families[r.IntN(len(Families))]
				mine := draw(r, family, size*mean(positive(base)), start)
				added := mine.Load(start, len(base), t, nil)
				c := look(scanner, m.ID, start, base, added)
				c.Family, c.Size = family, size
				c.OnsetH += start.Sub(mine.Start).Hours()
				cases = append(cases, c)
			}
		}
	}
	return cases, nil
}

// draw makes a mine of this mean power that begins 17 to 91 weeks into the window.
func draw(r *rand.Rand, family string, kw float64, start time.Time) sim.Mine {
	machineKW := 3.0 + 0.6*r.Float64()
	n := max(1, int(math.Round(kw/machineKW)))
	m := sim.Mine{
		Machines: n, MachineKW: kw / float64(n), Duty: sim.AllHours,
		Start:   start.Add(time.Duration(120*24+r.IntN(520*24)) * time.Hour),
		FailDay: 0.002, RepairDay: 0.1, DipsMonth: 4, Overhead: 0.03, PerDegree: 0.002, Seed: r.Uint64(),
	}
	switch family {
	case "night":
		m.Duty = sim.Night
	case "long night":
		m.Duty = sim.LongNight
	case "off peak":
		m.Duty = sim.OffPeak
	case "ramp":
		m.RampDays = 60
	case "ends":
		m.End = m.Start.Add(time.Duration(60+r.IntN(200)) * 24 * time.Hour)
	}
	return m
}

// look scans one window. An hour that the meter lost stays lost.
func look(s *load.Scanner, id string, start time.Time, base, added []float64) Case {
	kw := slices.Clone(base)
	c := Case{Building: id}
	for i := range kw {
		if added != nil && kw[i] > 0 {
			kw[i] += added[i]
			c.TrueKWh += added[i]
		}
	}
	w := load.NewWindow(series(id, start, kw), time.UTC)
	c.Rules = rules(w)
	if b, _ := s.Scan(w); b != nil {
		c.Block = *b
		c.GuessKWh = load.Energy(w, b)
		c.OnsetH = float64(b.Onset)
	}
	return c
}

func series(id string, start time.Time, kw []float64) *features.Series {
	var l datasets.Load
	for i, v := range kw {
		if !math.IsNaN(v) {
			l.Append(datasets.MicrosOf(start.Add(time.Duration(i)*time.Hour)), int32(math.Round(v*1000)), datasets.Measured, 60)
		}
	}
	return new(features.Normaliser).Normalise(id, &l)
}

// positive returns the values above 0: lost readings are 0 in these files.
func positive(kw []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(kw), func(v float64) bool { return !(v > 0) })
}
