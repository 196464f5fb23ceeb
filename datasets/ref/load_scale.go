package ref

import (
	"fmt"
	"io"
)

// A LoadWorth says what a log-likelihood ratio of load/block is worth on the meters of a
// workspace; both are natural logarithms.
type LoadWorth struct {
	LogLR, Worth float64
	Basis
}

// A LoadScale lists what ratios are worth, rising; empty: they are worth what they say.
type LoadScale []LoadWorth

var loadScaleColumns = []string{"log_lr", "worth", "source", "confidence"}

// LoadLoadScale returns the user's file; user may be nil. Ratios and worths must rise
// strictly, so that no order of sites is lost.
func LoadLoadScale(user io.Reader) (LoadScale, error) {
	own, users, err := load("load_scale.csv", loadScaleColumns, user, func(r *row) LoadWorth {
		return LoadWorth{r.number("log_lr"), r.number("worth"), r.basis()}
	})
	list := append(LoadScale(own), users...)
	for i := 1; i < len(list) && err == nil; i++ {
		if !(list[i].LogLR > list[i-1].LogLR && list[i].Worth > list[i-1].Worth) {
			err = fmt.Errorf("load_scale.csv: the ratio %g, worth %g, does not rise over the line before it", list[i].LogLR, list[i].Worth)
		}
	}
	return list, err
}
