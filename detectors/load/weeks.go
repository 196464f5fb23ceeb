package load

import (
	"math"

	"github.com/minewatch/minewatch/detectors/stat"
)

// levelWeeks is how many whole weeks before and after an onset are compared.
const levelWeeks = 4

// yearWeeks is the distance of the week that tells the season: 52 whole weeks.
const yearWeeks = 52

// weeks holds the load by local week and hour of the week, as running sums, so
// that the mean of any weeks at any hour takes two look-ups.
type weeks struct {
	n     int       // weeks, the first and last perhaps in part
	first int       // clock of the first hour of the series
	sum   []float64 // (n+1)×168: energy of the weeks before
	count []int32   // (n+1)×168: known hours of the weeks before

	diff          [168]float64 // scratch: the increment at each hour of the week
	before, after [168]mean
	levels        []float64
	spreads       []float64
	buf           []float64
}

func (k *weeks) fill(w *Window) {
	if len(w.KW) == 0 {
		k.n = 0
		return
	}
	k.first = int(w.Clock[0])
	k.n = (len(w.KW)+k.first-1)/168 + 1
	k.sum, k.count = resize(k.sum, (k.n+1)*168), resize(k.count, (k.n+1)*168)
	clear(k.sum[:168])
	clear(k.count[:168])
	for week := range k.n {
		row := k.sum[week*168 : (week+2)*168]
		cnt := k.count[week*168 : (week+2)*168]
		copy(row[168:], row[:168])
		copy(cnt[168:], cnt[:168])
		from, to := max(0, week*168-k.first), min(len(w.KW), (week+1)*168-k.first)
		for i := from; i < to; i++ {
			if v := w.KW[i]; !math.IsNaN(v) {
				c := int(w.Clock[i])
				row[168+c] += v
				cnt[168+c]++
			}
		}
	}
}

// week returns the week that hour i of the series is in.
func (k *weeks) week(i int) int { return (i + k.first) / 168 }

// mean returns the mean power at hour c of the week over the weeks [from, to);
// NaN if fewer than half of them are known.
func (k *weeks) mean(c, from, to int) float64 {
	n := k.count[to*168+c] - k.count[from*168+c]
	if int(n)*2 < to-from || n == 0 {
		return math.NaN()
	}
	return (k.sum[to*168+c] - k.sum[from*168+c]) / float64(n)
}

// A change is what happened to the load at a week, by hour of the week.
type change struct {
	on     float64 // median increment of the hours inside the calendar, kW
	off    float64 // of those outside; 0 round the clock
	spread float64 // MAD of the increments inside
	hours  int     // of the week that could be compared
}

// level is the increment that the calendar explains.
func (c change) level() float64 { return c.on - c.off }

// compare returns the change at a week, gap weeks after it against those
// before it, less the change of another year if yearAgo is not 0 (±yearWeeks).
// ok is false if fewer than half of the hours can be compared.
func (k *weeks) compare(d *Duty, week, gap, yearAgo int) (c change, ok bool) {
	if !k.increments(week, gap, yearAgo) {
		return c, false
	}
	return k.summarise(d)
}

// compareAt is compare at an hour of the series instead of the begin of a week.
func (k *weeks) compareAt(w *Window, d *Duty, hour, gap, yearAgo int) (c change, ok bool) {
	if !k.incrementsAt(w, hour, gap, 1) {
		return c, false
	}
	if yearAgo != 0 && !k.incrementsAt(w, hour+yearAgo*168, gap, -1) {
		return c, false
	}
	return k.summarise(d)
}

// incrementsAt fills diff (sign 1) or subtracts from it (sign -1).
func (k *weeks) incrementsAt(w *Window, hour, gap int, sign float64) bool {
	const span = levelWeeks * 168
	if hour-span < 0 || hour+gap*168+span > len(w.KW) {
		return false
	}
	clear(k.before[:])
	clear(k.after[:])
	for i := hour - span; i < hour; i++ {
		k.before[w.Clock[i]].add(w.KW[i])
	}
	for i := hour + gap*168; i < hour+gap*168+span; i++ {
		k.after[w.Clock[i]].add(w.KW[i])
	}
	for c := range k.diff {
		v := half(k.after[c], levelWeeks) - half(k.before[c], levelWeeks)
		if sign > 0 {
			k.diff[c] = v
		} else {
			k.diff[c] -= v
		}
	}
	return true
}

// summarise reads diff for a calendar.
func (k *weeks) summarise(d *Duty) (c change, ok bool) {
	k.buf = k.buf[:0]
	for h, v := range k.diff {
		if d.on[h] && !math.IsNaN(v) {
			k.buf = append(k.buf, v)
		}
	}
	c.hours = len(k.buf)
	if len(k.buf)*2 < d.hours() {
		return c, false
	}
	c.on = stat.Median(k.buf)
	c.spread = stat.MAD(k.buf, c.on)
	k.buf = k.buf[:0]
	for h, v := range k.diff {
		if !d.on[h] && !math.IsNaN(v) {
			k.buf = append(k.buf, v)
		}
	}
	if len(k.buf) > 0 {
		c.off = stat.Median(k.buf)
	}
	return c, true
}

// increments fills diff. It returns false where the weeks lie outside the series.
func (k *weeks) increments(week, gap, yearAgo int) bool {
	least, most := week, week
	if yearAgo != 0 {
		least, most = min(week, week+yearAgo), max(week, week+yearAgo)
	}
	if least-levelWeeks < 0 || most+gap+levelWeeks > k.n {
		return false
	}
	for c := range k.diff {
		k.diff[c] = k.increment(c, week, gap)
		if yearAgo != 0 {
			k.diff[c] -= k.increment(c, week+yearAgo, gap)
		}
	}
	return true
}

func (k *weeks) increment(c, week, gap int) float64 {
	return k.mean(c, week+gap, week+gap+levelWeeks) - k.mean(c, week-levelWeeks, week)
}

// A usual is how the load of a site changes on its other weeks, for one
// calendar: the scale that a change is held against.
type usual struct {
	level  float64 // robust standard deviation of the level
	spread float64 // median spread
	n      int     // weeks behind it
}

// A history holds the change at every other week of the series for one
// calendar, gap and year to correct by; NaN where nothing can be compared.
type history struct{ level, spread []float64 }

// history fills h.
func (k *weeks) history(h *history, d *Duty, gap, yearAgo int) {
	h.level, h.spread = resize(h.level, k.n), resize(h.spread, k.n)
	for w := range k.n {
		h.level[w], h.spread[w] = math.NaN(), math.NaN()
		if w%2 == 1 || w < levelWeeks {
			continue
		}
		shift := yearAgo
		if shift != 0 && (w+shift-levelWeeks < 0 || w+shift+gap+levelWeeks > k.n) {
			shift = -shift
		}
		if c, ok := k.compare(d, w, gap, shift); ok {
			h.level[w], h.spread[w] = c.level(), c.spread
		}
	}
}

// usual looks at every week of a history but those near the one in question
// and near its year.
func (k *weeks) usual(h *history, week, gap, yearAgo int) usual {
	k.levels, k.spreads = k.levels[:0], k.spreads[:0]
	for w, level := range h.level {
		near := abs(w-week) <= 2*levelWeeks+gap || (yearAgo != 0 && abs(w-week-yearAgo) <= levelWeeks)
		if !near && !math.IsNaN(level) {
			k.levels, k.spreads = append(k.levels, level), append(k.spreads, h.spread[w])
		}
	}
	u := usual{n: len(k.levels)}
	if u.n >= minUsual {
		u.level, u.spread = stat.MAD(k.levels, 0), stat.Median(k.spreads)
	}
	return u
}

// minUsual is the least number of other weeks from which a scale can be told.
const minUsual = 6

// persistence returns the share of the weeks from one week to another in which
// the hours inside the calendar lie at least kw/2 above where they were before
// the onset, corrected by the season of another year where there is one.
func (k *weeks) persistence(d *Duty, onset, from, to int, kw float64) float64 {
	held, known := 0, 0
	for w := from; w < to; w++ {
		k.buf = k.buf[:0]
		for c := range 168 {
			if !d.on[c] {
				continue
			}
			v := k.mean(c, w, w+1) - k.mean(c, max(0, onset-levelWeeks), onset)
			if y := w - yearWeeks; y >= 0 && onset-yearWeeks-levelWeeks >= 0 {
				if season := k.mean(c, y, y+1) - k.mean(c, onset-yearWeeks-levelWeeks, onset-yearWeeks); !math.IsNaN(season) {
					v -= season
				}
			}
			if !math.IsNaN(v) {
				k.buf = append(k.buf, v)
			}
		}
		if len(k.buf)*2 < d.hours() {
			continue
		}
		known++
		if stat.Median(k.buf) >= kw/2 {
			held++
		}
	}
	if known == 0 {
		return 0.5
	}
	return float64(held) / float64(known)
}
