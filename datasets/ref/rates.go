package ref

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// Cases of the fee. The first three and Unknown stand alone; the special
// cases stand beside the bands by price.
const (
	NoFee           = "none"             // no fee in the period
	FlatRate        = "flat"             // one rate
	ByPrice         = "price"            // band of the average price of the electricity
	OwnGeneration   = "own_generation"   // electricity of the payer's own plant
	OwnRenewable    = "own_renewable"    // the same, from renewables
	NoControlMeter  = "no_control_meter" // no control meter for the mining load, or a faulty one
	UnconfirmedRate = "unknown"          // no rate is confirmed
)

// A RateLine is one case of the fee over a period of whole quarters.
type RateLine struct {
	Period
	Case string
	// PriceFrom and PriceTo bound a band, [from, to); PriceTo 0 is open.
	PriceFrom, PriceTo Rate
	Rate               Rate // 0 if Case is NoFee or UnconfirmedRate
	Law                string
	Basis
}

// Rates is the dated table of the fee.
type Rates []RateLine

var rateColumns = []string{"from", "to", "case", "price_from_kzt", "price_to_kzt", "rate_kzt_kwh", "law", "source", "confidence"}

// LoadRates returns the shipped table of the fee, overridden by the user's
// file on the days that it speaks of; user may be nil.
//
// The energy of a quarter is charged at one set of lines, since the quarter is
// the tax period: a line that begins or ends inside a quarter is an error.
func LoadRates(user io.Reader) (Rates, error) {
	own, users, err := load("rates.csv", rateColumns, user, parseRate)
	if err != nil {
		return nil, err
	}
	t := Rates(overlay(own, users, func(l *RateLine) *Period { return &l.Period }, func(a, b RateLine) bool { return true }))
	slices.SortStableFunc(t, func(a, b RateLine) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(b.PriceFrom, a.PriceFrom))
	})
	return t, t.validate()
}

func parseRate(r *row) RateLine {
	l := RateLine{Period: r.period(), Law: r.need("law"), Basis: r.basis()}
	l.Case = r.oneOf("case", NoFee, FlatRate, ByPrice, OwnGeneration, OwnRenewable, NoControlMeter, UnconfirmedRate)
	if l.Case == NoFee || l.Case == UnconfirmedRate {
		if r.text("rate_kzt_kwh") != "" {
			r.fail("rate_kzt_kwh", "must be empty for the case %s", l.Case)
		}
	} else {
		l.Rate = r.rate("rate_kzt_kwh")
	}
	for _, p := range []struct {
		column string
		to     *Rate
	}{{"price_from_kzt", &l.PriceFrom}, {"price_to_kzt", &l.PriceTo}} {
		if r.text(p.column) == "" {
			continue
		}
		if l.Case != ByPrice {
			r.fail(p.column, "must be empty for the case %s", l.Case)
		}
		*p.to = r.rate(p.column)
	}
	if l.From != 0 && quarter(l.From).Start() != l.From {
		r.fail("from", "want the first day of a quarter, got %s; the fee is charged by quarter", l.From)
	}
	if l.To != 0 && quarter(l.To).End() != l.To {
		r.fail("to", "want the last day of a quarter, got %s; the fee is charged by quarter", l.To)
	}
	return l
}

func quarter(d datasets.Day) datasets.Quarter { return datasets.QuarterOf(d.Date()) }

// At returns the lines in force in q: one, or the bands from the highest price
// down and after them the special cases.
func (t Rates) At(q datasets.Quarter) []RateLine {
	var out []RateLine
	for _, l := range t {
		if l.Contains(q.Start()) {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b RateLine) int {
		return cmp.Or(cmp.Compare(special(a.Case), special(b.Case)), cmp.Compare(b.PriceFrom, a.PriceFrom))
	})
	return out
}

func special(c string) int {
	return slices.Index([]string{OwnGeneration, OwnRenewable, NoControlMeter}, c) + 1
}

// Charged reports whether a fee is, or may be, charged in q.
func (t Rates) Charged(q datasets.Quarter) bool {
	lines := t.At(q)
	return len(lines) > 0 && lines[0].Case != NoFee
}

// validate checks every run of days over which the lines stay the same.
func (t Rates) validate() error {
	starts := []datasets.Day{0}
	for _, l := range t {
		starts = append(starts, l.From)
		if l.To != 0 {
			starts = append(starts, l.To+1)
		}
	}
	slices.Sort(starts)
	for _, d := range slices.Compact(starts) {
		var lines []RateLine
		for _, l := range t {
			if l.Contains(d) {
				lines = append(lines, l)
			}
		}
		if err := checkCases(lines); err != nil {
			from := "the beginning"
			if d != 0 {
				from = d.String()
			}
			return fmt.Errorf("rates from %s: %w", from, err)
		}
	}
	return nil
}

func checkCases(lines []RateLine) error {
	var alone, cases []string
	var bands []RateLine
	for _, l := range lines {
		switch l.Case {
		case ByPrice:
			bands = append(bands, l)
		case NoFee, FlatRate, UnconfirmedRate:
			alone = append(alone, l.Case)
		default:
			if slices.Contains(cases, l.Case) {
				return fmt.Errorf("the case %s is given twice", l.Case)
			}
			cases = append(cases, l.Case)
		}
	}
	switch {
	case len(lines) == 0:
		return fmt.Errorf("no line covers these days; add one, with the case %s if the rate is not confirmed", UnconfirmedRate)
	case len(alone) > 1 || len(alone) == 1 && len(lines) > 1:
		return fmt.Errorf("the case %s overlaps another line; end one of them the day before", alone[0])
	case len(alone) == 1:
		return nil
	case len(bands) == 0:
		return fmt.Errorf("the special cases %s need bands by price beside them", strings.Join(cases, ", "))
	}
	return checkBands(bands)
}

func checkBands(bands []RateLine) error {
	bands = slices.Clone(bands)
	slices.SortFunc(bands, func(a, b RateLine) int { return cmp.Compare(a.PriceFrom, b.PriceFrom) })
	want := Rate(0)
	for i, b := range bands {
		last := i == len(bands)-1
		if b.PriceFrom != want || (b.PriceTo == 0) != last || (!last && b.PriceTo <= b.PriceFrom) {
			return fmt.Errorf("bands by price overlap or leave a gap at %s KZT; the first begins at 0 and the last is open", want)
		}
		want = b.PriceTo
	}
	return nil
}
