package load

import (
	"fmt"
	"math"
	"slices"

	"github.com/minewatch/minewatch/detectors/stat"
)

// levelDays is the length of the windows before and after an onset whose mean
// power is compared: four whole weeks.
const levelDays = 28

// A Block is the best added block of a site: power on top of what the site
// used before, in the hours of a duty calendar, from an onset to an end.
type Block struct {
	Duty  *Duty
	Onset int // hour of the series
	End   int // hour after the last; the length of the series if the block goes on

	KW       float64 // power while on
	EdgeKW   float64 // power by the whitened edge alone
	EdgeT    float64 // t statistic of the whitened edge at the onset
	CounterT float64 // largest t of a step down elsewhere: the site's own worst honest edge
	EndT     float64 // t statistic of the step down at End; 0 if the block goes on
	LevelKW  float64 // change of mean power over four weeks, on against off hours, less that of another year
	LevelZ   float64 // LevelKW by the scale of the same statistic on the site's other days
	OffKW    float64 // change of the hours outside the calendar; 0 round the clock
	Steady   float64 // spread of the increment over the hours of the week, by its median
	MeanKW   float64 // mean power of the site in the four weeks before the onset
	YearAgo  bool    // whether LevelKW is corrected by another year
	LogLR    float64 // log-likelihood ratio by the calibrated weights, not capped
}

// A Scanner finds blocks. It keeps its memory from site to site; one goroutine
// at a time may use it.
type Scanner struct {
	white  whitener
	edges  []edges
	days   days
	hourly [2][168]mean
	buf    []float64
}

// NewScanner returns a Scanner for Duties.
func NewScanner() *Scanner { return &Scanner{edges: make([]edges, len(Duties))} }

// candidates is how many onsets of each calendar are looked at closely.
const candidates = 6

// Scan returns the best added block of a window, or nil with the reason if the
// window holds too little data to say.
func (s *Scanner) Scan(w *Window) (*Block, string) {
	if known := w.Known(); known < minDays*24 {
		return nil, fmt.Sprintf("less than %d days of hourly data", minDays)
	}
	if !s.white.fit(w) {
		return nil, "too few hours with a known week before them, or a constant load"
	}
	s.days.fill(w)
	var best *Block
	bestLR := math.Inf(-1)
	for i := range Duties {
		g := &s.edges[i]
		g.fit(w, &s.white, &Duties[i])
		for _, onset := range s.onsets(g) {
			b := s.look(w, i, onset)
			if b.KW > 0 && b.LogLR > bestLR {
				best, bestLR = b, b.LogLR
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

func (s *Scanner) look(w *Window, duty, onset int) *Block {
	g := &s.edges[duty]
	b := &Block{Duty: &Duties[duty], Onset: onset, End: len(w.KW), EdgeT: g.t[onset], EdgeKW: g.num[onset] / g.den[onset]}
	s.days.level(b)
	s.steadiness(w, b)
	b.KW = b.LevelKW
	if !(b.KW > 0) { // too near the ends of the series for four weeks on both sides
		b.KW = b.EdgeKW
	}
	s.findEnd(g, b)
	for i := maxLag; i < len(g.num); i++ {
		if b.End < len(w.KW) && abs(i-b.End) < 2*24 {
			continue
		}
		b.CounterT = max(b.CounterT, -g.t[i])
	}
	b.LogLR = weights.logLR(b.Features())
	return b
}

// minEndT is the least t statistic of a step down that ends a block.
const minEndT = 4

// findEnd looks for the step down that undoes the block: about as large as the
// block, at least two weeks after the onset, and not undone itself.
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
	after := s.days.levelAt(b.Duty, (at+12)/24)
	size := -g.num[at] / g.den[at] / b.KW
	if after < -b.KW/2 || (math.IsNaN(after) && size > 0.6 && size < 1.6) {
		b.End, b.EndT = at, best
	}
}

// FeatureNames name the elements of [Block.Features]; each grows with the
// evidence for a mine.
var FeatureNames = [...]string{"edge", "edge_over_counter", "level", "steadiness", "agreement", "calendar"}

// Features returns what the weights are applied to:
//
//	edge               ln(1 + EdgeT)
//	edge_over_counter  ln((3 + EdgeT) / (3 + CounterT))
//	level              ln(1 + LevelZ), LevelZ in [0, 30]
//	steadiness         −ln(0.02 + Steady), Steady at most 5
//	agreement          −|ln(LevelKW / EdgeKW)|, at least −3
//	calendar           −|OffKW| / KW, at least −2; 0 round the clock
func (b *Block) Features() [len(FeatureNames)]float64 {
	agreement := -3.0
	if b.LevelKW > 0 && b.EdgeKW > 0 {
		agreement = max(agreement, -math.Abs(math.Log(b.LevelKW/b.EdgeKW)))
	}
	calendar := 0.0
	if b.KW > 0 {
		calendar = max(-2, -math.Abs(b.OffKW)/b.KW)
	}
	return [...]float64{
		math.Log1p(max(0, b.EdgeT)),
		math.Log((3 + max(0, b.EdgeT)) / (3 + b.CounterT)),
		math.Log1p(max(0, min(b.LevelZ, 30))),
		-math.Log(0.02 + min(b.Steady, 5)),
		agreement,
		calendar,
	}
}

type mean struct {
	sum float64
	n   int
}

// steadiness compares each hour of the week before and after the onset.
func (s *Scanner) steadiness(w *Window, b *Block) {
	for side := range s.hourly {
		clear(s.hourly[side][:])
		from, to := max(0, b.Onset-levelDays*24), b.Onset
		if side == 1 {
			from, to = b.Onset, min(len(w.KW), b.Onset+levelDays*24)
		}
		for i := from; i < to; i++ {
			if v := w.KW[i]; !math.IsNaN(v) {
				m := &s.hourly[side][w.Clock[i]]
				m.sum += v
				m.n++
			}
		}
	}
	s.buf = s.buf[:0]
	var before, off mean
	for h := range 168 {
		m0, m1 := s.hourly[0][h], s.hourly[1][h]
		if m0.n == 0 || m1.n == 0 {
			continue
		}
		before.sum += m0.sum
		before.n += m0.n
		d := m1.sum/float64(m1.n) - m0.sum/float64(m0.n)
		if b.Duty.on[h] {
			s.buf = append(s.buf, d)
		} else {
			off.sum += d
			off.n++
		}
	}
	b.Steady = math.Inf(1)
	if before.n > 0 {
		b.MeanKW = before.sum / float64(before.n)
	}
	if off.n > 0 {
		b.OffKW = off.sum / float64(off.n)
	}
	if len(s.buf) >= 24 {
		centre := stat.Median(s.buf)
		b.Steady = stat.MAD(s.buf, centre) / max(math.Abs(centre), 1e-9)
	}
}

// days holds, for each day of the series and each calendar, the mean power of
// the hours inside it and outside it.
type days struct {
	n       int
	on, off [][]float64 // by duty; NaN where fewer than half of the hours are known
	sum     [][]float64 // scratch
	buf     []float64
}

func (d *days) fill(w *Window) {
	d.n = len(w.KW) / 24
	for len(d.on) < len(Duties) {
		d.on, d.off = append(d.on, nil), append(d.off, nil)
	}
	for k := range Duties {
		d.on[k], d.off[k] = resize(d.on[k], d.n), resize(d.off[k], d.n)
		for day := range d.n {
			var on, off mean
			hoursOn, hoursOff := 0, 0
			for i := day * 24; i < day*24+24; i++ {
				in, v := Duties[k].on[w.Clock[i]], w.KW[i]
				if in {
					hoursOn++
				} else {
					hoursOff++
				}
				if math.IsNaN(v) {
					continue
				}
				if in {
					on.sum += v
					on.n++
				} else {
					off.sum += v
					off.n++
				}
			}
			d.on[k][day], d.off[k][day] = half(on, hoursOn), half(off, hoursOff)
		}
	}
}

func half(m mean, hours int) float64 {
	if m.n*2 < hours || m.n == 0 {
		return math.NaN()
	}
	return m.sum / float64(m.n)
}

// level fills in the change of level at the onset, its year-ago correction and its scale.
func (d *days) level(b *Block) {
	day := (b.Onset + 12) / 24
	raw := d.levelAt(b.Duty, day)
	if math.IsNaN(raw) {
		return
	}
	b.LevelKW = raw
	season, n := 0.0, 0
	for _, year := range []int{-728, -364, 364, 728} {
		if v := d.levelAt(b.Duty, day+year); !math.IsNaN(v) {
			season += v
			n++
		}
	}
	if n > 0 {
		b.LevelKW -= season / float64(n)
		b.YearAgo = true
	}
	d.buf = d.buf[:0]
	for k := levelDays; k < d.n-levelDays; k += 7 {
		if abs(k-day) < 2*levelDays {
			continue
		}
		v := d.levelAt(b.Duty, k)
		if b.YearAgo {
			if u := d.levelAt(b.Duty, k-364); !math.IsNaN(u) {
				v -= u
			} else {
				v -= d.levelAt(b.Duty, k+364)
			}
		}
		if !math.IsNaN(v) {
			d.buf = append(d.buf, v)
		}
	}
	if len(d.buf) >= 8 {
		b.LevelZ = b.LevelKW / max(stat.MAD(d.buf, 0), 1e-6)
	}
}

// levelAt returns the change of mean power over four weeks at a day: of the
// hours inside the calendar, less that of the hours outside it where the
// calendar has any. NaN if less than half of the days are known.
func (d *days) levelAt(duty *Duty, day int) float64 {
	k := slices.IndexFunc(Duties, func(x Duty) bool { return x.Name == duty.Name })
	on := change(d.on[k], day)
	if k == 0 {
		return on
	}
	return on - change(d.off[k], day)
}

func change(x []float64, day int) float64 {
	if day-levelDays < 0 || day+levelDays > len(x) {
		return math.NaN()
	}
	var before, after mean
	for i := day - levelDays; i < day; i++ {
		if !math.IsNaN(x[i]) {
			before.sum += x[i]
			before.n++
		}
	}
	for i := day; i < day+levelDays; i++ {
		if !math.IsNaN(x[i]) {
			after.sum += x[i]
			after.n++
		}
	}
	return half(after, levelDays) - half(before, levelDays)
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
