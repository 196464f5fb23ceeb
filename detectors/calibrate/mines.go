package calibrate

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/minewatch/minewatch/datasets/sim"
)

// A MineModel names one of the two models of a mine, written apart.
type MineModel string

// The models: sim.Mine and sim.Fleet.
const (
	ModelA MineModel = "A"
	ModelB MineModel = "B"
)

// Families are the kinds of mines that each model draws.
var Families = map[MineModel][]string{
	ModelA: {"flat", "night", "long night", "off peak", "ramp", "ends"},
	ModelB: {"steady", "night tariff", "imported nights", "peak avoidance", "price response", "curtailed", "lots", "outages", "summer throttle", "ended", "split"},
}

// Sizes are the powers of the added mines, as shares of the meter's mean load.
var Sizes = []float64{0.15, 0.3, 0.6, 1.2}

// An added mine is its load by hour.
type added struct {
	kw    []float64
	onset int       // hour of the window
	end   int       // hour after its last; 0 if it goes on
	other []float64 // what is behind another meter; nil if nothing is
}

// place is where a mine is added.
type place struct {
	start  time.Time
	hours  int
	tempC  []float64
	meanKW float64
}

// begin draws an onset from a sixth to five sixths into the window.
func (p place) begin(r *rand.Rand) int { return p.hours/6 + r.IntN(p.hours*2/3) }

// hour is the hour of the window at a time, 0 at no time.
func (p place) hour(t time.Time) int {
	if t.IsZero() {
		return 0
	}
	return int(t.Sub(p.start) / time.Hour)
}

func (p place) at(hour int) time.Time { return p.start.Add(time.Duration(hour) * time.Hour) }

// wholeMachines returns how many machines of a power come nearest to kw; ok is
// false if that is not within 30 %: less than a machine is no mine.
func wholeMachines(kw, machineKW float64) (n int, ok bool) {
	n = max(1, int(math.Round(kw/machineKW)))
	q := float64(n) * machineKW / kw
	return n, q > 0.7 && q < 1.3
}

// addA draws a mine of model A of whole machines; ok is false if no number of
// them comes near the power.
func (p place) addA(r *rand.Rand, family string, kw float64) (a added, ok bool) {
	machineKW := 3.0 + 0.6*r.Float64()
	n, ok := wholeMachines(kw, machineKW)
	if !ok {
		return added{}, false
	}
	onset := p.begin(r)
	m := sim.Mine{
		Machines: n, MachineKW: machineKW, Duty: sim.AllHours, Start: p.at(onset),
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
	return added{kw: m.Load(p.start, p.hours, p.tempC, nil), onset: onset, end: p.hour(m.End)}, true
}

// latticeKW are the powers of the machines of model B.
var latticeKW = []float64{3.25, 3.35, 3.42, 3.5}

// addB draws a mine of model B of whole machines; ok is false if no number of
// them comes near the power.
func (p place) addB(r *rand.Rand, family string, kw float64) (a added, ok bool) {
	if family == "split" {
		kw /= 2 // the other half is behind another meter
	}
	unit := latticeKW[r.IntN(len(latticeKW))]
	n, ok := wholeMachines(kw, unit)
	if !ok {
		return added{}, false
	}
	onset := p.begin(r)
	f := sim.Fleet{
		Lots: []sim.Lot{{Start: p.at(onset), Machines: n, MachineKW: unit}}, Outages: 1 + 2*r.Float64(),
		LifeDays: 400 + 600*r.Float64(), RepairDays: 7 + 35*r.Float64(), FanShare: 0.01 + 0.05*r.Float64(), Seed: r.Uint64(),
	}
	switch family {
	case "night tariff":
		f.Off = [][2]int{{7, 23}}
	case "imported nights":
		f.Off = [][2]int{{10, 24}}
	case "peak avoidance":
		from := 17 + r.IntN(2)
		f.Off = [][2]int{{from, from + 4 + r.IntN(2)}}
		if r.IntN(2) == 0 {
			f.Off = append(f.Off, [2]int{8, 10})
		}
	case "price response":
		f.DearShare = 0.1 + 0.2*r.Float64()
	case "curtailed":
		f.Orders = 4 + 8*r.Float64()
	case "lots":
		f.Lots = lots(r, f.Lots[0])
	case "outages":
		f.Outages = 8 + 12*r.Float64()
	case "summer throttle":
		f.FanShare, f.Throttle, f.Retune = 0.12, true, -0.1+0.2*r.Float64()
	case "ended":
		f.End = p.at(onset + 24*(45+r.IntN(200)))
	}
	a = added{kw: f.Load(p.start, p.hours, p.tempC), onset: onset, end: p.hour(f.End)}
	if family == "split" { // the other half is connected within three days
		f.Seed++
		f.Lots = []sim.Lot{f.Lots[0]}
		f.Lots[0].Start = f.Lots[0].Start.Add(time.Duration(f.Seed%72) * time.Hour)
		a.other = f.Load(p.start, p.hours, p.tempC)
	}
	return a, true
}

// lots splits a delivery into two to five over a month to a third of a year.
func lots(r *rand.Rand, all sim.Lot) []sim.Lot {
	k := min(all.Machines, 2+r.IntN(4))
	days := 30 + r.IntN(90)
	split := make([]sim.Lot, k)
	for i := range split {
		split[i] = all
		split[i].Machines = all.Machines*(i+1)/k - all.Machines*i/k
		split[i].Start = all.Start.Add(time.Duration(days*24*i/k+r.IntN(24)) * time.Hour)
	}
	split[0].Start = all.Start
	return split
}
