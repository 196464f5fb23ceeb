package tax

import (
	"fmt"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// A ControlMeter says whether the mining load has a meter of its own.
type ControlMeter int

// The values of ControlMeter.
const (
	MeterUnknown ControlMeter = iota // nobody has looked
	MeterPresent                     // present and working
	MeterAbsent                      // absent or faulty
)

// A Supply says where the electricity comes from.
type Supply int

// The values of Supply.
const (
	Grid         Supply = iota // bought; also if nothing is known
	OwnPlant                   // the payer's own power plant
	OwnRenewable               // the same, from renewables
)

// A Reading is one way to read the law for a quarter.
type Reading struct {
	Case       string   // of package ref
	Rate       ref.Rate // KZT/10000 per kWh
	Known      bool     // false if no rate is confirmed
	Words      string   // the case in words
	Law        string
	Source     string
	Confidence ref.Mark
}

func (r Reading) String() string {
	if !r.Known {
		return r.Words
	}
	return fmt.Sprintf("%s KZT/kWh: %s", r.Rate, r.Words)
}

func reading(l ref.RateLine, words string) Reading {
	return Reading{l.Case, l.Rate, true, words, l.Law, l.Source, l.Confidence}
}

// readings returns the ways to read the law for a quarter, the main one first. lines are those in force, of which there is at
// least one (ref.LoadRates sees to that); price is 0 if unknown.
func readings(lines []ref.RateLine, s Site, price ref.Rate) []Reading {
	switch l := lines[0]; l.Case {
	case ref.NoFee:
		return []Reading{reading(l, l.Law)}
	case ref.FlatRate:
		return []Reading{reading(l, "flat rate")}
	case ref.UnconfirmedRate:
		r := reading(l, "no rate is confirmed; add one to the rates table")
		r.Known = false
		return []Reading{r}
	}
	supplied := bySupply(lines, s.Supply, price)
	i := slices.IndexFunc(lines, func(l ref.RateLine) bool { return l.Case == ref.NoControlMeter })
	if i < 0 || s.ControlMeter == MeterPresent {
		return supplied
	}
	noMeter := reading(lines[i], "no working control meter")
	if noMeter.Rate <= supplied[0].Rate {
		return supplied // the highest of the cases that apply (jjtv.kz 22903, quoting the State Revenue Committee)
	}
	if len(supplied) > 1 && supplied[len(supplied)-1].Rate == noMeter.Rate {
		supplied = supplied[:len(supplied)-1] // one line for one rate
		noMeter.Words += " (also the top of the scale by price)"
	}
	if s.ControlMeter == MeterAbsent {
		return append([]Reading{noMeter}, supplied...)
	}
	noMeter.Words += ", if an inspection finds none"
	return append(supplied, noMeter)
}

// bySupply returns the readings by where the electricity comes from.
func bySupply(lines []ref.RateLine, s Supply, price ref.Rate) []Reading {
	want, words := ref.ByPrice, ""
	switch s {
	case OwnPlant:
		want, words = ref.OwnGeneration, "electricity of an own power plant"
	case OwnRenewable:
		want, words = ref.OwnRenewable, "own electricity from renewables"
	}
	for _, l := range lines {
		if l.Case == want && want != ref.ByPrice {
			return []Reading{reading(l, words)}
		}
	}
	var bands []ref.RateLine
	for _, l := range lines {
		if l.Case == ref.ByPrice {
			bands = append(bands, l)
		}
	}
	if price > 0 {
		for _, l := range bands {
			if price >= l.PriceFrom && (l.PriceTo == 0 || price < l.PriceTo) {
				return []Reading{reading(l, fmt.Sprintf("by price, %s KZT/kWh in the band %s", price, band(l)))}
			}
		}
	}
	low := slices.MinFunc(bands, func(a, b ref.RateLine) int { return int(a.Rate - b.Rate) })
	high := slices.MaxFunc(bands, func(a, b ref.RateLine) int { return int(a.Rate - b.Rate) })
	out := []Reading{reading(low, fmt.Sprintf("by price, price unknown: lowest band, %s", band(low)))}
	if high.Rate > low.Rate {
		out = append(out, reading(high, fmt.Sprintf("by price, price unknown: highest band, %s", band(high))))
	}
	return out
}

func band(l ref.RateLine) string {
	if l.PriceTo == 0 {
		return fmt.Sprintf("from %s", l.PriceFrom)
	}
	return fmt.Sprintf("%s to below %s", l.PriceFrom, l.PriceTo)
}

// PriceOf returns the average price of a site's electricity in a quarter and
// where it comes from: the site's own, else the tariff of its region and group
// in the middle of the quarter, else 0 and "unknown".
func PriceOf(s datasets.Site, q datasets.Quarter, regions ref.Regions, tariffs ref.Tariffs) (ref.Rate, string) {
	if p := ref.RateOf(s.PriceKZTKWh); p > 0 {
		return p, "the site's own price"
	}
	r, ok := regions.OfKATO(s.KATO)
	if !ok {
		r, ok = regions.Find(s.Region)
	}
	if ok {
		if t, found := tariffs.In(q, r.Code, s.TariffGroup); found {
			return t.Price, fmt.Sprintf("tariff of %s, %s, VAT %s (%s)", r.NameEN, t.Group, t.VAT, t.Source)
		}
	}
	return 0, "unknown"
}
