package load

import "math"

// endWeeks is by how many weeks of the block's power an end must fit the weeks after
// the onset better than none.
const endWeeks = 2

// courseEnd moves the end of a block that was chosen to where the course of the weeks
// after its onset puts it: before the end they are nearer to the block's power, after it
// nearer to nothing. The clearest step down of about that power within ten days is the
// end. An end after which enough weeks are known that do not tell of it is taken back.
// Candidates are not weighed by this: what came and went again in a load of its own would look like a mine that ended.
func (s *Scanner) courseEnd(b *Block) {
	gap := 0
	if b.Ramp {
		gap = rampDays
	}
	g, day := &s.edges[b.duty], s.days.day(b.Onset)
	about := s.endAbout(&s.splits[b.duty], day, day+1+gap, b.KW)
	if about < 0 {
		if s.days.n-s.days.day(b.End-1) > 7*(endWeeks+1) {
			s.endAt(b, peak{0, len(g.num)}, day+1+gap)
		}
		return
	}
	best := peak{0, -1}
	for d := max(about-10, b.Onset/24+7); d < min(len(g.down), about+10); d++ {
		if t := g.down[d].t(); t < minEndT || t <= best.t {
			continue
		}
		p := g.downAt(d)
		if p.at >= len(g.num)-2*24 {
			continue
		}
		if size := -g.power(p.at) / b.KW; size > 0.6 && size < 1.6 {
			best = p
		}
	}
	if best.at >= 0 {
		s.endAt(b, best, day+1+gap)
	}
}

// endAt sets the end of a block, and what its weeks from a day on are like.
func (s *Scanner) endAt(b *Block, p peak, from int) {
	b.End, b.EndT = p.at, p.t
	b.PlateauKW, b.Held = s.days.later(&s.splits[b.duty], s.days.day(b.Onset), from, s.days.day(b.End-1), b.KW)
}

// endAbout returns the first day of the week by which a block of kw had ended; -1 if
// the weeks from a day on do not say so.
func (s *Scanner) endAbout(split *split, onset, from int, kw float64) int {
	base := split.before(onset)
	about, most, sum := -1, endWeeks*kw, 0.0
	for week := from + (s.days.n-from)/7*7 - 7; week >= from; week -= 7 {
		in, _ := base.week(split, week)
		if math.IsNaN(in) {
			continue
		}
		if sum += math.Abs(in-kw) - math.Abs(in); sum > most {
			about, most = week, sum
		}
	}
	return about
}
