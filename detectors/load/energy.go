package load

import (
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// energyAt returns the mining energy of hour i in kWh if a block is on: its
// power, but no more than the meter saw; a share of it while machines are still
// being delivered, and nothing while it stands still. Hours without a reading
// count nothing.
func energyAt(w *Window, b *Block, i int) float64 {
	v := w.KW[i]
	if math.IsNaN(v) || v <= 0 || !b.Duty.on[w.Clock[i]] || b.stopped(i) {
		return 0
	}
	return min(b.KW*b.delivered(i), v)
}

// stopped reports whether hour i lies in one of the block's stops.
func (b *Block) stopped(i int) bool {
	k, found := slices.BinarySearchFunc(b.stops, i, func(s span, i int) int { return s.from - i })
	return found || k > 0 && i < b.stops[k-1].to
}

// delivered returns the share of the power that is there at hour i.
func (b *Block) delivered(i int) float64 {
	week := (i - b.Onset) / 168
	if !b.Ramp || week >= len(b.lots) {
		return 1
	}
	return b.lots[week]
}

// Energy returns the mining energy of a block in kWh over the whole window.
func Energy(w *Window, b *Block) float64 {
	sum, stop := 0.0, 0
	for i := b.Onset; i < b.End; i++ {
		v := w.KW[i]
		if !(v > 0) || !b.Duty.on[w.Clock[i]] {
			continue
		}
		for stop < len(b.stops) && b.stops[stop].to <= i {
			stop++
		}
		if stop < len(b.stops) && b.stops[stop].from <= i {
			continue
		}
		if b.Ramp {
			sum += min(b.KW*b.delivered(i), v)
		} else {
			sum += min(b.KW, v)
		}
	}
	return sum
}

// Quarters returns the mining energy of a block by calendar quarter of the
// window's zone, oldest first, with a 90 % interval. quarterOf gives the quarter
// of an instant. The interval is that of the whole block, from the errors of
// mines found in meters that the calibration had not seen: errors of quarters
// go together, since the power is one figure.
func Quarters(w *Window, b *Block, quarterOf func(datasets.Micros) datasets.Quarter) []datasets.MiningEnergy {
	var rows []datasets.MiningEnergy
	kwh := 0.0
	for i := b.Onset; i < b.End; i++ {
		q := quarterOf(w.At(i))
		if len(rows) == 0 || rows[len(rows)-1].Quarter != q {
			closeQuarter(rows, kwh, b)
			rows = append(rows, datasets.MiningEnergy{SiteID: w.SiteID, Quarter: q})
			kwh = 0
		}
		if e := energyAt(w, b, i); e > 0 {
			kwh += e
			rows[len(rows)-1].Hours++
		}
	}
	closeQuarter(rows, kwh, b)
	return rows
}

func closeQuarter(rows []datasets.MiningEnergy, kwh float64, b *Block) {
	if len(rows) == 0 {
		return
	}
	r := &rows[len(rows)-1]
	e := energies.Of(b)
	r.Wh = datasets.Wh(math.Round(kwh * 1000))
	r.WhLow = datasets.Wh(math.Round(kwh * 1000 * math.Exp(min(0, e.Low))))
	r.WhHigh = datasets.Wh(math.Round(kwh * 1000 * math.Exp(max(0, e.High))))
}

// Without returns the load in kW that the site would have had without the
// block: what the meter saw less the mining energy of each hour. NaN where the
// load is unknown.
func Without(w *Window, b *Block) []float64 {
	kw := make([]float64, len(w.KW))
	copy(kw, w.KW)
	for i := b.Onset; i < b.End; i++ {
		if e := energyAt(w, b, i); e > 0 {
			kw[i] -= e
		}
	}
	return kw
}
