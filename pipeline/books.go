package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/registry"
)

// books gathers what the register is checked against: sites that mine, sites
// of registered entities that do not, and contacts with pools.
func (r *runner) books(cases []*siteCase) (registry.Books, error) {
	b := registry.Books{Reports: r.law.reports, Declarations: r.law.declarations, AsOf: r.law.asOf}
	totals, err := r.quarterTotals(cases)
	if err != nil {
		return b, err
	}
	bin := map[string]string{} // registered entity by site
	for _, s := range cases {
		if s.answer.Outcome == registry.Match {
			bin[s.site.SiteID] = s.answer.BINs()[0]
		}
		id := s.site.SiteID
		switch {
		case s.verdict.Probability >= shownAt:
			b.Sites = append(b.Sites, registry.Metered{Mining: s.metered(r.env.Zone), Answer: s.answer, Totals: totals[id]})
		case s.answer.Outcome == registry.Match && s.load.Hours > 0:
			b.Idle = append(b.Idle, registry.Idle{
				Site: s.site, Answer: s.answer, Totals: totals[id],
				From: localDay(s.load.First, r.env.Zone, false), Until: localDay(s.load.Last, r.env.Zone, true),
			})
		}
	}
	b.Contacts, err = r.contacts(bin)
	return b, err
}

// coveredShare is the share of the hours of each month that a meter must have
// counted for the quarter's total to be held against anybody.
const coveredShare = 0.95

// quarterTotals returns the metered energy of the sites that an entity answers
// for, of quarters whose three months are covered.
func (r *runner) quarterTotals(cases []*siteCase) (map[string]map[datasets.Quarter]datasets.Wh, error) {
	totals := map[string]map[datasets.Quarter]datasets.Wh{}
	for _, s := range cases {
		if s.answer.Outcome == registry.Match {
			totals[s.site.SiteID] = map[datasets.Quarter]datasets.Wh{}
		}
	}
	if len(totals) == 0 {
		return totals, nil
	}
	rows, err := store.ReadTable[datasets.LoadProfile](r.env.WS.Lake(), "load_profile")
	if err != nil {
		return nil, err
	}
	type key struct {
		site    string
		quarter datasets.Quarter
	}
	months := map[key]int{}
	sum := map[key]datasets.Wh{}
	for _, row := range rows {
		k := key{row.SiteID, datasets.Quarter(row.Month / 3)} // both count from the year 0
		sum[k] += row.Wh
		if float64(row.Covered) >= coveredShare*float64(row.Hours) {
			months[k]++
		}
	}
	for k, n := range months {
		if t := totals[k.site]; t != nil && n == 3 {
			t[k.quarter] = sum[k]
		}
	}
	return totals, nil
}

// contacts returns the contacts of registered entities with pools that the
// list of pools knows by name. Other endpoints are suspected, not named.
func (r *runner) contacts(binOf map[string]string) ([]registry.PoolContact, error) {
	if len(r.env.tables.Accredited) == 0 || len(r.traffic.subscribers) == 0 {
		return nil, nil
	}
	users, err := store.ReadTable[datasets.Pool](r.env.WS.Lake(), "pools")
	if err != nil {
		return nil, err
	}
	operators := map[string]bool{}
	for _, p := range slices.Concat(ref.ShippedPools(), users) {
		operators[p.Pool] = true
	}
	var out []registry.PoolContact
	for _, s := range r.traffic.subscribers {
		bin, where := s.BIN, "subscriber "+s.SubscriberID
		if b := binOf[s.SiteID]; b != "" {
			bin, where = b, "site "+s.SiteID
		}
		for pool := range strings.SplitSeq(s.Pools, ", ") {
			if bin != "" && operators[pool] {
				out = append(out, registry.PoolContact{BIN: bin, Pool: pool, Where: where, First: localDay(s.First, r.env.Zone, false), Last: localDay(s.Last, r.env.Zone, true)})
			}
		}
	}
	slices.SortFunc(out, func(a, b registry.PoolContact) int {
		return cmp.Or(cmp.Compare(a.BIN, b.BIN), cmp.Compare(a.Pool, b.Pool), cmp.Compare(a.First, b.First), cmp.Compare(a.Where, b.Where))
	})
	return out, nil
}
