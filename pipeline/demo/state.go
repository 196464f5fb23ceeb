package demo

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sample"
)

// A town is where invented sites stand; coordinates are those of its centre,
// rounded, and every site is moved a little.
type town struct {
	region, kato string
	lat, lon     float64
}

var towns = []town{
	{"Karaganda", "350000000", 49.80, 73.10},
	{"Pavlodar", "550000000", 52.29, 76.97},
	{"Almaty", "750000000", 43.24, 76.90},
	{"Astana", "710000000", 51.13, 71.43},
	{"Kostanay", "390000000", 53.21, 63.63},
}

func (s *site) town() town { return towns[s.n%len(towns)] }

// place returns the site's row. Nothing in it is real but the meter.
func (s *site) place() datasets.Site {
	t := s.town()
	row := datasets.Site{
		SiteID: s.id, Region: t.region, KATO: t.kato,
		Address: fmt.Sprintf("%s, Sample street %d", t.region, 3+7*s.n),
		Lat:     math.Round((t.lat+0.011*float64(s.n%7)-0.03)*1e5) / 1e5,
		Lon:     math.Round((t.lon+0.013*float64(s.n%5)-0.02)*1e5) / 1e5,
	}
	switch s.Kind {
	case sample.Home:
		row.AccountType, row.TariffGroup = "household", "household"
		return row
	case sample.Server:
		row.Name, row.OKED, row.TariffGroup = "ТОО «Sample Compute»", "63110", "commercial"
	case sample.Steel:
		row.Name, row.OKED, row.TariffGroup, row.PriceKZTKWh = "АО «Sample Steel»", "24100", "industrial", 19.4
	case sample.School:
		row.Name, row.OKED, row.TariffGroup, row.PriceKZTKWh = "КГУ «Sample School»", "85310", "budget", 31.2
	default:
		row.Name = fmt.Sprintf("ТОО «Sample %s»", s.ID[len("cambridge-"):])
		row.OKED, row.TariffGroup, row.PriceKZTKWh = "85420", "commercial", 22.5
	}
	row.AccountType = "legal"
	if kw, ok := feeder[s.ID]; ok {
		row.FeederID, row.ContractedKW = feederID, kw
	}
	row.BIN = s.bin()
	return row
}

// bin makes up a BIN. Its check digit is right, as that of a real one; its
// serial number is from the end of the range.
func (s *site) bin() string {
	for serial := 99000 + 10*s.n; ; serial++ {
		for check := range 10 {
			if bin := fmt.Sprintf("210940%05d%d", serial, check); datasets.CheckBIN(bin) == nil {
				return bin
			}
		}
	}
}

func (b *builder) places() error {
	head := []string{"site_id", "name", "bin", "account_type", "oked", "tariff_group", "kato", "region", "address", "lat", "lon", "feeder_id", "contracted_kw", "price_kzt_kwh"}
	return b.csv("sites/sites.csv", head, func(row func(...string)) {
		for _, s := range b.sites {
			p := s.place()
			row(p.SiteID, p.Name, p.BIN, p.AccountType, p.OKED, p.TariffGroup, p.KATO, p.Region, p.Address, number(p.Lat), number(p.Lon), p.FeederID, number(p.ContractedKW), number(p.PriceKZTKWh))
		}
	})
}

// number prints a number as short as it is exact; 0 is "not given".
func number(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// weather writes the temperatures that go with the university meters as those
// of Karaganda, moved as the meters are.
func (b *builder) weather() error {
	temps, err := sample.CambridgeTempC()
	if err != nil {
		return err
	}
	start := time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 7*shiftWeeks[sample.University])
	return b.csv("weather/karaganda.csv.gz", []string{"region", "ts", "temp_c"}, func(row func(...string)) {
		for i, t := range temps {
			if !math.IsNaN(t) {
				row("Karaganda", start.Add(time.Duration(i)*time.Hour).Format("2006-01-02T15:04"), strconv.FormatFloat(t, 'f', 1, 64))
			}
		}
	})
}

// curtailments writes one window that the operator ordered; the honest miner
// obeys in the model only where the cut is that of January 2022, so this one
// concerns a feeder without sites and shows the format.
func (b *builder) curtailments() error {
	return b.csv("curtailments/curtailments.csv", []string{"region", "feeder_id", "start", "end", "kind"}, func(row func(...string)) {
		row("", "F-900", "2023-01-16T18:00", "2023-01-16T22:00", "grid_order")
	})
}

func (b *builder) registry() error {
	head := []string{"bin", "name", "category", "jurisdiction", "notified_on", "design_start_on", "activity_start_on", "terminated_on",
		"kato", "address", "lat", "lon", "declared_mw", "license_no", "license_type", "license_from", "license_to"}
	return b.csv("registry/registry.csv", head, func(row func(...string)) {
		for _, s := range b.sites {
			if s.role == nil || s.role.registry == nil {
				continue
			}
			p, e := s.place(), *s.role.registry
			row(p.BIN, p.Name, "miner", "RK", e.NotifiedOn.String(), e.DesignStartOn.String(), e.ActivityStartOn.String(), e.TerminatedOn.String(),
				p.KATO, p.Address, number(p.Lat), number(p.Lon), number(e.DeclaredMW), e.LicenseNo, e.LicenseType, e.LicenseFrom.String(), e.LicenseTo.String())
		}
	})
}

// declarations follow the role: a share of the true energy, at 1 KZT in 2022
// and 3 KZT in 2023 (25 less the whole tenge of the price of 22.5).
func (b *builder) declarations() error {
	return b.csv("declarations/declarations.csv", []string{"bin", "quarter", "kwh", "tax_kzt"}, func(row func(...string)) {
		for _, s := range b.sites {
			if s.role == nil || s.role.declares == 0 {
				continue
			}
			sums := s.quarterKWh()
			for _, q := range slices.Sorted(maps.Keys(sums)) {
				kwh := math.Round(sums[q] * s.role.declares)
				rate := 1.0
				if q >= datasets.QuarterOf(clock("2023-01-01 00:00")) {
					rate = 3
				}
				if end := s.role.terminated(); end != 0 && q.Start() > end {
					continue
				}
				row(s.bin(), q.String(), strconv.FormatFloat(kwh, 'f', 0, 64), strconv.FormatFloat(kwh*rate, 'f', 2, 64))
			}
		}
	})
}

func (r *role) terminated() datasets.Day {
	if r.registry == nil {
		return 0
	}
	return r.registry.TerminatedOn
}

// reports are handed in on the eighth of the month after the quarter.
func (b *builder) reports() error {
	return b.csv("quarterly_reports/reports.csv", []string{"bin", "quarter", "submitted_on", "mw", "jobs"}, func(row func(...string)) {
		for _, s := range b.sites {
			if s.role == nil || s.role.reportsMW == 0 {
				continue
			}
			sums := s.quarterKWh()
			for _, q := range slices.Sorted(maps.Keys(sums)) {
				if end := s.role.terminated(); end != 0 && q.Start() > end {
					continue
				}
				row(s.bin(), q.String(), (q.End() + 8).String(), number(s.role.reportsMW), "4")
			}
		}
	})
}
