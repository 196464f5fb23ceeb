package tax

import (
	"bufio"
	"fmt"
	"io"

	"github.com/minewatch/minewatch/datasets"
)

// Explain prints the whole calculation, one operation a line, with plain
// numbers that can be typed into a pocket calculator. It returns the first
// error of w.
func (a Account) Explain(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "Tax (fee) for digital mining, site %s", a.Site.SiteID)
	if a.Site.BIN != "" {
		fmt.Fprintf(b, ", BIN/IIN %s", a.Site.BIN)
	}
	fmt.Fprintf(b, ", as of %s\n", a.AsOf)
	if len(a.Lines) == 0 {
		fmt.Fprintln(b, "No mining energy was estimated; nothing is charged.")
	}
	for _, l := range a.Lines {
		l.explain(b, a.Site.LimitationYears, a.withInterest)
	}
	if len(a.Lines) > 0 {
		a.explainSums(b)
	}
	return b.Flush()
}

func (l Line) explain(b io.Writer, years int, interest bool) {
	fmt.Fprintf(b, "\n%s (%s to %s)\n", l.Quarter, l.Quarter.Start(), l.Quarter.End())
	fmt.Fprintf(b, "  mining energy    %s kWh, 90 %% interval %s to %s\n", kwh(l.Wh), kwh(l.WhLow), kwh(l.WhHigh))
	fmt.Fprintf(b, "  declared         %s kWh, %s KZT\n", kwh(l.DeclaredWh), kzt(l.DeclaredTax))
	fmt.Fprintf(b, "  unpaid           %s - %s = %s kWh%s\n", kwh(l.Wh), kwh(l.DeclaredWh), kwh(l.Unpaid), notBelowZero(l.Wh, l.DeclaredWh))
	main := l.Readings[0]
	if !main.Known {
		fmt.Fprintf(b, "  rate             %s (%s; %s)\n", main.Words, main.Law, main.Source)
	}
	for i, r := range l.Readings {
		if !r.Known {
			continue
		}
		name := "rate"
		if i > 0 {
			name = "other reading"
		}
		fmt.Fprintf(b, "  %-16s %s\n", name, r)
		fmt.Fprintf(b, "                   %s; source: %s; confidence %s\n", r.Law, r.Source, r.Confidence)
		fmt.Fprintf(b, "  %-16s %s x %s = %s KZT\n", taxWord(i), kwh(l.Unpaid), r.Rate, kzt(l.Taxes[i]))
	}
	if len(l.Readings) > 1 || l.Price > 0 {
		if l.Price > 0 {
			fmt.Fprintf(b, "  price            %s KZT/kWh, %s\n", l.Price, l.PriceSource)
		} else {
			fmt.Fprintf(b, "  price            unknown\n")
		}
	}
	if main.Known && main.Rate > 0 {
		fmt.Fprintf(b, "  lower end        %s kWh at the lower reading = %s KZT\n", kwh(l.UnpaidLow), kzt(l.TaxLow))
		fmt.Fprintf(b, "  upper end        %s kWh at the higher reading = %s KZT\n", kwh(l.UnpaidHigh), kzt(l.TaxHigh))
		l.explainDates(b, years)
	}
	if interest && main.Rate > 0 {
		l.explainInterest(b)
	}
}

func taxWord(i int) string {
	if i == 0 {
		return "tax"
	}
	return "  would be"
}

func notBelowZero(e, declared datasets.Wh) string {
	if e < declared {
		return " (not below 0)"
	}
	return ""
}

func (l Line) explainDates(b io.Writer, years int) {
	due := func(d datasets.Day, none string) string {
		if d == 0 {
			return none
		}
		return d.String()
	}
	fmt.Fprintf(b, "  due              return %s, payment %s (%s; confidence %s)\n",
		due(l.Due.Return, "none or unknown"), due(l.Due.Payment, "unknown"), l.Due.Law, l.Due.Confidence)
	state := "open until"
	if l.Lapsed {
		state = "lapsed after"
	}
	fmt.Fprintf(b, "  limitation       %d years from the end of the quarter: %s %s\n", years, state, l.LastDay)
}

func (l Line) explainInterest(b io.Writer) {
	for _, s := range l.Interest.Spans {
		fmt.Fprintf(b, "  interest         %s to %s: %d days at base rate %d.%02d %%\n", s.From, s.To, s.Days(), s.BasisPoints/100, s.BasisPoints%100)
	}
	if l.Interest.UnknownDays > 0 {
		fmt.Fprintf(b, "  interest         %d days without a known base rate are left out\n", l.Interest.UnknownDays)
	}
	if l.Interest.Days > 0 {
		fmt.Fprintf(b, "  interest         %s x 1.25 x (sum of days x rate in %% / 100) / 365 = %s KZT\n", kzt(l.Tax), kzt(l.Interest.Amount))
	}
}

func (a Account) explainSums(b io.Writer) {
	fmt.Fprintf(b, "\nSum of the quarters, each rounded half up to 0.01 KZT\n")
	fmt.Fprintf(b, "  unpaid energy    %s kWh\n", kwh(a.UnpaidWh))
	fmt.Fprintf(b, "  tax (fee)        %s KZT, from %s to %s\n", kzt(a.Tax), kzt(a.TaxLow), kzt(a.TaxHigh))
	if a.LapsedTax > 0 {
		fmt.Fprintf(b, "  of it lapsed     %s KZT under the limitation of %d years\n", kzt(a.LapsedTax), a.Site.LimitationYears)
	}
	if a.withInterest {
		fmt.Fprintf(b, "  interest         %s KZT, not in the tax\n", kzt(a.Interest))
	}
	if a.QuartersWithoutRate > 0 {
		fmt.Fprintf(b, "  without a rate   %d of the quarters, counted as 0 KZT; add the rate to the rates table\n", a.QuartersWithoutRate)
	}
}

// kwh prints energy in kWh with three decimals, exactly; e must not be negative.
func kwh(e datasets.Wh) string { return fmt.Sprintf("%d.%03d", e/1000, e%1000) }

// kzt prints money in KZT with two decimals, exactly; t must not be negative.
func kzt(t datasets.Tiyn) string { return fmt.Sprintf("%d.%02d", t/100, t%100) }
