package load

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/features"
)

// Bypass looks for an added block in the loss of a feeder: power that passes
// the sites' meters by. It speaks of every site below the feeder.
type Bypass struct {
	Prior float64 // probability that a site mines, before evidence
}

// Limits of the bypass detector. The weights of a site are judgement, not
// calibration: no feeder with a known bypass was to be had.
const (
	bypassLimit = 8    // of the block's log-likelihood ratio; the balance has no habits of its own that look like a mine
	minShare    = 0.01 // of the feeder's mean power, below which a block is the error of the meters (class 0.5 to 1)
	minBypassKW = 2
	usualT      = 10   // above which every e-fold of an edge's t counts one: honest sites have such edges, a balance has none
	nobody      = 0.25 // weight of a consumer who is not among the sites, in sites
	fallWeight  = 2.0  // most that a falling own load adds to the log of a site's weight
	capWeight   = 2.0  // what a block above the contracted power takes from it
)

// A Below is a site below the feeder, for the question which of them it is.
type Below struct {
	SiteID       string
	ContractedKW float64 // 0: unknown
	FallKW       float64 // by which the site's own load fell at the onset, over four weeks
	FallZ        float64 // FallKW by the standard deviation of such changes on the site's other weeks
}

// Info describes the detector.
func (Bypass) Info() detectors.Info {
	return detectors.Info{
		ID: "load/bypass", Unit: "t of the whitened edge in the feeder's loss", Group: "bypass",
		Source: "feeder balance as in the literature of non-technical loss; the edge scan of load/block; shares by Bayes' rule",
		Looks: `Looks for a block of power that entered a feeder and that no meter below it saw: a meter that is passed by.
The loss is the feeder's energy less that of the sites, hour by hour, less the part that grows with the square of the load. It is scanned as
load/block scans a site. The likelihood ratio of one site is L / (1 + prior · L · (nobody + sum of the others' weights) / own weight): where n sites
are equally likely each gets about 1/n. A site weighs more if its own load fell when the block came (up to e² times), less if the block is above its
contracted power (e² times). Withheld if more than one site in twenty below the feeder has no hourly readings, or less than 56 days can be balanced.
Blind to a bypass older than the data.`,
		Picture: bypassPicture,
	}
}

// Find scans the loss of a feeder for a block worth speaking of; nil with the
// reason if there is none. spoken is false if the balance could not be made.
func (d Bypass) Find(b *Balance, w *Window, s *Scanner) (block *Block, why string, spoken bool) {
	if unread := b.sites - b.read; unread*20 > b.sites || b.read == 0 {
		return nil, fmt.Sprintf("%d of %d sites below feeder %s have no hourly readings", unread, b.sites, b.FeederID), false
	}
	block, why = s.Scan(w)
	if block == nil {
		return nil, "feeder " + b.FeederID + ": " + why, false
	}
	entered := meanOf(b.in.KW)
	if block.LogLR <= 0 || block.KW < max(minBypassKW, minShare*entered.sum/float64(max(1, entered.n))) {
		return nil, fmt.Sprintf("feeder %s is in balance: no block stands out in its loss", b.FeederID), true
	}
	return block, "", true
}

// Share returns the evidence of each site below a feeder, in their order, given
// the block in its loss.
func (d Bypass) Share(b *Block, below []Below) []float64 {
	weights := make([]float64, len(below))
	sum := nobody
	for i, s := range below {
		weights[i] = math.Exp(s.logWeight(b.KW))
		sum += weights[i]
	}
	lr := math.Exp(softCap(b.LogLR+max(0, math.Log(b.EdgeT/usualT)), bypassLimit))
	out := make([]float64, len(below))
	for i, own := range weights {
		out[i] = math.Log(lr / (1 + d.Prior*lr*(sum-own)/own))
	}
	return out
}

func (s Below) logWeight(kw float64) float64 {
	v := 0.0
	if s.FallKW > 0.3*kw {
		v += max(0, min(fallWeight, s.FallZ-1))
	}
	if s.ContractedKW > 0 && kw > s.ContractedKW {
		v -= capWeight
	}
	return v
}

// Evidence puts what is found of a feeder into the evidence of one site.
// logLR is the site's from Share.
func (d Bypass) Evidence(s *Sight, site Below, sites int, logLR float64) datasets.Evidence {
	info, b := d.Info(), s.Block
	e := datasets.Evidence{SiteID: site.SiteID, Detector: info.ID, Group: info.Group, Status: datasets.Spoken}
	e.Start, e.End = s.At(b.Onset), s.At(b.End)
	e.N, e.Statistic, e.PValue, e.LogLR, e.MiningKW = int32(s.Known()), b.EdgeT, pValue(b.LogLR, b.MeanKW), logLR, b.KW
	why := ""
	switch {
	case site.FallKW > 0.3*b.KW && site.FallZ > 1:
		why = fmt.Sprintf("; this site's own load fell by %s kW at that time", kw(site.FallKW))
	case site.ContractedKW > 0 && b.KW > site.ContractedKW:
		why = fmt.Sprintf("; this site's contracted power is %s kW only", kw(site.ContractedKW))
	}
	e.Detail = fmt.Sprintf("%s kW entered feeder %s %s from %s%s that none of the %d meters below it saw: edge t %.1f in the feeder's loss%s",
		kw(b.KW), s.SiteID, b.Duty.Name, day(e.Start, s.Zone), until(s, b), sites, b.EdgeT, why)
	return e
}

// Without returns evidence that claims nothing of a site: the feeder is in
// balance (spoken), or could not be balanced.
func (d Bypass) Without(w *Window, siteID, why string, spoken bool) datasets.Evidence {
	info := d.Info()
	e := datasets.Evidence{SiteID: siteID, Detector: info.ID, Group: info.Group, PValue: 1, Detail: why, Start: w.Start, End: w.End()}
	if spoken {
		e.Status, e.N = datasets.Spoken, int32(w.Known())
	}
	return e
}

// fallHours is over how long a site's own load is compared.
const fallHours = 28 * 24

// Fall returns by how much the mean load of a site fell at an instant, over the
// four weeks before and after, and that by the standard deviation of the same
// difference at the other weeks of the series; 0 where half of either side is
// unknown.
func Fall(s *features.Series, at datasets.Micros) (kw, z float64) {
	onset := s.Hour(at)
	kw, ok := fallAt(s, onset)
	if !ok {
		return 0, 0
	}
	var n, sum, squares float64
	for i := fallHours; i+fallHours <= len(s.KW); i += 168 {
		if i > onset-fallHours && i < onset+fallHours {
			continue
		}
		if v, ok := fallAt(s, i); ok {
			n, sum, squares = n+1, sum+v, squares+v*v
		}
	}
	if n < 8 {
		return kw, 0
	}
	sd := math.Sqrt(max(0, squares/n-sum/n*(sum/n)))
	return kw, kw / max(sd, 1e-6)
}

func fallAt(s *features.Series, i int) (float64, bool) {
	if i < fallHours/2 || i > len(s.KW)-fallHours/2 {
		return 0, false
	}
	before := half(meanOf(s.KW[max(0, i-fallHours):i]), fallHours)
	after := half(meanOf(s.KW[i:min(len(s.KW), i+fallHours)]), fallHours)
	v := before - after
	return v, !math.IsNaN(v)
}

// meanOf adds up the known values.
func meanOf(kw []float64) (m mean) {
	if sum := floats.Sum(kw); !math.IsNaN(sum) {
		return mean{sum, len(kw)} // as of most: all are known
	}
	for _, v := range kw {
		m.add(v)
	}
	return m
}
