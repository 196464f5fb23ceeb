package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) work() *cobra.Command {
	var tasks string
	index, of := 0, 0
	cmd := &cobra.Command{
		Use:   "work",
		Short: "Do planned tasks, beside other workers",
		Long: `Do tasks that minewatch run --plan --tasks has written, on any machine that sees
the workspace. Several workers share a file of tasks: worker INDEX of OF does every
OF-th, where tasks that read the same are one. A task may be done twice, or die and be done again: the bytes stay the
same, and what is done already is not done again.

Some stages wait for others, so plan and work in turn until the plan is empty; the
run that follows scores and exports. pipeline/CLUSTER.md has the manifest of
an indexed Job of Kubernetes.`,
		Example: `  minewatch ingest -w kostanay
  minewatch run -w kostanay --plan --tasks todo.json
  minewatch work -w kostanay --tasks todo.json --index 0 --of 2 &
  minewatch work -w kostanay --tasks todo.json --index 1 --of 2; wait
  minewatch run -w kostanay`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(*cobra.Command, []string) error {
		ws, err := pipeline.OpenWorkspace(p.workspace)
		if err != nil {
			return err
		}
		file, err := pipeline.ReadTasks(tasks)
		if err != nil {
			return err
		}
		if of == 0 {
			of = max(1, file.Jobs())
		}
		if index < 0 || index >= of {
			return &usageError{fmt.Errorf("--index %d: want 0 to %d", index, of-1), "--of is the number of workers; without it there is one for each task, or tasks that read the same."}
		}
		mine := file.Share(index, of)
		progress, end := p.progress()
		rows, err := pipeline.Work(cmd.Context(), ws, file.Program, mine, progress)
		end()
		if err != nil {
			return err
		}
		if p.json {
			return printJSON(p.stdout, map[string]int64{"tasks": int64(len(mine)), "rows": rows})
		}
		_, err = fmt.Fprintf(p.stdout, "Did %s of %d: %s written.\n", count(len(mine), "task"), len(file.Tasks), count(rows, "row"))
		return err
	}
	cmd.Flags().StringVar(&tasks, "tasks", "", "`file` of tasks, from minewatch run --plan --tasks")
	cmd.Flags().IntVar(&index, "index", 0, "number of this worker, from 0")
	cmd.Flags().IntVar(&of, "of", 0, "number of workers (default: one for each task, or tasks that read the same)")
	if err := errors.Join(cmd.MarkFlagRequired("tasks"), cmd.MarkFlagFilename("tasks", "json")); err != nil {
		panic(err) // a flag of another name
	}
	p.workspaceFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}

// plan prints what a run would do, and writes its tasks to a file if one is named.
func (p *program) plan(ctx context.Context, ws *pipeline.Workspace, tasks string) error {
	plan, err := pipeline.PlanRun(ctx, ws)
	if err != nil {
		return err
	}
	if tasks != "" {
		if err := plan.Tasks.Write(tasks); err != nil {
			return err
		}
	}
	if p.json {
		return printJSON(p.stdout, plan)
	}
	if n := len(plan.New); n > 0 {
		fmt.Fprintf(p.stdout, "%s to take in, the first: %s. The stages are as the lake stands before that.\n", count(n, "file"), printable(plan.New[0]))
	}
	out := newTable("stage", ">tasks", ">to do", "")
	for _, s := range plan.Stages {
		if s.After != "" {
			out.add(s.Stage, "", "", "known after "+s.After)
			continue
		}
		out.add(s.Stage, strconv.Itoa(s.Tasks), strconv.Itoa(s.Todo), "")
	}
	return out.write(p.stdout)
}
