package load

import (
	"fmt"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/features"
)

// Group looks for one mine behind several meters of one place or holder: blocks
// that began together, in one calendar. Who belongs together is the caller's to
// say; nothing else about place or holder is told to it.
//
// For a meter a of n, C being the coincidence, z the log-likelihood ratios of
// candidate blocks, each bent by [addedLimit], and j the other meters, whose z is that
// of the best candidate of the same calendar within togetherDays of a's (C is 1 where
// either block stands for less than seasonDays):
//
//	L = σ · max over a's candidates of exp(z) · (Π (1 − p + p·C·exp(z_j)) − (1 − p)^(n−1)),  p = 1/(n−1)
//	log-likelihood ratio = ln(L / (1 + prior · Σ exp(z_j at j's own best)))
//
// Source: Bayes' rule over who takes part; C and σ are judgement (see their comments).
// It says nothing where the meter stands alone, where no meter's own block is likelier
// than none (see [Worth]), and where load/block sees as much in the meter by itself.
type Group struct {
	Prior float64 // probability that a site mines, before evidence
}

const (
	// splitShare is σ, the share of mines that are split over meters: judgement,
	// no count of them is published.
	splitShare = 0.2
	// coincidence is C, how much less likely it is that two meters that have nothing to
	// do with each other show a block at one time than at any: of about 490 days on
	// which a block can begin in two years 9 lie within togetherDays, 1 in 54.
	// Not all of that is taken, since buildings change on the same days of a year.
	coincidence = 20
	// seasonDays is how long both blocks must stand for their coincidence to count at
	// all: pumps in May and lights in October are switched on everywhere at once.
	seasonDays = 184
	// togetherDays is how far apart the begins may lie.
	togetherDays = 4
	// leastPart is the log-likelihood ratio of a candidate below which it is not kept:
	// coincidence makes up for e³ of it, and the other meter's block for the rest.
	leastPart = -5
	// mostMeters is the largest group: beyond it an address is a house of flats or a
	// market, in which many changes of many people fall on one day.
	mostMeters = 8
)

// GroupSize reports whether so many meters are a group that is looked at.
func GroupSize(meters int) bool { return meters >= 2 && meters <= mostMeters }

// A Candidate is a block that a meter may hold.
type Candidate struct {
	Duty  *Duty // of Duties
	At    datasets.Micros
	Until datasets.Micros // where it ends, or the data do
	Ramp  bool
	LogLR float64
}

// Candidates returns the blocks of a window that may be a part of a mine, with the
// shipped model's log-likelihood ratios; none with the reason if there is too little
// data. What rests on a fault of the meter is left out.
func (s *Scanner) Candidates(w *Window) (list []Candidate, why string) {
	var faults []Fault
	looked := false
	why = s.above(w, leastPart, func(b *Block) {
		if !looked {
			faults, looked = s.Faults(w, nil), true
		}
		rests := func(f Fault) bool { return s.RestsOn(b, &f) }
		if lr := model.LogLR(b.Features()); Kept(lr) && !slices.ContainsFunc(faults, rests) {
			list = append(list, b.Candidate(w, lr))
		}
	})
	return list, why
}

// Kept reports whether a candidate with this log-likelihood ratio is kept.
func Kept(logLR float64) bool { return logLR > leastPart }

// Candidate describes a block of a window, with a log-likelihood ratio.
func (b *Block) Candidate(w *Window, logLR float64) Candidate {
	return Candidate{b.Duty, w.At(b.Onset), w.At(b.End), b.Ramp, logLR}
}

// Block returns a candidate of a window again, as Scan would; nil if it is none.
func (s *Scanner) Block(w *Window, c Candidate) *Block {
	w, why := s.prepare(w)
	duty := slices.IndexFunc(Duties, func(d Duty) bool { return d.Name == c.Duty.Name })
	if why != "" || duty < 0 {
		return nil
	}
	s.days.fold(&s.splits[duty], &Duties[duty], w)
	gap := 0
	if c.Ramp {
		gap = rampDays
	}
	var found candidate
	if !s.begin(&found, w, duty, w.Hour(c.At), gap) || !s.look(&found, w, math.Inf(-1)) {
		return nil
	}
	b := found.Block
	b.LogLR = c.LogLR
	s.Finish(&b)
	return &b
}

// A Shared is what the meters of a group say of one of them together.
type Shared struct {
	Own   Candidate
	LogLR float64 // -Inf if no block of another meter began with one of its own
	With  int     // other meters that take part more likely than not
}

// Worth reports whether a group is worth a look: some meter's own best block must
// be likelier than none, by the log-likelihood ratio of load/block.
func Worth(blockLogLR float64) bool { return blockLogLR > 0 }

// Judge returns what a group says of each of its members, given their candidates.
func (d Group) Judge(members [][]Candidate) []Shared {
	out := make([]Shared, len(members))
	odds := make([]float64, len(members)) // likelihood ratio of each member's own best
	for i, list := range members {
		for _, c := range list {
			odds[i] = max(odds[i], math.Exp(bent(c.LogLR)))
		}
	}
	for i, list := range members {
		out[i].LogLR = math.Inf(-1)
		others := 0.0
		for j := range members {
			if j != i {
				others += odds[j]
			}
		}
		for _, c := range list {
			if lr, with := together(c, i, members); lr > out[i].LogLR {
				out[i] = Shared{c, lr, with}
			}
		}
		out[i].LogLR -= math.Log1p(d.Prior * others)
	}
	return out
}

// together returns ln L of the type's comment for one candidate of member i.
func together(c Candidate, i int, members [][]Candidate) (logLR float64, with int) {
	p := 1 / float64(len(members)-1)
	product, none := 1.0, 1.0
	for j, list := range members {
		if j == i {
			continue
		}
		most := 0.0
		for _, o := range list {
			if o.Duty == c.Duty && abs(int(o.At-c.At)) <= togetherDays*microsPerDay {
				most = max(most, p*chance(c, o)*math.Exp(bent(o.LogLR)))
			}
		}
		product *= 1 - p + most
		none *= 1 - p
		if most > 1-p {
			with++
		}
	}
	if with == 0 {
		return math.Inf(-1), 0
	}
	return math.Log(splitShare) + bent(c.LogLR) + math.Log(product-none), with
}

const microsPerDay = 24 * features.MicrosPerHour

// chance returns what the coincidence of two blocks is worth.
func chance(a, b Candidate) float64 {
	if min(a.Until-a.At, b.Until-b.At) < seasonDays*microsPerDay {
		return 1
	}
	return coincidence
}

func bent(logLR float64) float64 { return softCap(logLR, addedLimit) }

// Info describes the detector.
func (Group) Info() detectors.Info {
	return detectors.Info{
		ID: "load/group", Unit: "t of the whitened edge", Group: "onset",
		Source: "the model of load/block, shared by Bayes' rule; how many mines are split and what a coincidence is worth are judgement, measured by minewatch bench detect",
		Looks: fmt.Sprintf(`Looks for one mine split over several meters: the meters at one address, or of one holder below one feeder, 2 to %d of them. A half that is too weak to be seen
behind its own host counts where another meter of the group had power added within %d days in the same calendar. The meters are not added up, since a large
host would drown a small one's block: each is scanned as load/block scans it, and the likelihood ratios of what began together are multiplied.
One mine in five is taken to be split, and a begin within days of another meter's to be %d times less likely without a mine (1 in 54 if days were drawn by lot, but
buildings change on the same days of a year; not at all where a block stands for less than half a year, which may be a season). What the other meters show by themselves speaks against this one's part: L / (1 + prior · the others' L),
so that a neighbour of a mine is not suspected with it. Address and holder say who belongs together and nothing else.
It is of the same group of evidence as load/block: the stronger of the two counts. Silent of a meter that stands alone, of groups in which
no meter's own block is likelier than none, and where load/block says as much by itself.`, mostMeters, togetherDays, coincidence),
		Picture: groupPicture,
	}
}

// Evidence says what the group says of one of its meters. s holds the meter's own
// block of the begin, as Block returns it.
func (d Group) Evidence(s *Sight, shared Shared, meters int) datasets.Evidence {
	info, b := d.Info(), s.Block
	e := datasets.Evidence{SiteID: s.SiteID, Detector: info.ID, Group: info.Group, Status: datasets.Spoken}
	e.Start, e.End = s.At(b.Onset), s.At(b.End)
	e.N, e.Statistic, e.PValue, e.MiningKW = int32(s.Known()), b.EdgeT, pValue(shared.LogLR, b.MeanKW), b.KW
	e.LogLR = bent(shared.LogLR)
	others := "the other meter"
	if meters > 2 {
		others = fmt.Sprintf("%d of the other %d meters", shared.With, meters-1)
	}
	e.Detail = fmt.Sprintf("%s kW were added %s from %s%s, and within %d days at %s of this place or holder, in the same hours: edge t %.1f here",
		kw(b.KW), b.Duty.Name, day(e.Start, s.Zone), until(s, b), togetherDays, others, b.EdgeT)
	return e
}
