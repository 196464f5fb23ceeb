package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/calibrate"
)

// The recipe of the tables that ship with the program.
const (
	calibrationSeed   = 1
	calibrationRounds = 4
)

func (p *program) calibrate() *cobra.Command {
	var write string
	rounds := calibrationRounds
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Learn what the evidence for an added block is worth",
		Long: `Add simulated mines to real public meters, fit the weights of the block
detector, and report how it ranks buildings whose weights never saw them.

The tables that ship with the program were made by this command. Since the
weights also choose among candidates, it was run until they stayed.`,
		Example: `  minewatch calibrate
  minewatch calibrate --write detectors/load   # then build again`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cases, err := calibrate.Cases(calibrationSeed, rounds)
			if err != nil {
				return err
			}
			r := calibrate.Fit(cases)
			r.Report(p.stdout)
			if write == "" {
				return nil
			}
			weights, placebo := r.Tables()
			for name, text := range map[string]string{"block_weights.csv": weights, "block_placebo.csv": placebo} {
				if err := store.WriteFile(filepath.Join(write, name), []byte(text)); err != nil {
					return fmt.Errorf("write the tables: %w", err)
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&write, "write", "", "folder to write the tables to")
	cmd.Flags().IntVar(&rounds, "rounds", rounds, "mines of each size that are added to each window")
	return cmd
}
