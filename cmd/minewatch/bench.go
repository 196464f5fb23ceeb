package main

import (
	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/detectors/calibrate"
)

func (p *program) bench() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the program on public and on generated data",
		Long: `Measure how well the program finds mines in public data that ships with it, and
how fast it is on generated data of any size. The figures are kept in the
BENCHMARK.md of the packages.`,
		Example: `  minewatch bench detect
  minewatch bench fuse
  minewatch bench stages
  minewatch bench month`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, c := range []*cobra.Command{p.benchDetect(), p.benchFuse(), p.benchStages(), p.benchMonth()} {
		c.Args = withUsage(c.Args)
		cmd.AddCommand(c)
	}
	return cmd
}

func (p *program) benchDetect() *cobra.Command {
	first, seeds := uint64(1), calibrationSeeds
	cmd := &cobra.Command{
		Use:   "detect",
		Short: "How well mines are found in meters and of kinds not seen",
		Long: `Add simulated mines of two models written apart, and lawful look-alikes, to real
public meters; score every building with weights that saw neither it nor that
kind of mine; print average precision, lists, onset, energy and intervals,
beside simple rules and a bound. Nothing is written.
` + exitCodes,
		Example: `  minewatch bench detect
  minewatch bench detect --seeds 1
  minewatch bench detect --first 101   # draws that no table was learnt from`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cases, err := calibrate.Draws(first, seeds)
			if err != nil {
				return err
			}
			calibrate.Bench(p.stdout, cases)
			return calibrate.BenchFaults(p.stdout, first, seeds)
		},
	}
	cmd.Flags().Uint64Var(&first, "first", first, "seed of the first draw")
	cmd.Flags().IntVar(&seeds, "seeds", seeds, "draws of mines, onsets and windows")
	return cmd
}
