package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var monday = time.Date(2022, 1, 3, 0, 0, 0, 0, time.UTC)

func sumOf(kw []float64) float64 {
	s := 0.0
	for _, v := range kw {
		s += v
	}
	return s
}

func TestFleet(t *testing.T) {
	const hours = 200 * 24
	base := Fleet{Lots: []Lot{{Start: monday.Add(50 * 24 * time.Hour), Machines: 20, MachineKW: 3.5}}, Seed: 1}
	kw := base.Load(monday, hours, nil)
	if !slices.Equal(kw, base.Load(monday, hours, nil)) {
		t.Fatal("the same seed gave two loads")
	}
	if sumOf(kw[:50*24]) != 0 || math.Abs(kw[60*24]/base.KW()-1) > 0.05 {
		t.Errorf("before the begin %.1f kWh, later %.1f kW of %.1f", sumOf(kw[:50*24]), kw[60*24], base.KW())
	}
	change := func(f func(*Fleet)) []float64 {
		g := base
		g.Lots = slices.Clone(base.Lots)
		f(&g)
		return g.Load(monday, hours, nil)
	}
	for name, tc := range map[string]struct {
		kw   []float64
		want func([]float64) bool
	}{
		"off hours":  {change(func(f *Fleet) { f.Off = [][2]int{{18, 22}} }), func(x []float64) bool { return x[100*24+18] == 0 && x[100*24+22] > 60 }},
		"end":        {change(func(f *Fleet) { f.End = monday.Add(120 * 24 * time.Hour) }), func(x []float64) bool { return x[120*24-1] > 60 && x[120*24] == 0 }},
		"orders":     {change(func(f *Fleet) { f.Orders = 10 }), func(x []float64) bool { return sumOf(x) < 0.97*sumOf(kw) }},
		"outages":    {change(func(f *Fleet) { f.Outages = 10 }), func(x []float64) bool { return sumOf(x) < 0.99*sumOf(kw) }},
		"dear power": {change(func(f *Fleet) { f.DearShare = 0.3 }), func(x []float64) bool { return sumOf(x) < 0.95*sumOf(kw) && x[104*24+12] > 60 }},
		"failures":   {change(func(f *Fleet) { f.LifeDays, f.RepairDays = 100, 50 }), func(x []float64) bool { return sumOf(x) < 0.9*sumOf(kw) }},
		"lots": {change(func(f *Fleet) {
			f.Lots = append(f.Lots, Lot{Start: monday.Add(100 * 24 * time.Hour), Machines: 20, MachineKW: 3.5})
		}), func(x []float64) bool { return math.Abs(x[150*24]/x[90*24]-2) < 0.05 }},
	} {
		if !tc.want(tc.kw) {
			t.Errorf("%s: %.0f kWh, without %.0f", name, sumOf(tc.kw), sumOf(kw))
		}
	}
	warm := make([]float64, hours)
	for i := range warm {
		warm[i] = 35
	}
	fans := base
	fans.FanShare = 0.1
	if q := sumOf(fans.Load(monday, hours, warm)) / sumOf(kw); math.Abs(q-1.1) > 0.005 {
		t.Errorf("at 35 degC fans of 10 %% make it %.3f times", q)
	}
}

// Every look-alike changes the load after its begin and not before a sixth of it,
// keeps what the meter lost, and is the same for the same draw.
func TestLookalikes(t *testing.T) {
	const hours = 730 * 24
	h := Host{Start: monday, KW: make([]float64, hours), Other: make([]float64, hours), Server: make([]float64, hours)}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range h.KW {
		h.KW[i] = 20 + 10*math.Sin(float64(i)/24) + r.Float64()
		h.Other[i] = 40 + 5*math.Cos(float64(i)/24)
		h.Server[i] = 1 + r.Float64()
	}
	h.KW[9000] = 0
	for _, kind := range Lookalikes {
		kw, estimated := h.Change(kind, 0.6, rand.New(rand.NewPCG(3, 4)))
		again, _ := h.Change(kind, 0.6, rand.New(rand.NewPCG(3, 4)))
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
		if !slices.EqualFunc(kw, again, same) {
			t.Errorf("%s: the same draw gave two loads", kind)
		}
		if !slices.Equal(kw[:hours/6], h.KW[:hours/6]) {
			t.Errorf("%s: changed before its begin", kind)
		}
		if slices.EqualFunc(kw, h.KW, same) {
			t.Errorf("%s: changed nothing", kind)
		}
		if (kind == "estimated") != (estimated != nil) {
			t.Errorf("%s: estimated hours %v", kind, estimated != nil)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown kind must panic")
		}
	}()
	h.Change("a mine", 1, r)
}
