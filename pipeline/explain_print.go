package pipeline

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/minewatch/minewatch/datasets"
)

// Print writes the explanation for a reader, coloured if colour says so.
func (e *Explanation) Print(w io.Writer, colour bool) error {
	s := e.Score
	fmt.Fprintf(w, "%s  %s\n", e.Site.SiteID, strings.Join(nonEmpty(e.Site.Name, e.Site.Region, e.Site.Address), ", "))
	fmt.Fprintf(w, "run %s, rank %d of %d sites, %s\n", e.RunID, e.Rank, e.Sites, e.listed())
	fmt.Fprintf(w, "probability of mining %.1f %%, confidence %s, finding: %s, registry: %s\n", 100*s.Probability, orNone(s.Confidence), orNone(s.Finding), registryWords(s))
	fmt.Fprintf(w, "among sites without a mine a score as high has a chance of %.2g; a list down to this site would hold at most %.0f %% wrong ones\n", s.PValue, 100*s.QValue)
	if s.MiningKW > 0 {
		fmt.Fprintf(w, "about %.1f kW, %s to %s\n", s.MiningKW, e.local(s.MiningSince), e.local(s.MiningUntil))
	}
	if s.Note != "" {
		fmt.Fprintf(w, "limits: %s\n", s.Note)
	}
	if err := e.printBars(w, colour); err != nil {
		return err
	}
	for _, v := range e.Withheld {
		fmt.Fprintf(w, "  %s says nothing: %s\n", v.Detector, v.Detail)
	}
	if err := e.printChanges(w); err != nil {
		return err
	}
	e.printTax(w)
	_, err := fmt.Fprintln(w, "\nThis is a lead, not a finding: a load or traffic pattern consistent with mining.")
	return err
}

// barWidth is the width of the waterfall in characters.
const barWidth = 28

// printBars draws the waterfall: what speaks for mining to the right and full, what
// speaks against it to the left and light.
func (e *Explanation) printBars(w io.Writer, colour bool) error {
	fmt.Fprintln(w, "\nFrom the prior to the probability, in log-odds:")
	low, high := 0.0, 0.0
	name := 0
	for _, b := range e.Bars {
		low, high = min(low, b.From, b.To), max(high, b.From, b.To)
		name = max(name, len(b.Term))
	}
	for _, b := range e.Bars {
		added := fmt.Sprintf("%+.2f", b.LogOdds)
		if b.Kind == barNotCounted {
			added = "(" + added + ")"
		}
		if _, err := fmt.Fprintf(w, "  %-*s %8s  %s  %5.1f %%  %s\n", name, b.Term, added, b.draw(low, high, colour), 100*b.After, b.Detail); err != nil {
			return err
		}
		for _, r := range b.Sources {
			fmt.Fprintf(w, "  %*s   from %s, %d rows in lines %d to %d\n", name, "", r.Path, r.Rows, r.FirstLine, r.LastLine)
		}
	}
	return nil
}

// draw draws one bar between the least and the greatest log-odds on the way.
func (b Bar) draw(low, high float64, colour bool) string {
	at := func(x float64) int { return int(math.Round((x - low) / max(high-low, 1e-9) * (barWidth - 1))) }
	from, to := at(min(b.From, b.To)), at(max(b.From, b.To))
	glyph, code := "█", "31" // red
	switch b.Kind {
	case barAgainst, barLimit:
		glyph, code = "░", "32" // green
	case barWeight:
		glyph, code = "▒", "33"
	case barPrior:
		glyph, code = "│", "2"
	case barNotCounted:
		return strings.Repeat(" ", barWidth)
	}
	body := strings.Repeat(glyph, to-from+1)
	if colour {
		body = "\x1b[" + code + "m" + body + "\x1b[0m"
	}
	return strings.Repeat(" ", from) + body + strings.Repeat(" ", barWidth-1-to)
}

func (e *Explanation) printChanges(w io.Writer) error {
	if len(e.WhatIf)+len(e.Needs) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nWhat would change the verdict:")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range e.WhatIf {
		proposed := "not proposed"
		if c.Proposed {
			proposed = "proposed"
		}
		fmt.Fprintf(tw, "  %s\t%.1f %%, %s\n", c.If, 100*c.Probability, proposed)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, text := range e.Needs {
		fmt.Fprintf(w, "  %s\n", text)
	}
	return nil
}

func (e *Explanation) printTax(w io.Writer) {
	if len(e.Statement) == 0 {
		return
	}
	fmt.Fprintln(w, "\nTax (fee):")
	low, sum, high := 0.0, 0.0, 0.0
	for _, l := range e.Statement {
		rate := "no confirmed rate"
		if l.RateKZTKWh > 0 {
			rate = fmt.Sprintf("%.4g KZT/kWh = %.2f KZT (%.2f to %.2f)", l.RateKZTKWh, l.TaxKZT, l.TaxKZTLow, l.TaxKZTHigh)
		}
		fmt.Fprintf(w, "  %s  %.0f kWh mined − %.0f declared → %.0f unpaid × %s\n          %s\n", l.Quarter, l.MiningKWh, l.DeclaredKWh, l.UnpaidKWh, rate, l.RateBasis)
		low, sum, high = low+l.TaxKZTLow, sum+l.TaxKZT, high+l.TaxKZTHigh
	}
	fmt.Fprintf(w, "  sum     %.2f KZT (%.2f to %.2f)\n", sum, low, high)
}

func (e *Explanation) listed() string {
	if e.Visit == 0 {
		return "not proposed for a visit"
	}
	return fmt.Sprintf("visit %d of the inspection list", e.Visit)
}

func (e *Explanation) local(t datasets.Micros) string {
	if t == 0 {
		return "unknown"
	}
	return t.Time().In(e.zone).Format("2006-01-02 15:04")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func nonEmpty(parts ...string) []string {
	var list []string
	for _, p := range parts {
		if p != "" {
			list = append(list, p)
		}
	}
	return list
}
