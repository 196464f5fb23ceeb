package load

import (
	"fmt"
	"math"
	"slices"
)

// A Block is an added block of a site: power on top of what the site used
// before, in the hours of a duty calendar, from an onset to an end.
type Block struct {
	Duty  *Duty
	duty  int // index of Duty
	Onset int // hour of the series
	End   int // hour after the last; the length of the series if the block goes on

	KW         float64 // power while on
	EdgeKW     float64 // power by the whitened edge alone
	EdgeT      float64 // t statistic of the whitened edge at the onset
	RestT      float64 // that of its hours after the first two: a spike has none
	CounterT   float64 // largest t of a step down elsewhere: the site's own worst honest edge
	LastingT   float64 // largest of those that no step up undid within weeks
	YearT      float64 // largest t of a step up on the same days of another year
	EndT       float64 // t statistic of the step down at End; 0 if the block goes on
	LevelKW    float64 // change of power over four weeks, on against off hours, less that of another year
	LevelZ     float64 // LevelKW by the scale of the same statistic on the site's other days
	OffKW      float64 // change of the hours outside the calendar; 0 round the clock
	Steady     float64 // spread of the increment over the hours of the week, by the level
	Excess     float64 // that spread by the spread of the changes on the site's other days; 0 if unknown
	Proportion float64 // part of the increment that goes with the load before, kW
	PlateauKW  float64 // median level of all later weeks; 0 if unknown
	Held       float64 // share of the later weeks in which the level stayed
	Dips       float64 // hours that fall by up to the block's power against hours that rise so, while it is on
	Pulses     float64 // falls by the block's power that return within a day, against rises
	Depth      float64 // those falls against falls of other sizes
	MeanKW     float64 // the site's mean load
	WeekKW     float64 // LevelKW over one week; NaN if unknown
	LongZ      float64 // LevelZ over eight weeks; NaN if unknown
	Texture    float64 // ln of the size of innovations after the onset by that before; NaN if unknown
	Ramp       bool    // whether the level was compared after a ramp of rampDays
	YearAgo    bool    // whether LevelKW is corrected by another year
	LogLR      float64 // log-likelihood ratio by the calibrated model, not capped

	stops []span                // hours in which it stood still
	lots  [rampDays / 7]float64 // after a ramp: share of the power that is there, by week
}

// A Scanner finds blocks. It keeps its memory from site to site; one goroutine
// at a time may use it.
type Scanner struct {
	weather  weather
	white    whitener
	answer   []float64
	edges    []edges
	running  running
	changes  []int // of the clock
	edgeDays []edgeDay
	days     days
	splits   []split
	pulses   pulses
	past     map[historyKey]history
	fresh    map[historyKey]bool // histories of the window at hand
	onsets   []int
	meanKW   float64
	faults   faultFinder
	ready    bool // whether the window at hand was prepared

	candidates []candidate
	most       []float64 // that each of them can still be worth
}

// year is the distance of the year to correct by, 0 for none, or spreads, or longSteps.
type historyKey struct{ duty, gap, year int }

// NewScanner returns a Scanner for Duties.
func NewScanner() *Scanner {
	return &Scanner{edges: make([]edges, len(Duties)), splits: make([]split, len(Duties)), past: map[historyKey]history{}, fresh: map[historyKey]bool{}}
}

const (
	// candidates is how many onsets of each calendar are looked at closely.
	candidates = 12
	// risers is how many more are, those where the level rose most.
	risers = 3
	// minDays is the least data for a block: eight weeks before and after.
	minDays = 56
	// minSize is the least power of a block, as a share of the site's mean load: at
	// 0.15 even one who knows all of the mine hardly tells it.
	minSize = 0.03
	// rampDays is how long machines may go on being delivered.
	rampDays = 63
)

// gaps are the days left out after an onset: none, or a ramp.
var gaps = [...]int{0, rampDays}

// Scan returns the best added block of a window, or nil with the reason if the
// window holds too little data to say.
func (s *Scanner) Scan(w *Window) (*Block, string) {
	w, why := s.prepare(w)
	if why != "" {
		return nil, why
	}
	s.list(w)
	c := s.best(w)
	if c == nil {
		return nil, noOnset
	}
	best := c.Block
	s.Finish(&best)
	return &best, ""
}

const noOnset = "no hour at which power could have been added"

// Each calls f with every candidate block of a window, to be copied if it is
// kept; LogLR is not set, and it is not finished. It returns why there is none, ""
// if there is one.
func (s *Scanner) Each(w *Window, f func(*Block)) string {
	found := false
	why := s.above(w, math.Inf(-1), func(b *Block) { found = true; f(b) })
	if why == "" && !found {
		return noOnset
	}
	return why
}

// above is Each of the candidates that may be worth more than atLeast; none may be.
func (s *Scanner) above(w *Window, atLeast float64, f func(*Block)) string {
	w, why := s.prepare(w)
	if why != "" {
		return why
	}
	s.list(w)
	for i := range s.candidates {
		if c := &s.candidates[i]; s.look(c, w, atLeast) {
			f(&c.Block)
		}
	}
	return ""
}

// prepare whitens a window and fits the edges of all calendars. It returns the
// window without its weather, or why there is too little to look at.
func (s *Scanner) prepare(w *Window) (*Window, string) {
	s.ready = false
	m := meanOf(w.KW)
	if m.n < minDays*24 {
		return nil, fmt.Sprintf("less than %d days of hourly data", minDays)
	}
	if still := s.weather.without(w); still != w {
		w, m = still, meanOf(still.KW)
	}
	if !s.white.fit(w, m) {
		return nil, "too few hours with a known week before them, or a constant load"
	}
	s.days.fill(w)
	s.meanKW = s.white.mean
	s.fit(w, &s.white, Duties)
	s.pulses.fill(w, &s.white)
	clear(s.fresh)
	s.ready = true
	return w, ""
}

// rises adds the clearest edges near the days after which the level rose most, at
// once or after a gap: a delivery in lots has no large edge of its own.
func (s *Scanner) rises(duty, gap int) {
	year := 0
	if s.days.n > yearDays+2*levelDays+gap {
		year = -yearDays
	}
	h := s.history(duty, gap, year)
	for range risers {
		day, most := -1, 0.0
		for i, level := range h {
			if level > most && !slices.ContainsFunc(s.onsets, func(o int) bool { return abs(s.days.day(o)-i*stride) < stride }) {
				day, most = i*stride, level
			}
		}
		if day < 0 {
			return
		}
		best := s.edges[duty].topBetween(day-stride, day+stride+1)
		if best.at < 0 {
			return
		}
		s.onsets = append(s.onsets, best.at)
	}
}

// rest returns the t of an edge without its first two hours.
func (s *Scanner) rest(w *Window, g *edges, b *Block) float64 {
	num, den := g.num[b.Onset], g.denAt(b.Onset)
	for k, x := range [...]float64{1, 1 - s.white.phi[0]} {
		if i := b.Onset + k; i < len(w.KW) && b.Duty.on[w.Clock[i]] {
			num -= s.white.inn[i] * s.white.weight[i] * x
			den -= s.white.weight[i] * x * x
		}
	}
	if den <= 1e-6*g.denAt(b.Onset) {
		return 0
	}
	return num / math.Sqrt(den)
}

// compare fills in the change of level at the onset, or after a ramp, corrected
// by another year where there is one. It returns false where there is nothing to
// compare, or nothing was added.
func (s *Scanner) compare(b *Block, gap int) bool {
	day := s.days.day(b.Onset)
	for _, year := range [...]int{-yearDays, yearDays, 0} {
		x := s.days.increments(day, gap, year)
		if x == nil {
			continue
		}
		level := x.level(b.Duty)
		if math.IsNaN(level) {
			continue
		}
		if !(level > minSize*s.meanKW) {
			return false // most candidates: no more need be known of them
		}
		b.YearAgo, b.Ramp, b.LevelKW = year != 0, gap > 0, level
		// The spread is that of the plain increments: another year would add its own.
		x = s.days.increments(day, gap, 0)
		plain, ok := x.summarise(b.Duty)
		b.OffKW = plain.off
		b.Steady = plain.spread / max(math.Abs(plain.on), 1e-9)
		b.Proportion = s.days.proportion(x, b.Duty, day)
		return ok
	}
	return false
}

// scale holds the level against what is usual on the site's other days.
func (s *Scanner) scale(b *Block, gap int) {
	day, end := s.days.day(b.Onset), s.days.day(b.End-1)
	year := 0
	if b.YearAgo {
		year = -yearDays
	}
	if level, ok := s.days.usual(s.history(b.duty, gap, year), day, end, gap, year); ok {
		b.LevelZ = b.LevelKW / max(level, 1e-6)
	}
}

// spread holds the spread of the increments against the usual one on the site's other days.
func (s *Scanner) spread(b *Block, gap int) {
	day, end := s.days.day(b.Onset), s.days.day(b.End-1)
	if spread, ok := s.days.usualSpread(s.history(b.duty, gap, spreads), day, end, gap); ok {
		b.Excess = b.Steady * b.KW / max(spread, 1e-6)
	}
}

// history remembers the histories of the window.
func (s *Scanner) history(duty, gap, year int) history {
	key := historyKey{duty, gap, year}
	if !s.fresh[key] {
		s.fresh[key] = true
		if year == longSteps {
			s.past[key] = s.days.steps(s.past[key], &s.splits[duty], gap)
		} else {
			s.past[key] = s.days.history(s.past[key], &Duties[duty], gap, year)
		}
	}
	return s.past[key]
}

// minEndT is the least t statistic of a step down that ends a block.
const minEndT = 4

// findEnd looks for the step down that undoes the block: about as large as the
// block, at least a week after the onset, and not undone itself. The clearest
// step of that size decides: trying several found more false ends than true ones.
func (s *Scanner) findEnd(g *edges, b *Block) {
	best, most := peak{0, -1}, g.leastStep(b.KW/2)
	for d := b.Onset/24 + 7; d < len(g.down); d++ {
		if g.down[d] <= most || g.powerBelow(d, b.KW/2) {
			continue
		}
		if p := g.downAt(d); p.at < len(g.num)-2*24 && -g.power(p.at) > b.KW/2 {
			best, most = p, g.down[d]
		}
	}
	if best.at < 0 || best.t < minEndT {
		return
	}
	c, ok := s.days.compare(b.Duty, s.days.day(best.at), 0, 0)
	size := -g.power(best.at) / b.KW
	if (ok && c.level() < -b.KW/2) || (!ok && size > 0.6 && size < 1.6) {
		b.End, b.EndT = best.at, best.t
	}
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
