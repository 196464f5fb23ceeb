package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) benchStages() *cobra.Command {
	b := pipeline.StageBench{Lake: pipeline.BenchLake{Years: 1}, Cores: []int{1, 2}, Rounds: 5, Reads: 200}
	sites := []int{1200}
	keep, picture := "", ""
	cmd := &cobra.Command{
		Use:   "stages",
		Short: "What each stage costs, beside a bare scan of the same files",
		Long: `Generate hourly readings of any number of sites and years as a lake, and measure
the stages from the lake to the evidence: rows and bytes a second, peak memory,
and the ratio to DuckDB's SELECT sum(wh), max(ts) of the same Parquet files in the
same process on as many cores. Times are medians. Then sites are read one by one,
as explain does. The lake lies in a temporary folder and is removed.

1,200 sites and one year are 10.5 million readings, 12,000 sites 105 million.
` + exitCodes,
		Example: `  minewatch bench stages
  minewatch bench stages --sites 1200,12000 --cores 1,2 --picture scaling.svg
  minewatch bench stages --sites 12000 --rounds 1 --cpuprofile cpu.prof`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var results []*pipeline.BenchResult
		for _, n := range sites {
			b.Lake.Sites = n
			r, err := p.benchLake(cmd, b, keep)
			if err != nil {
				return err
			}
			results = append(results, r)
			if !p.json {
				printCosts(p.stdout, r)
			}
		}
		if picture != "" {
			var costs []pipeline.StageCost
			for _, r := range results {
				costs = append(costs, r.Costs...)
			}
			if err := store.WriteFile(picture, scalingPicture(costs)); err != nil {
				return err
			}
		}
		if p.json {
			return printJSON(p.stdout, results)
		}
		return nil
	}
	cmd.Flags().IntSliceVar(&sites, "sites", sites, "sites of each lake")
	cmd.Flags().IntVar(&b.Lake.Years, "years", b.Lake.Years, "years of hourly readings")
	cmd.Flags().IntSliceVar(&b.Cores, "cores", b.Cores, "numbers of cores to measure on")
	cmd.Flags().IntVar(&b.Rounds, "rounds", b.Rounds, "rounds of which medians are taken")
	cmd.Flags().StringVar(&keep, "keep", "", "make the lakes below this `folder`, and leave them there")
	cmd.Flags().StringVar(&picture, "picture", "", "SVG `file` for the scaling curve")
	p.jsonFlag(cmd)
	return cmd
}

// benchLake measures one lake and removes it, unless it is to be kept.
func (p *program) benchLake(cmd *cobra.Command, b pipeline.StageBench, keep string) (r *pipeline.BenchResult, err error) {
	if b.Lake.Sites < 1 || b.Lake.Years < 1 || b.Rounds < 1 || len(b.Cores) == 0 || slices.Min(b.Cores) < 1 {
		return nil, &usageError{errors.New("sites, years, rounds and cores must be at least 1"), "See minewatch bench stages --help."}
	}
	dir, err := os.MkdirTemp(keep, "minewatch-bench-")
	if err != nil {
		return nil, err
	}
	if keep == "" {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	progress, end := p.progress()
	defer end()
	return b.Run(cmd.Context(), dir, progress)
}

func printCosts(out io.Writer, r *pipeline.BenchResult) {
	c := r.Costs[0]
	message.NewPrinter(language.English).Fprintf(out, "%d readings: %d sites, %d year(s), %d buckets, %.0f MB of Parquet (%.2f bytes a reading), generated in %.0f s\n\n",
		c.Readings, c.Sites, c.Years, r.Buckets, float64(r.LakeBytes)/1e6, float64(r.LakeBytes)/float64(c.Readings), r.GenerateS)
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintln(w, "| stage\tcores\tseconds\tprocessor s\tM readings/s\tMB/s\tpeak MiB\tscans\tscans by processor\t")
	fmt.Fprintln(w, "| ---\t---\t---\t---\t---\t---\t---\t---\t---\t")
	for _, c := range r.Costs {
		fmt.Fprintf(w, "| %s\t%d\t%.2f\t%.2f\t%.1f\t%.0f\t%.0f\t%.1f\t%.1f\t\n", c.Stage, c.Cores, c.Seconds, c.CPUS,
			float64(c.Rows)/c.Seconds/1e6, float64(c.Bytes)/c.Seconds/1e6, c.PeakMiB, c.Ratio, c.CPURatio)
	}
	w.Flush()
	fmt.Fprintf(out, "\nreading one site: median %.1f ms, p95 %.1f ms, processor %.1f ms\n\n", r.ReadMS, r.ReadP95MS, r.ReadCPUMS)
}
