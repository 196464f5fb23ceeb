package load

import (
	"cmp"
	"math"
	"slices"

	"github.com/minewatch/minewatch/detectors/features"
)

const (
	// swapLeaves is the share of the squares of the course after about its mean, and of those
	// that no change at all would leave, which the other meter's course before may leave, in
	// the geometric mean of two meters; of each it must be less than all.
	swapLeaves = 0.4
	// swapReach is how many days before and after a change are not compared: the change may
	// lie on any of them.
	swapReach = stride / 2
	// swapChanges is how many of a meter's largest changes are kept to compare.
	swapChanges = 10
)

// A Change is a day at which the course of a meter's days changed.
type Change struct {
	Day           int // local, counted from 1970-01-01; a multiple of stride
	before, after cellMeans
	same          float64 // squares of the change
	variesNext    float64 // of the course after about its mean
}

// Changes returns the largest changes of the window that was scanned just before,
// one each fortnight at the most, in order of time.
func (s *Scanner) Changes(w *Window) []Change {
	if !s.ready {
		return nil
	}
	k := &s.days
	var list []Change
	first := firstDay(w)
	for at := levelDays + swapReach; at+1+swapReach+levelDays <= k.n; at++ {
		if (first+at)%stride != 0 {
			continue
		}
		c := Change{Day: first + at, before: *k.mean(at - swapReach - levelDays), after: *k.mean(at + 1 + swapReach)}
		if g := foretell(&c.before, &c.after); g.n >= cells*3/4 {
			c.same, c.variesNext = g.same, g.variesNext
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b Change) int { return cmp.Compare(b.same*a.variesNext, a.same*b.variesNext) })
	list = slices.Clone(list[:min(swapChanges, len(list))])
	slices.SortFunc(list, func(a, b Change) int { return a.Day - b.Day })
	return list
}

// firstDay returns the number of the local day that the first hour of a window is in.
func firstDay(w *Window) int {
	hours := int(w.Start / features.MicrosPerHour)
	shown := int(w.Clock[0]) % 24
	ahead := (shown - hours%24 + 24 + 12) % 24 // offsets from -12 to +11 hours, plus 12
	return (hours + ahead - 12) / 24
}

// Swapped returns the day near which two meters exchanged what they show: of each the
// course of the days after is, in shape and level, that of the other before, and its own
// before is not. ok is false if there is none.
func Swapped(a, b []Change) (day int, ok bool) {
	best := swapLeaves
	for i := range a {
		for j := range b {
			if a[i].Day != b[j].Day {
				continue
			}
			x, y := a[i].unlike(&b[j]), b[j].unlike(&a[i])
			if left := math.Sqrt(x * y); max(x, y) < 1 && left < best {
				best, day, ok = left, a[i].Day, true
			}
		}
	}
	return day, ok
}

// unlike returns the share of the squares that is left if a meter shows what the other
// showed before.
func (c *Change) unlike(o *Change) float64 {
	g := foretell(&o.before, &c.after)
	if g.n < cells*3/4 {
		return math.Inf(1)
	}
	return g.same / max(1e-12, min(c.same, c.variesNext))
}

// SwapFault returns the fault that an exchange near a day is in the window that was scanned
// just before, at the day near it at which its course changes most.
func (s *Scanner) SwapFault(w *Window, day int, b *Block) Fault {
	k := &s.days
	at := day - firstDay(w)
	best, most := at, 0.0
	for d := max(levelDays, at-stride); d <= at+stride && d+1+levelDays <= k.n; d++ {
		if g := foretell(k.mean(d-levelDays), k.mean(d+1)); g.same > most {
			best, most = d, g.same
		}
	}
	f := Fault{Kind: MetersSwapped, From: k.hour(best), To: min(len(w.KW), k.hour(best+1))}
	f.Explains = b != nil && s.RestsOn(b, &f)
	return f
}
