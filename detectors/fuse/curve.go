package fuse

import (
	"cmp"
	"math"
	"slices"

	"github.com/minewatch/minewatch/detectors/score"
)

// trust is the standard deviation, in log-odds, by which what a sum was worth is
// believed to differ from the sum itself before anything was counted: the ratios of the
// block detector are learnt from real meters already.
const trust = 0.5

// grid is the width in which sums count as equal.
const grid = 0.1

// network is the index in score.Learnt of the kind whose silence teaches nothing here:
// every simulated mine uses the line of its site, which real ones need not. Down to
// -quietest its sums stay as they are.
const (
	network  = 1
	quietest = 5
)

// A point holds the halves of sums from low to high, by count.
type point struct{ low, high, mining, clean float64 }

func (p point) share() float64 { return p.mining / (p.mining + p.clean) }

func (p *point) merge(q point) {
	p.high = q.high
	p.mining, p.clean = p.mining+q.mining, p.clean+q.clean
}

// fitCurve learns what the sums of one kind of evidence were worth on halves: the
// likelihood ratio by isotonic regression (pool adjacent violators), each block drawn
// towards its own sum as far as its counts are few.
//
// Halves of one source are alike, so a source counts once, and both classes count
// as much as there are sources without a mine. Look-alikes count by their share.
func fitCurve(kind int, h Halves) score.Curve {
	blocks := isotonic(points(kind, h))
	var c score.Curve
	if kind == network {
		blocks = slices.DeleteFunc(blocks, func(p point) bool { return p.low <= 0 })
		c = score.Curve{{Sum: -quietest, Worth: -quietest}, {Sum: 0, Worth: 0}}
	}
	for _, b := range blocks {
		seen := math.Log((b.mining + 0.5) / (b.clean + 0.5))
		precision := 1 / (1/(b.mining+0.5) + 1/(b.clean+0.5))
		prior := 1 / (trust * trust)
		for _, sum := range []float64{b.low, b.high} {
			worth := (precision*seen + prior*sum) / (precision + prior)
			n := len(c)
			if n > 0 && c[n-1].Sum == sum {
				continue
			}
			if n > 0 {
				worth = max(worth, c[n-1].Worth)
			}
			c = append(c, score.Knot{Sum: sum, Worth: worth})
		}
	}
	return c
}

// points counts halves by sum, in order.
func points(kind int, h Halves) []point {
	clean, alike, mining := sums(kind, h.Clean), sums(kind, h.Alike), sums(kind, h.Mining)
	sources := map[string]bool{}
	for _, s := range slices.Concat(clean, alike) {
		sources[s.source] = true
	}
	share := h.AlikeShare
	if len(alike) == 0 {
		share = 0
	}
	by := map[int]point{}
	add := func(list []sourceSum, share float64, count func(*point, float64)) {
		for i, w := range sourceWeights(list, share*float64(len(sources))) {
			cell := int(math.Ceil(list[i].sum/grid - 1e-9)) // a cell ends at 0, so none holds both signs
			p := by[cell]
			p.low = float64(cell) * grid
			p.high = p.low
			count(&p, w)
			by[cell] = p
		}
	}
	add(clean, 1-share, func(p *point, w float64) { p.clean += w })
	add(alike, share, func(p *point, w float64) { p.clean += w })
	add(mining, 1, func(p *point, w float64) { p.mining += w })
	var out []point
	for _, p := range by {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b point) int { return cmp.Compare(a.low, b.low) })
	return out
}

type sourceSum struct {
	source string
	sum    float64
}

// sums returns the sums of one kind of the halves in which it speaks.
func sums(kind int, list []Half) []sourceSum {
	m := score.NewModel(0.5, score.Neutral())
	var out []sourceSum
	for _, h := range list {
		v := m.Sum(score.Site{ID: "s", Hourly: true}, h.Evidence)
		if v.Spoken(kind) {
			out = append(out, sourceSum{h.Source, v.Sums[kind]})
		}
	}
	return out
}

// sourceWeights gives every source the same weight, and all together total.
func sourceWeights(list []sourceSum, total float64) []float64 {
	of := map[string]float64{}
	for _, s := range list {
		of[s.source]++
	}
	out := make([]float64, len(list))
	for i, s := range list {
		out[i] = total / float64(len(of)) / of[s.source]
	}
	return out
}

// isotonic merges neighbours until the share that mines rises from block to block
// (Ayer et al. 1955). No block holds sums of both signs.
func isotonic(list []point) []point {
	var out []point
	for _, p := range list {
		out = append(out, p)
		for n := len(out); n > 1 && out[n-2].share() >= out[n-1].share() && (out[n-2].low > 0) == (out[n-1].low > 0); n = len(out) {
			out[n-2].merge(out[n-1])
			out = out[:n-1]
		}
	}
	return out
}
