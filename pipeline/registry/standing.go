package registry

import (
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// licenceYears is the term of a licence whose last day is not given (both
// subtypes run for 3 years).
const licenceYears = 3

// A Standing says on which days of a period a registration held.
type Standing struct {
	Required   int        // days on which one was required
	Covered    int        // of these, days on which one held
	BeforeDays int        // days without one before the first registration
	Before     ref.Period // the first and last of them; zero if none
	AfterDays  int        // days without one later
	After      ref.Period // the first and last of them; zero if none
	// Never is true if no entry was ever registered in a regime then in force.
	Never bool
	// First and Last are the first and last day, of any period, on which a
	// registration held; Last is 0 if it still does.
	First, Last datasets.Day
	Note        string
}

func hasLicence(e datasets.RegistryEntry) bool { return e.LicenseNo != "" || e.LicenseFrom != 0 }

// impossible reports whether the dates of an entry contradict each other, so
// that its end cannot be held against anybody.
func impossible(e datasets.RegistryEntry) bool {
	return e.TerminatedOn != 0 && e.TerminatedOn < e.NotifiedOn
}

// licence returns the days of an entry's licence; ok is false without one.
func licence(e datasets.RegistryEntry) (p ref.Period, ok bool) {
	if !hasLicence(e) {
		return p, false
	}
	p = ref.Period{From: e.LicenseFrom, To: e.LicenseTo}
	if p.From == 0 {
		p.From = e.NotifiedOn
	}
	if p.To == 0 {
		d := p.From.Date()
		p.To = datasets.DayOf(time.Date(d.Year()+licenceYears, d.Month(), d.Day()-1, 0, 0, 0, 0, time.UTC))
	}
	return p, true
}

// spans returns the periods, at most two, over which an entry counts as
// registered.
func (ix *Index) spans(e datasets.RegistryEntry) []ref.Period {
	end := datasets.Day(0)
	if e.TerminatedOn != 0 && !impossible(e) {
		end = e.TerminatedOn
	}
	var out []ref.Period
	notified := ix.notified
	if !ix.hasLicences {
		notified.To = 0
	}
	if p, ok := intersect(notified, ref.Period{From: e.NotifiedOn, To: end}); ok && ix.notified.To != -1 {
		out = append(out, p)
	}
	if l, ok := licence(e); ok {
		if p, ok := intersect(ix.licensed, l); ok {
			if p, ok = intersect(p, ref.Period{To: end}); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

func intersect(a, b ref.Period) (ref.Period, bool) {
	p := ref.Period{From: max(a.From, b.From), To: a.To}
	if p.To == 0 || b.To != 0 && b.To < p.To {
		p.To = b.To
	}
	return p, p.To == 0 || p.From <= p.To
}

func (ix *Index) required(d datasets.Day) bool {
	return ix.notified.Contains(d) || ix.licensed.Contains(d)
}

func (ix *Index) standing(links []Link, from, to datasets.Day) Standing {
	var s Standing
	var spans []ref.Period
	for _, l := range links {
		spans = append(spans, ix.spans(l.Entry)...)
		if impossible(l.Entry) {
			s.Note = "an entry ends before its notice; its end is ignored"
		}
	}
	s.Never = len(spans) == 0
	open := false
	for _, p := range spans {
		if s.First == 0 || p.From < s.First {
			s.First = p.From
		}
		open = open || p.To == 0
		s.Last = max(s.Last, p.To)
	}
	if open {
		s.Last = 0
	}
	for d := from; d <= to; d++ {
		if !ix.required(d) {
			continue
		}
		s.Required++
		switch {
		case covered(spans, d):
			s.Covered++
		case s.Never || d < s.First:
			s.BeforeDays++
			extend(&s.Before, d)
		default:
			s.AfterDays++
			extend(&s.After, d)
		}
	}
	if !ix.hasLicences && ix.licensed.From <= to && s.Note == "" {
		s.Note = "the register names no licence; a notice is taken to count after " + ix.notified.To.String() + ", too"
	}
	return s
}

func covered(spans []ref.Period, d datasets.Day) bool {
	for _, p := range spans {
		if p.Contains(d) {
			return true
		}
	}
	return false
}

func extend(p *ref.Period, d datasets.Day) {
	if p.From == 0 {
		p.From = d
	}
	p.To = d
}
