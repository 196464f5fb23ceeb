// Package visit turns what an inspection found into evidence.
//
//  1. [Latest] picks the last visit of a site that got in.
//  2. [Outcome.Evidence] weighs it against what has been seen since.
package visit

import (
	"fmt"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

// Log-likelihood ratios of what a visit found. They are judgement: a team that
// stood in the place errs once in fifty, whichever way; what began after a
// visit, the visit could not see.
const (
	confirmed  = 4
	cleared    = -4
	outdated   = -0.5 // cleared, but new evidence has begun since
	newFrom    = 0.7  // log-likelihood ratio from which evidence is new evidence
	dayMicros  = 24 * 3600 * 1_000_000
	foundMines = "mining"
	foundClean = "clean"
)

// An Outcome is what a visit found.
type Outcome struct {
	datasets.Outcome
	At datasets.Micros // begin of the day of the visit in the local zone
}

// Info describes the evidence of visits.
func Info() detectors.Info {
	return detectors.Info{
		ID: "visit/outcome", Unit: "1 mining, -1 clean", Group: "visit",
		Source: "outcomes delivered by the inspection teams; weights by judgement",
		Looks: `Reads what the last visit found that got in. Mining found speaks for mining (e^4), also in later runs; a clean site is left alone (e^-4) until
evidence begins after the visit, and then the visit says little (e^-0.5). A visit without access says nothing.`,
	}
}

// GotIn reports whether the team saw the site.
func (o Outcome) GotIn() bool {
	return o.Outcome.Outcome == foundMines || o.Outcome.Outcome == foundClean
}

// FoundMining reports whether mining was found.
func (o Outcome) FoundMining() bool { return o.Outcome.Outcome == foundMines }

// Latest returns the last visit that got in; ok is false if there is none. Of
// two on one day, the one that found mining counts.
func Latest(visits []Outcome) (last Outcome, ok bool) {
	for _, v := range visits {
		if !v.GotIn() {
			continue
		}
		if !ok || v.At > last.At || v.At == last.At && v.FoundMining() {
			last, ok = v, true
		}
	}
	return last, ok
}

// Cleared reports whether e is of a visit that found no mining, and nothing has
// begun since: there is no reason to go again.
func Cleared(e datasets.Evidence) bool { return e.Group == Info().Group && e.LogLR == cleared }

// Evidence weighs a visit against the other evidence of the site.
func (o Outcome) Evidence(others []datasets.Evidence) datasets.Evidence {
	info := Info()
	e := datasets.Evidence{
		SiteID: o.SiteID, Detector: info.ID, Group: info.Group, Status: datasets.Spoken,
		Start: o.At, End: o.At + dayMicros, N: 1, PValue: 1,
	}
	day := o.VisitedOn.String()
	if o.FoundMining() {
		e.Statistic, e.LogLR, e.MiningKW = 1, confirmed, o.FoundKW
		e.Detail = fmt.Sprintf("the visit of %s found mining", day)
		if o.FoundKW > 0 {
			e.Detail += fmt.Sprintf(" of %.1f kW", o.FoundKW)
		}
		return e
	}
	e.Statistic, e.LogLR = -1, cleared
	e.Detail = fmt.Sprintf("the visit of %s found no mining, and nothing has begun since", day)
	for _, other := range others {
		if other.Status == datasets.Spoken && other.LogLR >= newFrom && other.Start > e.End {
			e.LogLR = outdated
			e.Detail = fmt.Sprintf("the visit of %s found no mining; what %s sees began after it", day, other.Detector)
			break
		}
	}
	return e
}
