package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) benchMonth() *cobra.Command {
	b := pipeline.MonthBench{Sites: 200, Years: 3}
	cmd := &cobra.Command{
		Use:   "month",
		Short: "What a run costs after one new month, beside that month alone",
		Long: `Generate deliveries of hourly readings month by month, run the program on all
years but the last month, then again when that month has come, and in another
workspace on that month alone. Prints wall time, processor time and the seconds of
each stage. The workspaces lie in a temporary folder and are removed.
` + exitCodes,
		Example: `  minewatch bench month
  minewatch bench month --sites 1000 --years 3`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if b.Sites < 1 || b.Years < 1 {
			return &usageError{errors.New("sites and years must be at least 1"), "See minewatch bench month --help."}
		}
		dir, err := os.MkdirTemp("", "minewatch-bench-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		progress, end := p.progress()
		costs, err := b.Run(cmd.Context(), dir, progress)
		end()
		if err != nil {
			return err
		}
		if p.json {
			return printJSON(p.stdout, costs)
		}
		for _, c := range costs {
			var stages []string
			for _, s := range c.Stages {
				switch {
				case s.With != "":
					stages = append(stages, fmt.Sprintf("%s with %s", s.Stage, s.With))
				case s.Seconds >= 0.05:
					stages = append(stages, fmt.Sprintf("%s %.2f", s.Stage, s.Seconds))
				}
			}
			fmt.Fprintf(p.stdout, "%-28s %7.2f s, processor %7.2f s: %s\n", c.Name, c.Seconds, c.CPUS, strings.Join(stages, ", "))
		}
		return nil
	}
	cmd.Flags().IntVar(&b.Sites, "sites", b.Sites, "metering points")
	cmd.Flags().IntVar(&b.Years, "years", b.Years, "years of hourly readings")
	p.jsonFlag(cmd)
	return cmd
}
