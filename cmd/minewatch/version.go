package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) version() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of the program",
		Long:    `Print the version of the program, the commit it was built from, and the Go version.`,
		Example: `  minewatch version --json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := pipeline.ThisProgram()
			if p.json {
				return printJSON(p.stdout, v)
			}
			revision := ""
			if v.Revision != "" {
				revision = ", commit " + v.Revision
			}
			_, err := fmt.Fprintf(p.stdout, "%s %s%s, %s\n", v.Name, v.Version, revision, v.Go)
			return err
		},
	}
	p.jsonFlag(cmd)
	return cmd
}
