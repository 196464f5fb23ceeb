package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) tax() *cobra.Command {
	var site string
	cmd := &cobra.Command{
		Use:   "tax",
		Short: "Add up the tax (fee) statement of a run, or show how a site's was reckoned",
		Long: `Add up the tax (fee) statement of a run by quarter and by site.

With --explain, print the whole calculation for one site as a person would check
it with a pocket calculator: energy, declared energy, each reading of the law
with its source, the product, due dates, limitation, interest if asked for. It
is the calculation that the run made and keeps, so its sums are those of
tax/statement.csv to the last digit.

Rates and other tables can be extended in the workspace's tables folder.`,
		Example: `  minewatch tax -w kostanay
  minewatch tax -w kostanay --explain KST-00417
  minewatch tax -w kostanay --run 0003-9f2c41aa --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ws, err := pipeline.OpenWorkspace(p.workspace)
			if err != nil {
				return err
			}
			if site != "" {
				return p.explainTax(ws, site)
			}
			s, err := pipeline.SumTax(ws, p.run)
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(p.stdout, s)
			}
			return p.printTax(s)
		},
	}
	cmd.Flags().StringVar(&site, "explain", "", "site whose calculation to print")
	p.workspaceFlag(cmd)
	p.runFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}

func (p *program) explainTax(ws *pipeline.Workspace, site string) error {
	c, err := pipeline.TaxCalculation(ws, p.run, site)
	if err != nil {
		return err
	}
	if p.json {
		rows, err := jsonRows(c.Statement)
		if err != nil {
			return err
		}
		return printJSON(p.stdout, map[string]any{"run_id": c.RunID, "site_id": c.SiteID, "lines": c.Lines, "statement": rows})
	}
	_, err = fmt.Fprintln(p.stdout, strings.Join(c.Lines, "\n"))
	return err
}

// sitesShown is how many sites the summary names; --json has all.
const sitesShown = 20

func (p *program) printTax(s *pipeline.TaxSummary) error {
	if s.Total.Lines == 0 {
		_, err := fmt.Fprintf(p.stdout, "Run %s: no site is proposed for a visit with mining energy, so the statement is empty.\n", s.RunID)
		return err
	}
	fmt.Fprintf(p.stdout, "Run %s: tax (fee) that is unpaid by the estimate, from the statement.\n\n", s.RunID)
	t := newTable("Quarter", ">Sites", ">Mining kWh", ">Declared kWh", ">Unpaid kWh", ">Tax (fee) KZT", ">From", ">To", ">Without rate")
	for _, q := range append(s.Quarters, s.Total) {
		lines := strconv.Itoa(q.Lines)
		if q.Name == s.Total.Name {
			lines = strconv.Itoa(len(s.Sites))
		}
		t.add(append([]string{q.Name, lines}, taxCells(q)...)...)
	}
	if err := t.write(p.stdout); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout)
	t = newTable("Site", ">Quarters", ">Mining kWh", ">Declared kWh", ">Unpaid kWh", ">Tax (fee) KZT", ">From", ">To", ">Without rate")
	for _, q := range s.Sites[:min(sitesShown, len(s.Sites))] {
		t.add(append([]string{q.Name, strconv.Itoa(q.Lines)}, taxCells(q)...)...)
	}
	if err := t.write(p.stdout); err != nil {
		return err
	}
	if n := len(s.Sites) - sitesShown; n > 0 {
		fmt.Fprintf(p.stdout, "  and %s more; --json lists all\n", count(n, "site"))
	}
	_, err := fmt.Fprintln(p.stdout, "\nThe calculation of a site: minewatch tax --explain SITE")
	return err
}

func taxCells(s pipeline.TaxSum) []string {
	money := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	without := ""
	if s.WithoutRate > 0 {
		without = strconv.Itoa(s.WithoutRate)
	}
	return []string{grouped(s.MiningKWh), grouped(s.DeclaredKWh), grouped(s.UnpaidKWh), money(s.TaxKZT), money(s.TaxKZTLow), money(s.TaxKZTHigh), without}
}
