package load

import (
	"fmt"
	"math"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

// A Sight is what a detector looks at: a window, the best block in it (nil if
// there was too little data, then Why says so) and the clock for sentences.
type Sight struct {
	*Window
	Block *Block
	Why   string
	Zone  *time.Location

	Faults []Fault // of the meter
}

// A Detector turns a sight into evidence. It is a pure function. Too little
// data is not an error: the evidence is then Withheld, and Detail says why.
type Detector interface {
	Info() detectors.Info
	Detect(s *Sight) datasets.Evidence
}

// A PeerDetector compares a site with its peers by what [datasets.SiteLoad] says of
// it, so that a new site costs the others no look at their series. p is nil if the
// site has too few peers.
type PeerDetector interface {
	Detector
	Compare(l datasets.SiteLoad, p *Peers) datasets.Evidence
}

// All lists the electricity detectors, in the order of their evidence.
func All() []Detector { return []Detector{Added{}, Cutoff{}, Shape{}} }

// withheld is evidence that claims nothing.
func withheld(d Detector, s *Sight, why string) datasets.Evidence {
	e := begin(d, s)
	e.PValue, e.Detail = 1, why
	return e
}

// begin fills in what all evidence shares; the period is that of the data.
func begin(d Detector, s *Sight) datasets.Evidence {
	info := d.Info()
	e := datasets.Evidence{SiteID: s.SiteID, Detector: info.ID, Group: info.Group}
	if len(s.KW) > 0 {
		e.Start, e.End = s.Start, s.End()
	}
	return e
}

// Added looks for an added block with an onset.
//
// Statistic: EdgeT, the t of the step h that minimises Σ (e(i) − h·x(i))² / s(i)²
// over the week from the onset, e being the innovations of the whitened load, s
// their scale and x the whitened calendar. Log-likelihood ratio: intercept +
// Σ f(feature), f from block_model.csv, largest of all candidates, bent by
// [addedLimit]. P-value: rank among the placebos of the site's size class. Power in
// kW, mean over the hours of duty. Source: [detectors/calibrate]. Withheld below
// 56 days of hourly data, for a constant load, and where no onset has levelDays
// before and after it.
type Added struct{}

var _ Detector = Added{}

// addedLimit bounds the log-likelihood ratio of a block: the calibration has
// a few hundred windows of 32 meters without a mine, which cannot vouch for more
// than a few hundred to one.
const addedLimit = 6

// leastAdded bounds it from below.
const leastAdded = -1

// Info implements [Detector].
func (Added) Info() detectors.Info {
	return detectors.Info{
		ID: "load/block", Unit: "t of the whitened edge", Group: "onset",
		Source: "detectors/calibrate on public meters with mines of two models and look-alikes; whitening after Box and Jenkins; additive model as in Hastie and Tibshirani 1990; conformal p-value after Vovk et al. 2005",
		Looks: `Looks for a block of power that was switched on and stayed: round the clock, nights (23-07 or 00-10) or all hours but the evening peak,
or in hours of its own. What goes with the temperature is taken out where the region brings weather; public
holidays of Kazakhstan are expected to be like Sundays, weekend days that are worked for others like weekdays. The hourly load is whitened by an autoregression
over 1, 2, 24, 25, 168 and 169 hours, which removes the site's habits and leaves edges, by their scale at that hour of that kind of day and in that season. For each hour and calendar
a step is fitted by generalised least squares. The best onsets, and those after which the four-week level rose most, are weighed by an additive model
(detectors/load/block_model.csv): the edge, without its first two hours, against the site's own largest steps down, those that lasted, and those up a year
before; the level over four weeks and over eight, at once or after a ramp, less that of another year, by its own scale on other days; how equal the increment is over the hours of the
week, and whether it goes with the load before; whether edge, first week, level and later weeks agree; whether the rest of the load became rougher or calmer, as it does when its use changes; whether hours outside the calendar stayed where they were;
short falls of the block's own depth without rises; its size against the site and against one machine.
Withheld below 56 days of hourly data, and where no onset has four weeks before and after it. Blind to mines older than the data and weak below a third
of the site's own mean load.`,
		Picture: addedPicture,
	}
}

// Detect implements [Detector].
func (d Added) Detect(s *Sight) datasets.Evidence {
	b := s.Block
	if b == nil {
		return withheld(d, s, s.Why)
	}
	e := begin(d, s)
	e.Status = datasets.Spoken
	e.Start, e.End = s.At(b.Onset), s.At(b.End)
	e.N = int32(s.Known())
	e.Statistic = b.EdgeT
	e.PValue = pValue(b.LogLR, b.MeanKW)
	e.LogLR = max(leastAdded, softCap(b.LogLR, addedLimit)) // a small mine leaves no mark: absence says little
	if e.LogLR <= 0 {
		e.Detail = fmt.Sprintf("no added block stands out: the best candidate, %s kW from %s, has an edge of t %.1f against %.1f for the site's own steps down",
			kw(b.KW), day(e.Start, s.Zone), b.EdgeT, b.CounterT)
		return e
	}
	e.MiningKW = b.KW
	year := "no other year to compare with"
	if b.YearAgo {
		year = "corrected by another year"
	}
	e.Detail = fmt.Sprintf("%s kW were added %s from %s%s: edge t %.1f, the site's own largest step down %.1f; the four-week level rose by %s kW (%.1f times its usual change, %s), equal over the week within %.0f %%, and stayed in %.0f %% of the later weeks",
		kw(b.KW), b.Duty.Name, day(e.Start, s.Zone), until(s, b), b.EdgeT, b.CounterT, kw(b.LevelKW), b.LevelZ, year, 100*min(b.Steady, 9.99), 100*b.Held)
	return e
}

func until(s *Sight, b *Block) string {
	if b.End >= len(s.KW) {
		return " on"
	}
	return " to " + day(s.At(b.End), s.Zone)
}

func day(t datasets.Micros, zone *time.Location) string {
	return t.Time().In(zone).Format("2006-01-02 15:04")
}

// kw prints a power with about three significant digits.
func kw(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 1:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
