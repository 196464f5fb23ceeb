package calibrate

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sample"
	"github.com/minewatch/minewatch/detectors/load"
)

// A neighbour is the meter of another building at the same address, over the hours
// of a window. It is looked at once, whatever is done to the window.
type neighbour struct {
	id        string
	kw        []float64
	estimated []bool

	once  sync.Once
	looks []Look
}

// with returns the neighbour with a load added.
func (n *neighbour) with(kw []float64) *neighbour {
	out := &neighbour{id: n.id, kw: slices.Clone(n.kw)}
	for i := range out.kw {
		if out.kw[i] > 0 {
			out.kw[i] += kw[i]
		}
	}
	return out
}

func (n *neighbour) candidates(s *load.Scanner, j job) []Look {
	n.once.Do(func() {
		w := j.window(n.id, n.kw, n.estimated)
		n.looks = looks(s, w)
		faulty(s, w, n.looks)
	})
	return n.looks
}

// neighbours gives each building of the estate the next one that is judged by the same
// models, which then have seen neither; none to a building that is alone in its group.
func neighbours(meters []sample.Meter) map[string]string {
	var names []string
	estate := map[string]bool{}
	for _, m := range sample.Select(meters, sample.University, sample.Home) {
		if m.ID != twin {
			names = append(names, m.ID)
			estate[m.ID] = m.Kind == sample.University
		}
	}
	slices.Sort(names)
	fold := groupsOf(names)
	next := map[string]string{}
	for i, a := range names {
		for _, b := range slices.Concat(names[i+1:], names[:i]) {
			if next[a] == "" && estate[a] && estate[b] && fold[a] == fold[b] {
				next[a] = b
			}
		}
	}
	return next
}

func hourlyOf(meters []sample.Meter, id string) []float64 {
	return meters[slices.IndexFunc(meters, func(m sample.Meter) bool { return m.ID == id })].Hourly()
}

// A together is what a case's group says: of its own meter, and of the neighbour's.
type together struct{ own, beside Verdict }

// inGroups judges every case with its neighbour, by the models that saw neither, each
// scaled by scaled. Log-likelihood ratios are -Inf where the group is silent.
func inGroups(cases []Case, models []*load.Model, scaled func(fold int) scale) []together {
	fold := foldOf(cases)
	out := make([]together, len(cases))
	for i := range cases {
		c, k := &cases[i], fold[cases[i].Building]
		out[i] = together{Verdict{LogLR: math.Inf(-1)}, Verdict{LogLR: math.Inf(-1)}}
		if c.Neighbour == "" {
			continue
		}
		s := scaled(k)
		members := [][]load.Candidate{candidatesOf(c.Looks, models[k], s), candidatesOf(c.Beside, models[k], s)}
		if !slices.ContainsFunc(slices.Concat(members...), func(c load.Candidate) bool { return load.Worth(c.LogLR) }) {
			continue
		}
		shared := load.Group{Prior: defaultPrior}.Judge(members)
		out[i] = together{c.own(shared[0]), Verdict{LogLR: shared[1].LogLR}}
	}
	return out
}

// candidatesOf returns what the pipeline would keep of a meter's candidates.
func candidatesOf(looks []Look, m *load.Model, s scale) (list []load.Candidate) {
	for i := range looks {
		l := &looks[i]
		if lr := s.of(m.LogLR(l.X)); load.Kept(lr) && l.Fault == nil {
			list = append(list, load.Candidate{Duty: l.Duty, At: hourAt(l.OnsetH), Until: hourAt(l.EndH), Ramp: l.Block.Ramp, LogLR: lr})
		}
	}
	return list
}

func hourAt(hour int) datasets.Micros {
	return datasets.Micros(hour) * datasets.Micros(time.Hour/time.Microsecond)
}

// own returns the verdict of what a group says of the case's own meter.
func (c *Case) own(s load.Shared) Verdict {
	v := Verdict{LogLR: s.LogLR}
	for i := range c.Looks {
		if l := &c.Looks[i]; l.Duty == s.Own.Duty && hourAt(l.OnsetH) == s.Own.At && l.Block.Ramp == s.Own.Ramp {
			v.Look = l
		}
	}
	return v
}

// withGroups returns, of each case, the stronger of its own verdict and its group's:
// evidence of one group counts once.
func withGroups(own []Verdict, groups []together) []Verdict {
	out := slices.Clone(own)
	for i, g := range groups {
		if g.own.LogLR > out[i].LogLR {
			out[i] = g.own
		}
	}
	return out
}

// groups prints what judging meters together adds, and what it does to those
// beside a mine who have none.
func (b *bench) groups(name string, model MineModel, own, with []Verdict, groups []together) {
	keep := func(c *Case) bool {
		return c.Population == Estate && c.Neighbour != "" && (!c.Mine() || c.Model == model)
	}
	b.printf("\ngroups of two buildings, %s, AP            at 5 %%              1 %%   0.1 %%  worst seed  5 %% with look-alikes\n", name)
	b.line("each meter alone", logLR(own), keep)
	b.line("with load/group", logLR(with), keep)
	split := func(c *Case) bool { return keep(c) && (!c.Mine() || c.Both) }
	if model == ModelB {
		b.line("split mines, each meter alone", logLR(own), split)
		b.line("split mines, with load/group", logLR(with), split)
	}
	count := func(kind string, of func(*Case) bool) {
		n, alone, together, next := 0, 0, 0, 0
		for i := range b.cases {
			if c := &b.cases[i]; keep(c) && of(c) {
				n++
				if own[i].LogLR > proposedLR {
					alone++
				}
				if with[i].LogLR > proposedLR {
					together++
				}
				if groups[i].beside.LogLR > proposedLR {
					next++
				}
			}
		}
		b.printf("  %-34s %4d: above %.1f alone %d, with load/group %d; the neighbour by load/group %d\n", kind, n, proposedLR, alone, together, next)
	}
	count("two buildings as they are", (*Case).Clean)
	count("look-alike behind one meter", func(c *Case) bool { return !c.Mine() && !c.Clean() && !c.Both })
	count("the same look-alike behind both", func(c *Case) bool { return !c.Mine() && !c.Clean() && c.Both })
	count("mine behind one meter", func(c *Case) bool { return c.Mine() && !c.Both })
	count("mine behind both", func(c *Case) bool { return c.Mine() && c.Both })
}
