package main

import (
	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) evaluate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evaluate TRUTH.csv",
		Short: "Compare a run with known outcomes",
		Long: `Compare a run with known outcomes: average precision, precision and recall at k,
calibration, error of the mining energy and how often its interval holds the
truth. TRUTH.csv has the columns site_id and outcome (mining or clean), and
mining_kwh where the energy is known; no_access says nothing about a site.`,
		Example: `  minewatch evaluate -w kostanay visits-2024.csv
  minewatch evaluate -w demo --json demo/truth.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			ws, err := pipeline.OpenWorkspace(p.workspace)
			if err != nil {
				return err
			}
			e, err := pipeline.Evaluate(ws, p.run, args[0])
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(p.stdout, e)
			}
			return e.Print(p.stdout)
		},
	}
	p.workspaceFlag(cmd)
	p.runFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}
