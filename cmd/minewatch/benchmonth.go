package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) benchMonth() *cobra.Command {
	b := pipeline.MonthBench{Sites: 200, Years: 3, Rounds: 1}
	cmd := &cobra.Command{
		Use:   "month",
		Short: "What a run costs after one new month, beside that month alone",
		Long: `Generate deliveries of hourly readings month by month, run the program on all
years but the last month, then again when that month has come, and in another
workspace on that month alone; look once, beside any run, at the series that the
month changes. Prints seconds by the clock and of processors, and what the run after
the new month may cost: 1.5 times the month's own work, and the scoring, tax and
export that follow. The workspaces lie in a temporary folder and are removed.
` + exitCodes,
		Example: `  minewatch bench month
  minewatch bench month --sites 1000 --years 3`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if b.Sites < 1 || b.Years < 1 || b.Rounds < 1 {
			return &usageError{errors.New("sites, years and rounds must be at least 1"), "See minewatch bench month --help."}
		}
		dir, err := os.MkdirTemp("", "minewatch-bench-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		progress, end := p.progress()
		result, err := b.Run(cmd.Context(), dir, progress)
		end()
		if err != nil {
			return err
		}
		if p.json {
			return printJSON(p.stdout, result)
		}
		printMonth(p.stdout, result)
		return nil
	}
	cmd.Flags().IntVar(&b.Sites, "sites", b.Sites, "metering points")
	cmd.Flags().IntVar(&b.Years, "years", b.Years, "years of hourly readings")
	cmd.Flags().IntVar(&b.Buckets, "buckets", b.Buckets, "buckets of the workspaces, a power of two; 0: one for each 250 sites")
	cmd.Flags().IntVar(&b.Rounds, "rounds", b.Rounds, "rounds, of which the one with the least processor time counts")
	p.jsonFlag(cmd)
	return cmd
}

func printMonth(out io.Writer, r *pipeline.MonthResult) {
	cell := func(c pipeline.Cost) string { return fmt.Sprintf("%.2f / %.2f", c.Seconds, c.CPUS) }
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintln(w, "| s by the clock / processor s\tall\tingest\tcheck the lake\tlook at readings\tscoring, tax\texport\t")
	fmt.Fprintln(w, "| ---\t---\t---\t---\t---\t---\t---\t")
	for _, c := range r.Runs {
		fmt.Fprintf(w, "| %s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.Name, cell(c.All), cell(c.Ingest), cell(c.Check), cell(c.Look), cell(c.Score), cell(c.Export))
	}
	fmt.Fprintf(w, "| one look at the series of the month\t%s\t\t\t%[1]s\t\t\t\n", cell(r.Look))
	w.Flush()
	fmt.Fprintln(out)
	month := r.Runs[1].All
	for _, l := range r.Limits() {
		verdict := "held"
		if month.Seconds > l.Allowed.Seconds || month.CPUS > l.Allowed.CPUS {
			verdict = "not held"
		}
		fmt.Fprintf(out, "limit, 1.5 times %s, then scoring, tax and export: %s, %s\n", l.Name, cell(l.Allowed), verdict)
	}
}
