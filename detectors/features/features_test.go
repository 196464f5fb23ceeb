package features

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

var t0 = datasets.MicrosOf(time.Date(2022, 3, 1, 0, 0, 0, 0, time.UTC))

const minute = 60_000_000

// readings appends n readings of wh every step minutes from the given minute on.
func readings(l *datasets.Load, from, step, n int, wh int32, delivered int32) {
	for i := range n {
		l.Append(t0+datasets.Micros((from+i*step)*minute), wh, datasets.Measured, delivered)
	}
}

func check(t *testing.T, s *Series, want ...float64) {
	t.Helper()
	if len(s.KW) != len(want) {
		t.Fatalf("%d hours, want %d: %v", len(s.KW), len(want), s.KW)
	}
	for i, w := range want {
		if g := s.KW[i]; !(math.Abs(g-w) < 1e-9 || math.IsNaN(g) && math.IsNaN(w)) {
			t.Errorf("hour %d: %v kW, want %v", i, g, w)
		}
	}
}

var nan = math.NaN()

func TestNormaliseIntervals(t *testing.T) {
	for _, tc := range []struct {
		name string
		fill func(*datasets.Load)
		want []float64
	}{
		{"hours", func(l *datasets.Load) { readings(l, 0, 60, 3, 2000, 0) }, []float64{2, 2, 2}},
		{"quarters", func(l *datasets.Load) { readings(l, 0, 15, 8, 500, 0) }, []float64{2, 2}},
		{"half hours, then hours", func(l *datasets.Load) {
			readings(l, 0, 30, 4, 1000, 0)
			readings(l, 120, 60, 3, 2000, 0)
		}, []float64{2, 2, 2, 2, 2}},
		{"hours, then quarters", func(l *datasets.Load) {
			readings(l, 0, 60, 3, 2000, 0)
			readings(l, 180, 15, 4, 500, 0)
		}, []float64{2, 2, 2, 2}},
		{"a gap is not a long interval", func(l *datasets.Load) {
			readings(l, 0, 60, 3, 2000, 0)
			readings(l, 300, 60, 3, 2000, 0)
		}, []float64{2, 2, 2, nan, nan, 2, 2, 2}},
		{"half of an hour is enough", func(l *datasets.Load) {
			readings(l, 0, 15, 2, 500, 15)
			readings(l, 60, 15, 1, 500, 15)
		}, []float64{2, nan}},
		// The third hour, half known, lies beyond the hour of the last begin.
		{"an interval across the hour is shared", func(l *datasets.Load) { readings(l, 30, 60, 2, 2000, 60) }, []float64{2, 2}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var l datasets.Load
			tc.fill(&l)
			s := new(Normaliser).Normalise("s", &l)
			check(t, s, tc.want...)
		})
	}
}

func TestNormaliseQuality(t *testing.T) {
	var l datasets.Load
	l.Append(t0, 1000, datasets.Measured, 60)
	l.Append(t0+60*minute, 1000, datasets.Estimated, 60)
	l.Append(t0+120*minute, 0, datasets.Missing, 60)
	l.Append(t0+180*minute, 1000, datasets.Measured, 60)
	s := new(Normaliser).Normalise("s", &l)
	check(t, s, 1, 1, nan, 1)
	if !s.Estimated[1] || s.Estimated[0] || s.Coverage != 0.5 || s.Wh != 3000 {
		t.Errorf("estimated %v, coverage %v, %d Wh; want only hour 1, 0.5, 3000", s.Estimated, s.Coverage, s.Wh)
	}
}

// Daily values are energy, but evidence of no hour's load.
func TestNormaliseCoarse(t *testing.T) {
	var l datasets.Load
	readings(&l, 0, 1440, 5, 24000, 0)
	s := new(Normaliser).Normalise("s", &l)
	if s.Known() != 0 || s.CoarseWh != 5*24000 || s.Wh != 5*24000 {
		t.Errorf("%d hours known, %d Wh coarse of %d, want 0, 120000 of 120000", s.Known(), s.CoarseWh, s.Wh)
	}
}

func TestZerosOfABusyMeterAreMissing(t *testing.T) {
	var busy, idle datasets.Load
	for h := range 200 {
		wh := int32(1000 + h%7)
		if h == 50 || h == 51 {
			wh = 0
		}
		busy.Append(t0+datasets.Micros(h*60*minute), wh, datasets.Measured, 60)
		idle.Append(t0+datasets.Micros(h*60*minute), int32(h%3)*500, datasets.Measured, 60) // off every third hour
	}
	if s := new(Normaliser).Normalise("busy", &busy); s.Known() != 198 {
		t.Errorf("busy: %d hours known, want 198", s.Known())
	}
	if s := new(Normaliser).Normalise("idle", &idle); s.Known() != 200 {
		t.Errorf("idle: %d hours known, want all 200: its zeros are real", s.Known())
	}
}

func TestNormaliseNothing(t *testing.T) {
	s := new(Normaliser).Normalise("s", &datasets.Load{})
	if len(s.KW) != 0 || s.Coverage != 0 {
		t.Errorf("no readings gave %d hours, coverage %v", len(s.KW), s.Coverage)
	}
}

// Energy is neither lost nor made, whatever the intervals.
func FuzzNormaliseKeepsEnergy(f *testing.F) {
	f.Add(uint64(1), 60, 40)
	f.Add(uint64(7), 15, 300)
	f.Fuzz(func(t *testing.T, seed uint64, step, n int) {
		if step < 1 || step > 60 || n < 3 || n > 2000 {
			t.Skip()
		}
		var l datasets.Load
		sum := 0.0
		for i := range n {
			seed = seed*6364136223846793005 + 1442695040888963407
			wh := int32(seed>>40)%5000 + 1
			l.Append(t0+datasets.Micros(i*step*minute), wh, datasets.Measured, int32(step))
			sum += float64(wh)
		}
		s := new(Normaliser).Normalise("s", &l)
		if float64(s.Wh) != sum {
			t.Fatalf("%d Wh of %v", s.Wh, sum)
		}
		full := n * step / 60 // hours that are wholly covered
		for h := range full {
			if math.IsNaN(s.KW[h]) {
				t.Fatalf("hour %d of %d is unknown", h, full)
			}
		}
	})
}

// 2024-02-29 has 25 hours in Almaty, so February has 697; the day's mean is
// that of all 25.
func TestProfilesFollowTheClock(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	var l datasets.Load
	start := datasets.MicrosOf(time.Date(2024, 2, 1, 0, 0, 0, 0, zone))
	for h := range 697 + 744 {
		l.Append(start+datasets.Micros(h*60*minute), 1000, datasets.Measured, 60)
	}
	p := Profiler{Zone: zone}
	rows := p.Profiles(new(Normaliser).Normalise("s", &l))
	if len(rows) != 2 {
		t.Fatalf("%d months, want 2", len(rows))
	}
	if r := rows[0]; r.Month.String() != "2024-02" || r.Hours != 697 || r.Covered != 697 || r.Wh != 697_000 {
		t.Errorf("February: %+v", r)
	}
	if r := rows[1]; r.Month.String() != "2024-03" || r.Hours != 744 || r.Covered != 744 || r.FloorKW != 1 || r.MeanKW != 1 {
		t.Errorf("March: %+v", r)
	}
}

// The clock is that of the time package at every hour, across the change of
// Almaty's offset on 2024-03-01 and the summer times of Berlin.
func TestClock(t *testing.T) {
	for _, name := range []string{"Asia/Almaty", "Europe/Berlin", "Asia/Kolkata", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		s := &Series{Start: datasets.MicrosOf(time.Date(2023, 1, 1, 5, 0, 0, 0, time.UTC)), KW: make([]float64, 2*8760)}
		for i, got := range s.Clock(zone, nil) {
			at := s.At(i).Time().In(zone)
			if want := (int(at.Weekday())+6)%7*24 + at.Hour(); int(got) != want {
				t.Fatalf("%s, %s: hour %d of the week, want %d", name, at, got, want)
			}
		}
	}
}

// Readings that are known to be hourly give the series that any readings give.
func TestHourlyIsNoOther(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 8))
	for n := range 60 {
		var l datasets.Load
		busy := r.IntN(2) == 0
		for h := range n {
			wh := int32(1000 + r.IntN(9000))
			if r.IntN(20) == 0 || !busy && r.IntN(2) == 0 {
				wh = 0
			}
			l.Append(t0+datasets.Micros(h*60*minute), wh, datasets.Measured, int32(r.IntN(2)*60))
		}
		want := *new(Normaliser).Normalise("s", &l)
		l.Hourly = true
		got := new(Normaliser).Normalise("s", &l)
		check(t, got, want.KW...)
		if got.Start != want.Start || got.Coverage != want.Coverage || got.Wh != want.Wh || got.CoarseWh != want.CoarseWh || !slices.Equal(got.Estimated, want.Estimated) {
			t.Errorf("%d hours: %+v, want %+v", n, got, want)
		}
	}
}
