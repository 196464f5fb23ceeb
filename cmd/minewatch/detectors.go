package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) detectors() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "detectors [NAME]",
		Short: "List the detectors, or describe one",
		Long: `List the detectors: what each looks for, the unit of its statistic, and the
group whose strongest evidence alone counts. With a name, describe one with its
inputs, parameters, limits and source.`,
		Example: `  minewatch detectors
  minewatch detectors load/block`,
		Args: cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return detectorIDs(pipeline.Detectors()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			list := pipeline.Detectors()
			if len(args) == 0 {
				return p.printDetectors(list)
			}
			for _, d := range list {
				if d.ID == args[0] {
					return p.printDetector(d)
				}
			}
			return &usageError{fmt.Errorf("no detector %q", args[0]), "There are: " + strings.Join(detectorIDs(list), ", ") + "."}
		},
	}
	p.jsonFlag(cmd)
	return cmd
}

func detectorIDs(list []detectors.Info) []string {
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	return ids
}

func (p *program) printDetectors(list []detectors.Info) error {
	if p.json {
		views := make([]detectorView, len(list))
		for i, d := range list {
			views[i] = detectorView(d)
		}
		return printJSON(p.stdout, map[string]any{"detectors": views})
	}
	out := newTable("name", "group", "statistic", "looks for")
	for _, d := range list {
		out.add(d.ID, d.Group, d.Unit, firstSentence(d.Looks))
	}
	return out.write(p.stdout)
}

func (p *program) printDetector(d detectors.Info) error {
	if p.json {
		return printJSON(p.stdout, detectorView(d))
	}
	_, err := fmt.Fprintf(p.stdout, "%s\n  statistic  %s\n  group      %s (only the strongest evidence of a group counts)\n  source     %s\n\n%s\n",
		d.ID, d.Unit, d.Group, d.Source, d.Looks)
	if err == nil && d.Picture != "" {
		_, err = fmt.Fprintf(p.stdout, "\n%s\n", d.Picture)
	}
	return err
}

// detectorView is detectors.Info with the names that JSON uses.
type detectorView struct {
	ID     string `json:"id"`
	Unit   string `json:"unit"`
	Group  string `json:"group"`
	Source string `json:"source"`
	Looks  string `json:"looks"`

	Picture string `json:"picture,omitempty"`
}

func firstSentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if before, _, ok := strings.Cut(s, ". "); ok {
		return before
	}
	return strings.TrimSuffix(s, ".")
}
