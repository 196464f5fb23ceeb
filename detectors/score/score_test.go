package score

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func spoken(detector, group string, lr float64) datasets.Evidence {
	return datasets.Evidence{SiteID: "s", Detector: detector, Group: group, Status: datasets.Spoken, LogLR: lr, Detail: detector}
}

// neutral counts evidence as it is.
var neutral = Neutral()

func sumOf(prior float64, evidence ...datasets.Evidence) Verdict {
	return NewModel(prior, neutral).Sum(Site{ID: "s", Hourly: true}, evidence)
}

// By hand: prior 0.01 is −4.5951; 6 and 4 from two kinds make 5.4049. The bound
// of 0.995 is 5.2933, bent from 4.7933 on: 5.2933 − 0.25/(0.5 + 0.6116) = 5.0684, that
// is 0.9937. The 2 of the same group does not count.
func TestSum(t *testing.T) {
	v := sumOf(0.01,
		spoken("traffic/pool", "pool", 4), spoken("load/block", "onset", 6), spoken("load/other", "onset", 2),
		datasets.Evidence{Detector: "load/shape", LogLR: 9, Detail: "withheld evidence never counts"})
	if math.Abs(v.Probability-0.9937) > 1e-4 || v.Kinds != 2 || v.Level != High {
		t.Errorf("probability %.4f of %d kinds, %s, want 0.9937 of 2, high", v.Probability, v.Kinds, v.Level)
	}
	last := v.Terms[len(v.Terms)-1]
	if math.Abs(Logistic(last.Cumulative)-v.Probability) > 1e-12 {
		t.Errorf("terms add up to %.4f, want the probability %.4f", Logistic(last.Cumulative), v.Probability)
	}
	if len(v.Terms) != 5 || v.Terms[3].Counted || v.Terms[4].Term != "limit" {
		t.Errorf("terms %+v: want the prior, two that count, one that does not and the limit", v.Terms)
	}
	if v.Sums != [len(Learnt)]float64{6, 4, 0} {
		t.Errorf("sums by kind %v, want 6 and 4", v.Sums)
	}
	// What is not near a limit is what the evidence says: 4 and 3 make 2.4049, 0.9172.
	v = sumOf(0.01, spoken("traffic/pool", "pool", 3), spoken("load/block", "onset", 4))
	if math.Abs(v.Probability-0.9172) > 1e-4 || v.Terms[len(v.Terms)-1].Term == "limit" {
		t.Errorf("probability %.4f with the terms %+v, want 0.9172 and no limit", v.Probability, v.Terms)
	}
}

// By hand: −4.5951 + 0.5 + 0.5·4 + 2·3 = 3.9049.
func TestWeights(t *testing.T) {
	m := NewModel(0.01, Weights{Shift: 0.5, Slope: [len(Learnt)]float64{0.5, 2, 1}, Outcomes: 9})
	v := m.Sum(Site{ID: "s", Hourly: true}, []datasets.Evidence{spoken("load/block", "onset", 4), spoken("traffic/pool", "session", 3)})
	if math.Abs(v.LogOdds-3.9049) > 1e-4 || v.Terms[1].Term != "learnt" {
		t.Errorf("log-odds %.4f, want 3.9049; terms %+v", v.LogOdds, v.Terms)
	}
}

func TestLimits(t *testing.T) {
	for _, tc := range []struct {
		name   string
		hourly bool
		kinds  []string
		limit  float64
	}{
		{"two kinds", true, []string{"load/block", "traffic/pool"}, Limit},
		{"one kind", true, []string{"load/block", "load/cutoff"}, OneKindLimit},
		{"bills are no kind", true, []string{"load/block", "billing/step"}, OneKindLimit},
		{"two kinds, no hours", false, []string{"traffic/pool", "visit/outcome"}, HourlessLimit},
	} {
		before := 0.0
		for lr := 0.0; lr < 30; lr += 0.5 {
			var ev []datasets.Evidence
			for _, k := range tc.kinds {
				ev = append(ev, spoken(k, k, lr))
			}
			v := NewModel(0.01, neutral).Sum(Site{ID: "s", Hourly: tc.hourly}, ev)
			if v.Probability > tc.limit || v.Probability < before {
				t.Fatalf("%s, lr %.1f: probability %.4f after %.4f, limit %.2f", tc.name, lr, v.Probability, before, tc.limit)
			}
			if v.Level == High && v.Kinds < 2 {
				t.Fatalf("%s: high on one kind", tc.name)
			}
			if c := v.Terms[len(v.Terms)-1].Cumulative; math.Abs(Logistic(c)-v.Probability) > 1e-12 {
				t.Fatalf("%s, lr %.1f: terms do not add up", tc.name, lr)
			}
			before = v.Probability
		}
		if before < tc.limit-0.01 {
			t.Errorf("%s: the strongest evidence gives %.4f, want nearly %.2f", tc.name, before, tc.limit)
		}
	}
}

// randomEvidence draws up to six pieces of evidence of all kinds.
func randomEvidence(r *rand.Rand) []datasets.Evidence {
	sources := []string{"load/a", "load/b", "load/bypass", "traffic/a", "traffic/b", "billing/step", "visit/outcome", "known/load"}
	var ev []datasets.Evidence
	for range r.IntN(7) {
		k := sources[r.IntN(len(sources))]
		group, lr := k+string(rune('0'+r.IntN(2))), r.NormFloat64()*3
		switch k {
		case "load/bypass":
			group, lr = Unmetered, max(0, lr)
		case "known/load":
			group, lr = KnownLoad, -max(lr, -lr)
		}
		ev = append(ev, spoken(k, group, lr))
	}
	return ev
}

// randomCurve rises from any level to any other.
func randomCurve(r *rand.Rand) Curve {
	var c Curve
	x, y := -3.0, -4*r.Float64()
	for range r.IntN(6) {
		c = append(c, Knot{x, y})
		x, y = x+0.1+2*r.Float64(), y+3*r.Float64()
	}
	return c
}

// More evidence of mining never lowers the probability, whatever the order, the
// weights and the site.
func TestSumIsMonotoneAndOrderFree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	sources := []string{"load/a", "load/b", "load/bypass", "traffic/a", "traffic/b", "billing/step"}
	for range 20_000 {
		w := Weights{Shift: r.NormFloat64(), Slope: [len(Learnt)]float64{r.Float64() * 2, r.Float64() * 2, r.Float64()}}
		for i := range w.Curves {
			w.Curves[i] = randomCurve(r)
		}
		m := NewModel(0.01, w)
		site := Site{ID: "s", Hourly: r.IntN(2) == 0}
		ev := randomEvidence(r)
		p := m.Sum(site, ev).Probability
		shuffled := slices.Clone(ev)
		r.Shuffle(len(ev), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if q := m.Sum(site, shuffled).Probability; q != p {
			t.Fatalf("order changes the probability: %v and %v", p, q)
		}
		k := sources[r.IntN(len(sources))]
		group := k + "0"
		if k == "load/bypass" {
			group = Unmetered
		}
		more := append(slices.Clone(ev), spoken(k, group, r.Float64()*5))
		if q := m.Sum(site, more).Probability; q < p-1e-12 {
			t.Fatalf("evidence for mining %+v lowers %v to %v; before: %+v", more[len(more)-1], p, q, ev)
		}
		if len(ev) > 0 { // the same evidence, stronger
			i := r.IntN(len(ev))
			stronger := slices.Clone(ev)
			stronger[i].LogLR += r.Float64() * 3
			if q := m.Sum(site, stronger).Probability; q < p-1e-12 {
				t.Fatalf("stronger evidence %+v lowers %v to %v; before: %+v", stronger[i], p, q, ev)
			}
		}
	}
}

// What the meter does not show is no evidence against power that passes it by;
// evidence of other kinds still is.
func TestUnmetered(t *testing.T) {
	evidence := []datasets.Evidence{
		spoken("load/bypass", Unmetered, 4), spoken("load/block", "onset", -1), spoken("visit/outcome", "visit", -0.5),
	}
	if got, want := sumOf(0.02, evidence...).LogOdds, Logit(0.02)+3.5; math.Abs(got-want) > 1e-12 {
		t.Errorf("log-odds %v, want %v", got, want)
	}
	evidence[0].LogLR = 0 // the feeder is in balance
	if got, want := sumOf(0.02, evidence...).LogOdds, Logit(0.02)-1.6; math.Abs(got-want) > 1e-12 {
		t.Errorf("in balance %v, want %v", got, want)
	}
}

// A known load, or a fault of the meter, explains what the meter shows, no more than
// that, and nothing of the network.
func TestKnownLoad(t *testing.T) {
	cold, fault := spoken("known/load", KnownLoad, -1.5), spoken("load/meter", MeterFault, -4)
	for _, tc := range []struct {
		name string
		ev   []datasets.Evidence
		want float64
	}{
		{"a block", []datasets.Evidence{spoken("load/block", "onset", 4), cold}, 2.5},
		{"a weak block", []datasets.Evidence{spoken("load/block", "onset", 1), cold}, 0},
		{"nothing", []datasets.Evidence{spoken("load/block", "onset", -1), cold}, -1},
		{"a pool", []datasets.Evidence{spoken("traffic/pool", "session", 4), cold}, 4},
		{"a bypass", []datasets.Evidence{spoken("load/bypass", Unmetered, 4), cold}, 4},
		{"a block and a fault that it rests on", []datasets.Evidence{spoken("load/block", "onset", 4), fault}, 0},
		{"a block, a fault and a known load", []datasets.Evidence{spoken("load/block", "onset", 4), fault, cold}, 0},
		{"a block and a fault elsewhere", []datasets.Evidence{spoken("load/block", "onset", 4), spoken("load/meter", MeterFault, 0)}, 4},
		{"two faults, of which it rests on one", []datasets.Evidence{spoken("load/block", "onset", 4), spoken("load/meter", MeterFault, 0), fault}, 0},
		{"a pool and a fault", []datasets.Evidence{spoken("traffic/pool", "session", 4), fault}, 4},
	} {
		if got := sumOf(0.02, tc.ev...).LogOdds - Logit(0.02); math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// BenchmarkSum scores sites of five pieces of evidence.
func BenchmarkSum(b *testing.B) {
	m := NewModel(0.02, Shipped())
	ev := []datasets.Evidence{spoken("load/block", "onset", -0.8), spoken("load/shape", "shape", -0.1), spoken("load/cutoff", "cutoff", 0.2), spoken("traffic/pool", "session", 5)}
	b.ReportAllocs()
	for b.Loop() {
		m.Sum(Site{ID: "s", Hourly: true}, ev)
	}
}
