package load

import (
	"math"
	"slices"

	"github.com/minewatch/minewatch/detectors/stat"
)

const (
	// faultLeaves is the share of the squares that the best other hypothesis leaves
	// which a fault may leave.
	faultLeaves = 0.25
	// leastFactor is the least change of the energy of a day that is looked at for a factor.
	leastFactor = 4
	// nearDecimal is the most by which log10 of a factor may differ from a whole number.
	nearDecimal = 0.08
	// alikeRough is the most |ln| by which the changes from hour to hour may go by another
	// factor than the energy where the course of the day is too flat to tell a factor from a
	// block: machines that draw nine times a site's load do not make it nine times as rough.
	alikeRough = 0.5
	// unusual is the least |ln| of the ratio of a replaced meter, in standard deviations of
	// the same on the site's other days.
	unusual = 2
	// moved is how much of the squares of the course of a day a shift of the clock must move.
	moved = 0.03
	// halfMoved is what faultLeaves is where windows are not cut at the day of the change.
	halfMoved = 0.75
	// mostAdded is the share of the squares that one change of all hours may explain where a
	// clock was moved: then as much goes as comes.
	mostAdded = 0.25
	// sameEnergy is the most |ln| by which energy may differ where only a clock was moved.
	sameEnergy = 0.15
)

// A foretold holds how well hypotheses foretell the course of the days after a change: the
// squares that each leaves. What few callers need is asked for.
type foretold struct {
	n                  int // cells known before and after
	same               float64
	factor, ratio      float64 // of factor, the ratio that fits best
	shift              float64
	shiftH             int
	added, energy      float64 // sum after less that before, kW, and ln of their ratio
	varies, variesNext float64 // squares of the courses about their means
}

// foretell compares two courses.
func foretell(a, b *cellMeans) (f foretold) {
	var sa, sb, saa, sab, sbb float64
	for c, x := range a {
		y := b[c]
		if d := y - x; d == d {
			f.n++
			sa, sb, saa, sab, sbb = sa+x, sb+y, saa+x*x, sab+x*y, sbb+y*y
			f.same += d * d
		}
	}
	if f.n == 0 || !(sa > 0) || !(sb > 0) {
		f.n = 0
		return f
	}
	n := float64(f.n)
	f.added, f.energy = sb-sa, math.Log(sb/sa)
	f.ratio = sab / saa
	f.factor = sbb - f.ratio*sab
	f.varies, f.variesNext = saa-sa*sa/n, sbb-sb*sb/n
	return f
}

// rival returns the squares that the best other hypothesis than a factor leaves: no
// change, or the same change in any hours of the day that go together, as a mine adds it.
func (f *foretold) rival(a, b *cellMeans) float64 {
	var change, known [48]float64 // twice the day
	for c, x := range a {
		if d := b[c] - x; d == d {
			change[c%24] += d
			known[c%24]++
		}
	}
	copy(change[24:], change[:24])
	copy(known[24:], known[:24])
	most := 0.0
	for from := range 24 {
		sum, n := 0.0, 0.0
		for h, d := range change[from : from+24] {
			sum, n = sum+d, n+known[from+h]
			if n > 0 && sum*sum > most*n {
				most = sum * sum / n
			}
		}
	}
	return f.same - most
}

// shifts fills in the shift of the clock that fits best, of those that leave less than most.
func (f *foretold) shifts(a, b *cellMeans, most float64) {
	f.shift, f.shiftH = most, 0
	for by := -11; by <= 12; by++ {
		if left := shifted(a, b, by, f.shift); by != 0 && left < f.shift {
			f.shift, f.shiftH = left, by
		}
	}
}

// shifted returns the squares that a shift by so many hours leaves, or some that are no
// less than most.
func shifted(a, b *cellMeans, by int, most float64) float64 {
	left := 0.0
	h := (by + 24) % 24
	for i := range 24 {
		x, y := b[h]-a[i], b[24+h]-a[24+i]
		if h++; h == 24 {
			h = 0
		}
		if x == x {
			left += x * x
		}
		if y == y {
			left += y * y
		}
		if left >= most {
			break
		}
	}
	return left
}

// courseOf sets m to the mean course of the days [from, to); false outside the series.
func (k *days) courseOf(m *cellMeans, from, to int) bool {
	if from < 0 || to > k.n || from >= to {
		return false
	}
	*m = cellMeans{}
	k.addMeans((*[cells]float64)(m), from, to, 1)
	return true
}

// hour returns the first hour of a day in the series.
func (k *days) hour(day int) int { return max(0, day*24-k.first) }

// jumps looks for a factor: the energy of days against that of the same days of the week
// before tells where, and the course of the days whether all went by one factor.
func (f *faultFinder) jumps(s *Scanner, kw []float64) {
	k := &s.days
	f.daily = resize(f.daily, k.n)
	for d := range f.daily {
		f.daily[d] = math.NaN()
		if !k.odd[d] {
			f.daily[d] = k.upTo[d*25+24]
		}
	}
	e := f.daily
	for d := 8; d+8 < k.n; d++ {
		r1, r2 := e[d+1], e[d+2]
		up := r1 > leastFactor*e[d-6] && r2 > leastFactor*e[d-5]
		if !up && !(leastFactor*r1 < e[d-6] && leastFactor*r2 < e[d-5]) {
			continue
		}
		day, ratio := factor(k, kw, d)
		if day < 0 {
			d += factorDays - 1
			continue
		}
		x := Fault{Kind: OtherFactor, From: k.hour(day), To: len(kw), GoesOn: true, Ratio: ratio}
		back := f.backAt(day, ratio)
		if back > 0 {
			x.To, x.GoesOn = k.hour(back), false
			d = back + 8
		} else {
			d = k.n
		}
		f.add(x)
	}
}

// backAt returns the day from which on the energy is nearer to that of the week before a
// day with a factor than to what the factor makes of it; 0 if there is none.
func (f *faultFinder) backAt(day int, ratio float64) int {
	var before mean
	for _, v := range f.daily[day-7 : day] {
		before.add(v)
	}
	half := before.sum / float64(before.n) * math.Sqrt(ratio)
	for d := day + 2; d+1 < len(f.daily); d++ {
		if a, b := f.daily[d], f.daily[d+1]; (a < half && b < half) == (ratio > 1) && (a > half && b > half) == (ratio < 1) {
			return d
		}
	}
	return 0
}

// factorDays is how many days from the first are tried for a factor.
const factorDays = 7

// factor returns the day within factorDays on which all went by one factor, -1 if there is none.
func factor(k *days, kw []float64, from int) (day int, ratio float64) {
	day = -1
	least := 1.0
	var a, b cellMeans
	for d := from; d < from+factorDays; d++ {
		if !k.courseOf(&a, d-7, d) || !k.courseOf(&b, d+1, d+8) {
			continue
		}
		g := foretell(&a, &b)
		if g.n < cells*3/4 || !decimal(g.ratio) {
			continue
		}
		rival := g.rival(&a, &b)
		if g.ratio < 1 {
			rival = min(rival, g.variesNext)
		}
		q := g.factor / max(1e-12, rival)
		if rougher := roughness(kw, k.hour(d+1), k.hour(d+8)) / roughness(kw, k.hour(d-7), k.hour(d)); q > faultLeaves && math.Abs(math.Log(rougher/g.ratio)) > alikeRough {
			continue
		}
		if q < least {
			day, ratio, least = d, g.ratio, q
		}
	}
	return day, ratio
}

// roughness returns the sum of the changes from hour to hour of the hours [from, to).
func roughness(kw []float64, from, to int) float64 {
	sum := 0.0
	for i := max(1, from); i < to; i++ {
		if d := kw[i] - kw[i-1]; d == d {
			sum += math.Abs(d)
		}
	}
	return sum
}

// decimal reports whether a ratio is near 10, 100 or 1,000, or one over it.
func decimal(ratio float64) bool {
	by := math.Abs(math.Log10(ratio))
	whole := math.Round(by)
	return whole >= 1 && whole <= 3 && math.Abs(by-whole) < nearDecimal
}

// shifts looks for a day from which on the course of the days comes earlier or later. The
// courses of every other week tell where to look: their windows hold some moved days.
func (f *faultFinder) shifts(s *Scanner) {
	k := &s.days
	for at := levelDays; at+1+levelDays <= k.n; at += stride {
		a, b := k.mean(at-levelDays), k.mean(at+1)
		g := foretell(a, b)
		switch {
		case g.n < cells || g.same < moved*g.varies || math.Abs(g.energy) > sameEnergy:
			continue
		case g.added*g.added > mostAdded*cells*g.same:
			continue
		}
		g.shifts(a, b, halfMoved*g.factor)
		if g.shiftH == 0 || g.shift > halfMoved*g.rival(a, b) {
			continue
		}
		if day := shiftDay(k, at, g.shiftH); day >= 0 && !f.within(k.hour(day-levelDays), k.hour(day+1+levelDays)) {
			f.found = append(f.found, Fault{Kind: ClockShift, From: k.hour(day), To: k.hour(day + 1), ShiftH: g.shiftH})
			at += levelDays
		}
	}
}

// within reports whether hours of [from, to) repeat or are multiplied: courses of such
// days tell nothing of a clock.
func (f *faultFinder) within(from, to int) bool {
	return slices.ContainsFunc(f.found, func(x Fault) bool {
		return x.Kind != ClockShift && x.Kind != MeterReplaced && x.From < to && from < x.To
	})
}

// shiftDay returns the day near another one from which on days agree better with the
// course before if it is moved; -1 if a shift at that day is no better than other hypotheses.
func shiftDay(k *days, near, by int) int {
	const reach = levelDays / 2
	before := k.mean(max(0, near-levelDays-reach))
	best, day := 0.0, -1
	gain := 0.0 // of the days from one on
	for d := min(k.n-1, near+reach); d >= max(0, near-reach); d-- {
		gain += k.shiftGain(before, d, by)
		if gain > best {
			best, day = gain, d
		}
	}
	day-- // in the course of which the clock was moved
	var a, b cellMeans
	if day < 0 || !k.courseOf(&a, day-levelDays, day) || !k.courseOf(&b, day+1, day+1+levelDays) {
		return -1
	}
	g := foretell(&a, &b)
	if left := faultLeaves * min(g.rival(&a, &b), g.factor); shifted(&a, &b, by, left) >= left {
		return -1
	}
	return day
}

// shiftGain returns by how much the squares of a day about a course fall if the course is
// moved; 0 where hours are unknown.
func (k *days) shiftGain(course *cellMeans, day, by int) float64 {
	gain := 0.0
	h := (24 - by) % 24
	for class := range k.sum {
		if k.of[class][day+1] == k.of[class][day] {
			continue
		}
		row := int(k.of[class][day]) * 24
		from, to := k.sum[class][row:row+24], k.sum[class][row+24:row+48]
		for i := range from {
			v := to[i] - from[i]
			still, moved := v-course[class*24+i], v-course[class*24+h]
			if h++; h == 24 {
				h = 0
			}
			if d := still*still - moved*moved; d == d && !k.odd[day] {
				gain += d
			}
		}
	}
	return gain
}

// replaced names a meter that was silent and reads by another ratio after that.
func (f *faultFinder) replaced(s *Scanner, r span) {
	k := &s.days
	from, to := k.day(r.from), k.day(r.to-1)
	var a, b cellMeans
	if !k.courseOf(&a, from-levelDays, from) || !k.courseOf(&b, to+1, to+1+levelDays) {
		return
	}
	g := foretell(&a, &b)
	leaves := 1.
	if g.ratio > 1 { // less cannot be a mine, more can
		leaves = faultLeaves
	}
	if g.n < cells*3/4 || g.factor > leaves*g.rival(&a, &b) {
		return
	}
	f.usual = f.usual[:0]
	for at := levelDays; at+1+levelDays <= k.n; at += stride {
		if abs(at-from) < levelDays || abs(at-to) < levelDays {
			continue
		}
		if o := foretell(k.mean(at-levelDays), k.mean(at+1)); o.n > 0 {
			f.usual = append(f.usual, o.energy)
		}
	}
	if len(f.usual) < minUsual {
		return
	}
	change := math.Log(g.ratio)
	least := unusual * stat.MAD(f.usual, 0)
	for _, c := range [...]float64{
		change,
		k.energyChange(from, to+1, 7, 0), // else it came later
		k.energyChange(from, to+1, levelDays, -yearDays), k.energyChange(from, to+1, levelDays, yearDays), // or with the season
	} {
		if math.Abs(c) < least || c/change < 0 {
			return
		}
	}
	f.add(Fault{Kind: MeterReplaced, From: r.from, To: r.to, Ratio: g.ratio})
}

// energyChange returns ln of the energy of the span days after some days [from, to) by that
// of those before, less the same of another year if year is not 0; NaN if it is unknown.
func (k *days) energyChange(from, to, span, year int) float64 {
	var a, b cellMeans
	change := func(by int) float64 {
		if !k.courseOf(&a, from+by-span, from+by) || !k.courseOf(&b, to+by, to+by+span) {
			return math.NaN()
		}
		if g := foretell(&a, &b); g.n > cells/2 {
			return g.energy
		}
		return math.NaN()
	}
	if year == 0 {
		return change(0)
	}
	return change(0) - change(year)
}

// restDays is how far from a fault a block may begin that rests on it.
const restDays = 2

// RestsOn reports whether a block shows nothing that a fault of the same window does not:
// it begins at a fault that changes what comes after, or at or in one that passes and
// after which the load is, in the hours of the block, nearer to what it was than to the
// block. The scanner must have scanned the window just before.
func (s *Scanner) RestsOn(b *Block, f *Fault) bool {
	if b.Onset < f.From-restDays*24 || b.Onset > f.To+restDays*24 && b.Onset > f.From+restDays*24 {
		return false
	}
	switch {
	case f.Kind == ClockShift || f.Kind == MetersSwapped || f.Kind == MeterReplaced || f.GoesOn && f.Kind == OtherFactor:
		return abs(b.Onset-f.From) <= restDays*24 || abs(b.Onset-f.To) <= restDays*24
	case f.GoesOn || b.End <= f.To+restDays*24:
		return true
	}
	k := &s.days
	var before, after cellMeans
	from, to := k.day(f.From), k.day(f.To-1)+1
	if !k.courseOf(&before, max(0, from-levelDays), from) || !k.courseOf(&after, to, min(k.n, to+levelDays)) {
		return false
	}
	var rise []float64
	for c, v := range after {
		if d := v - before[c]; b.Duty.daily[c%24] && !math.IsNaN(d) {
			rise = append(rise, d)
		}
	}
	slices.Sort(rise)
	return len(rise) > 0 && stat.SortedMedian(rise) < b.KW/2
}
