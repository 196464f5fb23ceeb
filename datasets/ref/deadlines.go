package ref

import (
	"cmp"
	"io"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// A DeadlineLine says when return and payment of a quarter are due.
type DeadlineLine struct {
	Period
	ReturnMonth, ReturnDay int // month after the quarter and day in it; 0 if no return is required or known
	PayMonth, PayDay       int
	Law                    string
	Basis
}

// Deadlines is the dated table of due dates.
type Deadlines []DeadlineLine

var deadlineColumns = []string{"from", "to", "return_month", "return_day", "pay_month", "pay_day", "law", "source", "confidence"}

// LoadDeadlines returns the shipped table, overridden by the user's file on
// the days that it speaks of; user may be nil.
func LoadDeadlines(user io.Reader) (Deadlines, error) {
	own, users, err := load("deadlines.csv", deadlineColumns, user, parseDeadline)
	if err != nil {
		return nil, err
	}
	t := overlay(own, users, func(l *DeadlineLine) *Period { return &l.Period }, func(a, b DeadlineLine) bool { return true })
	slices.SortStableFunc(t, func(a, b DeadlineLine) int { return cmp.Compare(a.From, b.From) })
	periods := make([]Period, len(t))
	for i, l := range t {
		periods[i] = l.Period
	}
	return t, checkRun("deadlines", periods, 1)
}

func parseDeadline(r *row) DeadlineLine {
	l := DeadlineLine{
		Period:      r.period(),
		ReturnMonth: r.small("return_month"), ReturnDay: r.small("return_day"),
		PayMonth: r.small("pay_month"), PayDay: r.small("pay_day"),
		Law: r.need("law"), Basis: r.basis(),
	}
	if (l.ReturnMonth == 0) != (l.ReturnDay == 0) || l.ReturnDay > 28 {
		r.fail("return_day", "month and day go together, the day at most 28")
	}
	if (l.PayMonth == 0) != (l.PayDay == 0) || l.PayDay > 28 {
		r.fail("pay_day", "month and day go together, the day at most 28")
	}
	return l
}

// Due holds the due dates of one quarter; 0 where none is required or known.
// A due date on a day off is not moved to the next working day: no source for
// that rule was seen.
type Due struct {
	Return, Payment datasets.Day
	Law             string
	Basis
}

// For returns the due dates of q.
func (t Deadlines) For(q datasets.Quarter) Due {
	for _, l := range t {
		if l.Contains(q.Start()) {
			return Due{after(q, l.ReturnMonth, l.ReturnDay), after(q, l.PayMonth, l.PayDay), l.Law, l.Basis}
		}
	}
	return Due{}
}

// after returns a day of the n-th month after q, 0 if n is 0.
func after(q datasets.Quarter, n, day int) datasets.Day {
	if n == 0 {
		return 0
	}
	end := q.End().Date()
	return datasets.DayOf(time.Date(end.Year(), end.Month()+time.Month(n), day, 0, 0, 0, 0, time.UTC))
}
