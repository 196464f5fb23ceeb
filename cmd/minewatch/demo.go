package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) demo() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo [DIR]",
		Short: "See everything on data that ships with the program",
		Long: `Make a sample workspace in DIR (default ./demo) from data that ships with the
program, run everything on it, print the top of the ranked list and where each
output lies, and compare the list with the truth.

The meters are real, measured at public buildings, homes and a factory. The mines
are simulated: a documented model of mining hardware is added to some meters.`,
		Example: `  minewatch demo
  minewatch demo sample && minewatch explain -w sample SITE`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		dir := "demo"
		if len(args) == 1 {
			dir = args[0]
		}
		progress, end := p.progress()
		result, err := pipeline.Demo(cmd.Context(), dir, pipeline.DemoOptions{Progress: progress})
		end()
		if err != nil {
			return err
		}
		return p.printDemo(result)
	}
	p.jsonFlag(cmd)
	return cmd
}

func (p *program) printDemo(r *pipeline.DemoResult) error {
	if p.json {
		view, err := viewRun(r.Run)
		if err != nil {
			return err
		}
		return printJSON(p.stdout, struct {
			Workspace  string               `json:"workspace"`
			Run        runView              `json:"run"`
			Evaluation *pipeline.Evaluation `json:"evaluation"`
		}{r.Workspace.Dir, view, r.Evaluation})
	}
	if err := printRunText(p.stdout, r.Workspace, r.Run); err != nil {
		return err
	}
	fmt.Fprint(p.stdout, "\nAgainst the truth (the meters are real, the mines in them are simulated):\n\n")
	return r.Evaluation.Print(p.stdout)
}
