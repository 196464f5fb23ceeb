package load

import (
	"math"
	"slices"
)

// Kinds of faults of a meter, as a reader is told them.
const (
	StuckRegister     = "stuck register"
	OtherFactor       = "readings times a factor"
	MeterReplaced     = "meter replaced"
	ClockShift        = "clock shift"
	MetersSwapped     = "meters swapped"
	EstimatedReadings = "estimated readings"
)

// FaultKinds lists them in the order of reports.
var FaultKinds = [...]string{StuckRegister, OtherFactor, MeterReplaced, ClockShift, MetersSwapped, EstimatedReadings}

// A Fault is a fault of a meter that a series shows.
type Fault struct {
	Kind     string
	From, To int     // hours of the series, [From, To); for a replaced meter those without readings
	GoesOn   bool    // to the end of the data; of a clock or a replaced meter it is not said
	Ratio    float64 // of the readings to those before; 0 if the kind has none
	ShiftH   int     // by how many hours the course of the day comes later; negative: earlier
	CaughtUp bool    // of a stuck register: the first reading after it makes up for the energy
	Explains bool    // whether the window's block rests on it
}

const (
	// leastStuckH is how long a register must stand still. Two days: no lawful load of
	// the samples keeps one value so long but where its readings are coarse.
	leastStuckH = 48
	// leastZeroH is how long 0 must last, before the energy comes at once.
	leastZeroH = 24
	// leastEstimatedH is how long readings must be estimated, or look so, to be named.
	leastEstimatedH = 72
	// leastGapH is how long a meter must be silent to have been replaced in that time.
	leastGapH = 24
	// probeH is the distance of the hours at which runs are looked for: half of the
	// shortest.
	probeH = 12
	// habitual is how many times as long as the site's fourth longest run a register must
	// stand still: where readings are coarse, idle nights and weekends are of one value, and
	// more than three such runs are a habit.
	habitual = 5
	// coarse is the share of hours that repeat the one before from which on a copied day is
	// chance.
	coarse = 0.01
)

// A faultFinder keeps its memory from site to site.
type faultFinder struct {
	found []Fault
	runs  []run
	most  [4]int    // hours of the longest runs of one value, longest first
	daily []float64 // energy of days that are known whole; NaN
	usual []float64
}

// A run is hours that repeat, [from, to).
type run struct {
	span
	kind repeat
}

// A repeat is how hours repeat.
type repeat int

const (
	equal  repeat = iota // one value
	silent               // none
	linear               // one slope
	copied               // the day before, or the week
	marked               // estimated by who delivered them
)

// Faults names the faults of the meter that a window shows, in order of time, and says
// which of them explain a block of it, if one is given. The scanner must have scanned the
// window just before; there are none if it held too little data. The result is valid until
// the next call.
//
// What changes is named by rival hypotheses: the mean course of the days after is
// foretold from that before by a factor, by a shift of the clock, and by power added in
// hours of the day that go together, whichever fit best, with any level: a mine. A fault
// is named where it leaves less than a share faultLeaves of the squares that the best
// other hypothesis leaves, so that what a mine explains as well is none.
func (s *Scanner) Faults(w *Window, b *Block) []Fault {
	f := &s.faults
	if f.found = f.found[:0]; !s.ready {
		return nil
	}
	f.repeats(w)
	for _, r := range f.runs {
		f.nameRun(s, w, r)
	}
	f.jumps(s, w.KW)
	f.shifts(s)
	slices.SortStableFunc(f.found, func(a, b Fault) int { return a.From - b.From })
	for i := range f.found {
		f.found[i].Explains = b != nil && s.RestsOn(b, &f.found[i])
	}
	return f.found
}

// repeats finds the runs.
func (f *faultFinder) repeats(w *Window) {
	f.runs, f.most = f.runs[:0], [4]int{}
	var end [marked + 1]int // of the last run of each kind
	add := func(kind repeat, i, atLeast int, same func(i int) bool) {
		if i < end[kind] || !same(i) {
			return
		}
		from, to := i, i+1
		for from > 0 && same(from-1) {
			from--
		}
		for to < len(w.KW) && same(to) {
			to++
		}
		end[kind] = to
		if kind == equal {
			f.rank(to - from)
		}
		if to-from >= atLeast {
			f.runs = append(f.runs, run{span{from, to}, kind})
		}
	}
	kw := w.KW
	for i := probeH; i < len(kw); i += probeH {
		switch v, d := kw[i], kw[i]-kw[i-1]; {
		case d == 0:
			add(equal, i, leastZeroH-1, func(i int) bool { return i > 0 && kw[i] == kw[i-1] })
		case v != v:
			add(silent, i, leastGapH, func(i int) bool { return kw[i] != kw[i] })
		case onLine(kw, i):
			add(linear, i, leastEstimatedH, func(i int) bool { return i > 1 && onLine(kw, i) })
		}
	}
	for i := 168 + probeH; i < len(kw); i += 24 {
		for _, back := range [...]int{24, 168} {
			if kw[i] == kw[i-back] && kw[i-1] == kw[i-back-1] {
				add(copied, i, leastEstimatedH, func(i int) bool { return i >= back && kw[i] == kw[i-back] })
			}
		}
		if w.Estimated[i] {
			add(marked, i, leastEstimatedH, func(i int) bool { return w.Estimated[i] })
		}
	}
}

// rank keeps the hours of a run of one value if they are among the most.
func (f *faultFinder) rank(hours int) {
	for i, v := range f.most {
		if hours > v {
			f.most[i], hours = hours, v
		}
	}
}

// onLine reports whether an hour lies on the line of the two before it, within the
// rounding of readings, and not on their level.
func onLine(kw []float64, i int) bool {
	const rounding = 0.0021
	return math.Abs(kw[i]-2*kw[i-1]+kw[i-2]) < rounding && math.Abs(kw[i]-kw[i-1]) > 2*rounding
}

// nameRun names a run.
func (f *faultFinder) nameRun(s *Scanner, w *Window, r run) {
	switch r.kind {
	case equal:
		f.stuck(w, span{r.from - 1, r.to})
	case silent:
		f.replaced(s, r.span)
	case marked:
		f.add(Fault{Kind: EstimatedReadings, From: r.from, To: r.to, GoesOn: r.to == len(w.KW)})
	default:
		from := r.from
		if r.kind == linear {
			from -= 2
		}
		if alone(w, span{from, r.to}) < coarse && !level(w.KW[from:r.to]) {
			f.add(Fault{Kind: EstimatedReadings, From: from, To: r.to, GoesOn: r.to == len(w.KW)})
		}
	}
}

// level reports whether most values are the one before.
func level(kw []float64) bool {
	n := 0
	for i := 1; i < len(kw); i++ {
		if kw[i] == kw[i-1] {
			n++
		}
	}
	return 2*n > len(kw)
}

// add keeps a fault but one that lies within another.
func (f *faultFinder) add(x Fault) {
	for _, o := range f.found {
		if o.From <= x.From && x.To <= o.To {
			return
		}
	}
	f.found = append(f.found, x)
}

// stuck names a register that stood still: a value above 0 that had been seen before and
// that repeats where values do not, or one value that is made up for at once. The reader's
// estimates may be one value.
func (f *faultFinder) stuck(w *Window, r span) {
	v, hours := w.KW[r.from], r.to-r.from
	if w.Estimated[(r.from+r.to)/2] {
		return
	}
	before := w.KW[max(0, r.from-14*24):r.from]
	most, usual := 0.0, meanOf(before)
	for _, x := range before {
		if x > most {
			most = x
		}
	}
	if usual.n < 7*24 || v > most {
		return // a level of its own may be a load
	}
	x := Fault{Kind: StuckRegister, From: r.from, To: r.to, GoesOn: r.to == len(w.KW)}
	if r.to < len(w.KW) {
		missed := (usual.sum/float64(usual.n) - v) * float64(hours)
		x.CaughtUp = missed > 0 && w.KW[r.to] > max(2*most, missed/2) && w.KW[r.to] < 2*missed
	}
	if v == 0 && !x.CaughtUp || hours < leastStuckH && !x.CaughtUp || hours < leastZeroH || hours < habitual*f.most[3] {
		return
	}
	f.add(x)
}

// alone returns the share of hours outside of a run that repeat the one before.
func alone(w *Window, r span) float64 {
	n, all := 0, 0
	for i := probeH; i < len(w.KW); i += probeH {
		if i >= r.from && i < r.to {
			continue
		}
		all++
		if w.KW[i] == w.KW[i-1] {
			n++
		}
	}
	return float64(n) / float64(max(1, all))
}
