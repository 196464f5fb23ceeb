package registry

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// The rules, as they are named in compliance/registry.csv.
const (
	RuleNoticeBeforeDesign = "notice_late_before_design"
	RuleNoticeBeforeOnset  = "notice_late_before_metered_onset"
	RuleAfterTermination   = "activity_after_termination"
	RuleReportMissing      = "quarterly_report_missing"
	RuleReportLate         = "quarterly_report_late"
	RuleReportedPower      = "reported_power_below_meter"
	RuleCapacity           = "capacity_exceeded"
	RuleDeclMissing        = "declaration_missing"
	RuleDeclShort          = "declaration_below_meter"
	RuleLicenceMissing     = "licence_missing"
	RuleLicenceExpired     = "licence_expired"
	RuleTenantLicence      = "tenant_without_licence"
	RuleNoTenants          = "provider_without_tenants"
	RulePlace              = "metered_place_not_registered"
	RuleDates              = "register_dates_impossible"
	RuleTwoNames           = "register_bin_with_two_names"
	RuleNotMining          = "notified_but_not_mining"
	RuleDeclAbove          = "declaration_above_meter"
	RuleUnknownTenants     = "provider_with_unregistered_tenants"
	RulePool               = "pool_not_accredited"
)

// A Metered is a site that mines and its answer.
type Metered struct {
	Mining
	Answer Answer
	// Totals is all energy that the meter counted, of quarters that it covers.
	Totals map[datasets.Quarter]datasets.Wh
}

// An Idle is a site whose meter shows no mining, and its answer.
type Idle struct {
	Site        datasets.Site
	Answer      Answer
	From, Until datasets.Day // first and last day of its readings
	Totals      map[datasets.Quarter]datasets.Wh
}

// A PoolContact says that a registered entity's lines spoke to a pool.
type PoolContact struct {
	BIN         string // of the entity
	Pool        string // operator
	Where       string // site or subscriber, for a reader
	First, Last datasets.Day
}

// Books are the rows against which the register is checked. Empty Reports or
// Declarations mean that the table was not delivered: nothing is then said of
// what is missing in it.
type Books struct {
	Sites        []Metered // that mine; only matches are used but for a provider's tenants
	Idle         []Idle    // only matches are used
	Contacts     []PoolContact
	Reports      []datasets.QuarterlyReport
	Declarations []datasets.Declaration
	AsOf         datasets.Day
}

// An entity is one BIN with its entries and all that is known of it.
type entity struct {
	bin, name string
	links     []Link // its entries, oldest notice first
	sites     []Metered
	idle      []Idle
	reports   map[datasets.Quarter]datasets.QuarterlyReport
	declared  map[datasets.Quarter]datasets.Wh
}

// A checker carries what every rule reads, and gathers breaches.
type checker struct {
	ix     *Index
	tables Tables
	books  Books
	out    []datasets.Breach
}

// Breaches checks every entry of the register. Rows come by BIN, rule, quarter
// and due date.
func Breaches(ix *Index, books Books, tables Tables) []datasets.Breach {
	c := &checker{ix: ix, tables: tables, books: books}
	for _, e := range entities(ix, books) {
		c.notice(e)
		c.termination(e)
		c.reports(e)
		c.energy(e)
		c.capacity(e)
		c.place(e)
		c.licences(e)
		c.tenants(e)
		c.unknownTenants(e)
		c.idle(e)
		c.declaredAbove(e)
		c.names(e)
		c.pools(e)
	}
	slices.SortStableFunc(c.out, func(a, b datasets.Breach) int {
		return cmp.Or(cmp.Compare(a.BIN, b.BIN), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Quarter, b.Quarter), cmp.Compare(a.DueOn, b.DueOn), cmp.Compare(a.Observed, b.Observed))
	})
	return slices.Compact(c.out)
}

// entities groups the entries by BIN. A site belongs to the BIN that it was
// matched by; a host's site is the host's, since who of the tenants draws what
// is not metered.
func entities(ix *Index, books Books) []*entity {
	byBIN := map[string]*entity{}
	for _, r := range ix.entries {
		e := byBIN[r.BIN]
		if e == nil {
			e = &entity{bin: r.BIN, reports: map[datasets.Quarter]datasets.QuarterlyReport{}, declared: map[datasets.Quarter]datasets.Wh{}}
			byBIN[r.BIN] = e
		}
		e.name = r.Name // the latest notice's
		e.links = append(e.links, Link{Entry: r, Outcome: Match, By: ByBIN})
	}
	for _, s := range books.Sites {
		if e := byBIN[s.holder()]; e != nil && s.Answer.Outcome == Match {
			e.sites = append(e.sites, s)
		}
	}
	for _, s := range books.Idle {
		if e := byBIN[(Metered{Mining: Mining{Site: s.Site}, Answer: s.Answer}).holder()]; e != nil && s.Answer.Outcome == Match {
			e.idle = append(e.idle, s)
		}
	}
	for _, r := range books.Reports {
		e := byBIN[cleanBIN(r.BIN)]
		if e == nil {
			continue
		}
		if old, ok := e.reports[r.Quarter]; !ok || r.SubmittedOn < old.SubmittedOn {
			e.reports[r.Quarter] = r // the first submission decides whether it was late
		}
	}
	for _, d := range books.Declarations {
		if e := byBIN[cleanBIN(d.BIN)]; e != nil {
			e.declared[d.Quarter] += d.Wh
		}
	}
	out := make([]*entity, 0, len(byBIN))
	for _, bin := range slices.Sorted(maps.Keys(byBIN)) {
		out = append(out, byBIN[bin])
	}
	return out
}

// holder returns the BIN of the registered entity that holds the site: its
// own, or the one that its record was matched to.
func (m Metered) holder() string {
	if l := m.Answer.Links; len(l) > 0 && l[0].By == ByRecord {
		return l[0].Entry.BIN
	}
	return cleanBIN(m.Site.BIN)
}

func (c *checker) add(e *entity, rule string, q datasets.Quarter, due datasets.Day, observed, expected, detail string) {
	c.out = append(c.out, datasets.Breach{BIN: e.bin, Name: e.name, Rule: rule, Quarter: q, DueOn: due, Observed: observed, Expected: expected, Detail: detail})
}

// since and until return the first and last day of metered mining, 0 without.
func (e *entity) since() datasets.Day {
	var d datasets.Day
	for _, s := range e.sites {
		if d == 0 || s.Since < d {
			d = s.Since
		}
	}
	return d
}

func (e *entity) until() datasets.Day {
	var d datasets.Day
	for _, s := range e.sites {
		d = max(d, s.Until)
	}
	return d
}

func (e *entity) miner() bool {
	return slices.ContainsFunc(e.links, func(l Link) bool { return l.Entry.Category == "miner" })
}

// ended returns the day on which the last of the entity's entries was
// terminated, 0 if one goes on.
func (e *entity) ended() datasets.Day {
	var last datasets.Day
	for _, l := range e.links {
		if l.Entry.TerminatedOn == 0 || impossible(l.Entry) {
			return 0
		}
		last = max(last, l.Entry.TerminatedOn)
	}
	return last
}

// notice checks that the notice came in time: 30 calendar days before design
// (Order 384, paragraph 3) or start (Order 146), and before the metered onset.
func (c *checker) notice(e *entity) {
	for _, l := range e.links {
		r := l.Entry
		if impossible(r) {
			c.add(e, RuleDates, 0, 0, fmt.Sprintf("notified %s, terminated %s", r.NotifiedOn, r.TerminatedOn),
				"termination after the notice", "the end of this entry is ignored; to be corrected in the register")
		}
		regime, ok := c.tables.Regimes.On(r.NotifiedOn, ref.Notification)
		if !ok || regime.NoticeDays == 0 {
			continue
		}
		begin, what := r.ActivityStartOn, "start"
		if regime.NoticeBefore == "design" && r.DesignStartOn != 0 {
			begin, what = r.DesignStartOn, "design"
		}
		if begin == 0 {
			continue
		}
		if due := begin - datasets.Day(regime.NoticeDays); r.NotifiedOn > due {
			c.add(e, RuleNoticeBeforeDesign, 0, due, "notified "+r.NotifiedOn.String(), "notified by "+due.String(),
				fmt.Sprintf("%s: notice %d calendar days before %s (%s); %d days late", regime.Law, regime.NoticeDays, what, begin, r.NotifiedOn-due))
		}
	}
	c.onset(e)
}

func (c *checker) onset(e *entity) {
	first, since := e.links[0].Entry, e.since()
	regime, ok := c.tables.Regimes.On(first.NotifiedOn, ref.Notification)
	if since == 0 || !ok || regime.NoticeDays == 0 {
		return
	}
	due := max(since-datasets.Day(regime.NoticeDays), c.ix.notified.From)
	if first.NotifiedOn > due+OnsetSlackDays {
		c.add(e, RuleNoticeBeforeOnset, 0, due, "notified "+first.NotifiedOn.String(), "notified by "+due.String(),
			fmt.Sprintf("%s: notice %d calendar days before; load pattern consistent with mining from %s, give or take %d days", regime.Law, regime.NoticeDays, since, OnsetSlackDays))
	}
}

func (c *checker) termination(e *entity) {
	end, until := e.ended(), e.until()
	if end != 0 && until > end+OnsetSlackDays {
		c.add(e, RuleAfterTermination, 0, end, "mining until "+until.String(), "none after "+end.String(),
			fmt.Sprintf("terminated on %s; load pattern consistent with mining %d days longer", end, until-end))
	}
}

// capacity compares metered power with what was declared with expansion.
func (c *checker) capacity(e *entity) {
	var kw float64
	for _, s := range e.sites {
		kw += s.lowKW()
	}
	if declared := capacityKW(e.links); declared > 0 && overPower(kw, declared) {
		c.add(e, RuleCapacity, 0, 0, fmt.Sprintf("at least %.0f kW", kw), fmt.Sprintf("at most %.0f kW", declared),
			fmt.Sprintf("lower end of the metered power of %d sites against declared power with expansion", len(e.sites)))
	}
}

// place checks that each metered site lies at a centre that the entity named:
// by coordinates, else by town. Two spellings of a street prove nothing.
func (c *checker) place(e *entity) {
	for _, s := range e.sites {
		c.town(e, s)
		nearest := math.Inf(1)
		for _, l := range e.links {
			if located(s.Site.Lat, s.Site.Lon) && located(l.Entry.Lat, l.Entry.Lon) {
				nearest = min(nearest, datasets.DistanceM(s.Site.Lat, s.Site.Lon, l.Entry.Lat, l.Entry.Lon))
			}
		}
		if nearest > elsewhereM && !math.IsInf(nearest, 1) {
			c.add(e, RulePlace, 0, 0, fmt.Sprintf("site %s, %.1f km from the nearest registered centre", s.Site.SiteID, nearest/1000),
				fmt.Sprintf("a registered centre within %.0f km", elsewhereM/1000.0), "the notice and the licence name the place of the centre (Order 384, paragraph 3; Order 169/НҚ)")
		}
	}
}

// energy compares declared energy with the meters, quarter by quarter.
func (c *checker) energy(e *entity) {
	if len(c.books.Declarations) == 0 || !e.miner() {
		return
	}
	var rows []datasets.MiningEnergy
	for _, s := range e.sites {
		rows = append(rows, s.Quarters...)
	}
	low := lowByQuarter(rows)
	for _, q := range slices.Sorted(maps.Keys(low)) {
		if !c.tables.due(q, c.books.AsOf) {
			continue
		}
		due := c.tables.Deadlines.For(q)
		observed := fmt.Sprintf("at least %.0f kWh metered", low[q].KWh())
		switch d, ok := e.declared[q]; {
		case !ok && low[q] > EnergySlackWh:
			c.add(e, RuleDeclMissing, q, due.Payment, observed+", nothing declared", "a declaration", due.Law)
		case ok && exceeds(low[q], d):
			c.add(e, RuleDeclShort, q, due.Payment, observed, fmt.Sprintf("declared %.0f kWh", d.KWh()),
				fmt.Sprintf("lower end of the interval against the declared energy with a margin of 10 %% and 1000 kWh; %s", due.Law))
		}
	}
}
