package pipeline

import (
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/detectors/calibrate"
)

// kWPerDevice is the wall power of one machine of the simulated farms (S19 class).
const kWPerDevice = 3.25

// homesShare is the share of subscribers who live in a house; the others are
// businesses. alikeShare is the share of the meters of businesses with a lawful
// change that resembles a mine, as in detectors/fuse. Both are assumptions.
const homesShare, alikeShare = 0.5, 0.2

// A host is what a meter's detector says of one window of a real meter, as it is, or
// with a simulated mine or a lawful look-alike.
type host struct {
	evidence datasets.Evidence
	kw, size float64 // of the mine, and as a share of the host's load
	night    bool    // the mine rests by day
}

// hosts are the real meters of datasets/sample, judged by models that saw neither the
// building nor the model of mine (detectors/calibrate).
type hosts struct{ homes, businesses, alike, mines []host }

// drawnHosts keeps the hosts of the seed drawn last: every crowd has its own.
var drawnHosts struct {
	sync.Mutex
	seed uint64
	hosts
}

func newHosts(tb testing.TB, seed uint64) *hosts {
	tb.Helper()
	drawnHosts.Lock()
	defer drawnHosts.Unlock()
	if drawnHosts.seed == seed && len(drawnHosts.mines) > 0 {
		return &drawnHosts.hosts
	}
	cases, err := calibrate.Cases(seed)
	if err != nil {
		tb.Fatal(err)
	}
	var h hosts
	for i, v := range calibrate.HeldOut(cases, calibrate.ModelA) {
		c := &cases[i]
		x := host{evidence: v.Evidence(), kw: c.Size * c.MeanKW, size: c.Size, night: strings.Contains(c.Family, "night")}
		x.evidence.Start, x.evidence.End = 0, math.MaxInt64 // the window is moved to the traffic's time
		switch {
		case c.Model == calibrate.ModelB && c.Family != "split": // a split mine has two meters
			h.mines = append(h.mines, x)
		case c.Mine():
		case !c.Clean():
			h.alike = append(h.alike, x)
		case c.Population == calibrate.Homes:
			h.homes = append(h.homes, x)
		default:
			h.businesses = append(h.businesses, x)
		}
	}
	drawnHosts.seed, drawnHosts.hosts = seed, h
	return &drawnHosts.hosts
}

// meter draws a subscriber's meter: a farm's carries a mine of about as many kW as its
// devices draw (a factor of 1.5) and of its hours, so that size and host agree.
func (h *hosts) meter(c sim.Client, r *rand.Rand) host {
	if c.Form != sim.NotMining && c.Form != sim.Infected {
		kw := kWPerDevice * float64(c.Devices)
		var fit []host
		for _, x := range h.mines {
			if x.night == c.NightOnly && x.kw < 1.5*kw && kw < 1.5*x.kw {
				fit = append(fit, x)
			}
		}
		if len(fit) > 0 {
			return fit[r.IntN(len(fit))]
		}
		// No real meter of the sample could carry it by night: the hours are let go.
		for _, x := range h.mines {
			if x.kw < 1.5*kw && kw < 1.5*x.kw {
				fit = append(fit, x)
			}
		}
		return fit[r.IntN(len(fit))]
	}
	list := h.homes
	switch u := r.Float64(); {
	case u < homesShare:
	case u < homesShare+(1-homesShare)*alikeShare:
		list = h.alike
	default:
		list = h.businesses
	}
	return list[r.IntN(len(list))]
}
