package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) share() *cobra.Command {
	var profile string
	var o pipeline.ShareOptions
	var long strings.Builder
	names := make([]string, len(datasets.Profiles))
	for i, d := range datasets.Profiles {
		names[i] = d.Name
		fmt.Fprintf(&long, "  %-12s%s\n", d.Name, d.Doc)
	}
	cmd := &cobra.Command{
		Use:   "share DIR",
		Short: "Copy what one kind of receiver may see of a run",
		Long: `Copy what one kind of receiver may see of a run to DIR, a new folder, with a list
of the files and their hashes (share.json), signed with the workspace's key. The
journal notes who was given what. The receivers:

` + long.String() + `
What a column tells of people stands in minewatch datasets NAME. Pseudonyms are
keyed hashes; the key is .keys/pseudonym.key of the workspace and must stay there.`,
		Example: `  minewatch share -w kostanay --for inspection to-teams
  minewatch share -w kostanay --for telecom --provider Kazakhtelecom to-telecom
  minewatch share -w kostanay --for notebook notebooks/data`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			found := false
			for _, d := range datasets.Profiles {
				if d.Name == profile {
					o.Profile, found = d, true
				}
			}
			if !found {
				return &usageError{fmt.Errorf("--for: want one of %s, got %q", strings.Join(names, ", "), profile), "Run minewatch share --help for what each may see."}
			}
			ws, err := pipeline.OpenWorkspace(p.workspace)
			if err != nil {
				return err
			}
			o.RunID = p.run
			s, err := pipeline.HandOver(ws, args[0], o)
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(p.stdout, s)
			}
			_, err = fmt.Fprintf(p.stdout, "%s of run %s for %s in %s, with %s and its signature.\n", count(len(s.Files), "file"), s.RunID, s.Profile, args[0], pipeline.ShareName)
			return err
		},
	}
	cmd.Flags().StringVar(&profile, "for", "", "receiver: "+strings.Join(names, ", "))
	cmd.Flags().StringVar(&o.Provider, "provider", "", "of telecom: whose subscribers (needed if the run has those of several)")
	p.workspaceFlag(cmd)
	p.runFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}
