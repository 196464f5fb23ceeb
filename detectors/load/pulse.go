package load

import (
	"math"
	"slices"
)

// maxDips bounds Dips, Pulses and Depth as features.
const maxDips = 5

// balance is (falls − rises) / √(falls + rises + 4): near 0 where both are
// as many, as in a load that people make.
func balance(falls, rises float64) float64 {
	return (falls - rises) / math.Sqrt(falls+rises+4)
}

// pulses are the short falls and rises of a load, found once a window: a block
// asks for those of its own size.
type pulses struct {
	dips  []event // single hours below both neighbours (negative) or above them
	steps []event // sudden changes of the innovations
	stops []span  // of the block that was asked for last: the hours in which it stood still
	fell  int
}

// A span is the hours [from, to).
type span struct{ from, to int }

// minStops is how many stops of one depth must be seen, and twice as many as
// rises of it, before they count as hours without mining.
const minStops = 4

// An event is a change of kW at an hour.
type event struct {
	at int
	kw float64
}

const (
	// clearAt is the least size of an event, in standard deviations of the
	// innovations of that hour.
	clearAt = 2
	// pulseHours is how long a stop may last that is counted as a pulse.
	pulseHours = 16
)

// fill finds the events.
func (p *pulses) fill(w *Window, white *whitener) {
	p.dips, p.steps = p.dips[:0], p.steps[:0]
	n := len(w.KW) - 1 - maxLag
	if n <= 0 {
		return
	}
	kw, earlier, later := w.KW[maxLag:][:n], w.KW[maxLag-1:][:n], w.KW[maxLag+1:][:n]
	innovations := white.inn[maxLag:][:n]
	for i, weight := range white.weight[maxLag:][:n] {
		if weight == 0 {
			continue
		}
		// Clearly beside both neighbours, on the same side of them.
		v, before, after := kw[i], earlier[i], later[i]
		x, y := v-before, v-after
		if x*y*weight > clearAt*clearAt && x*x*weight > clearAt*clearAt && y*y*weight > clearAt*clearAt {
			p.dips = append(p.dips, event{maxLag + i, beside(v, before, after)})
		}
		e := innovations[i]
		if e*e*weight <= clearAt*clearAt {
			continue
		}
		if k := len(p.steps) - 1; k >= 0 && p.steps[k].at == maxLag+i-1 && (p.steps[k].kw > 0) == (e > 0) {
			p.steps[k].kw += e // one change in the midst of an hour shows in two
			continue
		}
		p.steps = append(p.steps, event{maxLag + i, e})
	}
}

// beside returns by how much a value lies below both neighbours (negative) or above
// both; 0 if it does not, or one is unknown.
func beside(v, before, after float64) float64 {
	if d := min(before, after) - v; d > 0 {
		return -d
	}
	if d := v - max(before, after); d > 0 {
		return d
	}
	return 0
}

// dipsOf counts hours that lie below both their neighbours by 0.3 to 1.1 times the
// block's power, and hours that lie as far above, while the block is on: a farm
// that loses its network or its pool falls and returns within the hour, and
// never rises. The result is their balance less the same before the onset over
// as many hours at the most.
func (p *pulses) dipsOf(w *Window, b *Block) float64 {
	var falls, rises [2]float64
	start := b.Onset - (b.End - b.Onset)
	for _, e := range p.dips {
		if size := math.Abs(e.kw) / b.KW; e.at < start || e.at >= b.End || size <= 0.3 || size >= 1.1 || !b.onAround(w, e.at) {
			continue
		}
		side := 0
		if e.at < b.Onset {
			side = 1
		}
		if e.kw < 0 {
			falls[side]++
		} else {
			rises[side]++
		}
	}
	return balance(falls[0], rises[0]) - balance(falls[1], rises[1])
}

// onAround reports whether the calendar holds an hour and both its neighbours.
func (b *Block) onAround(w *Window, i int) bool {
	return b.Duty.on[w.Clock[i]] && b.Duty.on[w.Clock[i-1]] && b.Duty.on[w.Clock[i+1]]
}

// stopsOf pairs falls that are made good within pulseHours by a rise of alike
// size, and rises that a fall makes good. Stops of a steady block have one common
// depth, 0.7 to 1.3 times its power. order is the balance of falls against rises
// of that depth, depth that of falls of that depth against those of half and of
// twice it; both less the same before the onset.
func (p *pulses) stopsOf(b *Block) (order, depth float64) {
	var falls, rises, others [2]float64
	p.stops = p.stops[:0]
	var open [2][2]int // hour of the last step down and up, of the block's size and of others
	for k := range open {
		open[k] = [2]int{-pulseHours - 1, -pulseHours - 1}
	}
	start := b.Onset - (b.End - b.Onset)
	first, _ := slices.BinarySearchFunc(p.steps, start, func(e event, at int) int { return e.at - at })
	least, from, to, most := 0.35*b.KW, 0.7*b.KW, 1.3*b.KW, 2*b.KW
	for _, e := range p.steps[first:] {
		if e.at >= b.End {
			break
		}
		size := math.Abs(e.kw)
		if size < least || size > most {
			continue
		}
		band, side := 1, 0
		if size >= from && size <= to {
			band = 0
		}
		if e.at < b.Onset {
			side = 1
		}
		down := 0
		if e.kw > 0 {
			down = 1
		}
		if last := &open[band][1-down]; e.at-*last <= pulseHours {
			p.fell = *last
			*last = -pulseHours - 1
			switch {
			case band == 1 && down == 1:
				others[side]++
			case band == 0 && down == 1:
				falls[side]++
				if side == 0 {
					p.stops = append(p.stops, span{p.fell, e.at})
				}
			case band == 0:
				rises[side]++
			}
			continue
		}
		open[band][down] = e.at
	}
	if falls[0] < minStops || falls[0] < 2*rises[0] {
		p.stops = p.stops[:0]
	}
	order = balance(falls[0], rises[0]) - balance(falls[1], rises[1])
	depth = balance(falls[0], others[0]/2) - balance(falls[1], others[1]/2)
	return order, depth
}
