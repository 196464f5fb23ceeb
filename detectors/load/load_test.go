package load

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/stat"
)

var zone = time.FixedZone("+05", 5*3600)

// start is a Monday, 00:00 local.
var start = time.Date(2022, 1, 3, 0, 0, 0, 0, zone)

// office is two years of an invented office of 20 kW: working hours, a season
// and noise that persists for hours.
func office(days int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 9))
	kw := make([]float64, days*24)
	drift := 0.0
	for i := range kw {
		t := start.Add(time.Duration(i) * time.Hour)
		base := 12 + 2*math.Cos(2*math.Pi*float64(t.YearDay())/365)
		if wd := t.Weekday(); wd != time.Saturday && wd != time.Sunday && t.Hour() >= 8 && t.Hour() < 19 {
			base += 18
		}
		drift = 0.8*drift + 0.6*r.NormFloat64()
		kw[i] = base + drift
	}
	return kw
}

// add puts power on top in the hours that on selects, from an hour to another.
func add(kw []float64, power float64, from, to int, on func(hour int) bool) {
	for i := from; i < to; i++ {
		if on(start.Add(time.Duration(i) * time.Hour).Hour()) {
			kw[i] += power
		}
	}
}

func always(int) bool { return true }

func window(kw []float64) *Window {
	var l datasets.Load
	for i, v := range kw {
		if !math.IsNaN(v) {
			l.Append(datasets.MicrosOf(start.Add(time.Duration(i)*time.Hour)), int32(math.Round(v*1000)), datasets.Measured, 60)
		}
	}
	return NewWindow(new(features.Normaliser).Normalise("s", &l), zone)
}

func scan(t *testing.T, kw []float64) *Sight {
	t.Helper()
	w := window(kw)
	b, why := NewScanner().Scan(w)
	return &Sight{Window: w, Block: b, Why: why, Zone: zone}
}

func TestClockFollowsTheZone(t *testing.T) {
	almaty, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2024, 2, 29, 20, 0, 0, 0, almaty) // Thursday
	s := &features.Series{Start: datasets.MicrosOf(first), KW: make([]float64, 8)}
	var hours []int
	for _, c := range NewWindow(s, almaty).Clock {
		hours = append(hours, int(c)%24)
	}
	// The hour from 23:00 comes twice.
	want := []int{20, 21, 22, 23, 23, 0, 1, 2}
	for i := range want {
		if hours[i] != want[i] {
			t.Fatalf("hours %v, want %v", hours, want)
		}
	}
	if c := NewWindow(s, almaty).Clock[0]; c != 3*24+20 {
		t.Errorf("hour of the week %d, want Thursday 20", c)
	}
}

func TestScanFindsBlocks(t *testing.T) {
	const onset = 300*24 + 14
	for _, tc := range []struct {
		name, duty string
		on         func(int) bool
		to         int
	}{
		{"round the clock", "round the clock", always, 730 * 24},
		{"night tariff", "nights 23-07", func(h int) bool { return h >= 23 || h < 7 }, 730 * 24},
		{"long nights", "nights 00-10", func(h int) bool { return h < 10 }, 730 * 24},
		{"off peak", "off peak (not 18-22)", func(h int) bool { return h < 18 || h >= 22 }, 730 * 24},
		{"ends", "round the clock", always, 500 * 24},
	} {
		t.Run(tc.name, func(t *testing.T) {
			kw := office(730, 1)
			add(kw, 13, onset, tc.to, tc.on)
			s := scan(t, kw)
			b := s.Block
			if b == nil || b.LogLR < 2 {
				t.Fatalf("no clear block: %+v %s", b, s.Why)
			}
			if b.Duty.Name != tc.duty || math.Abs(b.KW-13) > 1.5 {
				t.Errorf("%s of %.1f kW, want %s of 13", b.Duty.Name, b.KW, tc.duty)
			}
			if d := b.Onset - onset; d < -24 || d > 24 {
				t.Errorf("onset %d hours off", d)
			}
			if d := b.End - tc.to; d < -24 || d > 24 {
				t.Errorf("end %d hours off", d)
			}
			truth := 0.0
			for i := onset; i < tc.to; i++ {
				if tc.on(start.Add(time.Duration(i) * time.Hour).Hour()) {
					truth += 13
				}
			}
			if q := Energy(s.Window, b) / truth; q < 0.85 || q > 1.15 {
				t.Errorf("energy is %.2f of the truth", q)
			}
		})
	}
}

func TestNoBlockInAnHonestOffice(t *testing.T) {
	for seed := range uint64(5) {
		s := scan(t, office(730, seed))
		e := Added{}.Detect(s)
		if e.Status != datasets.Spoken || e.LogLR > 1 {
			t.Errorf("seed %d: log-likelihood ratio %.2f: %s", seed, e.LogLR, e.Detail)
		}
	}
}

func TestWithheld(t *testing.T) {
	zeros := make([]float64, 100*24)
	for name, tc := range map[string]struct {
		kw  []float64
		why string
	}{
		"three days": {office(3, 1), "less than 56 days"},
		"nothing":    {nil, "less than 56 days"},
		"only zeros": {zeros, "a constant load"},
	} {
		s := scan(t, tc.kw)
		e := Added{}.Detect(s)
		if e.Status != datasets.Withheld || e.LogLR != 0 || e.PValue != 1 || !strings.Contains(e.Detail, tc.why) {
			t.Errorf("%s: %+v, want withheld: %s", name, e, tc.why)
		}
		if e := (Shape{}).Detect(s); e.Status != datasets.Withheld {
			t.Errorf("%s: shape speaks: %+v", name, e)
		}
	}
}

// Scaling a load scales the power and leaves the evidence.
func TestScanDoesNotDependOnUnits(t *testing.T) {
	kw := office(730, 3)
	add(kw, 8, 400*24, 730*24, always)
	a := scan(t, kw).Block
	for i := range kw {
		kw[i] *= 50
	}
	b := scan(t, kw).Block
	if a.Onset != b.Onset || math.Abs(b.KW/a.KW-50) > 0.1 || math.Abs(a.LogLR-b.LogLR) > 0.05 {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestCutoff(t *testing.T) {
	cut := Cut{
		Start: datasets.MicrosOf(start.Add(200 * 24 * time.Hour)), End: datasets.MicrosOf(start.Add(205 * 24 * time.Hour)),
		Kind: "internet", Source: "the internet was off",
	}
	kw := office(730, 4)
	add(kw, 10, 0, 730*24, always)
	reacting := append([]float64(nil), kw...)
	add(reacting, -10, 200*24, 205*24, always)
	for _, tc := range []struct {
		name  string
		kw    []float64
		cuts  []Cut
		speak datasets.Status
		lr    func(float64) bool
	}{
		{"reacts", reacting, []Cut{cut}, datasets.Spoken, func(v float64) bool { return v > 1.5 }},
		{"does not react", kw, []Cut{cut}, datasets.Spoken, func(v float64) bool { return v <= 0 }},
		{"no window", kw, nil, datasets.Withheld, func(v float64) bool { return v == 0 }},
		{"an outage hits everybody", reacting, []Cut{{cut.Start, cut.End, "outage", "outage"}}, datasets.Withheld, func(v float64) bool { return v == 0 }},
		{"too few weeks", reacting[195*24 : 210*24], []Cut{cut}, datasets.Withheld, func(v float64) bool { return v == 0 }},
	} {
		w := window(tc.kw)
		w.Cuts = tc.cuts
		e := Cutoff{}.Detect(&Sight{Window: w, Zone: zone})
		if e.Status != tc.speak || !tc.lr(e.LogLR) {
			t.Errorf("%s: status %d, log-likelihood ratio %.2f: %s", tc.name, e.Status, e.LogLR, e.Detail)
		}
		if tc.name == "reacts" && math.Abs(e.MiningKW-10) > 1.5 {
			t.Errorf("fall of %.1f kW, want 10", e.MiningKW)
		}
	}
}

func TestMiddleIsTheMedianOfFour(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	for range 1000 {
		x := []float64{r.NormFloat64(), float64(r.IntN(3)), 10 * r.NormFloat64(), float64(r.IntN(3))}
		if got, want := middle(x[0], x[1], x[2], x[3]), stat.Median(slices.Clone(x)); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v: %v, want %v", x, got, want)
		}
	}
}

func TestShapeRanksAmongPeers(t *testing.T) {
	w := window(office(60, 5))
	share, _, _ := FloorShare(w.KW)
	for _, tc := range []struct {
		name  string
		peers *Peers
		sign  float64
	}{
		{"flattest of 40", &Peers{Activity: "offices", N: 40, FloorShare: spread(40, 0.1, share-0.01)}, 1},
		{"least flat of 40", &Peers{Activity: "offices", N: 40, FloorShare: spread(40, share+0.01, 0.99)}, -1},
		{"too few peers", &Peers{Activity: "offices", N: 5, FloorShare: spread(5, 0.1, 0.2)}, 0},
		{"no peers", nil, 0},
	} {
		w.Peers = tc.peers
		e := Shape{}.Detect(&Sight{Window: w, Zone: zone})
		if e.LogLR*tc.sign < 0 || (tc.sign == 0) != (e.LogLR == 0) || math.Abs(e.LogLR) > shapeLimit {
			t.Errorf("%s: log-likelihood ratio %.2f: %s", tc.name, e.LogLR, e.Detail)
		}
	}
}

func spread(n int, from, to float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = from + (to-from)*float64(i)/float64(n-1)
	}
	return x
}

// The sum of the quarters is the energy of the whole, and no quarter is
// outside its interval.
func TestQuartersAddUp(t *testing.T) {
	kw := office(730, 6)
	add(kw, 13, 100*24, 640*24, always)
	s := scan(t, kw)
	rows := Quarters(s.Window, s.Block, func(m datasets.Micros) datasets.Quarter { return datasets.QuarterOf(m.Time().In(zone)) })
	sum := 0.0
	for i, r := range rows {
		sum += r.Wh.KWh()
		if r.WhLow > r.Wh || r.Wh > r.WhHigh || r.Hours == 0 || (i > 0 && r.Quarter <= rows[i-1].Quarter) {
			t.Errorf("quarter %v: %+v", r.Quarter, r)
		}
	}
	if e := Energy(s.Window, s.Block); math.Abs(sum-e) > 0.01 {
		t.Errorf("quarters hold %.3f kWh, the block %.3f", sum, e)
	}
}

// The conformal p-value of a value above all of n placebos is 1/(n+1).
func TestPlaceboPValue(t *testing.T) {
	for class, meanKW := range []float64{1, 20, 200} {
		n := float64(len(placebos[class]))
		if n < 50 {
			t.Errorf("class %d: %v placebos are too few to say anything", class, n)
		}
		if p := pValue(math.Inf(1), meanKW); math.Abs(p-1/(n+1)) > 1e-12 {
			t.Errorf("p = %v, want 1/%v", p, n+1)
		}
		if p := pValue(math.Inf(-1), meanKW); p != 1 {
			t.Errorf("p = %v, want 1", p)
		}
	}
}
