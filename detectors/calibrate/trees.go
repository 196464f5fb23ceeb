package calibrate

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/stat"
)

// Settings of the boosted trees, which are the yardstick of the additive model and no
// part of the program: usual ones, not tuned.
const (
	boostRounds = 200
	boostDepth  = 3
	boostRate   = 0.1
	boostRidge  = 1  // λ of a leaf
	boostLeast  = 5  // least sum of second derivatives in a leaf
	boostBins   = 32 // quantiles at which a feature may be split
)

const (
	boostNodes  = 1<<boostDepth - 1
	boostLeaves = 1 << boostDepth
)

// A boostedTree is a full binary tree: the children of node i are 2i+1 and 2i+2. A row
// goes right where its feature is above at.
type boostedTree struct {
	feature [boostNodes]int
	at      [boostNodes]float64
	leaf    [boostLeaves]float64
}

// node returns the place of a row after some levels, counted from the left.
func (t *boostedTree) node(x *[terms]float64, levels int) int {
	i := 0
	for range levels {
		i = 2*i + 1
		if x[t.feature[i/2]] > t.at[i/2] {
			i++
		}
	}
	return i - (1<<levels - 1)
}

// A booster is a sum of trees: log-odds.
type booster []boostedTree

func (b booster) of(x *[terms]float64) float64 {
	z := 0.0
	for i := range b {
		z += boostRate * b[i].leaf[b[i].node(x, boostDepth)]
	}
	return z
}

// judge returns the best candidate of a case, as Judge does.
func (b booster) judge(c *Case) Verdict {
	v := Verdict{LogLR: -20}
	for i := range c.Looks {
		if z := b.of(&c.Looks[i].X); v.Look == nil || z > v.LogLR {
			v = Verdict{z, &c.Looks[i]}
		}
	}
	return v
}

// boost fits trees to the logistic loss of a balanced design (Friedman 2001, with the
// second derivatives of Chen and Guestrin 2016).
func (d *design) boost() booster {
	cuts := d.cuts()
	bins := make([][terms]uint8, len(d.x))
	for i := range d.x {
		for t, c := range cuts {
			at, _ := slices.BinarySearch(c, d.x[i][t])
			bins[i][t] = uint8(at)
		}
	}
	var b booster
	z, g, h := make([]float64, len(d.x)), make([]float64, len(d.x)), make([]float64, len(d.x))
	for range boostRounds {
		for i := range z {
			p := 1 / (1 + math.Exp(-z[i]))
			g[i], h[i] = d.w[i]*(d.y[i]-p), d.w[i]*p*(1-p)
		}
		tree := d.grow(cuts, bins, g, h)
		b = append(b, tree)
		for i := range z {
			z[i] += boostRate * tree.leaf[tree.node(&d.x[i], boostDepth)]
		}
	}
	return b
}

// cuts are the values at which each feature may be split.
func (d *design) cuts() (cuts [terms][]float64) {
	col := make([]float64, len(d.x))
	for t := range cuts {
		for i := range col {
			col[i] = d.x[i][t]
		}
		slices.Sort(col)
		for k := 1; k < boostBins; k++ {
			cuts[t] = append(cuts[t], stat.Quantile(col, float64(k)/boostBins))
		}
		cuts[t] = slices.Compact(cuts[t])
	}
	return cuts
}

// grow makes one tree, level by level, each node split where the loss falls most.
func (d *design) grow(cuts [terms][]float64, bins [][terms]uint8, g, h []float64) boostedTree {
	var t boostedTree
	for level := range boostDepth {
		nodes := 1 << level
		type sums [boostBins]struct{ g, h float64 }
		hist := make([][terms]sums, nodes)
		for i := range d.x {
			of := &hist[t.node(&d.x[i], level)]
			for f, bin := range bins[i] {
				of[f][bin].g += g[i]
				of[f][bin].h += h[i]
			}
		}
		for n := range nodes {
			node, most := nodes-1+n, 0.0
			t.at[node] = math.Inf(1) // all go left unless a split is worth it
			for f := range hist[n] {
				var all, left struct{ g, h float64 }
				for _, s := range hist[n][f] {
					all.g, all.h = all.g+s.g, all.h+s.h
				}
				for k, at := range cuts[f] {
					left.g, left.h = left.g+hist[n][f][k].g, left.h+hist[n][f][k].h
					rg, rh := all.g-left.g, all.h-left.h
					if left.h < boostLeast || rh < boostLeast {
						continue
					}
					gain := left.g*left.g/(left.h+boostRidge) + rg*rg/(rh+boostRidge) - all.g*all.g/(all.h+boostRidge)
					if gain > most {
						most, t.feature[node], t.at[node] = gain, f, at
					}
				}
			}
		}
	}
	var sg, sh [boostLeaves]float64
	for i := range d.x {
		leaf := t.node(&d.x[i], boostDepth)
		sg[leaf], sh[leaf] = sg[leaf]+g[i], sh[leaf]+h[i]
	}
	for k := range t.leaf {
		t.leaf[k] = sg[k] / (sh[k] + boostRidge)
	}
	return t
}

// boosted judges every case by trees that saw neither its building nor any mine but
// those of these models: the same cases, features, weights and groups of buildings as
// the additive models, whose choice of candidates is the first that they are fitted to.
func boosted(cases []Case, additive []*load.Model, models ...MineModel) []Verdict {
	fold := foldOf(cases)
	out := make([]Verdict, len(cases))
	var wait sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for k := range folds {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			judge := func(c *Case) Verdict { return Judge(additive[k], c) }
			for range rounds {
				var d design
				for i := range cases {
					if c := &cases[i]; fold[c.Building] != k && Seen(c, models) {
						if v := judge(c); v.Look != nil {
							d.add(c, &v.Look.X)
						}
					}
				}
				d.balance()
				judge = d.boost().judge
			}
			for i := range cases {
				if c := &cases[i]; fold[c.Building] == k {
					out[i] = judge(c)
				}
			}
		})
	}
	wait.Wait()
	return out
}
