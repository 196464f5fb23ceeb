package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/calibrate"
)

// calibrationSeeds is the recipe of the tables that ship with the program.
const calibrationSeeds = 5

func (p *program) calibrate() *cobra.Command {
	var write string
	seeds := calibrationSeeds
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Learn what the evidence for an added block is worth",
		Long: `Add simulated mines of two models and lawful look-alikes to real public meters,
fit the shape functions of the block detector, and make the tables of placebos
and energy errors from buildings that the fit did not see. The tables that ship
with the program were made by this command. With --write it ends with the report
of "minewatch bench detect", which is of the same cases.`,
		Example: `  minewatch calibrate
  minewatch calibrate --write detectors/load   # then build again`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cases, err := calibrate.Draws(seeds)
			if err != nil {
				return err
			}
			for _, t := range calibrate.Tables(cases) {
				if write == "" {
					fmt.Fprintf(p.stdout, "%s\n%s\n", t.Name, t.Text)
					continue
				}
				if err := store.WriteFile(filepath.Join(write, t.Name), []byte(t.Text)); err != nil {
					return fmt.Errorf("write the tables: %w", err)
				}
			}
			if write != "" {
				calibrate.Bench(p.stdout, cases, seeds)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&write, "write", "", "folder to write the tables to; without it they are printed")
	cmd.Flags().IntVar(&seeds, "seeds", seeds, "draws of mines, onsets and windows")
	return cmd
}
