// Package sim adds mines to real meters and makes the traffic that they would
// cause, so that detectors can be measured against a known truth. No public
// data holds the load of a real mine at a metered site; what is made here is
// called simulated wherever it is shown.
//
// A [Mine] is a physical model: machines with a nameplate power, a duty
// calendar, a ramp of deliveries, failures and repairs, dips when the network
// or the pool is lost, and fans that work harder in warm air. Figures come from
// the published nameplates and reports that domain research collected: 3.0 to
// 3.6 kW a machine (S19 to S21 class), overhead 2 to 10 % in air-cooled halls,
// night-only duty where imported power costs half by night.
package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// A Duty says in which hours of the local day a mine runs.
type Duty string

// The duties that were seen or are plausible in Kazakhstan.
const (
	AllHours  Duty = "24/7"
	Night     Duty = "night"      // 23-07, the night tariff zone
	LongNight Duty = "long night" // 00-10, as a Karaganda farm said it ran
	OffPeak   Duty = "off peak"   // all hours but 18-22
)

// On reports whether the duty runs in this hour of the local day.
func (d Duty) On(hour int) bool {
	switch d {
	case Night:
		return hour >= 23 || hour < 7
	case LongNight:
		return hour < 10
	case OffPeak:
		return hour < 18 || hour >= 22
	default:
		return true
	}
}

// A Mine describes a mine by what its operator decides and what his machines do.
type Mine struct {
	Machines  int
	MachineKW float64 // wall power of one machine
	Duty      Duty
	Start     time.Time // first machine on
	End       time.Time // all off; zero if it goes on
	RampDays  int       // days until all machines are delivered, in lots
	FailDay   float64   // chance that a machine fails on a day
	RepairDay float64   // chance that a failed machine returns on a day
	DipsMonth float64   // losses of network or pool a month, 5 to 90 minutes each
	Overhead  float64   // fans and losses as a share, at 10 degC
	PerDegree float64   // growth of that share per degree above 10 degC
	Seed      uint64
}

// Load returns the mean power in kW of each hour from start on. tempC may be
// nil (then 10 degC), cut marks hours without supply or permission and may be
// nil. Local hours are those of start's location.
func (m Mine) Load(start time.Time, hours int, tempC []float64, cut []bool) []float64 {
	r := rand.New(rand.NewPCG(m.Seed, 0x6d696e65))
	kw := make([]float64, hours)
	working, dipLeft := 0, 0.0 // dipLeft in hours
	delivered := 0
	loc := start.Location()
	for i := range kw {
		t := start.Add(time.Duration(i) * time.Hour).In(loc)
		if t.Before(m.Start) || (!m.End.IsZero() && !t.Before(m.End)) {
			continue
		}
		if i == 0 || t.Hour() == 0 || working == 0 {
			due := m.delivered(t)
			working += due - delivered
			delivered = due
		}
		if t.Hour() == 9 { // repairs and failures are counted once a day
			working += binomial(r, delivered-working, m.RepairDay) - binomial(r, working, m.FailDay)
		}
		if dipLeft <= 0 && r.Float64() < m.DipsMonth/730 {
			dipLeft = (5 + 85*r.Float64()) / 60
		}
		on := 1 - min(dipLeft, 1)
		dipLeft = max(0, dipLeft-1)
		noise := 1 + 0.004*r.NormFloat64() // chips throttle and restart
		if !m.Duty.On(t.Hour()) || (cut != nil && cut[i]) {
			continue
		}
		degrees := 0.0
		if tempC != nil && !math.IsNaN(tempC[i]) {
			degrees = max(0, tempC[i]-10)
		}
		kw[i] = float64(working) * m.MachineKW * on * noise * (1 + m.Overhead + m.PerDegree*degrees)
	}
	return kw
}

// delivered returns the machines installed by t: in four lots over RampDays.
func (m Mine) delivered(t time.Time) int {
	if m.RampDays <= 0 {
		return m.Machines
	}
	const lots = 4
	days := int(t.Sub(m.Start).Hours() / 24)
	lot := min(lots, 1+days*lots/m.RampDays)
	return m.Machines * lot / lots
}

func binomial(r *rand.Rand, n int, p float64) int {
	if n > 60 { // the normal limit: exact counts do not matter for large farms
		np := float64(n) * p
		k := int(math.Round(np + math.Sqrt(np*(1-p))*r.NormFloat64()))
		return max(0, min(n, k))
	}
	k := 0
	for range n {
		if r.Float64() < p {
			k++
		}
	}
	return k
}
