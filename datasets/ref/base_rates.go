package ref

import (
	"cmp"
	"io"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// A BaseRate holds from a day until the next line.
type BaseRate struct {
	From        datasets.Day
	BasisPoints int64 // hundredths of a per cent a year
	Known       bool  // false states a gap
	Note        string
	Basis
}

// BaseRates is the base rate of the National Bank, by day.
type BaseRates []BaseRate

var baseRateColumns = []string{"from", "rate_percent", "note", "source", "confidence"}

// LoadBaseRates returns the shipped table, with lines of the user's file put
// in, or in the place of a line of the same day; user may be nil.
func LoadBaseRates(user io.Reader) (BaseRates, error) {
	own, users, err := load("base_rates.csv", baseRateColumns, user, parseBaseRate)
	if err != nil {
		return nil, err
	}
	t, err := replace("base_rates.csv", own, users, func(l BaseRate) string { return l.From.String() })
	slices.SortFunc(t, func(a, b BaseRate) int { return cmp.Compare(a.From, b.From) })
	return t, err
}

func parseBaseRate(r *row) BaseRate {
	l := BaseRate{From: r.day("from"), Note: r.text("note"), Basis: r.basis()}
	r.need("from")
	if r.text("rate_percent") != "" {
		l.BasisPoints, l.Known = r.fixed("rate_percent", 2), true
	}
	return l
}

// At returns the line in force on d; Known is false before the first line.
func (t BaseRates) At(d datasets.Day) BaseRate {
	var in BaseRate
	for _, l := range t {
		if l.From > d {
			break
		}
		in = l
	}
	return in
}
