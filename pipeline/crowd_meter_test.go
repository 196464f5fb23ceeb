package pipeline

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/detectors/calibrate"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/stat"
)

// kWPerDevice is the wall power of one machine of the simulated farms (S19 class).
const kWPerDevice = 3.25

// homesShare is the share of subscribers who live in a house; the others are
// businesses. alikeShare is the share of the meters of businesses with a lawful
// change that resembles a mine, as in detectors/fuse. Both are assumptions.
const homesShare, alikeShare = 0.5, 0.2

// machineShare is the share of businesses with a machine of 0.2 to 0.5 times their mean
// load that stands at odd hours and reports while it runs; awayShare is the share of
// homes that are left for two to six days, and closedShare that of businesses closed on
// an odd day; half of either switch their line off. All are assumptions, made so that
// traffic and load rest together without a mine.
const machineShare, awayShare, closedShare = 0.02, 0.1, 0.2

// A host is what a meter's detector says of one window of a real meter, as it is, or
// with a simulated mine or a lawful look-alike.
type host struct {
	evidence datasets.Evidence
	hours    calibrate.Hours
	onset    int     // hour in which the mine begins
	kw, size float64 // of the mine, and as a share of the host's load
	night    bool    // the mine rests by day
	home     bool
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
	loads, err := calibrate.Loads(seed)
	if err != nil {
		tb.Fatal(err)
	}
	var h hosts
	for i, v := range calibrate.HeldOut(cases, calibrate.ModelA) {
		c := &cases[i]
		x := host{evidence: v.Evidence(), kw: c.Size * c.MeanKW, size: c.Size, night: strings.Contains(c.Family, "night"),
			hours: loads[i], onset: c.OnsetH, home: c.Population == calibrate.Homes}
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

// A meter is a subscriber's host, and the hours of it that are moved to the traffic's time.
type meter struct {
	host
	series  *features.Series
	lineOff []sim.Span // times in which the whole line is switched off
}

// place moves a host's load so that a Monday of it, in which its mine is at work, is the first
// day of the traffic, and gives the client the rests of the mine. Others may be left,
// close, or have a machine, whose hours are added to the load.
func (x host) place(c *sim.Client, t sim.Traffic, r *rand.Rand) meter {
	n := 24 * t.Days
	first := x.first(n, r)
	m := meter{host: x, series: &features.Series{SiteID: "s", Start: datasets.MicrosOf(t.Start) - datasets.Micros(first)*features.MicrosPerHour}}
	m.series.KW = slices.Clone(x.hours.KW)
	for i, kw := range m.series.KW {
		if !(kw > 0) {
			m.series.KW[i] = math.NaN()
		}
	}
	window := m.series.KW[first : first+n]
	at := func(h int) time.Time { return t.Start.Add(time.Duration(h) * time.Hour) }
	switch {
	case x.hours.MineKW != nil:
		c.NightOnly = false // the mine's own calendar is kept
		mine := x.hours.MineKW[first : first+n]
		usual := stat.Quantile(slices.Sorted(slices.Values(mine)), 0.9)
		c.Rests = spans(n, at, func(h int) bool { return mine[h] < 0.3*usual })
	case x.home && r.Float64() < awayShare:
		from, days := r.IntN(max(1, t.Days-6))*24+r.IntN(24), 2+r.IntN(5)
		m.away(window, from, from+24*days, stat.Quantile(slices.Sorted(slices.Values(known(window))), 0.1))
		if r.Float64() < 0.5 {
			m.lineOff = []sim.Span{{From: at(from), To: at(from + 24*days)}}
		}
	case !x.home && r.Float64() < closedShare:
		day := 24 * r.IntN(5) // of the first week
		copy(window[day:day+24], window[6*24:7*24])
		if r.Float64() < 0.5 {
			m.lineOff = []sim.Span{{From: at(day), To: at(day + 24)}}
		}
	case !x.home && r.Float64() < machineShare/(1-closedShare):
		kw := (0.2 + 0.3*r.Float64()) * floats.Sum(known(window)) / float64(n)
		var runs []sim.Span
		for h := r.IntN(24); h < n; {
			stands := 6 + r.IntN(60)
			for i := h; i < min(n, h+stands); i++ {
				window[i] -= kw // what stands is missing from the real load
			}
			runs = append(runs, sim.Span{From: at(h), To: at(min(n, h+stands))})
			h += stands + 24 + r.IntN(100)
		}
		for i := range window {
			window[i] = max(window[i], 0.1*kw)
		}
		c.Rests, c.LookAlikes = runs, append(slices.Clone(c.LookAlikes), sim.Machine)
	}
	return m
}

// first draws the hour of the load at which the traffic begins: midnight of a Monday.
func (x host) first(n int, r *rand.Rand) int {
	from, to := 0, len(x.hours.KW)-n
	if x.hours.MineKW != nil {
		from = x.onset + 24
		for to > from && x.hours.MineKW[to+n-1] == 0 { // it may have ended
			to -= 24
		}
	}
	monday := (24*((8-int(x.hours.Start.Weekday()))%7) - x.hours.Start.Hour() + 168) % 168
	from += (monday - from%168 + 168) % 168
	return max(0, min(from+168*r.IntN(max(1, (to-from)/168)), len(x.hours.KW)-n))
}

// away lowers the load of a house in which nobody is.
func (m meter) away(window []float64, from, to int, kw float64) {
	for h := from; h < min(to, len(window)); h++ {
		window[h] = min(window[h], kw*(0.9+0.2*float64(h%24)/24))
	}
}

func known(kw []float64) []float64 { return slices.DeleteFunc(slices.Clone(kw), math.IsNaN) }

// spans joins the hours in which something holds.
func spans(n int, at func(int) time.Time, holds func(int) bool) (out []sim.Span) {
	for h := 0; h < n; h++ {
		if !holds(h) {
			continue
		}
		from := h
		for h < n && holds(h) {
			h++
		}
		out = append(out, sim.Span{From: at(from), To: at(h)})
	}
	return out
}

// cutOff leaves out the records that begin while the line is off.
func (m meter) cutOff(flows []datasets.Flow) []datasets.Flow {
	return slices.DeleteFunc(flows, func(f datasets.Flow) bool {
		return slices.ContainsFunc(m.lineOff, func(s sim.Span) bool {
			return f.TS >= datasets.MicrosOf(s.From) && f.TS < datasets.MicrosOf(s.To)
		})
	})
}
