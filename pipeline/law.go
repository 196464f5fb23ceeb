package pipeline

import (
	"errors"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/linkage"
	"github.com/minewatch/minewatch/pipeline/registry"
	"github.com/minewatch/minewatch/pipeline/tax"
)

// law holds the dated tables of the law and what the state's books say.
type law struct {
	tables       registry.Tables
	baseRates    ref.BaseRates // nil unless interest is asked for
	regions      ref.Regions
	tariffs      ref.Tariffs
	index        *registry.Index
	entries      []datasets.RegistryEntry
	reports      []datasets.QuarterlyReport
	declarations []datasets.Declaration
	ref          *Tables
	config       Tax
	asOf         datasets.Day
}

func loadLaw(env *Env, asOf datasets.Day) (*law, error) {
	ws, t := env.WS, env.tables
	l := &law{config: ws.Config.Tax, asOf: asOf, ref: t, regions: t.Regions, tariffs: t.Tariffs}
	l.tables = registry.Tables{Regimes: t.Regimes, Rates: t.Rates, Deadlines: t.Deadlines, Accredited: t.Accredited}
	if ws.Config.Tax.LateInterest {
		l.baseRates = t.BaseRates
	}
	var errs [3]error
	l.entries, errs[0] = store.ReadTable[datasets.RegistryEntry](ws.Lake(), "registry")
	l.reports, errs[1] = store.ReadTable[datasets.QuarterlyReport](ws.Lake(), "quarterly_reports")
	l.declarations, errs[2] = store.ReadTable[datasets.Declaration](ws.Lake(), "declarations")
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	l.index = registry.NewIndex(l.entries, l.tables.Regimes)
	return l, nil
}

// link fits the linkage of the registry to the sites.
func (l *law) link(cases []*siteCase, seed int64) {
	sites := make([]datasets.Site, len(cases))
	for i, s := range cases {
		sites[i] = s.site
	}
	l.index.Link(linkage.NewReader(l.ref.Regions, l.ref.Places), sites, uint64(seed))
}

// declaredBy divides what each BIN declared among the sites that answer to it,
// by their mining energy in the quarter, so that one declaration is not set
// off twice.
func (l *law) declaredBy(sites []*siteCase) {
	type account struct {
		bin     string
		quarter datasets.Quarter
	}
	sharers := map[account][]*siteCase{}
	for _, s := range sites {
		for _, bin := range s.bins() {
			for _, e := range s.energy {
				a := account{bin, e.Quarter}
				sharers[a] = append(sharers[a], s)
			}
		}
	}
	for _, d := range l.declarations {
		share := sharers[account{d.BIN, d.Quarter}]
		if len(share) == 0 {
			continue
		}
		weights := make([]datasets.Wh, len(share))
		for i, s := range share {
			weights[i] = s.energyIn(d.Quarter).Wh
		}
		wh, money := tax.Apportion(int64(d.Wh), weights), tax.Apportion(int64(d.Tax), weights)
		for i, s := range share {
			part := d
			part.Wh, part.Tax = datasets.Wh(wh[i]), datasets.Tiyn(money[i])
			s.declared = append(s.declared, part)
		}
	}
}

// account calculates the statement of one site.
func (l *law) account(s *siteCase) (tax.Account, error) {
	var declared []tax.Declared
	for _, d := range s.declared {
		declared = append(declared, tax.Declared{Quarter: d.Quarter, Wh: d.Wh, Tax: d.Tax})
	}
	site := s.site
	if site.PriceKZTKWh == 0 {
		site.PriceKZTKWh = l.config.DefaultPriceKZTKWh
	}
	return tax.Statement(tax.Site{
		SiteID: site.SiteID, BIN: site.BIN, LimitationYears: l.config.LimitationYears,
		Limitation: func(q datasets.Quarter) (int, string) {
			return l.ref.Limits.Of(site.BIN, q.End())
		},
		Price: func(q datasets.Quarter) (ref.Rate, string) { return tax.PriceOf(site, q, l.regions, l.tariffs) },
	}, s.energy, declared, tax.Rules{Rates: l.tables.Rates, Deadlines: l.tables.Deadlines, AsOf: l.asOf, BaseRates: l.baseRates, Calendar: l.ref.Calendar})
}
