package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) explain() *cobra.Command {
	var o pipeline.ExplainOptions
	cmd := &cobra.Command{
		Use:   "explain SITE",
		Short: "Say why a site ranks where it does",
		Long: `Say why a site ranks where it does: each piece of evidence and what it adds to
the log-odds, what speaks against it, what would change the verdict, and the
arithmetic of the tax (fee). Colour only on a terminal, and not if NO_COLOR is set.`,
		Example: `  minewatch explain -w kostanay KST-00417
  minewatch explain -w kostanay KST-00417 --sources   # and the delivered rows behind each step
  minewatch explain -w kostanay --run 2024-02-01-3f2a9c01 --json KST-00417`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			ws, err := pipeline.OpenWorkspace(p.workspace)
			if err != nil {
				return err
			}
			e, err := pipeline.Explain(ws, p.run, args[0], o)
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(p.stdout, e)
			}
			return e.Print(p.stdout, coloured(p.stdout))
		},
	}
	p.workspaceFlag(cmd)
	p.runFlag(cmd)
	p.jsonFlag(cmd)
	cmd.Flags().BoolVar(&o.Sources, "sources", false, "name the file and lines of the delivered rows behind each step")
	return cmd
}

// coloured reports whether to use colour: on a terminal, unless NO_COLOR is set
// (no-color.org) or the terminal is dumb.
func coloured(w io.Writer) bool {
	return terminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
