package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/minewatch/minewatch/pipeline"
)

func (p *program) work() *cobra.Command {
	var tasks, address string
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
an indexed Job of Kubernetes.

Workers that do not see the workspace take --mirror, a bucket of S3-compatible object
storage or another folder, where minewatch run --plan --mirror has put the tasks and what
they read; --workspace then is the folder of a cache, new at first. Keys of the
storage come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
		Example: `  minewatch ingest -w kostanay
  minewatch run -w kostanay --plan --tasks todo.json
  minewatch work -w kostanay --tasks todo.json --index 0 --of 2 &
  minewatch work -w kostanay --tasks todo.json --index 1 --of 2; wait
  minewatch run -w kostanay
  minewatch work -w /tmp/cache --mirror "s3://kostanay/work?endpoint=https://storage.example" --tasks todo.json --index 7 --of 64`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(*cobra.Command, []string) error {
		file, do, err := p.workAt(cmd.Context(), address, tasks)
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
		rows, err := do(file, mine, progress)
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
	cmd.Flags().StringVar(&tasks, "tasks", "", "`file` of tasks, from minewatch run --plan --tasks; with --mirror the one of that name there")
	mirrorFlag(cmd, &address)
	cmd.Flags().IntVar(&index, "index", 0, "number of this worker, from 0")
	cmd.Flags().IntVar(&of, "of", 0, "number of workers (default: one for each task, or tasks that read the same)")
	if err := errors.Join(cmd.MarkFlagRequired("tasks"), cmd.MarkFlagFilename("tasks", "json")); err != nil {
		panic(err) // a flag of another name
	}
	p.workspaceFlag(cmd)
	p.jsonFlag(cmd)
	return cmd
}

// A doTasks does those tasks of a file that are mine, and returns the rows written.
type doTasks func(f pipeline.TaskFile, mine []pipeline.Task, progress pipeline.Progress) (int64, error)

// workAt reads the tasks where a worker finds them, and returns what does them there:
// the workspace, or a mirror if an address is given.
func (p *program) workAt(ctx context.Context, address, tasks string) (f pipeline.TaskFile, do doTasks, err error) {
	if address == "" {
		ws, err := pipeline.OpenWorkspace(p.workspace)
		if err != nil {
			return f, nil, err
		}
		f, err = pipeline.ReadTasks(tasks)
		return f, func(f pipeline.TaskFile, mine []pipeline.Task, progress pipeline.Progress) (int64, error) {
			return pipeline.Work(ctx, ws, f.Program, mine, progress)
		}, err
	}
	mirror, err := openMirror(address)
	if err != nil {
		return f, nil, err
	}
	f, err = mirror.Tasks(ctx, filepath.Base(tasks))
	return f, func(f pipeline.TaskFile, mine []pipeline.Task, progress pipeline.Progress) (int64, error) {
		return mirror.Work(ctx, p.workspace, f, mine, progress)
	}, err
}

func mirrorFlag(cmd *cobra.Command, address *string) {
	cmd.Flags().StringVar(address, "mirror", "", "`address` of the storage that workers reach who do not see the workspace:\na folder, or s3://bucket/prefix?endpoint=https://host")
}

// openMirror returns nil if no address is given.
func openMirror(address string) (*pipeline.Mirror, error) {
	if address == "" {
		return nil, nil
	}
	m, err := pipeline.OpenMirror(address)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--mirror: %w", err), "Run minewatch work --help for an example."}
	}
	return m, nil
}

// plan prints what a run would do, and writes its tasks to a file if one is named,
// and to the mirror if there is one.
func (p *program) plan(ctx context.Context, ws *pipeline.Workspace, tasks, address string) error {
	mirror, err := openMirror(address)
	if err != nil {
		return err
	}
	plan, err := pipeline.PlanRun(ctx, ws, mirror)
	if err != nil {
		return err
	}
	if tasks != "" {
		if err := plan.Tasks.Write(tasks); err != nil {
			return err
		}
		if mirror != nil {
			if err := mirror.PutPlan(ctx, ws, filepath.Base(tasks), plan.Tasks); err != nil {
				return err
			}
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
