package main

import (
	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) diff() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff RUN1 RUN2",
		Short: "Say how the inspection lists of two runs differ, and why",
		Long: `Say how the inspection list of RUN2 differs from that of RUN1: which sites
entered, left, or changed rank, finding or probability, and what changed in their
evidence. Runs are named by their folders below runs; latest is the newest.`,
		Example: `  minewatch diff -w kostanay 0007-1f2e3d4c latest
  minewatch diff -w kostanay 0007-1f2e3d4c latest --json | jq -r '.entered[].site_id'`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			ws, err := pipeline.OpenWorkspace(p.workspace)
			if err != nil {
				return err
			}
			d, err := pipeline.Diff(ws, args[0], args[1])
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(p.stdout, d)
			}
			return d.Print(p.stdout)
		},
	}
	p.workspaceFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}
