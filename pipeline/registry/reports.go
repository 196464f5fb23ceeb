package registry

import (
	"fmt"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// reports checks the quarterly information: due by the 10th of the month after
// the quarter while the rules of notification hold, from operators of existing
// centres. Whether a centre exists is known from its start, its meter, or an
// earlier report; without any of them nothing is asked for.
func (c *checker) reports(e *entity) {
	if len(c.books.Reports) == 0 || !e.miner() {
		return
	}
	first, last := e.active(), e.ended()
	if first == 0 {
		return
	}
	for q := datasets.QuarterOf(max(first, c.ix.notified.From).Date()); ; q++ {
		due, law := c.reportDue(q)
		if due == 0 || due >= c.books.AsOf || last != 0 && last < q.Start() {
			break
		}
		r, ok := e.reports[q]
		switch {
		case !ok:
			c.add(e, RuleReportMissing, q, due, "no report", "a report by "+due.String(), law)
		case r.SubmittedOn > due:
			c.add(e, RuleReportLate, q, due, "submitted "+r.SubmittedOn.String(), "submitted by "+due.String(),
				fmt.Sprintf("%s; %d days late", law, r.SubmittedOn-due))
		}
		if ok {
			c.reportedPower(e, r, due, law)
		}
	}
}

// active returns the first day on which the entity is known to have run a
// centre under a notice; 0 if nothing says so.
func (e *entity) active() datasets.Day {
	var first datasets.Day
	earlier := func(d datasets.Day) {
		if d != 0 && (first == 0 || d < first) {
			first = d
		}
	}
	for _, l := range e.links {
		earlier(l.Entry.ActivityStartOn)
	}
	earlier(e.since())
	for q := range e.reports {
		earlier(q.Start())
	}
	if first == 0 {
		return 0
	}
	return max(first, e.links[0].Entry.NotifiedOn)
}

// reportDue returns when the report for q was due; 0 if the rule no longer
// held then.
func (c *checker) reportDue(q datasets.Quarter) (datasets.Day, string) {
	next := (q + 1).Start().Date()
	regime, ok := c.tables.Regimes.On(datasets.DayOf(next), ref.Notification)
	if !ok || regime.ReportDay == 0 {
		return 0, ""
	}
	due := datasets.DayOf(time.Date(next.Year(), next.Month(), regime.ReportDay, 0, 0, 0, 0, time.UTC))
	if _, ok := c.tables.Regimes.On(due, ref.Notification); !ok {
		return 0, ""
	}
	return due, fmt.Sprintf("%s: quarterly information by day %d of the month after the quarter", regime.Law, regime.ReportDay)
}

// reportedPower compares the power of a report with the meters.
func (c *checker) reportedPower(e *entity, r datasets.QuarterlyReport, due datasets.Day, law string) {
	var kw float64
	for _, s := range e.sites {
		for _, q := range s.Quarters {
			if q.Quarter == r.Quarter {
				kw += quarterLowKW(q)
			}
		}
	}
	if overPower(kw, 1000*r.MW) {
		c.add(e, RuleReportedPower, r.Quarter, due, fmt.Sprintf("at least %.0f kW metered while on", kw), fmt.Sprintf("reported %.0f kW", 1000*r.MW),
			"lower end of the metered energy over the hours on; "+law)
	}
}
