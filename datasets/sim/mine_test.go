package sim

import (
	"math"
	"testing"
	"time"
)

var begin = time.Date(2022, 7, 1, 0, 0, 0, 0, time.UTC)

func ideal() Mine {
	return Mine{Machines: 10, MachineKW: 3.25, Duty: AllHours, Start: begin.Add(48 * time.Hour), Seed: 1}
}

// Ten machines of 3.25 kW without faults and fans draw 32.5 kW, within the
// noise of 0.4 %.
func TestMineLoad(t *testing.T) {
	kw := ideal().Load(begin, 240, nil, nil)
	for i, v := range kw {
		if i < 48 && v != 0 || i >= 48 && math.Abs(v-32.5) > 1 {
			t.Fatalf("hour %d: %v kW", i, v)
		}
	}
	again := ideal().Load(begin, 240, nil, nil)
	for i := range kw {
		if kw[i] != again[i] {
			t.Fatal("equal mines give unequal loads")
		}
	}
}

func TestMineFollowsItsCalendar(t *testing.T) {
	for duty, hours := range map[Duty]int{AllHours: 24, Night: 8, LongNight: 10, OffPeak: 20} {
		m := ideal()
		m.Duty, m.Start = duty, begin
		on := 0
		for _, v := range m.Load(begin, 24*10, nil, nil) {
			if v > 0 {
				on++
			}
		}
		if on != hours*10 {
			t.Errorf("%s: %d hours of 240 on, want %d", duty, on, hours*10)
		}
	}
}

func TestMineEndsCutsRampsAndWarms(t *testing.T) {
	m := ideal()
	m.Start, m.End, m.RampDays = begin, begin.Add(200*time.Hour), 4
	m.Overhead, m.PerDegree = 0.05, 0.01
	cut, temps := make([]bool, 240), make([]float64, 240)
	for i := range temps {
		cut[i] = i >= 150 && i < 160
		temps[i] = 10
		if i >= 170 {
			temps[i] = 30
		}
	}
	kw := m.Load(begin, 240, temps, cut)
	for _, tc := range []struct {
		hour int
		want float64
	}{
		{10, 0.2 * 32.5 * 1.05}, // the first lot: 2 of 10 machines
		{140, 32.5 * 1.05},      // all delivered
		{155, 0},                // cut
		{180, 32.5 * 1.25},      // 20 degrees warmer
		{210, 0},                // ended
	} {
		if math.Abs(kw[tc.hour]-tc.want) > 0.03*tc.want+1e-9 {
			t.Errorf("hour %d: %.1f kW, want %.1f", tc.hour, kw[tc.hour], tc.want)
		}
	}
}

// Faults and dips only ever take power away.
func TestMineFaults(t *testing.T) {
	m := ideal()
	m.Start, m.FailDay, m.RepairDay, m.DipsMonth = begin, 0.01, 0.1, 6
	sum := 0.0
	for _, v := range m.Load(begin, 24*365, nil, nil) {
		if v < 0 || v > 33.5 {
			t.Fatalf("%v kW of at most 32.5 and noise", v)
		}
		sum += v
	}
	// In balance 0.1/(0.1+0.01) of the machines work; dips take about 0.6 %.
	if mean := sum / (24 * 365); math.Abs(mean/32.5-0.904) > 0.05 {
		t.Errorf("mean %.1f kW is %.3f of full power, want about 0.90", mean, mean/32.5)
	}
}
