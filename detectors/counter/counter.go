// Package counter turns what speaks against mining, or what holds one kind of evidence
// against another, into evidence.
//
//  1. [Quiet]: the network was watched, and nothing in it looks like mining.
//  2. [Known]: the load of the site is known to the supplier or the register.
//  3. [Power]: the devices that the network counts, against the block of the meter.
//  4. [Rests]: the hours in which a suspicious contact is silent, against the load.
//
// A visit that found nothing is in package visit.
package counter

import (
	"fmt"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/score"
)

const (
	// quiet is ln(0.75/0.95), by judgement: a mine uses the site's own line, in logs that
	// were delivered, in about half of the cases, and half of the ways to mine leave a
	// trace there that the traffic detectors see; one client in twenty that does not mine
	// leaves one.
	quiet = -0.24

	// minQuietHours is the least time with traffic that a miner's session would have
	// shown in.
	minQuietHours = 48
)

// Watched is how long the network of a site was watched.
type Watched struct {
	From, To datasets.Micros
	Hours    int32 // with traffic of the site's clients
}

// QuietInfo describes the evidence of a network in which nothing was found.
func QuietInfo() detectors.Info {
	return detectors.Info{
		ID: "traffic/quiet", Unit: "h with traffic", Group: "session", Source: "weight by judgement",
		Looks: `Reads that the clients of a site were in the network logs and that no traffic detector spoke of them. That speaks a little against mining, no more:
a mine may have a line of its own, and a tunnel or a content network hides it. Withheld below 48 hours with traffic.`,
	}
}

// Quiet is the evidence of a site of whose clients no traffic detector spoke.
func Quiet(siteID string, w Watched) datasets.Evidence {
	info := QuietInfo()
	e := datasets.Evidence{
		SiteID: siteID, Detector: info.ID, Group: info.Group, Start: w.From, End: w.To, Statistic: float64(w.Hours), N: w.Hours, PValue: 1,
	}
	if w.Hours < minQuietHours {
		e.Detail = fmt.Sprintf("less than %d hours with traffic", minQuietHours)
		return e
	}
	e.Status, e.LogLR = datasets.Spoken, quiet
	e.Detail = fmt.Sprintf("the site's network was watched for %.0f days, %d hours with traffic, and nothing in it looks like mining", float64(w.To-w.From)/features.MicrosPerHour/24, w.Hours)
	return e
}

// A KnownLoad is a load that the supplier or the register knows of.
type KnownLoad struct {
	Kind   string // a key of score.KnownLoads
	Source string
	Note   string
}

// KnownInfo describes the evidence of a known load.
func KnownInfo() detectors.Info {
	return detectors.Info{
		ID: "known/load", Unit: "1", Group: score.KnownLoad, Source: "tables/known_loads.csv; weights by judgement",
		Looks: `Reads that the load of a site is known: a cold store, a licensed data centre, a pump. It takes away what the meter shows, as far as that kind of load
explains it (e^-0.7 to e^-2), and nothing of what the network shows. It comes from a table of loads and never from who owns the site.`,
	}
}

// Known is the evidence of a known load; it does not speak if its kind has no weight.
func Known(siteID string, k KnownLoad) datasets.Evidence {
	info := KnownInfo()
	e := datasets.Evidence{SiteID: siteID, Detector: info.ID, Group: info.Group, Statistic: 1, N: 1, PValue: 1}
	weight, ok := score.KnownLoads()[k.Kind]
	if !ok {
		e.Detail = "no such kind of load: " + k.Kind
		return e
	}
	e.Status, e.LogLR = datasets.Spoken, weight
	e.Detail = fmt.Sprintf("a known load, %s, explains what the meter shows (%s)", k.Kind, k.Source)
	if k.Note != "" {
		e.Detail += ": " + k.Note
	}
	return e
}
