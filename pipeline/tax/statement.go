package tax

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// A Site is what the statement needs to know of one site.
type Site struct {
	SiteID, BIN string
	// Price returns the average price of the electricity in a quarter, 0 if
	// unknown, and where it comes from; see PriceOf. nil: unknown throughout.
	Price        func(datasets.Quarter) (ref.Rate, string)
	ControlMeter ControlMeter
	Supply       Supply
	// LimitationYears is 3, or 5 for large businesses, subsoil users under
	// contract and the residents named there (Tax Code of 2017 art. 48, of
	// 2025 art. 65).
	LimitationYears int
	// Limitation returns the years for a quarter where the taxpayer's size was
	// told, and by whom; 0 if not, and then LimitationYears counts. nil: never.
	Limitation func(datasets.Quarter) (years int, source string)
}

// Declared is what was declared for a site and a quarter. A declaration of a
// holder with several sites is divided by [Apportion] first.
type Declared struct {
	Quarter datasets.Quarter
	Wh      datasets.Wh
	Tax     datasets.Tiyn
}

// Rules are the dated tables and the day of the statement.
type Rules struct {
	Rates     ref.Rates
	Deadlines ref.Deadlines
	AsOf      datasets.Day
	// BaseRates, if not nil, asks for late-payment interest up to and
	// including AsOf.
	BaseRates ref.BaseRates
	// Calendar marks due dates that fall on a day off; nil: none is marked.
	Calendar ref.Calendar
}

// A Line is one quarter of a statement, exact.
type Line struct {
	Quarter              datasets.Quarter
	Wh, WhLow, WhHigh    datasets.Wh // estimate and its 90 % interval
	DeclaredWh           datasets.Wh
	DeclaredTax          datasets.Tiyn
	Unpaid               datasets.Wh // max(0, Wh - DeclaredWh), and for both ends
	UnpaidLow            datasets.Wh
	UnpaidHigh           datasets.Wh
	Price                ref.Rate // 0 if unknown
	PriceSource          string
	Readings             []Reading       // main first; at least one
	Taxes                []datasets.Tiyn // Unpaid at each reading
	Tax, TaxLow, TaxHigh datasets.Tiyn
	Due                  ref.Due
	DueOnDayOff          bool // payment falls on a day off
	LimitationYears      int
	LimitationSource     string       // "" if by the setting
	LastDay              datasets.Day // last day before the quarter lapses
	Lapsed               bool         // as of the day of the statement
	Interest             Interest
}

// An Account is the statement of one site.
type Account struct {
	Site                 Site
	AsOf                 datasets.Day
	Lines                []Line // by quarter
	Tax, TaxLow, TaxHigh datasets.Tiyn
	LapsedTax            datasets.Tiyn // part of Tax in lapsed quarters
	Interest             datasets.Tiyn
	MiningWh, DeclaredWh datasets.Wh
	UnpaidWh             datasets.Wh
	QuartersWithoutRate  int
	withInterest         bool
}

// Statement calculates the tax of one site by quarter. Rows of energy of other
// sites, energy below zero or outside its interval, a limitation other than 3
// or 5 years and sums beyond 64 bits are errors.
func Statement(s Site, energy []datasets.MiningEnergy, declared []Declared, rules Rules) (Account, error) {
	a := Account{Site: s, AsOf: rules.AsOf, withInterest: rules.BaseRates != nil}
	if s.LimitationYears != 3 && s.LimitationYears != 5 {
		return Account{}, fmt.Errorf("tax of site %s: limitation of %d years, want 3 or 5", s.SiteID, s.LimitationYears)
	}
	quarters, err := byQuarter(s.SiteID, energy, declared)
	if err != nil {
		return Account{}, fmt.Errorf("tax of site %s: %w", s.SiteID, err)
	}
	for _, q := range slices.Sorted(maps.Keys(quarters)) {
		l := quarters[q]
		if err := l.calculate(s, rules); err != nil {
			return Account{}, fmt.Errorf("tax of site %s, %s: %w", s.SiteID, q, err)
		}
		a.Lines = append(a.Lines, *l)
	}
	return a, a.sum()
}

// byQuarter adds up the rows of each quarter with mining energy. Declarations
// for other quarters do not concern the site.
func byQuarter(site string, energy []datasets.MiningEnergy, declared []Declared) (map[datasets.Quarter]*Line, error) {
	out := map[datasets.Quarter]*Line{}
	for _, e := range energy {
		if e.SiteID != site {
			return nil, fmt.Errorf("energy of another site, %s, is among the rows", e.SiteID)
		}
		if e.WhLow < 0 || e.Wh < e.WhLow || e.WhHigh < e.Wh {
			return nil, fmt.Errorf("%s: energy %d Wh with interval %d to %d: want 0 <= low <= estimate <= high", e.Quarter, e.Wh, e.WhLow, e.WhHigh)
		}
		l := out[e.Quarter]
		if l == nil {
			l = &Line{Quarter: e.Quarter}
			out[e.Quarter] = l
		}
		if err := addWh(&l.WhHigh, e.WhHigh); err != nil { // the largest of the three
			return nil, err
		}
		l.Wh, l.WhLow = l.Wh+e.Wh, l.WhLow+e.WhLow
	}
	for _, d := range declared {
		if d.Wh < 0 || d.Tax < 0 {
			return nil, fmt.Errorf("%s: declared %d Wh and %d tiyn: want 0 or more", d.Quarter, d.Wh, d.Tax)
		}
		if l := out[d.Quarter]; l != nil {
			if err := addWh(&l.DeclaredWh, d.Wh); err != nil {
				return nil, err
			}
			if err := addTiyn(&l.DeclaredTax, d.Tax); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (l *Line) calculate(s Site, rules Rules) error {
	l.Unpaid = max(0, l.Wh-l.DeclaredWh)
	l.UnpaidLow = max(0, l.WhLow-l.DeclaredWh)
	l.UnpaidHigh = max(0, l.WhHigh-l.DeclaredWh)
	l.PriceSource = "unknown"
	if s.Price != nil {
		l.Price, l.PriceSource = s.Price(l.Quarter)
	}
	lines := rules.Rates.At(l.Quarter)
	if len(lines) == 0 {
		return fmt.Errorf("the rates table has no line for this quarter; it was not loaded by ref.LoadRates")
	}
	l.Readings = readings(lines, s, l.Price)
	for _, r := range l.Readings {
		t, err := amount(l.Unpaid, r.Rate)
		if err != nil {
			return err
		}
		l.Taxes = append(l.Taxes, t)
	}
	low, high := l.rates()
	l.Tax = l.Taxes[0]
	var err error
	if l.TaxLow, err = amount(l.UnpaidLow, low); err != nil {
		return err
	}
	if l.TaxHigh, err = amount(l.UnpaidHigh, high); err != nil {
		return err
	}
	l.Due = rules.Deadlines.For(l.Quarter)
	l.DueOnDayOff = rules.Calendar != nil && l.Due.Payment != 0 && !rules.Calendar.Works(l.Due.Payment)
	l.LimitationYears = s.LimitationYears
	if s.Limitation != nil {
		if years, source := s.Limitation(l.Quarter); years != 0 {
			l.LimitationYears, l.LimitationSource = years, source
		}
	}
	// The period runs from the end of the tax period (art. 48).
	end := l.Quarter.End().Date()
	l.LastDay = datasets.DayOf(time.Date(end.Year()+l.LimitationYears, end.Month(), end.Day(), 0, 0, 0, 0, time.UTC))
	l.Lapsed = rules.AsOf > l.LastDay
	if rules.BaseRates != nil {
		l.Interest, err = lateInterest(l.Tax, l.Due.Payment, rules.AsOf, rules.BaseRates)
	}
	return err
}

// rates returns the lowest and highest rate of the readings.
func (l *Line) rates() (low, high ref.Rate) {
	low, high = l.Readings[0].Rate, l.Readings[0].Rate
	for _, r := range l.Readings {
		low, high = min(low, r.Rate), max(high, r.Rate)
	}
	return low, high
}

func (a *Account) sum() error {
	for _, l := range a.Lines {
		for _, s := range []struct {
			sum *datasets.Tiyn
			add datasets.Tiyn
		}{{&a.Tax, l.Tax}, {&a.TaxLow, l.TaxLow}, {&a.TaxHigh, l.TaxHigh}, {&a.Interest, l.Interest.Amount}} {
			if err := addTiyn(s.sum, s.add); err != nil {
				return fmt.Errorf("tax of site %s: %w", a.Site.SiteID, err)
			}
		}
		if l.Lapsed {
			a.LapsedTax += l.Tax // no more than Tax
		}
		if !l.Readings[0].Known {
			a.QuartersWithoutRate++
		}
		for _, s := range []struct {
			sum *datasets.Wh
			add datasets.Wh
		}{{&a.MiningWh, l.Wh}, {&a.DeclaredWh, l.DeclaredWh}, {&a.UnpaidWh, l.Unpaid}} {
			if err := addWh(s.sum, s.add); err != nil {
				return fmt.Errorf("tax of site %s: %w", a.Site.SiteID, err)
			}
		}
	}
	return nil
}

// Rows returns the account as rows of the statement.
func (a Account) Rows() []datasets.StatementLine {
	out := make([]datasets.StatementLine, len(a.Lines))
	for i, l := range a.Lines {
		out[i] = datasets.StatementLine{
			SiteID: a.Site.SiteID, BIN: a.Site.BIN, Quarter: l.Quarter,
			MiningKWh: l.Wh.KWh(), MiningKWhLow: l.WhLow.KWh(), MiningKWhHigh: l.WhHigh.KWh(),
			RateKZTKWh: l.Readings[0].Rate.KZT(), RateBasis: l.Basis(),
			DeclaredKWh: l.DeclaredWh.KWh(), UnpaidKWh: l.Unpaid.KWh(),
			TaxKZT: l.Tax.KZT(), TaxKZTLow: l.TaxLow.KZT(), TaxKZTHigh: l.TaxHigh.KZT(),
		}
	}
	return out
}

// Basis names the law, the main reading, the others, and a lapse.
func (l Line) Basis() string {
	main := l.Readings[0]
	b := fmt.Sprintf("%s (%s, confidence %s)", main.Words, main.Law, main.Confidence)
	if main.Case == ref.NoFee {
		b = main.Law
	}
	for _, r := range l.Readings[1:] {
		b += "; other reading: " + r.String()
	}
	if l.Lapsed {
		b += fmt.Sprintf("; lapsed after %s", l.LastDay)
	}
	return strings.TrimSpace(b)
}

// amount returns energy times rate, rounded half up to the tiyn: Wh/1000 kWh
// times rate/10000 KZT times 100 tiyn.
func amount(e datasets.Wh, r ref.Rate) (datasets.Tiyn, error) {
	return divide(new(big.Int).Mul(big.NewInt(int64(e)), big.NewInt(int64(r))), 100_000)
}

// divide returns n/d rounded half up; n must not be negative.
func divide(n *big.Int, d int64) (datasets.Tiyn, error) {
	n = new(big.Int).Add(n, big.NewInt(d/2))
	n.Quo(n, big.NewInt(d))
	if !n.IsInt64() {
		return 0, fmt.Errorf("a sum of %s tiyn does not fit 64 bits; check the energy", n)
	}
	return datasets.Tiyn(n.Int64()), nil
}

func addTiyn(sum *datasets.Tiyn, add datasets.Tiyn) error {
	if s := *sum + add; s >= *sum {
		*sum = s
		return nil
	}
	return fmt.Errorf("the sum of the tax does not fit 64 bits; check the energy")
}

func addWh(sum *datasets.Wh, add datasets.Wh) error {
	if s := *sum + add; s >= *sum {
		*sum = s
		return nil
	}
	return fmt.Errorf("the sum of the energy does not fit 64 bits; check the readings")
}
