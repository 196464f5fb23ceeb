package counter

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/features"
)

// A resting is a year of load with an own course by hour and day, noise, and a block that
// rests, and a fortnight of contacts with it from hour first on.
type resting struct {
	load     *features.Series
	first    int
	contacts []Contact
}

const fortnight = 14 * 24

func newResting(seed uint64, kw float64, rests func(h int) bool) resting {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := resting{load: &features.Series{SiteID: "s", Start: datasets.MicrosOf(time.Date(2023, 1, 2, 0, 0, 0, 0, time.UTC))}, first: 40 * 7 * 24} // Mondays
	for i := range 365 * 24 {
		v := 10 + 3*math.Sin(float64(i%24)/24*2*math.Pi) + rng.NormFloat64()
		if h := i - x.first; h < 0 || h >= fortnight || !rests(h) {
			v += kw
		}
		x.load.KW = append(x.load.KW, v)
	}
	suspect, other := Contact{Server: "192.0.2.1 port 443", Candidate: true}, Contact{Server: "192.0.2.2 port 5228"}
	for h := range fortnight {
		suspect.Present, other.Present = append(suspect.Present, !rests(h)), append(other.Present, h%3 == 0)
	}
	x.contacts = []Contact{suspect, other}
	return x
}

func (x resting) evidence(t *testing.T) datasets.Evidence {
	t.Helper()
	e, ok := Rests("s", x.load, time.UTC, x.load.At(x.first), x.contacts)
	if !ok {
		t.Fatal("no candidate")
	}
	return e
}

// odd are the hours of three outages.
func odd(h int) bool { return h >= 50 && h < 55 || h >= 140 && h < 148 || h >= 250 && h < 254 }

func TestRests(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*resting)
		kw     float64
		rests  func(int) bool
		speaks bool
		why    string
	}{
		{"a block that rests with the contact", nil, 3, odd, true, "the load falls by"},
		{"thinly sampled", func(x *resting) {
			rng := rand.New(rand.NewPCG(3, 3))
			for h, p := range x.contacts[0].Present {
				x.contacts[0].Present[h] = p && rng.Float64() < 0.7
			}
		}, 3, odd, true, "the load falls by"},
		{"the load does not change", nil, 0, odd, false, "does not follow the rests"},
		{"a shop that closes every night and on Sundays, and one Wednesday", nil, 8,
			func(h int) bool {
				return h%24 < 8 || h%24 >= 20 || h/24%7 == 6 || h/24 == 9
			}, false, "stops every night"},
		{"open day and night but for Sundays", nil, 8, func(h int) bool { return h/24%7 == 6 }, false, "does not rest beyond its usual hours"},
		{"the whole line is switched off", func(x *resting) {
			for h := range x.contacts[1].Present {
				x.contacts[1].Present[h] = !odd(h)
			}
		}, 3, func(h int) bool { return h >= 100 && h < 150 }, true, "the load falls by"}, // of another time: the line was up
		{"the line of a house that was left", func(x *resting) {
			for h := range x.contacts[1].Present {
				x.contacts[1].Present[h] = h < 100 || h >= 150
			}
		}, 3, func(h int) bool { return h >= 100 && h < 150 }, false, "does not rest"},
		{"no supply", func(x *resting) {
			for h := range fortnight {
				if odd(h) {
					x.load.KW[x.first+h] = 0
				}
			}
		}, 3, odd, false, "does not rest beyond its usual hours"},
		{"never rests", nil, 3, func(int) bool { return false }, false, "does not rest beyond its usual hours"},
		{"three months of load", func(x *resting) { x.first -= 35 * 7 * 24; x.load.KW = x.load.KW[35*7*24:][:90*24] }, 3, odd, false, "fewer than 100 days"},
		{"the load ends before the flows", func(x *resting) { x.load.KW = x.load.KW[:x.first+100] }, 3, odd, false, "does not cover"},
	} {
		x := newResting(7, test.kw, test.rests)
		if test.change != nil {
			test.change(&x)
		}
		e := x.evidence(t)
		if speaks := e.LogLR > 0; speaks != test.speaks || !strings.Contains(e.Detail, test.why) || e.LogLR > restsCap || e.LogLR < 0 {
			t.Errorf("%s: %+v", test.name, e)
		}
	}
	x := newResting(7, 3, odd)
	x.contacts[0].Candidate = false
	if e, ok := Rests("s", x.load, time.UTC, x.load.At(x.first), x.contacts); ok {
		t.Errorf("speaks of contacts that nobody suspects: %+v", e)
	}
}

// p-values of loads that have nothing to do with the contact are even: of 400, about 2 % are at most
// 0.02 (binomial: fewer than 19 in all but 1 of 1,000 cases), as loads of neighbouring days are not alike here.
func TestRestsOfOthers(t *testing.T) {
	said := 0
	for seed := range uint64(400) {
		x := newResting(seed, 0, func(int) bool { return false })
		rng := rand.New(rand.NewPCG(seed, 2))
		for h := range x.contacts[0].Present {
			x.contacts[0].Present[h] = rng.Float64() < 0.7
		}
		if x.evidence(t).LogLR > 0 {
			said++
		}
	}
	if said > 18 {
		t.Errorf("%d of 400 speak", said)
	}
}
