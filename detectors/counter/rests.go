package counter

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/stat"
)

// A Contact is the traffic of a site's clients with one server port.
type Contact struct {
	Server    string // with the port, for a reader
	Candidate bool   // a traffic detector speaks of it
	Present   []bool // by hour of the period: whether there was traffic
}

const (
	// restsMaxP is the p-value above which nothing is said, as of traffic/blocks.
	restsMaxP = 0.02
	// restsCap is ln(0.3/0.06): three mines in ten rest at odd hours within two weeks; of
	// clients with a suspicious contact six in a hundred are taken to have a machine that is
	// in contact while it runs, twice as many as the simulated crowd has (judgement).
	restsCap = 1.6
	// minPlacebos is the least number of other days to compare with: fewer reach no p of 0.01.
	minPlacebos = 100
	// nearPlacebo is how many days a comparison is away at least, as loads of
	// neighbouring days are alike.
	nearPlacebo = 3
	// minRest is the least sum of squares of the presence, in hours, that its usual hours
	// leave: about as many hours of rest.
	minRest = 2
	// lineUp is how many hours before and after an hour other contacts show that the line was up.
	lineUp = 2
	// supplied is the share of the median load below which a site is without supply.
	supplied = 0.02
	// nightly is the share of its usual presence that a contact must have from 01:00 to
	// 05:00: what is switched off every evening belongs to people.
	nightly = 0.5
)

const restsPicture = `  suspicious contact  ######### ############  ############# ##
  another contact     # ## # ### # # ## ### ## ## # ## # ### #   the line is up
  load, kW            ~~~~~~~~~_~~~~~~~~~~~~__~~~~~~~~~~~~~_~~   falls when the contact is silent`

// RestsInfo describes the evidence of hours in which traffic and load rest together.
func RestsInfo() detectors.Info {
	return detectors.Info{
		ID: "power/rests", Unit: "correlation", Group: "rests",
		Source: "placebo windows of the same meter; bound of Sellke, Bayarri and Berger (2001); weights by judgement",
		Looks: `Holds the hours in which a suspicious contact was silent, beyond its usual hours, against the load in those hours, beyond its usual course, and against the
load of the same meter on other days. What rests with the load is behind the meter, however small and however thinly the packets were sampled. Hours
without supply and hours in which the whole line was silent do not count; a contact that stops every night is left out. Machines that report while they run
do the same: at most 1.6. Withheld without a rest, or without 100 days of load to compare with.`,
		Picture: restsPicture,
	}
}

// Rests holds the rests of the candidates among the contacts against the load. Hour 0
// of Present begins at from, a whole hour. ok is false if there is no candidate.
//
// Presence (1 or 0) and load are taken less their means by hour of the day and kind of
// day (working day, Saturday, Sunday) over the hours that count; the statistic is their correlation. p is
// the share of other windows of the same length and place in the day, whole days
// away, in which the load correlates as much with the same presence, itself
// included, times the candidates that were tested (Bonferroni). A shop that closes at night or
// on Sundays does so on the other days, too, so that its calendar is no evidence.
func Rests(siteID string, load *features.Series, zone *time.Location, from datasets.Micros, contacts []Contact) (e datasets.Evidence, ok bool) {
	info := RestsInfo()
	e = datasets.Evidence{SiteID: siteID, Detector: info.ID, Group: info.Group, PValue: 1}
	var best rest
	tested, why := 0, ""
	for i := range contacts {
		if !contacts[i].Candidate {
			continue
		}
		ok = true
		r, withheld := restOf(load, zone, from, contacts, i)
		if withheld != "" {
			why = withheld
			continue
		}
		if tested++; tested == 1 || r.p < best.p {
			best = r
			e.Start, e.End = from, from+datasets.Micros(len(contacts[i].Present))*features.MicrosPerHour
			e.Statistic, e.N = r.correlation, int32(r.hours)
			e.Detail = fmt.Sprintf("the load falls by %.1f kW when %s is silent beyond its usual hours (correlation %.2f in %d h, as much on %.1f %% of %d other days): it seems to be behind this meter",
				r.kw, contacts[i].Server, r.correlation, r.hours, 100*r.p, r.placebos)
		}
	}
	if tested == 0 {
		e.Detail = why
		return e, ok
	}
	e.Status = datasets.Spoken
	e.PValue = min(1, best.p*float64(tested))
	if e.PValue > restsMaxP {
		e.Detail = fmt.Sprintf("the load does not follow the rests of the contacts (p %.2f for the best of %d)", e.PValue, tested)
		return e, true
	}
	e.LogLR = min(restsCap, stat.LargestLogLR(e.PValue)-0.7)
	return e, true
}

// A rest is how one contact's rests agree with the load.
type rest struct {
	correlation, kw, p float64
	hours, placebos    int
}

func restOf(load *features.Series, zone *time.Location, from datasets.Micros, contacts []Contact, i int) (r rest, withheld string) {
	present := contacts[i].Present
	first := load.Hour(from)
	w := restWindow{load: load, clock: load.Clock(zone, nil), n: len(present)}
	if !w.inside(first) {
		return r, "the load does not cover the time of the flows"
	}
	w.use = make([]bool, w.n)
	floor := supplied * w.median(first)
	for h := range w.use {
		if kw := load.KW[first+h]; kw > floor && lineIsUp(contacts, i, h) { // NaN is not
			w.use[h] = true
			r.hours++
		}
	}
	x := make([]float64, w.n)
	for h, p := range present {
		if p {
			x[h] = 1
		}
	}
	if !w.roundTheClock(first, x) {
		return r, "the contact stops every night"
	}
	w.center(first, x)
	xx := floats.Dot(x, x)
	if xx < minRest {
		return r, "the contact does not rest beyond its usual hours while the line is up"
	}
	y := make([]float64, w.n)
	at := func(first int) (correlation, xy float64) {
		for h := range y {
			y[h] = load.KW[first+h]
		}
		w.center(first, y)
		yy := floats.Dot(y, y)
		if yy == 0 {
			return 0, 0
		}
		xy = floats.Dot(x, y)
		return xy / math.Sqrt(xx*yy), xy
	}
	var xy float64
	r.correlation, xy = at(first)
	r.kw = xy / xx
	as := 0
	for f := first % 24; f+w.n <= len(load.KW); f += 24 {
		if days := (f - first) / 24; days > -nearPlacebo && days < nearPlacebo || !w.inside(f) {
			continue
		}
		r.placebos++
		if c, _ := at(f); c >= r.correlation {
			as++
		}
	}
	if r.placebos < minPlacebos {
		return r, fmt.Sprintf("fewer than %d days of load to compare with", minPlacebos)
	}
	r.p = float64(1+as) / float64(1+r.placebos)
	return r, ""
}

// lineIsUp reports whether other contacts had traffic in an hour, or shortly before and after.
func lineIsUp(contacts []Contact, i, hour int) bool {
	within := func(from, to int) bool {
		for k, c := range contacts {
			if k != i && slices.Contains(c.Present[max(0, from):min(len(c.Present), to)], true) {
				return true
			}
		}
		return false
	}
	return within(hour, hour+1) || within(hour-lineUp, hour) && within(hour+1, hour+1+lineUp)
}

// A restWindow is the hours of a load that are held against a presence.
type restWindow struct {
	load  *features.Series
	clock []uint8 // local hour of the week
	n     int
	use   []bool // hours of the window that count
}

// inside reports whether the window from an hour of the series on lies within it and
// is known in nine hours of ten.
func (w *restWindow) inside(first int) bool {
	if first < 0 || first+w.n > len(w.load.KW) {
		return false
	}
	known := 0
	for _, kw := range w.load.KW[first : first+w.n] {
		if !math.IsNaN(kw) {
			known++
		}
	}
	return 10*known >= 9*w.n
}

// median returns the median of the known hours.
func (w *restWindow) median(first int) float64 {
	known := slices.DeleteFunc(slices.Clone(w.load.KW[first:first+w.n]), math.IsNaN)
	return stat.Median(known)
}

// roundTheClock reports whether a presence is as usual from 01:00 to 05:00, or nearly.
func (w *restWindow) roundTheClock(first int, present []float64) bool {
	var night, nights, all, hours float64
	for h, p := range present {
		if !w.use[h] {
			continue
		}
		all += p
		hours++
		if hour := w.clock[first+h] % 24; hour >= 1 && hour < 5 {
			night += p
			nights++
		}
	}
	return nights > 0 && all > 0 && night/nights >= nightly*all/hours
}

// center takes from values their means by hour of the day and kind of day. Hours
// that do not count or are not known become 0.
func (w *restWindow) center(first int, values []float64) {
	var sums, counts [3 * 24]float64
	for h, v := range values {
		if w.use[h] && !math.IsNaN(v) {
			c := cell(w.clock[first+h])
			sums[c] += v
			counts[c]++
		}
	}
	for h, v := range values {
		if !w.use[h] || math.IsNaN(v) {
			values[h] = 0
			continue
		}
		c := cell(w.clock[first+h])
		values[h] = v - sums[c]/counts[c]
	}
}

// cell numbers the hours of working days, Saturdays and Sundays.
func cell(hourOfWeek uint8) int {
	kind := max(0, int(hourOfWeek)/24-4)
	return 24*kind + int(hourOfWeek)%24
}
