package registry

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/pipeline/linkage"
)

const (
	// startGraceDays is how long after the notice activity is looked for if
	// the notice names no begin: design and building take their time.
	startGraceDays = 365
	// idleDays is the shortest metered time without mining that is worth a row.
	idleDays = 90
)

// idle checks that a miner who gave notice mines where it is metered, or has
// said that it stopped. A meter that shows no mining is no proof of none, so
// the row says what was looked at.
func (c *checker) idle(e *entity) {
	if !e.miner() || len(e.sites) > 0 || len(e.idle) == 0 {
		return
	}
	begin, end := e.begin(), e.ended()
	longest := Idle{}
	for _, s := range e.idle {
		s.From = max(s.From, begin)
		if end != 0 {
			s.Until = min(s.Until, end)
		}
		if s.Until-s.From > longest.Until-longest.From {
			longest = s
		}
	}
	days := longest.Until - longest.From + 1
	if longest.From == 0 || days < idleDays {
		return
	}
	law := "Order 384/НҚ and Order 146/НҚ: stopping is to be notified"
	if c.ix.licensed.Contains(longest.Until) && !c.ix.notified.Contains(longest.Until) {
		law = "Law 193-VII: a licence is given for mining at the named centre"
	}
	c.add(e, RuleNotMining, 0, begin,
		fmt.Sprintf("no load pattern consistent with mining at %d metered sites, longest at %s from %s to %s", len(e.idle), longest.Site.SiteID, longest.From, longest.Until),
		"activity from "+begin.String()+", or a notice of termination", fmt.Sprintf("%s; %d days without", law, days))
}

// begin returns the day from which the entity was to be active.
func (e *entity) begin() datasets.Day {
	var first datasets.Day
	for _, l := range e.links {
		d := l.Entry.ActivityStartOn
		if d == 0 {
			d = l.Entry.NotifiedOn + startGraceDays
		}
		if first == 0 || d < first {
			first = d
		}
	}
	return first
}

// declaredAbove compares what was declared with all that the entity's meters
// counted: energy beyond that was drawn at a place that nobody named. Only
// quarters that every meter of the entity covers are compared.
func (c *checker) declaredAbove(e *entity) {
	totals := e.totals()
	for _, q := range slices.Sorted(maps.Keys(totals)) {
		if d := e.declared[q]; exceeds(d, totals[q]) {
			due := c.tables.Deadlines.For(q)
			c.add(e, RuleDeclAbove, q, due.Payment, fmt.Sprintf("declared %.0f kWh", d.KWh()), fmt.Sprintf("at most %.0f kWh, all that its meters counted", totals[q].KWh()),
				fmt.Sprintf("%d sites; with a margin of 10 %% and 1000 kWh; a place of consumption is not in the data, or the declaration is wrong; %s", len(e.sites)+len(e.idle), due.Law))
		}
	}
}

func (e *entity) totals() map[datasets.Quarter]datasets.Wh {
	var all []map[datasets.Quarter]datasets.Wh
	for _, s := range e.sites {
		all = append(all, s.Totals)
	}
	for _, s := range e.idle {
		all = append(all, s.Totals)
	}
	sum := map[datasets.Quarter]datasets.Wh{}
	if len(all) == 0 {
		return sum
	}
	for q := range all[0] {
		wh, covered := datasets.Wh(0), true
		for _, totals := range all {
			t, ok := totals[q]
			wh, covered = wh+t, covered && ok
		}
		if covered {
			sum[q] = wh
		}
	}
	return sum
}

// unknownTenants checks a provider's centre for miners whom the register does
// not know: power beyond what its tenants declared, and other holders' meters
// at the same place that show mining.
func (c *checker) unknownTenants(e *entity) {
	if e.miner() {
		return
	}
	regime := c.lawOn(e.until())
	var tenants []Link
	for _, i := range c.ix.byHost[e.bin] {
		tenants = append(tenants, Link{Entry: c.ix.entries[i], By: ByHost})
	}
	var kw float64
	for _, s := range e.sites {
		kw += s.lowKW()
	}
	if declared := placesKW(tenants, true); declared > 0 && overPower(kw, declared) {
		c.add(e, RuleUnknownTenants, 0, 0, fmt.Sprintf("at least %.0f kW metered at the provider's centre", kw),
			fmt.Sprintf("at most %.0f kW, declared by the %d tenants in the register", declared, len(tenants)), regime+": every miner registers, in another's centre, too")
	}
	for _, s := range c.books.Sites {
		bin := cleanBIN(s.Site.BIN)
		if s.Answer.Outcome != Possible || datasets.CheckBIN(bin) != nil || len(c.ix.byBIN[bin]) > 0 || !standsAt(s.Answer, e.bin) {
			continue
		}
		c.add(e, RuleUnknownTenants, 0, 0, fmt.Sprintf("site %s of %s at the provider's centre: load pattern consistent with mining until %s", s.Site.SiteID, bin, s.Until),
			"tenants in the register", c.lawOn(s.Until)+": every miner registers, in another's centre, too")
	}
}

// standsAt reports whether an answer rests on the place of an entity.
func standsAt(a Answer, bin string) bool {
	return slices.ContainsFunc(a.Links, func(l Link) bool { return l.Entry.BIN == bin && (l.By == ByAddress || l.By == ByDistance) })
}

// lawOn returns the law by which miners register on d.
func (c *checker) lawOn(d datasets.Day) string {
	for _, regime := range []string{ref.Notification, ref.Licence} {
		if r, ok := c.tables.Regimes.On(d, regime); ok {
			return r.Law
		}
	}
	return "rules of registration"
}

// names reports a BIN under which two companies seem to stand: one of the two
// numbers is probably mistyped, and either company could be called unregistered.
func (c *checker) names(e *entity) {
	var known []string
	for _, l := range e.links {
		n := l.Entry.Name
		differs := len(known) > 0 && !slices.ContainsFunc(known, func(k string) bool {
			return linkage.CompareNames(linkage.ReadName(k), linkage.ReadName(n)) != linkage.NameDifferent
		})
		if differs || len(known) == 0 {
			known = append(known, n)
		}
	}
	if len(known) > 1 {
		c.add(e, RuleTwoNames, 0, 0, "entries of "+strings.Join(known, " and "), "one name for one BIN",
			"renamed since, or a BIN mistyped in the register; to be corrected there. Until then the entries count as one entity")
	}
}

// pools checks that a licensed miner works through accredited pools.
func (c *checker) pools(e *entity) {
	if len(c.tables.Accredited) == 0 {
		return
	}
	for _, k := range c.books.Contacts {
		from := max(k.First, c.ix.licensed.From)
		if cleanBIN(k.BIN) != e.bin || !c.ix.licensed.Contains(from) || k.Last < from || c.tables.Accredited.On(k.Pool, from) && c.tables.Accredited.On(k.Pool, k.Last) {
			continue
		}
		regime, _ := c.tables.Regimes.On(k.Last, ref.Licence)
		c.add(e, RulePool, 0, 0, fmt.Sprintf("contact of %s with %s from %s to %s", k.Where, k.Pool, from, k.Last), "accredited pools only",
			regime.Law+"; accreditation: Order 142/НҚ of 2023-04-11; list: accredited_pools.csv")
	}
}

// town reports a metered site in another town or region than all centres that
// the entity named, where coordinates are missing.
func (c *checker) town(e *entity, s Metered) {
	if c.ix.reader == nil {
		return
	}
	site := c.ix.reader.Read(siteRecord(s.Site))
	for _, l := range e.links {
		entry := c.ix.reader.Read(entryRecord(l.Entry))
		if located(s.Site.Lat, s.Site.Lon) && located(entry.Lat, entry.Lon) || c.ix.reader.ComparePlaces(&site, &entry) != linkage.PlaceElsewhere {
			return
		}
	}
	c.add(e, RulePlace, 0, 0, fmt.Sprintf("site %s at %s", s.Site.SiteID, placeName(s.Site)), "a centre that was registered, such as "+e.links[0].Entry.Address,
		"another town or region; the notice and the licence name the place of the centre (Order 384, paragraph 3; Order 169/НҚ)")
}

func placeName(s datasets.Site) string {
	if s.Address != "" {
		return s.Address
	}
	return s.Region
}
