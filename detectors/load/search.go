package load

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// A stage is how far the look at a candidate has come.
type stage uint8

const (
	levelSeen  stage = iota // the edges, and the change of the level
	courseSeen              // the end, the weeks before it, and the texture
	usualSeen               // what is usual at the site
	dipsSeen                // single hours that fall
	stopsSeen               // falls that last longer
	allSeen                 // spread
)

// seenAt says which features are known from each stage on.
var seenAt = [allSeen + 1][]int{
	levelSeen:  {xEdge, xEdgeRest, xEdgeOverYear, xSteadiness, xAgreement, xCalendar, xProportion, xSize, xMachine},
	courseSeen: {xEdgeOverCounter, xEdgeOverLasting, xHeld, xPlateau, xWeekAgrees, xTexture},
	usualSeen:  {xLevel},
	dipsSeen:   {xDips},
	stopsSeen:  {xPulse, xDepth},
	allSeen:    {xExcess, xLevelLong},
}

// A candidate is an onset in one calendar, at once or as a ramp, that is looked at
// stage by stage as long as it may be the best.
type candidate struct {
	Block
	gap int
	at  stage
	x   [len(FeatureNames)]float64 // as far as they are known
	sum float64                    // of what they are worth
}

// list fills candidates with all that are to be looked at.
func (s *Scanner) list(w *Window) {
	s.candidates = s.candidates[:0]
	for duty := range Duties {
		s.days.fold(&s.splits[duty], &Duties[duty], w)
		s.onsets = s.edges[duty].tops(s.onsets[:0], candidates)
		for _, gap := range gaps {
			edges := len(s.onsets)
			s.rises(duty, gap)
			for _, onset := range s.onsets {
				if c := s.next(); !s.begin(c, w, duty, onset, gap) {
					s.candidates = s.candidates[:len(s.candidates)-1]
				}
			}
			s.onsets = s.onsets[:edges]
		}
	}
}

// best returns the candidate with the largest log-likelihood ratio; nil if there is
// none. The one that can still be worth most is looked at further, until it is one of which
// all is seen.
func (s *Scanner) best(w *Window) *candidate {
	s.most = resize(s.most, len(s.candidates))
	for i := range s.candidates {
		s.most[i] = model.weigh(&s.candidates[i])
	}
	for len(s.most) > 0 {
		i := floats.MaxIdx(s.most)
		c := &s.candidates[i]
		if c.at == allSeen {
			c.LogLR = model.LogLR(c.x)
			return c
		}
		s.further(c, w)
		s.most[i] = model.weigh(c)
	}
	return nil
}

// look sees all of a candidate. It returns false if it cannot be worth more than atLeast.
func (s *Scanner) look(c *candidate, w *Window, atLeast float64) bool {
	for model.weigh(c) > atLeast {
		if c.at == allSeen {
			return true
		}
		s.further(c, w)
	}
	return false
}

// next appends a candidate and returns it, to be filled.
func (s *Scanner) next() *candidate {
	n := len(s.candidates)
	s.candidates = slices.Grow(s.candidates, 1)[:n+1]
	return &s.candidates[n]
}

// begin describes the edge of an onset and the change of the level. It returns false if it is no candidate: it cannot be
// compared after this gap, or nothing was added.
func (s *Scanner) begin(c *candidate, w *Window, duty, onset, gap int) bool {
	g, b := &s.edges[duty], &c.Block
	c.gap, c.at, c.sum = gap, levelSeen, 0
	*b = Block{Duty: &Duties[duty], duty: duty, Onset: onset, End: len(w.KW), MeanKW: s.meanKW}
	if !s.compare(b, gap) {
		return false
	}
	if b.KW = b.LevelKW; math.Abs(b.OffKW) > b.KW {
		return false // what changed as much outside the calendar is no block in it
	}
	b.EdgeT, b.EdgeKW = g.t(onset), g.power(onset)
	if gap > 0 {
		b.EdgeKW = g.climb(onset, min(len(w.KW), onset+gap*24+168))
	}
	b.RestT = s.rest(w, g, b)
	b.YearT = g.yearAgo(onset)
	return true
}

// further sees one stage more of a candidate.
func (s *Scanner) further(c *candidate, w *Window) {
	b, g := &c.Block, &s.edges[c.duty]
	day := s.days.day(b.Onset)
	c.at++
	switch c.at {
	case courseSeen:
		s.findEnd(g, b)
		b.CounterT, b.LastingT = g.counters(b.End)
		b.PlateauKW, b.Held = s.days.later(&s.splits[c.duty], day, day+1+c.gap, s.days.day(b.End-1), b.KW)
		b.WeekKW = s.days.step(&s.splits[c.duty], day, c.gap, 7)
		b.Texture = s.white.texture(b.Onset, c.gap)
	case usualSeen:
		s.scale(b, c.gap)
	case dipsSeen:
		b.Dips = s.pulses.dipsOf(w, b)
	case stopsSeen:
		b.Pulses, b.Depth = s.pulses.stopsOf(b)
	case allSeen:
		s.spread(b, c.gap)
		b.LongZ = math.NaN()
		if usual, ok := s.days.usualStep(s.history(c.duty, c.gap, longSteps), day, s.days.day(b.End-1), c.gap); ok {
			b.LongZ = s.days.step(&s.splits[c.duty], day, c.gap, longDays) / max(usual, 1e-6)
		}
	}
}

// weigh adds what the features of a candidate's stage are worth to those before, once, and
// returns the largest log-likelihood ratio that it can still reach.
func (m *Model) weigh(c *candidate) float64 {
	c.features(&c.x, c.at)
	for _, i := range seenAt[c.at] {
		c.sum += m.Shapes[i].Of(c.x[i])
	}
	z := m.Intercept + c.sum
	for _, features := range seenAt[c.at+1:] {
		for _, i := range features {
			s := &m.Shapes[i]
			z += s.LogLR[len(s.LogLR)-1]
		}
	}
	return m.scaled(z)
}
