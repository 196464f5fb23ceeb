package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) explain() *cobra.Command {
	var sources bool
	cmd := &cobra.Command{
		Use:   "explain SITE",
		Short: "Say why a site ranks where it does",
		Long: `Say why a site ranks where it does: each piece of evidence and what it adds to
the log-odds, what speaks against it, what would change the verdict, and the
arithmetic of the tax (fee). With --sources also from which lines of which
delivered files that comes. Colour only on a terminal, and not if NO_COLOR is set.`,
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
				e.LinkSources()
			}
			if p.json {
				return printJSON(p.stdout, e)
			}
			if err := e.Print(p.stdout, coloured(p.stdout)); err != nil || !sources {
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

// coloured reports whether to use colour: on a terminal, unless NO_COLOR is set
// (no-color.org) or the terminal is dumb.
func coloured(w io.Writer) bool {
	return terminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
