package pipeline

import (
	"errors"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/store"
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
	config       Tax
	asOf         datasets.Day
}

func loadLaw(ws *Workspace, asOf datasets.Day) (*law, error) {
	l := &law{config: ws.Config.Tax, asOf: asOf}
	var errs [8]error
	l.tables.Regimes, errs[0] = ref.LoadRegimes(nil)
	l.tables.Rates, errs[1] = ref.LoadRates(nil)
	l.tables.Deadlines, errs[2] = ref.LoadDeadlines(nil)
	l.regions, errs[3] = ref.LoadRegions(nil)
	l.tariffs, errs[4] = ref.LoadTariffs(nil)
	l.entries, errs[5] = store.ReadTable[datasets.RegistryEntry](ws.Lake(), "registry")
	l.reports, errs[6] = store.ReadTable[datasets.QuarterlyReport](ws.Lake(), "quarterly_reports")
	l.declarations, errs[7] = store.ReadTable[datasets.Declaration](ws.Lake(), "declarations")
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if ws.Config.Tax.LateInterest {
		var err error
		if l.baseRates, err = ref.LoadBaseRates(nil); err != nil {
			return nil, err
		}
	}
	l.index = registry.NewIndex(l.entries, l.tables.Regimes)
	return l, nil
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
		Price: func(q datasets.Quarter) (ref.Rate, string) { return tax.PriceOf(site, q, l.regions, l.tariffs) },
	}, s.energy, declared, tax.Rules{Rates: l.tables.Rates, Deadlines: l.tables.Deadlines, AsOf: l.asOf, BaseRates: l.baseRates})
}
