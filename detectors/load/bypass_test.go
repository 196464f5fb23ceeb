package load

import (
	"math"
	"testing"

	"github.com/minewatch/minewatch/datasets/sample"
	"github.com/minewatch/minewatch/detectors/features"
)

// estate returns a feeder with real meters of the sample below it: n of one
// estate, 8,000 hours. The feeder's own meter is 0.3 % off, and the network
// loses 1 % and the share of Joule's law that makes 3 % at the mean load.
func estate(t *testing.T, from, n int) (sites []*features.Series, entered []float64) {
	t.Helper()
	meters, err := sample.Meters()
	if err != nil {
		t.Fatal(err)
	}
	meters = sample.Select(meters, sample.University)
	const hours = 8000
	entered = make([]float64, hours)
	for _, m := range meters[from : from+n] {
		kw := m.Hourly()[2000 : 2000+hours]
		sites = append(sites, &features.Series{SiteID: m.ID, Start: window(kw[:1]).Start, KW: kw})
		for i, v := range kw {
			entered[i] += v
		}
	}
	mean := half(meanOf(entered), hours)
	for i, v := range entered {
		entered[i] = (v*1.01 + 0.03*v*v/mean) * 1.003
	}
	return sites, entered
}

func balanceOf(sites []*features.Series, entered []float64) (*Balance, *Window) {
	s := &features.Series{SiteID: "F-1", Start: sites[0].Start, KW: entered, Estimated: make([]bool, len(entered))}
	b := NewBalance(NewWindow(s, zone), 4)
	for _, s := range sites {
		b.Add(s)
	}
	return b, NewWindow(b.Loss(), zone)
}

// A tenth of the feeder's mean load past the meters is found with its power and
// begin, and nothing is found on the same feeders without it.
func TestBypass(t *testing.T) {
	for from := 0; from+4 <= 16; from += 4 {
		sites, entered := estate(t, from, 4)
		b, w := balanceOf(sites, entered)
		if block, _, _ := (Bypass{}).Find(b, w, NewScanner()); block != nil {
			t.Errorf("meters from %d: %.1f kW found in a feeder in balance", from, block.KW)
		}
		power, onset := 0.1*half(meanOf(entered), len(entered)), 5000
		for i := onset; i < len(entered); i++ {
			entered[i] += power
		}
		b, w = balanceOf(sites, entered)
		block, why, _ := (Bypass{}).Find(b, w, NewScanner())
		if block == nil {
			t.Errorf("meters from %d: %.1f kW not found: %s", from, power, why)
			continue
		}
		if math.Abs(block.KW/power-1) > 0.1 || abs(block.Onset-onset) > 24 {
			t.Errorf("meters from %d: %.1f kW from hour %d, want %.1f from %d", from, block.KW, block.Onset, power, onset)
		}
	}
}

// The sites of a feeder share what its loss says: four alike get about a
// quarter each, and the one whose own load fell gets most.
func TestShare(t *testing.T) {
	const prior = 0.002
	d, b := Bypass{Prior: prior}, &Block{KW: 50, LogLR: 20}
	posterior := func(lr float64) float64 {
		z := math.Log(prior/(1-prior)) + lr
		return 1 / (1 + math.Exp(-z))
	}
	below := []Below{{SiteID: "a"}, {SiteID: "b"}, {SiteID: "c"}, {SiteID: "d"}}
	for _, lr := range d.Share(b, below) {
		// 1 / (4 + 0.25) = 0.235
		if p := posterior(lr); p < 0.2 || p > 0.24 {
			t.Errorf("one of four: %.3f", p)
		}
	}
	below[1].FallKW, below[1].FallZ = 45, 4
	below[2].ContractedKW = 15
	p := d.Share(b, below)
	if posterior(p[1]) < 0.65 || p[2] > p[0]-1.5 {
		t.Errorf("own load fell %.3f, small contract %.2f against %.2f", posterior(p[1]), p[2], p[0])
	}
	if alone := posterior(d.Share(b, below[:1])[0]); alone < 0.65 || alone > 0.8 {
		t.Errorf("a site alone: %.3f", alone)
	}
}

func TestBalanceOfLostReadings(t *testing.T) {
	sites, entered := estate(t, 0, 4)
	// A meter that falls silent for half the time is no loss.
	for i := 4000; i < len(entered); i++ {
		sites[0].KW[i] = math.NaN()
	}
	b, w := balanceOf(sites, entered)
	if block, why, _ := (Bypass{}).Find(b, w, NewScanner()); block != nil {
		t.Errorf("a lost meter is found as %.1f kW past the meters (%s)", block.KW, why)
	}
	b, w = balanceOf(sites[1:], entered)
	if _, why, spoken := (Bypass{}).Find(b, w, NewScanner()); spoken || why != "1 of 4 sites below feeder F-1 have no hourly readings" {
		t.Errorf("a meter never read: %q, %v", why, spoken)
	}
}

func TestFall(t *testing.T) {
	kw := office(400, 3)
	at := 250 * 24
	add(kw, -8, at, len(kw), always)
	s := window(kw).Series
	fall, z := Fall(s, s.At(at))
	if math.Abs(fall-8) > 1.5 || z < 3 {
		t.Errorf("fell by %.1f kW, z %.1f, want 8 and more than 3", fall, z)
	}
	if fall, z := Fall(s, s.At(100*24)); fall > 3 || z > 2 {
		t.Errorf("nothing fell: %.1f kW, z %.1f", fall, z)
	}
	if _, z := Fall(s, s.At(10)); z != 0 {
		t.Errorf("at the begin of the data: z %.1f", z)
	}
}
