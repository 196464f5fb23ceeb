package main

import (
	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) explain() *cobra.Command {
	var sources bool
	cmd := &cobra.Command{
		Use:   "explain SITE",
		Short: "Say why a site ranks where it does",
		Long: `Say why a site ranks where it does: each piece of evidence and what it adds to
the log-odds, what speaks against it, and the arithmetic of the tax (fee). With
--sources also from which lines of which delivered files that comes.`,
		Example: `  minewatch explain -w kostanay KST-00417
  minewatch explain -w kostanay --sources KST-00417
  minewatch explain -w kostanay --run 2024-02-01-3f2a9c01 --json KST-00417`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ws, err := pipeline.OpenWorkspace(p.workspace)
			if err != nil {
				return err
			}
			e, err := pipeline.Explain(ws, p.run, args[0])
			if err != nil {
				return err
			}
			if sources {
				if e.Sources, err = pipeline.Sources(cmd.Context(), ws, e); err != nil {
					return err
				}
			}
			if p.json {
				return printJSON(p.stdout, e)
			}
			if err := e.Print(p.stdout); err != nil || !sources {
				return err
			}
			return pipeline.PrintSources(p.stdout, e.Sources)
		},
	}
	cmd.Flags().BoolVar(&sources, "sources", false, "name the delivered files and lines behind it")
	p.workspaceFlag(cmd)
	p.runFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}
