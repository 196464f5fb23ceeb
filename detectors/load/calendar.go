package load

import (
	"fmt"
	"math"
)

const (
	minSpell     = 4 // hours
	spellLengths = 19
)

// spells are the calendars of one run of hours of each day, from 4 to 22 hours
// long, with which a block's own calendar is learnt.
var spells = func() []Duty {
	var all []Duty
	for from := range 24 {
		for hours := minSpell; hours < minSpell+spellLengths; hours++ {
			name := fmt.Sprintf("daily %02d-%02d", from, (from+hours)%24)
			all = append(all, duty(name, func(h int) bool { return (h-from+24)%24 < hours }))
		}
	}
	return all
}()

// learnt is how much better another calendar must fit the increments before it
// replaces the one of the edge: the share that is left of the sum of squares.
const learnt = 0.6

// learn replaces the calendar of a block by one that fits the increments by hour
// of the day better: a constant inside, nothing outside. The hours outside count
// in full, so that a block round the clock is not taken for one of nights because
// nights are quiet. The increments are those of all later weeks if another year
// tells the season, else those of the first four; a calendar must fit those better,
// too, since the site's own later changes are in the others.
func (s *Scanner) learn(b *Block) {
	day, to := s.days.day(b.Onset), s.days.day(b.End-1)
	from := day + 1
	if b.Ramp {
		from += rampDays
	}
	seasonal := day-yearDays-levelDays >= 0
	if !seasonal {
		to = min(to, from+levelDays)
	}
	if to-from < 14 || day < levelDays {
		return
	}
	x, ok := s.days.hourly(day, from, to, seasonal)
	first, known := s.days.hourly(day, from, min(to, from+levelDays), seasonal)
	if !ok || !known {
		return
	}
	_, now := fit(&x, b.Duty)
	best, least := b.Duty, now*learnt
	try := func(d *Duty, kw, rest float64) {
		if rest < least && kw > b.KW/2 && kw < 2*b.KW {
			best, least = d, rest
		}
	}
	for i := range Duties {
		kw, rest := fit(&x, &Duties[i])
		try(&Duties[i], kw, rest)
	}
	var sum [49]float64 // of x, twice around
	square := 0.0
	for i := range 48 {
		sum[i+1] = sum[i] + x[i%24]
		square += x[i%24] * x[i%24] / 2
	}
	for i := range spells {
		from, n := i/spellLengths, i%spellLengths+minSpell
		kw := (sum[from+n] - sum[from]) / float64(n)
		try(&spells[i], kw, square-kw*kw*float64(n))
	}
	_, firstNow := fit(&first, b.Duty)
	if _, rest := fit(&first, best); best != b.Duty && rest < firstNow {
		kw, _ := fit(&x, best)
		b.Duty, b.KW = best, kw
	}
}

// hourly returns by how much the days [from, to) lie above the levelDays before a day
// at each hour of the day, in kW; if seasonal less the same a year before. ok is false
// if an hour is unknown.
func (k *days) hourly(day, from, to int, seasonal bool) (x [24]float64, ok bool) {
	var rise [cells]float64
	k.addMeans(&rise, from, to, 1)
	k.addMeans(&rise, day-levelDays, day, -1)
	if seasonal {
		k.addMeans(&rise, from-yearDays, to-yearDays, -1)
		k.addMeans(&rise, day-yearDays-levelDays, day-yearDays, 1)
	}
	for h := range x {
		if x[h] = (5*rise[h] + 2*rise[24+h]) / 7; math.IsNaN(x[h]) {
			return x, false
		}
	}
	return x, true
}

// fit returns the mean of x inside a calendar, and the sum of squares that is left
// if outside there is nothing.
func fit(x *[24]float64, d *Duty) (kw, rest float64) {
	for h, v := range x {
		if d.daily[h] {
			kw += v
		}
		rest += v * v
	}
	kw /= float64(d.n)
	return kw, rest - kw*kw*float64(d.n)
}

// Finish completes a candidate that was chosen: its power by all that tells of it,
// its own calendar, its end, the hours in
// which it stood still, and how much was delivered in each week of a ramp.
func (s *Scanner) Finish(b *Block) {
	s.courseEnd(b)
	if x, n := b.powers(); n > 0 {
		b.KW = (x[(n-1)/2] + x[n/2]) / 2
	}
	s.learn(b)
	s.pulses.stopsOf(b)
	b.stops = append(b.stops[:0], s.pulses.stops...)
	if !b.Ramp {
		return
	}
	day := s.days.day(b.Onset)
	split := &s.splits[b.duty]
	before := split.mean(0, max(0, day-levelDays), day)
	share := 0.0
	for week := range b.lots {
		from := day + 1 + week*7
		if from+7 <= s.days.n {
			if v := (split.mean(0, from, from+7) - before) / b.KW; v > share {
				share = min(1, v)
			}
		}
		b.lots[week] = share
	}
}
