package load

import (
	"fmt"
	"math"
	"slices"
)

// A Block is the best added block of a site: power on top of what the site
// used before, in the hours of a duty calendar, from an onset to an end.
type Block struct {
	Duty  *Duty
	duty  int // index of Duty
	Onset int // hour of the series
	End   int // hour after the last; the length of the series if the block goes on

	KW       float64 // power while on
	EdgeKW   float64 // power by the whitened edge alone
	EdgeT    float64 // t statistic of the whitened edge at the onset
	CounterT float64 // largest t of a step down elsewhere: the site's own worst honest edge
	EndT     float64 // t statistic of the step down at End; 0 if the block goes on
	LevelKW  float64 // change of power over four weeks, on against off hours, less that of another year
	LevelZ   float64 // LevelKW by the scale of the same statistic on the site's other days
	OffKW    float64 // change of the hours outside the calendar; 0 round the clock
	Steady   float64 // spread of the increment over the hours of the week, by the level
	Excess   float64 // that spread by the spread of the changes on the site's other weeks; 0 if unknown
	Held     float64 // share of the later weeks in which the level stayed
	Dips     float64 // short falls of up to the block's power against short rises, while it is on; 0 if they are as many
	Ramp     bool    // whether the level was compared after a ramp of rampWeeks
	YearAgo  bool    // whether LevelKW is corrected by another year
	LogLR    float64 // log-likelihood ratio by the calibrated weights, not capped
}

// A Scanner finds blocks. It keeps its memory from site to site; one goroutine
// at a time may use it.
type Scanner struct {
	white whitener
	edges []edges
	weeks weeks
	past  map[historyKey]*history
	fresh map[historyKey]bool // histories of the window at hand
}

type historyKey struct{ duty, gap, yearAgo int }

// NewScanner returns a Scanner for Duties.
func NewScanner() *Scanner {
	return &Scanner{edges: make([]edges, len(Duties)), past: map[historyKey]*history{}, fresh: map[historyKey]bool{}}
}

// candidates is how many onsets of each calendar are looked at closely.
const candidates = 16

// Scan returns the best added block of a window, or nil with the reason if the
// window holds too little data to say.
func (s *Scanner) Scan(w *Window) (*Block, string) {
	if known := w.Known(); known < minDays*24 {
		return nil, fmt.Sprintf("less than %d days of hourly data", minDays)
	}
	if !s.white.fit(w) {
		return nil, "too few hours with a known week before them, or a constant load"
	}
	s.weeks.fill(w)
	clear(s.fresh)
	var best *Block
	bestLR := math.Inf(-1)
	for i := range Duties {
		g := &s.edges[i]
		g.fit(w, &s.white, &Duties[i])
		for _, onset := range s.onsets(g) {
			for _, gap := range gaps {
				if b := s.look(w, i, onset, gap, bestLR); b != nil && b.LogLR > bestLR {
					best, bestLR = b, b.LogLR
				}
			}
		}
	}
	if best == nil {
		return nil, "no hour at which power could have been added"
	}
	return best, ""
}

// minDays is the least data for a block: eight weeks before and after.
const minDays = 56

// onsets returns the hours with the largest t, at least a week apart.
func (s *Scanner) onsets(g *edges) []int {
	var top []int
	for len(top) < candidates {
		best, at := 0.0, -1
		for i := maxLag; i < len(g.num)-7*24; i++ {
			if t := g.t[i]; t > best && !slices.ContainsFunc(top, func(o int) bool { return abs(o-i) < 7*24 }) {
				best, at = t, i
			}
		}
		if at < 0 {
			break
		}
		top = append(top, at)
	}
	return top
}

// rampWeeks is how long machines may go on being delivered.
const rampWeeks = 9

// gaps are the weeks left out after an onset: none, or a ramp.
var gaps = [...]int{0, rampWeeks}

// look weighs one onset; nil if it cannot be compared after this gap, or cannot
// be worth more than atLeast.
func (s *Scanner) look(w *Window, duty, onset, gap int, atLeast float64) *Block {
	g := &s.edges[duty]
	b := &Block{Duty: &Duties[duty], duty: duty, Onset: onset, End: len(w.KW), EdgeT: g.t[onset], EdgeKW: g.num[onset] / g.den[onset]}
	if !s.compare(w, b, gap) {
		if gap > 0 {
			return nil
		}
		b.LevelKW = b.EdgeKW // too near the ends of the series
	}
	if b.KW = b.LevelKW; !(b.KW > 0) {
		return nil
	}
	if gap > 0 {
		b.EdgeKW = g.climb(onset, min(len(w.KW), onset+(gap+1)*168))
	}
	s.findEnd(g, b)
	b.CounterT = g.counter(b.End)
	// Whether the level was held and how it dips take a pass over all later hours:
	// look only if the most that they could add would matter.
	b.Held, b.Dips = 1, maxDips
	if weights.logLR(b.Features()) <= atLeast {
		return nil
	}
	week := s.weeks.week(onset)
	b.Held = s.weeks.persistence(b.Duty, week, week+1+gap, s.weeks.week(b.End-1), b.KW)
	b.Dips = dips(w, b)
	b.LogLR = weights.logLR(b.Features())
	return b
}

// maxDips bounds Dips as a feature.
const maxDips = 3

// dips counts hours that lie below both their neighbours by 0.3 to 1.1 times the
// block's power, and hours that lie as far above, while the block is on: a farm
// that loses its network or its pool falls and returns within the hour, and
// never rises. The result is (falls − rises) / √(falls + rises + 4), less the
// same before the onset over as many hours at the most.
func dips(w *Window, b *Block) float64 {
	count := func(from, to int) float64 {
		falls, rises := 0, 0
		for i := max(1, from); i < min(to, len(w.KW)-1); i++ {
			if !b.Duty.on[w.Clock[i]] || !b.Duty.on[w.Clock[i-1]] || !b.Duty.on[w.Clock[i+1]] {
				continue
			}
			low := min(w.KW[i-1], w.KW[i+1]) - w.KW[i]
			high := w.KW[i] - max(w.KW[i-1], w.KW[i+1])
			switch {
			case low > 0.3*b.KW && low < 1.1*b.KW:
				falls++
			case high > 0.3*b.KW && high < 1.1*b.KW:
				rises++
			}
		}
		return float64(falls-rises) / math.Sqrt(float64(falls+rises)+4)
	}
	return count(b.Onset, b.End) - count(b.Onset-(b.End-b.Onset), b.Onset)
}

// usual remembers the histories of the window.
func (s *Scanner) usual(b *Block, week, gap, yearAgo int) usual {
	key := historyKey{b.duty, gap, yearAgo}
	h := s.past[key]
	if h == nil {
		h = &history{}
		s.past[key] = h
	}
	if !s.fresh[key] {
		s.fresh[key] = true
		s.weeks.history(h, b.Duty, gap, yearAgo)
	}
	return s.weeks.usual(h, week, gap, yearAgo)
}

// minEndT is the least t statistic of a step down that ends a block.
const minEndT = 4

// findEnd looks for the step down that undoes the block: about as large as the
// block, at least a week after the onset, and not undone itself. The clearest
// step of that size decides: trying several found more false ends than true ones.
func (s *Scanner) findEnd(g *edges, b *Block) {
	best, at := 0.0, -1
	for i := b.Onset + edgeHours; i < len(g.num)-2*24; i++ {
		if t := -g.t[i]; t > best && -g.num[i]/g.den[i] > b.KW/2 {
			best, at = t, i
		}
	}
	if at < 0 || best < minEndT {
		return
	}
	c, ok := s.weeks.compare(b.Duty, s.weeks.week(at), 0, 0)
	size := -g.num[at] / g.den[at] / b.KW
	if (ok && c.level() < -b.KW/2) || (!ok && size > 0.6 && size < 1.6) {
		b.End, b.EndT = at, best
	}
}

// FeatureNames name the elements of [Block.Features]; each grows with the
// evidence for a mine.
var FeatureNames = [...]string{"edge", "edge_over_counter", "level", "steadiness", "excess", "agreement", "calendar", "held", "ramp", "dips"}

// Features returns what the weights are applied to:
//
//	edge               ln(1 + EdgeT)
//	edge_over_counter  ln((3 + EdgeT) / (3 + CounterT))
//	level              ln(1 + LevelZ), LevelZ in [0, 30]
//	steadiness         −ln(0.02 + Steady), Steady at most 5
//	excess             −ln(Excess), in [−2, 1]; 0 if unknown
//	agreement          −|ln(LevelKW / EdgeKW)|, at least −3
//	calendar           −|OffKW| / KW, at least −2; 0 round the clock
//	held               Held
//	ramp               1 after a ramp, else 0
//	dips               Dips, in ±maxDips
func (b *Block) Features() [len(FeatureNames)]float64 {
	agreement := -3.0
	if b.LevelKW > 0 && b.EdgeKW > 0 {
		agreement = max(agreement, -math.Abs(math.Log(b.LevelKW/b.EdgeKW)))
	}
	calendar := 0.0
	if b.KW > 0 {
		calendar = max(-2, -math.Abs(b.OffKW)/b.KW)
	}
	excess, ramp := 0.0, 0.0
	if b.Excess > 0 {
		excess = max(-2, min(1, -math.Log(b.Excess)))
	}
	if b.Ramp {
		ramp = 1
	}
	return [...]float64{
		math.Log1p(max(0, b.EdgeT)),
		math.Log((3 + max(0, b.EdgeT)) / (3 + b.CounterT)),
		math.Log1p(max(0, min(b.LevelZ, 30))),
		-math.Log(0.02 + min(b.Steady, 5)),
		excess,
		agreement,
		calendar,
		b.Held,
		ramp,
		max(-maxDips, min(maxDips, b.Dips)),
	}
}

// compare fills in the change of level at the onset, or after a ramp, corrected
// by another year where there is one, its spread, and both against what is usual
// on the site's other weeks. It returns false where there is nothing to compare.
func (s *Scanner) compare(w *Window, b *Block, gap int) bool {
	week := s.weeks.week(b.Onset)
	yearAgo := 0
	var c change
	ok := false
	for _, yearAgo = range []int{-yearWeeks, yearWeeks, 0} {
		if c, ok = s.weeks.compareAt(w, b.Duty, b.Onset, gap, yearAgo); ok {
			break
		}
	}
	if !ok {
		return false
	}
	b.YearAgo, b.Ramp = yearAgo != 0, gap > 0
	b.LevelKW = c.level()
	if u := s.usual(b, week, gap, yearAgo); u.n >= minUsual {
		b.LevelZ = b.LevelKW / max(u.level, 1e-6)
	}
	// The spread is that of the plain increments: another year would add its own.
	plain, ok := s.weeks.compareAt(w, b.Duty, b.Onset, gap, 0)
	if !ok {
		return false
	}
	b.OffKW = plain.off
	b.Steady = plain.spread / max(math.Abs(plain.on), 1e-9)
	if u := s.usual(b, week, gap, 0); u.n >= minUsual {
		b.Excess = plain.spread / max(u.spread, 1e-6)
	}
	return true
}

func half(m mean, hours int) float64 {
	if m.n*2 < hours || m.n == 0 {
		return math.NaN()
	}
	return m.sum / float64(m.n)
}

type mean struct {
	sum float64
	n   int
}

// add counts a value unless it is NaN.
func (m *mean) add(v float64) {
	if !math.IsNaN(v) {
		m.sum += v
		m.n++
	}
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
