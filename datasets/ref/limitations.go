package ref

import (
	"fmt"
	"io"

	"github.com/minewatch/minewatch/datasets"
)

// A Limitation is the period of limitation of one taxpayer. It depends on the
// size of the business (Tax Code 2017 art. 48, 2025 art. 65), which may change.
type Limitation struct {
	Period
	BIN   string
	Years int // 3 or 5
	Basis
}

// Limitations lists the taxpayers whose limitation is known. An empty one says
// nothing: sizes are not public, so none is shipped.
type Limitations []Limitation

var limitationColumns = []string{"bin", "years", "from", "to", "source", "confidence"}

// LoadLimitations returns the taxpayers of the user's file; user may be nil.
// Two lines of one taxpayer on the same day are an error.
func LoadLimitations(user io.Reader) (Limitations, error) {
	own, users, err := load("limitations.csv", limitationColumns, user, func(r *row) Limitation {
		l := Limitation{BIN: r.need("bin"), Years: r.small("years"), Period: r.period(), Basis: r.basis()}
		if err := datasets.CheckBIN(l.BIN); err != nil && l.BIN != "" {
			r.fail("bin", "%v", err)
		}
		if l.Years != 3 && l.Years != 5 {
			r.fail("years", "want 3 or 5")
		}
		return l
	})
	if err != nil {
		return nil, err
	}
	list := append(Limitations(own), users...)
	seen := map[string][]Limitation{}
	for _, l := range list {
		for _, b := range seen[l.BIN] {
			if l.Overlaps(b.Period) {
				return nil, fmt.Errorf("limitations: BIN %s: %s overlaps %s; end one of them the day before", l.BIN, l.Period, b.Period)
			}
		}
		seen[l.BIN] = append(seen[l.BIN], l)
	}
	return list, nil
}

// Of returns the limitation of a taxpayer on d in years, and who says so; 0 if
// it is not known.
func (t Limitations) Of(bin string, d datasets.Day) (years int, source string) {
	for _, l := range t {
		if l.BIN == bin && l.Contains(d) {
			return l.Years, l.Source
		}
	}
	return 0, ""
}
