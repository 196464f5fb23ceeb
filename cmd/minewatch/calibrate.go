package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/calibrate"
	"github.com/minewatch/minewatch/pipeline"
)

// calibrationSeeds is the recipe of the tables that ship with the program.
const calibrationSeeds = 10

func (p *program) calibrate() *cobra.Command {
	var write string
	own, use, seeds, sites := false, false, calibrationSeeds, 200
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Learn what the evidence for an added block is worth",
		Long: `Add simulated mines of two models and lawful look-alikes to real public meters,
fit the shape functions of the block detector, and make the tables of placebos
and energy errors from buildings that the fit did not see. The tables that ship
with the program were made by this command. With --write it ends with the report
of "minewatch bench detect", which is of the same cases.

With --self-inject simulated mines go into copies of your own meters, and the report
says which share of them the shipped tables would find there, by size, and what their
log-likelihood ratios are worth there. It is printed and written to self_inject.csv in
the workspace; a run must have read the meters before. With --use, too, what ratios are
worth is written to tables/load_scale.csv, which the runs after it apply, name in their
manifest with its hash, and keep a copy of. Delete the file to go back. It needs 40 sites
and 40 mines; your meters are taken to be free of mining.`,
		Example: `  minewatch calibrate
  minewatch calibrate --self-inject -w kostanay --sites 500
  minewatch calibrate --self-inject --use -w kostanay   # runs weigh ratios by your own meters
  minewatch calibrate --write detectors/load   # then build again`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if own {
				return p.selfInject(cmd.Context(), sites, use)
			}
			if use {
				return &usageError{errors.New("--use goes with --self-inject"), "See minewatch calibrate --help."}
			}
			cases, err := calibrate.Draws(1, seeds)
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
				calibrate.Bench(p.stdout, cases)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&write, "write", "", "folder to write the tables to; without it they are printed")
	cmd.Flags().IntVar(&seeds, "seeds", seeds, "draws of mines, onsets and windows")
	cmd.Flags().BoolVar(&own, "self-inject", false, "add mines to copies of the workspace's own meters and say how many are found")
	cmd.Flags().BoolVar(&use, "use", false, "have runs weigh the evidence by what --self-inject found: writes tables/load_scale.csv")
	cmd.Flags().IntVar(&sites, "sites", sites, "most sites of the workspace to add mines to")
	p.workspaceFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}

func (p *program) selfInject(ctx context.Context, sites int, use bool) error {
	ws, err := pipeline.OpenWorkspace(p.workspace)
	if err != nil {
		return err
	}
	windows, err := pipeline.OwnLoads(ctx, ws, sites)
	if err != nil {
		return err
	}
	report := calibrate.SelfInject(windows, ws.Config.Location())
	var table bytes.Buffer
	if err := report.Table(&table); err != nil {
		return err
	}
	if err := store.WriteFile(ws.Path("self_inject.csv"), table.Bytes()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if use {
		text := report.Scale()
		if text == "" {
			return errors.New("too few sites or mines to say what a ratio is worth here: " + pipeline.OwnScale + " is not written")
		}
		if err := store.WriteFile(ws.Path(pipeline.OwnScale), []byte(text)); err != nil {
			return fmt.Errorf("write the scale: %w", err)
		}
	}
	if p.json {
		return printJSON(p.stdout, report)
	}
	report.Print(p.stdout)
	return nil
}
