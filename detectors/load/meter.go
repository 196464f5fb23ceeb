package load

import (
	"fmt"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/score"
)

// Meter says which faults of the meter a site's readings show, and takes away what
// load/block sees where that rests on one. It is silent of a meter without a fault, and
// never speaks for a mine.
//
// Statistic: hours that the fault lasts; of a clock or swapped meters those of the day of
// the change. Log-likelihood ratio: that of load/block with the sign turned if its block
// rests on the fault, else 0.
type Meter struct{}

// Info describes the detector.
func (Meter) Info() detectors.Info {
	return detectors.Info{
		ID: "load/meter", Unit: "h", Group: score.MeterFault,
		Source: "rival hypotheses of the course of the day, by least squares; thresholds chosen on draws 1 to 3 of detectors/calibrate, measured by minewatch bench detect",
		Looks: fmt.Sprintf(`Names faults of the meter, which a mine must be told from. Stuck register: one value, seen before, for %d hours or more and %d times as long as the site's
fourth longest such run, or at least %d hours if the energy then comes at once. Estimated readings: marked so, copied from the day or the week before, or on a line,
for %d hours. For the rest the mean course of the days after a change is foretold from that before by rival hypotheses: all hours by one factor, all hours
moved by some hours, and power added in hours that go together, of any level, as a mine adds it. A factor near 10, 100 or 1,000, a shift of the clock, and another ratio after
a gap of %d hours are named where they leave less than a quarter (after a gap: less) of the squares that the best rival leaves; meters of one place or holder that
were swapped where each shows what the other showed before, and a meter of the group shows a block. Whatever a mine would explain as well is not named.
Where the block of load/block begins at the fault and nothing of it is left after it, what the meter says for a mine is taken away, and no energy is
charged from it. Silent where nothing is found; not looked for below 56 days of hourly data.`, leastStuckH, habitual, leastZeroH, leastEstimatedH, leastGapH),
		Picture: meterPicture,
	}
}

// faultPrefix begins the sentence about a fault; its kind and a colon follow.
const faultPrefix = "meter fault, "

// Evidence says of one of the faults of a sight what it is worth.
func (d Meter) Evidence(s *Sight, f *Fault) datasets.Evidence {
	info := d.Info()
	e := datasets.Evidence{SiteID: s.SiteID, Detector: info.ID, Group: info.Group, Status: datasets.Spoken, PValue: 1}
	e.Start, e.End = s.At(f.From), s.At(f.To)
	e.Statistic, e.N = float64(f.To-f.From), int32(s.Known())
	e.Detail = faultPrefix + f.Kind + ": " + f.sentence(s)
	if f.Explains && s.Block.LogLR > 0 {
		e.LogLR = -bent(s.Block.LogLR)
		e.Detail += "; the power that seems to be added rests on it and does not count"
	}
	return e
}

// NamedFault returns the kind of fault that evidence of Meter names, "" if it is other evidence.
func NamedFault(e datasets.Evidence) string {
	if e.Group != score.MeterFault {
		return ""
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(e.Detail, faultPrefix), ":")
	return kind
}

// FaultExplains reports whether evidence takes away what load/block sees.
func FaultExplains(e datasets.Evidence) bool { return e.Group == score.MeterFault && e.LogLR < 0 }

// sentence says what is seen.
func (f *Fault) sentence(s *Sight) string {
	from := day(s.At(f.From), s.Zone)
	period := "from " + from + " to " + day(s.At(f.To), s.Zone)
	if f.GoesOn {
		period = "from " + from + " on"
	}
	switch f.Kind {
	case StuckRegister:
		if f.CaughtUp {
			return "the same value " + period + ", and then the energy at once"
		}
		return "the same value " + period
	case OtherFactor:
		return fmt.Sprintf("%.3g times the readings before, in every hour alike, %s", f.Ratio, period)
	case MeterReplaced:
		return fmt.Sprintf("no readings %s, and %.3g times those before after it, in every hour alike", period, f.Ratio)
	case ClockShift:
		if f.ShiftH < 0 {
			return fmt.Sprintf("the course of the day comes %d h earlier from %s on", -f.ShiftH, from)
		}
		return fmt.Sprintf("the course of the day comes %d h later from %s on", f.ShiftH, from)
	case MetersSwapped:
		return "from " + from + " on it shows what another meter of this place or holder showed before, and that one what it showed"
	}
	return "no measured values " + period
}
