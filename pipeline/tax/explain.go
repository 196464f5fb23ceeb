package tax

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
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
		l.explain(b, a.withInterest)
	}
	if len(a.Lines) > 0 {
		a.explainSums(b)
	}
	return b.Flush()
}

func (l Line) explain(b io.Writer, interest bool) {
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
		low, high := l.rates()
		for _, end := range []struct {
			name       string
			wh, unpaid datasets.Wh
			rate       ref.Rate
			tax        datasets.Tiyn
		}{{"lower end", l.WhLow, l.UnpaidLow, low, l.TaxLow}, {"upper end", l.WhHigh, l.UnpaidHigh, high, l.TaxHigh}} {
			fmt.Fprintf(b, "  %-16s %s - %s = %s kWh%s; x %s = %s KZT\n", end.name, kwh(end.wh), kwh(l.DeclaredWh), kwh(end.unpaid), notBelowZero(end.wh, l.DeclaredWh), end.rate, kzt(end.tax))
		}
		l.explainDates(b)
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

func (l Line) explainDates(b io.Writer) {
	due := func(d datasets.Day, none string) string {
		if d == 0 {
			return none
		}
		return d.String()
	}
	fmt.Fprintf(b, "  due              return %s, payment %s (%s; confidence %s)\n",
		due(l.Due.Return, "none or unknown"), due(l.Due.Payment, "unknown"), l.Due.Law, l.Due.Confidence)
	if l.DueOnDayOff {
		fmt.Fprintf(b, "                   %s is a day off; it is not moved, as no rule for that was seen\n", l.Due.Payment)
	}
	by := ""
	if l.LimitationSource != "" {
		by = " (size of the taxpayer by " + l.LimitationSource + ")"
	}
	state := "open until"
	if l.Lapsed {
		state = "lapsed after"
	}
	fmt.Fprintf(b, "  limitation       %d years from the end of the quarter%s: %s %s\n", l.LimitationYears, by, state, l.LastDay)
}

func (l Line) explainInterest(b io.Writer) {
	for _, s := range l.Interest.Spans {
		fmt.Fprintf(b, "  interest         %s to %s: %d days at base rate %d.%02d %%\n", s.From, s.To, s.Days(), s.BasisPoints/100, s.BasisPoints%100)
	}
	if l.Interest.UnknownDays > 0 {
		fmt.Fprintf(b, "  interest         %d days without a known base rate are left out\n", l.Interest.UnknownDays)
	}
	if l.Interest.Days > 0 {
		var sum int64
		for _, s := range l.Interest.Spans {
			sum += s.Days() * s.BasisPoints
		}
		fmt.Fprintf(b, "  interest         sum of days x rate: %d.%02d; %s x 1.25 x %[1]d.%02[2]d / 100 / 365 = %[4]s KZT\n", sum/100, sum%100, kzt(l.Tax), kzt(l.Interest.Amount))
	}
}

func (a Account) explainSums(b io.Writer) {
	fmt.Fprintf(b, "\nSum of the quarters, each rounded half up to 0.01 KZT\n")
	fmt.Fprintf(b, "  unpaid energy    %s kWh\n", kwh(a.UnpaidWh))
	fmt.Fprintf(b, "  tax (fee)        %s KZT, from %s to %s\n", kzt(a.Tax), kzt(a.TaxLow), kzt(a.TaxHigh))
	if low, high := a.readings(); low != high {
		fmt.Fprintf(b, "  other readings   the same energy costs %s KZT at the lowest reading of each quarter, %s KZT at the highest\n", kzt(low), kzt(high))
	}
	fmt.Fprintf(b, "                   The ends add up, as the errors of the quarters go together: the power is one estimate.\n")
	if a.LapsedTax > 0 {
		fmt.Fprintf(b, "  of it lapsed     %s KZT in quarters past their limitation\n", kzt(a.LapsedTax))
	}
	if a.withInterest {
		fmt.Fprintf(b, "  interest         %s KZT, not in the tax\n", kzt(a.Interest))
	}
	if a.QuartersWithoutRate > 0 {
		fmt.Fprintf(b, "  without a rate   %d of the quarters, counted as 0 KZT; add the rate to the rates table\n", a.QuartersWithoutRate)
	}
}

// readings adds up the tax of the estimate at the lowest and the highest
// reading of each quarter. Neither exceeds TaxHigh, which fits 64 bits.
func (a Account) readings() (low, high datasets.Tiyn) {
	for _, l := range a.Lines {
		low, high = low+slices.Min(l.Taxes), high+slices.Max(l.Taxes)
	}
	return low, high
}

// kwh prints energy in kWh with three decimals, exactly; e must not be negative.
func kwh(e datasets.Wh) string { return fmt.Sprintf("%d.%03d", e/1000, e%1000) }

// kzt prints money in KZT with two decimals, exactly; t must not be negative.
func kzt(t datasets.Tiyn) string { return fmt.Sprintf("%d.%02d", t/100, t%100) }
