package calibrate

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/detectors/load"
)

// faultOf is the fault that each of sim.Lookalikes is; a swap needs both meters.
var faultOf = map[string]string{
	"stuck register": load.StuckRegister, "times ten": load.OtherFactor, "clock shift": load.ClockShift,
	"meter replaced": load.MeterReplaced, "estimated": load.EstimatedReadings,
}

// nearH is how near to its begin a fault must be named.
const nearH = 3 * 24

// A naming is what was named in one case beyond what is named in the meter as it is.
type naming struct {
	kinds     [len(load.FaultKinds)]bool
	summer    bool // a shift by an hour where the place changed its clocks
	right     bool // the fault that was made, at its time
	explained bool // the best candidate rests on a fault
}

// naming returns what is named in a case. asIs is the meter as it is; nil for itself.
func (c *Case) naming(asIs *Case, said Verdict) naming {
	var n naming
	for _, f := range c.Faults {
		own := func(o load.Fault) bool { return o.Kind == f.Kind && math.Abs(float64(o.From-f.From)) <= 7*24 }
		switch {
		case f.Kind == faultOf[c.Family] && math.Abs(float64(f.From-c.OnsetH)) <= nearH:
			n.right = true
		case f.Kind == load.ClockShift && c.clocksChanged(f):
			n.summer = true
			continue
		case asIs != nil && slices.ContainsFunc(asIs.Faults, own):
			continue
		}
		n.kinds[slices.Index(load.FaultKinds[:], f.Kind)] = true
	}
	n.explained = said.Look != nil && said.Look.Fault != nil
	return n
}

// clocksChanged reports whether the clocks of the place were changed by an hour within a
// week of a fault. The samples' clock does not follow: loads come an hour earlier from
// spring on.
func (c *Case) clocksChanged(f load.Fault) bool {
	at := c.Start.Add(time.Duration(f.From) * time.Hour)
	sunday := func(month time.Month, day int) time.Time { // the first from a day on
		t := time.Date(at.Year(), month, day, 0, 0, 0, 0, time.UTC)
		return t.AddDate(0, 0, int(7-t.Weekday())%7)
	}
	days := []time.Time{sunday(time.March, 25), sunday(time.October, 25)} // England
	if c.Population == Homes {                                            // California
		days = []time.Time{sunday(time.March, 8), sunday(time.November, 1)}
	}
	return (f.ShiftH == 1 || f.ShiftH == -1) && slices.ContainsFunc(days, func(d time.Time) bool { return at.Sub(d).Abs() <= 7*24*time.Hour })
}

// faults prints which faults are named in what.
func (b *bench) faults() {
	clean := map[string]*Case{}
	key := func(c *Case) string { return fmt.Sprint(c.Seed, c.Building, c.Start) }
	for i := range b.cases {
		if c := &b.cases[i]; c.Clean() {
			clean[key(c)] = c
		}
	}
	all := make([]naming, len(b.cases))
	for i := range b.cases {
		c := &b.cases[i]
		asIs := clean[key(c)]
		if c.Clean() {
			asIs = nil
		}
		all[i] = c.naming(asIs, b.cross[i])
	}
	b.printf("\nfaults of the meter, named beyond what is named in the same window as it is\n  %-26s      n  right", "")
	for _, k := range load.FaultKinds {
		b.printf("  %-10.10s", k)
	}
	b.printf("  clocks changed  explained away\n")
	row := func(name string, keep func(*Case) bool) {
		n, right, summer, explained := 0, 0, 0, 0
		var kinds [len(load.FaultKinds)]int
		for i := range b.cases {
			if !keep(&b.cases[i]) {
				continue
			}
			n++
			right, summer, explained = right+count(all[i].right), summer+count(all[i].summer), explained+count(all[i].explained)
			for k, named := range all[i].kinds {
				kinds[k] += count(named)
			}
		}
		if n == 0 {
			return
		}
		b.printf("  %-26s  %5d  %5d", name, n, right)
		for _, k := range kinds {
			b.printf("  %10d", k)
		}
		b.printf("  %14d  %14d\n", summer, explained)
	}
	row("buildings as they are", func(c *Case) bool { return c.Clean() && c.Population == Estate })
	row("homes as they are", func(c *Case) bool { return c.Clean() && c.Population == Homes })
	for _, kind := range sim.Lookalikes {
		row(kind, func(c *Case) bool { return !c.Mine() && c.Family == kind })
	}
	for _, m := range []MineModel{ModelA, ModelB} {
		row("mines of model "+string(m), func(c *Case) bool { return c.Model == m && c.Population == Estate })
		row("mines in homes, model "+string(m), func(c *Case) bool { return c.Model == m && c.Population == Homes })
	}
	b.printf("  by building: faults made and named rightly, of the five kinds that one meter shows; mines and those in which one is named\n   ")
	for _, id := range buildings(b.cases) {
		made, right, mines, named := 0, 0, 0, 0
		for i := range b.cases {
			c := &b.cases[i]
			switch {
			case c.Building != id || c.Population != Estate:
			case c.Mine():
				mines++
				named += count(slices.Contains(all[i].kinds[:], true))
			case faultOf[c.Family] != "":
				made++
				right += count(all[i].right)
			}
		}
		if mines > 0 {
			b.printf(" %s %d of %d, %d of %d;", id[len("cambridge-"):], right, made, named, mines)
		}
	}
	b.printf("\n")
}

// BenchFaults writes how often faults are named that the look-alikes of [Cases] do not
// hold: meters that exchanged what they show, other ratios of a replaced meter, and mines
// that begin at a fault, which must not be explained away. It judges by the shipped tables.
func BenchFaults(out io.Writer, first uint64, n int) error {
	b := faultBench{scanner: load.NewScanner(), tallies: map[string]*faultTally{}}
	for seed := first; seed < first+uint64(n); seed++ {
		jobs, err := draw(seed)
		if err != nil {
			return err
		}
		b.clean = b.clean[:0]
		b.r = rand.New(rand.NewPCG(seed, 0x666c74))
		seen := map[string]bool{}
		for i := range jobs {
			if j := &jobs[i]; j.c.Population == Estate && j.c.Clean() && !seen[j.c.Building] {
				seen[j.c.Building] = true
				b.replace(j)
				b.mineAt(j)
				b.strangers(j)
				if j.beside != nil {
					b.exchange(j)
				}
			}
		}
	}
	fmt.Fprintf(out, "\nfaults that the look-alikes do not hold; one window of a building a draw\n  %-44s      n  named  block at the fault above %.1f  of these explained away\n", "", proposedLR)
	for _, name := range b.names {
		t := b.tallies[name]
		fmt.Fprintf(out, "  %-44s  %5d  %5d  %31d  %22d\n", name, t.n, t.named, t.found, t.lost)
	}
	return nil
}

type faultBench struct {
	scanner *load.Scanner
	r       *rand.Rand
	names   []string
	tallies map[string]*faultTally
	clean   [][]load.Change // of the draw's meters as they are
}

// A faultTally counts cases, those in which the fault is named at its time, and blocks
// above proposedLR that begin in it or within three days of it, of which those that rest on
// a fault are lost.
type faultTally struct{ n, named, found, lost int }

func (b *faultBench) tally(name string) *faultTally {
	if b.tallies[name] == nil {
		b.tallies[name] = &faultTally{}
		b.names = append(b.names, name)
	}
	return b.tallies[name]
}

// look counts what is said of a load with a fault of a kind in [from, to).
func (b *faultBench) look(name, kind string, j *job, kw []float64, estimated []bool, from, to int) {
	t := b.tally(name)
	t.n++
	w := j.window(j.c.Building, kw, estimated)
	block, why := b.scanner.Scan(w)
	if why != "" {
		return
	}
	faults := b.scanner.Faults(w, block)
	t.named += count(slices.ContainsFunc(faults, func(f load.Fault) bool {
		return f.Kind == kind && math.Abs(float64(f.From-from)) <= nearH
	}))
	if block.LogLR > proposedLR && block.Onset > from-nearH && block.Onset < to+nearH {
		t.found++
		t.lost += count(slices.ContainsFunc(faults, func(f load.Fault) bool { return f.Explains }))
	}
}

// replace gives the meter another ratio after a gap of two days.
func (b *faultBench) replace(j *job) {
	from := len(j.kw)/6 + b.r.IntN(len(j.kw)*2/3)
	for _, ratio := range []float64{0.5, 0.8, 1.25, 2} {
		kw := slices.Clone(j.kw)
		for i := from; i < len(kw); i++ {
			if kw[i] *= ratio; i < from+48 {
				kw[i] = math.NaN()
			}
		}
		b.look(fmt.Sprintf("meter replaced, %.2f times the ratio", ratio), load.MeterReplaced, j, kw, nil, from, from+48)
	}
}

// mineAt has a mine of 0.6 times the mean load begin at a fault.
func (b *faultBench) mineAt(j *job) {
	for _, family := range []string{"flat", "night"} {
		p := place{j.start, len(j.kw), nil, j.c.MeanKW}
		a, ok := p.addA(b.r, family, 0.6*p.meanKW)
		if !ok {
			continue
		}
		j := *j
		j.mine = &a
		mined := j.metered()
		const long = 20 * 24
		name := func(what string) string { return family + " mine, begun " + what }
		b.look(name("without a fault"), "", &j, mined, nil, a.onset, a.onset)
		kw := slices.Clone(mined)
		for i := a.onset - 48; i < a.onset; i++ {
			kw[i] = math.NaN()
		}
		b.look(name("after a gap of two days"), load.MeterReplaced, &j, kw, nil, a.onset-48, a.onset)
		kw = slices.Clone(mined)
		copy(kw[a.onset:], mined[a.onset-1:])
		b.look(name("as the clock was moved an hour"), load.ClockShift, &j, kw, nil, a.onset, a.onset)
		kw = slices.Clone(mined)
		for i := a.onset; i < a.onset+long; i++ {
			kw[i] = kw[a.onset-1]
		}
		b.look(name("while the register stood still"), load.StuckRegister, &j, kw, nil, a.onset, a.onset+long)
		kw = slices.Clone(mined)
		for i := a.onset; i < a.onset+long; i++ {
			kw[i] *= 10
		}
		b.look(name("while readings were times ten"), load.OtherFactor, &j, kw, nil, a.onset, a.onset+long)
		kw = slices.Clone(mined)
		estimated := make([]bool, len(kw))
		for i := a.onset; i < a.onset+long; i++ {
			kw[i], estimated[i] = p.meanKW, true
		}
		b.look(name("while readings were estimated"), load.EstimatedReadings, &j, kw, estimated, a.onset, a.onset+long)
	}
}

// strangers compares the meter as it is with those of the draw before it.
func (b *faultBench) strangers(j *job) {
	t := b.tally("two meters as they are, of any two buildings")
	changes := b.changes(j, j.kw)
	for _, other := range b.clean {
		t.n++
		_, named := load.Swapped(changes, other)
		t.named += count(named)
	}
	b.clean = append(b.clean, changes)
}

func (b *faultBench) changes(j *job, kw []float64) []load.Change {
	w := j.window(j.c.Building, kw, nil)
	b.scanner.Scan(w)
	return b.scanner.Changes(w)
}

// exchange has the meter and the neighbour's show each other's load from a day on, and
// looks at both as they are, and with a mine begun at both on one day.
func (b *faultBench) exchange(j *job) {
	onset := len(j.kw)/6 + b.r.IntN(len(j.kw)*2/3)
	own, other := slices.Clone(j.kw), slices.Clone(j.beside.kw)
	copy(own[onset:], j.beside.kw[onset:])
	copy(other[onset:], j.kw[onset:])
	b.pair("two meters exchanged", j, own, other, onset)
	both := func(kw []float64) []float64 {
		out, power := slices.Clone(kw), 0.6*mean(positive(kw))
		for i := onset; i < len(out); i++ {
			out[i] += power
		}
		return out
	}
	b.pair("two meters with a flat block from one day on", j, both(j.kw), both(j.beside.kw), -1)
}

func (b *faultBench) pair(name string, j *job, own, other []float64, onset int) {
	t := b.tally(name)
	t.n++
	day, ok := load.Swapped(b.changes(j, own), b.changes(j, other))
	if !ok {
		return
	}
	w := j.window(j.c.Building, own, nil)
	block, _ := b.scanner.Scan(w)
	f := b.scanner.SwapFault(w, day, block)
	if onset < 0 || math.Abs(float64(f.From-onset)) <= nearH {
		t.named++
	}
	if block.LogLR > proposedLR && block.Onset > f.From-nearH && block.Onset < f.To+nearH {
		t.found++
		t.lost += count(f.Explains)
	}
}
