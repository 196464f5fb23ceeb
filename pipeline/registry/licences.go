package registry

import (
	"fmt"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// licences checks that whoever went on after notices ceased to count held a
// licence. Activity is what a meter or a declaration shows; a register that
// names no licence at all says nothing here.
func (c *checker) licences(e *entity) {
	if !c.ix.hasLicences || !e.miner() {
		return
	}
	from := c.ix.notified.To + 1 // first day on which only a licence counts
	seen, how := e.lastActivity()
	if seen < from+OnsetSlackDays {
		return
	}
	last, held := e.lastLicence()
	regime, _ := c.tables.Regimes.On(seen, ref.Licence)
	switch {
	case !held:
		c.add(e, RuleLicenceMissing, 0, c.ix.notified.To, how+" until "+seen.String(), "a licence from "+from.String(),
			regime.Law+": mining by licence only; notices ceased to count after "+c.ix.notified.To.String())
	case seen > last+OnsetSlackDays:
		c.add(e, RuleLicenceExpired, 0, last, how+" until "+seen.String(), "none after "+last.String()+" without a new licence",
			fmt.Sprintf("%s: the licence ended on %s", regime.Law, last))
	}
}

// lastActivity returns the last day on which the entity is known to have
// mined, 0 if never, and what shows it.
func (e *entity) lastActivity() (datasets.Day, string) {
	day, how := e.until(), "metered load consistent with mining"
	for q, wh := range e.declared {
		if wh > 0 && q.End() > day {
			day, how = q.End(), "energy declared"
		}
	}
	return day, how
}

// lastLicence returns the last day of the entity's latest licence.
func (e *entity) lastLicence() (last datasets.Day, held bool) {
	for _, l := range e.links {
		if p, ok := licence(l.Entry); ok {
			last, held = max(last, p.To), true
		}
	}
	return last, held
}

// tenants checks a provider whose centre is metered mining: it needs tenants
// in the register, and from the day on which only licences count each needs
// its own (subtype II).
func (c *checker) tenants(e *entity) {
	until := e.until()
	if until == 0 {
		return
	}
	var tenants []datasets.RegistryEntry
	for _, i := range c.ix.byHost[e.bin] {
		tenants = append(tenants, c.ix.entries[i])
	}
	if len(tenants) == 0 && !e.miner() {
		c.add(e, RuleNoTenants, 0, 0, "load pattern consistent with mining until "+until.String(), "tenants in the register",
			"a provider of infrastructure does not mine itself; nobody in the register rents from it")
	}
	if !c.ix.hasLicences || !c.ix.licensed.Contains(until) || until <= c.ix.notified.To+OnsetSlackDays {
		return
	}
	for _, t := range tenants {
		ended := t.TerminatedOn != 0 && t.TerminatedOn <= c.ix.notified.To && !impossible(t)
		if ended || slices.ContainsFunc(c.entriesOf(t.BIN), func(r datasets.RegistryEntry) bool {
			p, ok := licence(r)
			return ok && p.To >= until
		}) {
			continue
		}
		regime, _ := c.tables.Regimes.On(until, ref.Licence)
		c.add(&entity{bin: t.BIN, name: t.Name}, RuleTenantLicence, 0, c.ix.notified.To,
			"rents from "+e.bin+", whose centre mined until "+until.String(), "a licence of its own on that day",
			regime.Law+": owners of equipment in another's centre need a licence of subtype II")
	}
}

func (c *checker) entriesOf(bin string) []datasets.RegistryEntry {
	var out []datasets.RegistryEntry
	for _, i := range c.ix.byBIN[bin] {
		out = append(out, c.ix.entries[i])
	}
	return out
}
