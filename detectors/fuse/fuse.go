// Package fuse measures how well sites are found when electricity and traffic speak
// together, and fits the weights that package score ships with.
//
//  1. A [Half] is what one kind of evidence says of one site: a meter with or
//     without a mine, a network client that mines or not. The caller makes them with
//     the real detectors.
//  2. They are divided by source into folds, and [Fit] learns the weights that each
//     fold is scored with from the other folds: no building and no client is scored by
//     weights that saw it.
//  3. [Run] draws populations of sites, each a meter and a client of one fold, scores
//     them, and reports how they rank, how well their probabilities agree with the
//     truth, and how many of those proposed are wrong.
//
// A site's two halves are drawn independently given whether it mines: an assumption
// of the additive model that is true here by construction, and in the field only about.
package fuse

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/score"
)

// A Half is what one kind of evidence says of one site.
type Half struct {
	Source   string // building or client: never divided between the splits
	Family   string // kind of mine, or way to mine; "" if clean
	Evidence []datasets.Evidence
}

// Halves are all halves of one kind of evidence. Alike are of sites that are no mine
// and resemble one: lawful loads, infected computers. There may be none.
type Halves struct {
	Clean, Alike, Mining []Half
	AlikeShare           float64 // of Alike among the sites that are no mine
}

// LoadsAlike is the share of lawful loads that resemble a mine, among the meters without
// one (judgement: benchmarks of look-alikes alone would be hopeless, of none easy).
const LoadsAlike = 0.2

// InfectedAlike is the share of infected computers among the clients of sites that are
// no mine, where a share prevalence of all sites mines. Of 4,502 addresses that mined in
// Jiangsu in 2021, 21 % belonged to bodies that had been hacked (forkast.news).
func InfectedAlike(prevalence float64) float64 {
	const infected = 0.21
	return prevalence * infected / (1 - infected) / (1 - prevalence)
}

// wrongLinks is the share of clients that belong to another site than the one their
// records are linked to: of 2,710 matches on labelled registers 12 are wrong
// (TestLabelledSet of package linkage).
const wrongLinks = 12.0 / 2710

// A Kind says which evidence is looked at.
type Kind string

// The kinds of evidence.
const (
	Both        Kind = "both"
	Electricity Kind = "electricity alone"
	Traffic     Kind = "traffic alone"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Both, Electricity, Traffic} }

// A Set holds the halves that sites are drawn from.
type Set struct{ Meters, Clients Halves }

// folds is into how many parts the sources are divided.
const folds = 4

// A fold is one part, with what was learnt without it.
type fold struct {
	set     Set
	weights score.Weights
	nulls   map[Kind][]float64
}

// cross divides a set by source into folds and learns for each from the others. The
// sources of each kind, ordered by a hash of their name, take turns; clean and mining
// halves of a source go together.
func cross(all Set, p Plan) []fold {
	out := make([]fold, folds)
	for i := range out {
		held, rest := Set{}, Set{}
		held.Meters, rest.Meters = divide(all.Meters, i)
		held.Clients, rest.Clients = divide(all.Clients, i)
		out[i] = fold{held, Fit(rest, p), map[Kind][]float64{}}
		for _, k := range Kinds() {
			out[i].nulls[k] = Null(rest, p.Seed, out[i].weights, k)
		}
	}
	return out
}

// divide returns the halves of the sources of one fold, and the others.
func divide(h Halves, fold int) (held, rest Halves) {
	sources := []string{}
	for _, list := range [][]Half{h.Clean, h.Alike, h.Mining} {
		for _, x := range list {
			sources = append(sources, x.Source)
		}
	}
	slices.Sort(sources)
	sources = slices.Compact(sources)
	slices.SortStableFunc(sources, func(x, y string) int { return cmp.Compare(hash(x), hash(y)) })
	in := map[string]bool{}
	for i, name := range sources {
		in[name] = i%folds == fold
	}
	split := func(list []Half) (x, y []Half) {
		for _, half := range list {
			if in[half.Source] {
				x = append(x, half)
			} else {
				y = append(y, half)
			}
		}
		return x, y
	}
	held.Clean, rest.Clean = split(h.Clean)
	held.Alike, rest.Alike = split(h.Alike)
	held.AlikeShare, rest.AlikeShare = h.AlikeShare, h.AlikeShare
	held.Mining, rest.Mining = split(h.Mining)
	return held, rest
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s)) // never fails
	return h.Sum64()
}

// A site is one drawn site.
type site struct {
	mining        bool
	meter, client *Half
}

// evidence returns what is looked at of a site.
func (s site) evidence(k Kind) []datasets.Evidence {
	var out []datasets.Evidence
	if k != Traffic {
		out = append(out, s.meter.Evidence...)
	}
	if k != Electricity {
		out = append(out, s.client.Evidence...)
	}
	return out
}

// draw draws n sites, of which the share prevalence mines, rounded.
func (s Set) draw(r *rand.Rand, n int, prevalence float64) []site {
	mining := int(float64(n)*prevalence + 0.5)
	sites := make([]site, n)
	for i := range sites {
		mines := i < mining
		clientMines := mines
		if r.Float64() < wrongLinks {
			clientMines = r.Float64() < prevalence
		}
		sites[i] = site{mines, s.Meters.drawOne(r, mines), s.Clients.drawOne(r, clientMines)}
	}
	return sites
}

func (h *Halves) drawOne(r *rand.Rand, mining bool) *Half {
	list := h.Clean
	switch {
	case mining:
		list = h.Mining
	case len(h.Alike) > 0 && r.Float64() < h.AlikeShare:
		list = h.Alike
	}
	return &list[r.IntN(len(list))]
}

// fitSites is how many sites are drawn to see how far the shift is off.
const fitSites = 8000

// Fit learns the weights on a set: a curve for each kind, and how far the log-odds
// of all may be off together.
func Fit(s Set, p Plan) score.Weights {
	w := score.Neutral()
	w.Curves[0], w.Curves[1] = fitCurve(0, s.Meters), fitCurve(1, s.Clients)
	m := score.NewModel(p.Prevalence, w)
	// Sites are drawn from few sources again and again: together they count as many as
	// there are meters.
	weight := float64(sources(s.Meters)) / fitSites
	var examples []score.Example
	for _, x := range s.draw(rand.New(rand.NewPCG(p.Seed, 1)), fitSites, p.Prevalence) {
		v := m.Sum(score.Site{ID: "s", Hourly: true}, x.evidence(Both))
		examples = append(examples, score.Example{Worth: v.Worth, Mining: x.mining, Weight: weight})
	}
	w.ShiftSD = score.Learn(p.Prevalence, w, examples).ShiftSD
	return w
}

func sources(h Halves) int {
	seen := map[string]bool{}
	for _, x := range h.Clean {
		seen[x.Source] = true
	}
	return len(seen)
}
