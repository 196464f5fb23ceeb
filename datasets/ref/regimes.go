package ref

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// Regimes of registration.
const (
	NoRegime     = "none"         // nobody had to register
	Notification = "notification" // a notice to the ministry
	Licence      = "licence"      // a licence
)

// A Regime says what "registered" means over a period.
type Regime struct {
	Period
	Regime       string
	NoticeDays   int    // calendar days by which the notice precedes NoticeBefore; 0 if no such rule
	NoticeBefore string // design or start
	ReportDay    int    // day of the month after the quarter by which the report is due; 0 if no such rule
	ForwardDays  int    // calendar days within which the Ministry of Energy is told; 0 if no such rule
	Law, Note    string
	Basis
}

// Regimes is the dated table of regimes. Two may hold on one day; either then
// suffices.
type Regimes []Regime

var regimeColumns = []string{"from", "to", "regime", "notice_days", "notice_before", "report_day", "forward_days", "law", "note", "source", "confidence"}

// LoadRegimes returns the shipped table, overridden by the user's file on the
// days that it speaks of; user may be nil.
func LoadRegimes(user io.Reader) (Regimes, error) {
	own, users, err := load("regimes.csv", regimeColumns, user, parseRegime)
	if err != nil {
		return nil, err
	}
	t := Regimes(overlay(own, users, func(l *Regime) *Period { return &l.Period }, func(a, b Regime) bool { return true }))
	slices.SortStableFunc(t, func(a, b Regime) int { return cmp.Compare(a.From, b.From) })
	periods := make([]Period, len(t))
	for i, l := range t {
		periods[i] = l.Period
	}
	if err := checkRun("regimes", periods, 2); err != nil {
		return nil, err
	}
	if t[0].From != 0 {
		return nil, fmt.Errorf("regimes: no line covers the days before %s; add one, with the regime %s", t[0].From, NoRegime)
	}
	return t, nil
}

func parseRegime(r *row) Regime {
	l := Regime{
		Period: r.period(), Regime: r.oneOf("regime", NoRegime, Notification, Licence),
		NoticeDays: r.small("notice_days"), NoticeBefore: r.oneOf("notice_before", "", "design", "start"),
		ReportDay: r.small("report_day"), ForwardDays: r.small("forward_days"),
		Law: r.need("law"), Note: r.text("note"), Basis: r.basis(),
	}
	if (l.NoticeDays == 0) != (l.NoticeBefore == "") {
		r.fail("notice_before", "goes together with notice_days")
	}
	if l.ReportDay > 28 {
		r.fail("report_day", "at most 28")
	}
	return l
}

// At returns the regimes in force on d, earliest first.
func (t Regimes) At(d datasets.Day) []Regime {
	var out []Regime
	for _, l := range t {
		if l.Contains(d) {
			out = append(out, l)
		}
	}
	return out
}

// On returns the line of the given regime in force on d.
func (t Regimes) On(d datasets.Day, regime string) (Regime, bool) {
	for _, l := range t {
		if l.Regime == regime && l.Contains(d) {
			return l, true
		}
	}
	return Regime{}, false
}

// Span returns the first and last day on which the regime is in force; the
// last is 0 if it is open. ok is false if the table does not know it.
func (t Regimes) Span(regime string) (p Period, ok bool) {
	for _, l := range t {
		if l.Regime != regime {
			continue
		}
		if !ok {
			p, ok = l.Period, true
			continue
		}
		if p.To != 0 && (l.To == 0 || l.To > p.To) {
			p.To = l.To
		}
	}
	return p, ok
}

// checkRun checks that periods, sorted by From, leave no day between the
// first and the end uncovered, that the last is open, and that no day is
// covered more than most times.
func checkRun(table string, periods []Period, most int) error {
	reach := datasets.Day(0) // last day covered so far
	for i, p := range periods {
		if i > 0 && reach != -1 && p.From > reach+1 {
			return fmt.Errorf("%s: no line covers %s to %s; state the gap with a line of its own", table, reach+1, p.From-1)
		}
		n := 0
		for _, q := range periods {
			if q.Contains(p.From) {
				n++
			}
		}
		if n > most {
			return fmt.Errorf("%s: %d lines cover %s, at most %d may; end one of them the day before", table, n, p.From, most)
		}
		switch {
		case p.To == 0:
			reach = -1
		case reach != -1:
			reach = max(reach, p.To)
		}
	}
	if reach != -1 {
		return fmt.Errorf("%s: no line covers the days after %s; leave the last line open", table, reach)
	}
	return nil
}
