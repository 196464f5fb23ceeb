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

// By hand: prior 0.01 is −4.5951; 4 and 3 from two kinds make 2.4049. The bound
// of 0.99 is 4.5951; 4.5951·tanh(2.4049/4.5951) = 2.2070, that is 0.9009. The 2
// of the same group does not count.
func TestSum(t *testing.T) {
	v := Sum("s", 0.01, []datasets.Evidence{
		spoken("traffic/pool", "pool", 3), spoken("load/block", "onset", 4), spoken("load/other", "onset", 2),
		{Detector: "load/shape", LogLR: 9, Detail: "withheld evidence never counts"},
	})
	if math.Abs(v.Probability-0.9009) > 1e-4 || v.Kinds != 2 {
		t.Errorf("probability %.4f of %d kinds, want 0.9009 of 2", v.Probability, v.Kinds)
	}
	last := v.Terms[len(v.Terms)-1]
	if math.Abs(Logistic(last.Cumulative)-v.Probability) > 1e-12 {
		t.Errorf("terms add up to %.4f, want the probability %.4f", Logistic(last.Cumulative), v.Probability)
	}
	if len(v.Terms) != 5 || v.Terms[3].Counted || v.Terms[4].Term != "limit" {
		t.Errorf("terms %+v: want the prior, two that count, one that does not and the limit", v.Terms)
	}
}

func TestOneKindStaysBelowItsLimit(t *testing.T) {
	before := 0.0
	for lr := 0.0; lr < 30; lr += 0.5 {
		v := Sum("s", 0.01, []datasets.Evidence{spoken("load/block", "onset", lr), spoken("load/cutoff", "cutoff", lr)})
		if v.Probability > OneKindLimit || v.Probability < before {
			t.Fatalf("lr %.1f: probability %.4f after %.4f", lr, v.Probability, before)
		}
		if c := v.Terms[len(v.Terms)-1].Cumulative; math.Abs(Logistic(c)-v.Probability) > 1e-12 {
			t.Fatalf("lr %.1f: terms do not add up", lr)
		}
		before = v.Probability
	}
}

// More evidence of mining never lowers the probability, whatever the order.
func TestSumIsMonotoneAndOrderFree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	kinds := []string{"load/a", "load/b", "traffic/a", "traffic/b"}
	for range 2000 {
		var ev []datasets.Evidence
		for range r.IntN(6) {
			k := kinds[r.IntN(len(kinds))]
			ev = append(ev, spoken(k, k+string(rune('0'+r.IntN(2))), r.NormFloat64()*3))
		}
		p := Sum("s", 0.01, ev).Probability
		shuffled := slices.Clone(ev)
		r.Shuffle(len(ev), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if q := Sum("s", 0.01, shuffled).Probability; q != p {
			t.Fatalf("order changes the probability: %v and %v", p, q)
		}
		k := kinds[r.IntN(len(kinds))]
		more := append(slices.Clone(ev), spoken(k, k+"0", r.Float64()*5))
		if q := Sum("s", 0.01, more).Probability; q < p-1e-12 {
			t.Fatalf("evidence for mining lowers %v to %v", p, q)
		}
	}
}

// What the meter does not show is no evidence against power that passes it by;
// evidence of other kinds still is.
func TestUnmetered(t *testing.T) {
	evidence := []datasets.Evidence{
		{Detector: "load/bypass", Group: Unmetered, Status: datasets.Spoken, LogLR: 4},
		{Detector: "load/block", Group: "onset", Status: datasets.Spoken, LogLR: -1},
		{Detector: "visit/outcome", Group: "visit", Status: datasets.Spoken, LogLR: -0.5},
	}
	if got, want := Sum("S", 0.02, evidence).LogOdds, Logit(0.02)+3.5; math.Abs(got-want) > 1e-12 {
		t.Errorf("log-odds %v, want %v", got, want)
	}
	evidence[0].LogLR = 0
	if got, want := Sum("S", 0.02, evidence).LogOdds, Logit(0.02)-1.5; math.Abs(got-want) > 1e-12 {
		t.Errorf("without a bypass %v, want %v", got, want)
	}
}
