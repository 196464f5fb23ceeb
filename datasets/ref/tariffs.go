package ref

import (
	"fmt"
	"io"

	"github.com/minewatch/minewatch/datasets"
)

// A Tariff is the price of electricity in a region for a tariff group.
type Tariff struct {
	Period
	Region string // code of the region
	Group  string // household, commercial, industrial, agricultural, budget, other
	Price  Rate   // per kWh, as printed
	VAT    string // included or excluded
	Basis
}

// Tariffs is the dated table of prices. It has gaps: a missing price is
// unknown, never guessed.
type Tariffs []Tariff

var tariffColumns = []string{"from", "to", "region", "group", "price_kzt_kwh", "vat", "source", "confidence"}

// LoadTariffs returns the shipped table, overridden by the user's file for the
// regions, groups and days that it speaks of; user may be nil.
func LoadTariffs(user io.Reader) (Tariffs, error) {
	own, users, err := load("tariffs.csv", tariffColumns, user, func(r *row) Tariff {
		return Tariff{
			Period: r.period(), Region: r.need("region"),
			Group: r.oneOf("group", "household", "commercial", "industrial", "agricultural", "budget", "other"),
			Price: r.rate("price_kzt_kwh"), VAT: r.oneOf("vat", "included", "excluded"), Basis: r.basis(),
		}
	})
	if err != nil {
		return nil, err
	}
	scope := func(a, b Tariff) bool { return a.Region == b.Region && a.Group == b.Group }
	t := Tariffs(overlay(own, users, func(l *Tariff) *Period { return &l.Period }, scope))
	for i, a := range t {
		for _, b := range t[:i] {
			if scope(a, b) && a.Overlaps(b.Period) {
				return nil, fmt.Errorf("tariffs: region %s, group %s: %s overlaps %s; end one of them the day before", a.Region, a.Group, a.Period, b.Period)
			}
		}
	}
	return t, nil
}

// In returns the tariff in force in the middle of q, which stands for the
// quarter's average.
func (t Tariffs) In(q datasets.Quarter, region, group string) (Tariff, bool) {
	middle := (q.Start() + q.End()) / 2
	for _, l := range t {
		if l.Region == region && l.Group == group && l.Contains(middle) {
			return l, true
		}
	}
	return Tariff{}, false
}
