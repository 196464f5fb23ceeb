package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A Fleet is a second model of a mine, written apart from [Mine] so that what
// was learnt on one can be tested on the other. Its machines come in lots of
// whole machines with a power of their own, it is stopped by events that were
// drawn beforehand (orders of the grid, losses of supply or network, dear
// hours), machines live and are repaired for exponential times, new firmware
// changes the power of all, and fans follow the square of the temperature.
//
// Shares and times are round figures within what is published: 3.25 to 3.5 kW a
// machine (S19 XP, S21), a fan share of 1 to 6 %, failures of one machine in
// four to sixteen a year, repair within one to six weeks.
type Fleet struct {
	Lots       []Lot // in order of delivery
	End        time.Time
	Off        [][2]int // local hours [from, to) of each day without power, from < to
	DearShare  float64  // share of the hours of a day in which power may be too dear
	Orders     float64  // orders of the grid a month, 3 to 10 hours each
	Outages    float64  // losses of supply, network or pool a month; median 1.5 hours, log-normal
	LifeDays   float64  // mean time to failure of a machine; 0: none fails
	RepairDays float64
	FanShare   float64 // at 35 degC, as a share of the machines' power; a third of it at 15 degC and below
	Throttle   bool    // above 30 degC machines run at 70 %
	Retune     float64 // relative change of the power by new firmware, at a time drawn; 0: none
	Seed       uint64
}

// A Lot is a delivery of alike machines.
type Lot struct {
	Start     time.Time
	Machines  int
	MachineKW float64
}

// KW returns the nameplate power of all lots.
func (f Fleet) KW() float64 {
	sum := 0.0
	for _, l := range f.Lots {
		sum += float64(l.Machines) * l.MachineKW
	}
	return sum
}

// Load returns the mean power in kW of each hour from start on. tempC may be
// nil (then 15 degC). Local hours are those of start's location.
func (f Fleet) Load(start time.Time, hours int, tempC []float64) []float64 {
	r := rand.New(rand.NewPCG(f.Seed, 0x666c6565))
	lost := f.stops(r, start, hours)
	retuned := r.IntN(hours + 1)
	kw := make([]float64, hours)
	alive := make([]float64, len(f.Lots))
	drift := 0.0
	for i := range kw {
		t := start.Add(time.Duration(i) * time.Hour)
		drift = 0.95*drift + 0.002*r.NormFloat64()
		power := 0.0
		for k, l := range f.Lots {
			if t.Before(l.Start) {
				continue
			}
			if alive[k] == 0 {
				alive[k] = float64(l.Machines)
			}
			power += f.age(r, &alive[k], l) * l.MachineKW
		}
		if power == 0 || (!f.End.IsZero() && !t.Before(f.End)) || f.off(t) {
			continue
		}
		power *= (1 - lost[i]) * (1 + drift) * f.climate(tempC, i)
		if i >= retuned {
			power *= 1 + f.Retune
		}
		kw[i] = power
	}
	return kw
}

// age lets an hour pass over a lot and returns how many of its machines run.
func (f Fleet) age(r *rand.Rand, alive *float64, l Lot) float64 {
	if f.LifeDays > 0 {
		down := float64(l.Machines) - *alive
		*alive -= float64(binomial(r, int(*alive), 1/(24*f.LifeDays)))
		*alive += float64(binomial(r, int(down), 1/(24*f.RepairDays)))
	}
	return max(*alive, 0.001) // 0 stands for a lot that has not begun
}

func (f Fleet) off(t time.Time) bool {
	return slices.ContainsFunc(f.Off, func(h [2]int) bool { return t.Hour() >= h[0] && t.Hour() < h[1] })
}

func (f Fleet) climate(tempC []float64, i int) float64 {
	t := 15.0
	if tempC != nil && !math.IsNaN(tempC[i]) {
		t = tempC[i]
	}
	x := max(0, t-15) / 20
	v := 1 + f.FanShare*(1+2*x*x)/3
	if f.Throttle && t > 30 {
		v *= 0.7
	}
	return v
}

// stops returns the share of each hour that orders, outages and dear power take.
func (f Fleet) stops(r *rand.Rand, start time.Time, hours int) []float64 {
	lost := make([]float64, hours)
	take := func(from, length float64) {
		for i := int(from); i < hours && float64(i) < from+length; i++ {
			share := min(from+length, float64(i+1)) - max(from, float64(i))
			lost[i] = min(1, lost[i]+share)
		}
	}
	months := float64(hours) / 730
	for range int(f.Orders * months) {
		take(float64(r.IntN(hours)), 3+7*r.Float64())
	}
	for range int(f.Outages * months) {
		take(r.Float64()*float64(hours), 1.5*math.Exp(r.NormFloat64()))
	}
	if f.DearShare > 0 {
		f.dear(r, start, take, hours)
	}
	return lost
}

// dear stops the fleet in the dearest hours of working days: a run of hours
// about 18:00, longer on dear days, on which demand is high for days on end.
func (f Fleet) dear(r *rand.Rand, start time.Time, take func(from, length float64), hours int) {
	market := 0.0
	for day := 0; day*24 < hours; day++ {
		market = 0.7*market + 0.7*r.NormFloat64()
		t := start.Add(time.Duration(day) * 24 * time.Hour)
		length := 24 * f.DearShare * math.Exp(market-0.5)
		if wd := t.Weekday(); wd == time.Saturday || wd == time.Sunday || length < 1 {
			continue
		}
		length = min(math.Round(length), 16)
		take(max(0, float64(day*24-t.Hour())+18-math.Floor(length/2)), length)
	}
}
