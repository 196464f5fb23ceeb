package load

import (
	"math"
	"math/bits"
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
	marks []uint8 // hours that are events
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
	kw, innovations, weights := w.KW[maxLag-1:][:n+2], white.inn[maxLag:][:n], white.weight[maxLag:][:n]
	p.marks = resize(p.marks, (n+3)/4)
	markEvents(p.marks, kw, innovations, weights)
	for group, mark := range p.marks {
		for ; mark != 0; mark &= mark - 1 {
			if i := group*4 + bits.TrailingZeros8(mark); i < n {
				p.event(maxLag+i, (*[3]float64)(kw[i:]), innovations[i], weights[i])
			}
		}
	}
}

// event takes an hour as a dip or a step if it is one. kw are the load before, at and after it.
func (p *pulses) event(at int, kw *[3]float64, innovation, weight float64) {
	before, v, after := kw[0], kw[1], kw[2]
	if isDip(before, v, after, weight) {
		p.dips = append(p.dips, event{at, beside(v, before, after)})
	}
	if !isStep(innovation, weight) {
		return
	}
	if k := len(p.steps) - 1; k >= 0 && p.steps[k].at == at-1 && (p.steps[k].kw > 0) == (innovation > 0) {
		p.steps[k].kw += innovation // one change in the midst of an hour shows in two
		return
	}
	p.steps = append(p.steps, event{at, innovation})
}

// isDip reports whether an hour is clearly beside both neighbours, on the same side of them.
func isDip(before, v, after, weight float64) bool {
	x, y := v-before, v-after
	return x*y*weight > clearAt*clearAt && x*x*weight > clearAt*clearAt && y*y*weight > clearAt*clearAt
}

// isStep reports whether an innovation is clear.
func isStep(innovation, weight float64) bool {
	return innovation*innovation*weight > clearAt*clearAt
}

// markEventsGo sets a bit of marks, four to each, for every hour that is a dip or a step. The
// first of kw is the hour before the first of the others.
func markEventsGo(marks []uint8, kw, innovations, weights []float64) {
	clear(marks)
	for i, weight := range weights {
		if isStep(innovations[i], weight) || isDip(kw[i], kw[i+1], kw[i+2], weight) {
			marks[i/4] |= 1 << (i % 4)
		}
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
