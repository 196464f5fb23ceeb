package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// A StagePlan says what a stage has to do.
type StagePlan struct {
	Stage string `json:"stage"`
	Tasks int    `json:"tasks"` // in all
	Todo  int    `json:"todo"`  // of which the result is missing or stale
	// After names a stage that has work to do first. What this one has to do
	// is known when that is done; Tasks and Todo are then 0.
	After string `json:"after,omitempty"`
}

// A Plan says what a run would do now.
type Plan struct {
	New    []string    `json:"new"` // files in the inbox that are to be taken in before anything else
	Stages []StagePlan `json:"stages"`
	Tasks  TaskFile    `json:"-"` // that can be done now
}

// A TaskFile lists tasks to be applied elsewhere, by [Work].
type TaskFile struct {
	Program string `json:"program"` // that planned them; no other may do them
	Tasks   []Task `json:"tasks"`
	// What workers need beside, who reach the workspace through a [Mirror] only.
	Beside []store.Manifest `json:"beside,omitempty"` // partitions that stages read as a whole
	Files  []WorkspaceFile  `json:"files,omitempty"`
}

// PlanRun says what a run would do. While files are to be taken in, the stages
// are planned as the lake stands. With a mirror, which may be nil, results that
// workers have put there are taken into the lake first.
func PlanRun(ctx context.Context, ws *Workspace, mirror *Mirror) (*Plan, error) {
	unlock, err := ws.lockShared()
	if err != nil {
		return nil, err
	}
	defer unlock()
	env, err := newEnv(ws, nil)
	if err != nil {
		return nil, err
	}
	env.mirror = mirror
	plan := &Plan{Tasks: TaskFile{Program: env.code, Tasks: []Task{}}}
	if plan.New, err = ingest.Pending(ctx, IngestOptions{}.intake(ws)); err != nil {
		return nil, err
	}
	busy := map[*Stage]bool{}
	for _, s := range Stages() {
		p := StagePlan{Stage: s.Name}
		if i := slices.IndexFunc(s.After, func(a *Stage) bool { return busy[a] }); i >= 0 {
			p.After = s.After[i].Name
			busy[s] = true
		} else {
			all, todo, err := env.plan(ctx, s)
			if err != nil {
				return nil, err
			}
			p.Tasks, p.Todo = len(all), len(todo)
			busy[s] = len(todo) > 0
			plan.Tasks.Tasks = append(plan.Tasks.Tasks, todo...)
		}
		plan.Stages = append(plan.Stages, p)
	}
	if mirror != nil {
		if err := plan.Tasks.forMirror(ws); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

// Write writes the tasks as JSON, whole or not at all.
func (f TaskFile) Write(path string) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return store.WriteFile(path, append(text, '\n'))
}

// ReadTasks reads what [TaskFile.Write] wrote.
func ReadTasks(path string) (f TaskFile, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("%s: %w; make it anew with minewatch run --plan --tasks", path, err)
	}
	return f, nil
}

// Share returns the tasks of one of n workers: those of the jobs whose number,
// counted through the file, leaves the rest index when divided by n. Tasks that look
// at the same readings are one job.
func (f TaskFile) Share(index, n int) []Task {
	var mine []Task
	for i, job := range jobsOf(f.Tasks) {
		if i%n == index {
			mine = append(mine, job...)
		}
	}
	return mine
}

// Jobs returns how many workers can have something to do.
func (f TaskFile) Jobs() int { return len(jobsOf(f.Tasks)) }

// ErrOtherProgram says that tasks were planned by another build, whose results
// may differ.
var ErrOtherProgram = errors.New("the tasks were planned by another build of this program; plan and work with the same one")

// Work applies tasks that were planned elsewhere, and returns the rows written.
// Several processes, on several machines that see the same workspace, may work at
// once, on the same tasks too; while they do, no run can begin. A task whose result
// is there already is done.
func Work(ctx context.Context, ws *Workspace, program string, tasks []Task, progress Progress) (int64, error) {
	unlock, err := ws.lockShared()
	if err != nil {
		return 0, err
	}
	defer unlock()
	env, err := newEnv(ws, progress)
	if err != nil {
		return 0, err
	}
	return env.Work(ctx, program, tasks)
}

// OpenEnv opens a workspace for a worker of a [Runner], whose run holds the lock.
func OpenEnv(ws *Workspace) (*Env, error) { return newEnv(ws, nil) }

// Program identifies the build, for [Env.Work] elsewhere.
func (e *Env) Program() string { return e.code }

// Work is [Work] without the lock.
func (e *Env) Work(ctx context.Context, program string, tasks []Task) (rows int64, err error) {
	if program != e.code {
		return 0, ErrOtherProgram
	}
	var todo []Task
	for _, s := range Stages() {
		mine := slices.DeleteFunc(slices.Clone(tasks), func(t Task) bool { return t.Stage != s.Name })
		if len(mine) == 0 {
			continue
		}
		stale, err := e.staleTasks(s, mine)
		if err != nil {
			return 0, err
		}
		todo = append(todo, stale...)
	}
	written, err := Local{}.Run(ctx, e, jobsOf(todo))
	for _, n := range written {
		rows += n
	}
	return rows, err
}

// staleTasks returns the tasks of a stage that are still to be done.
func (e *Env) staleTasks(s *Stage, tasks []Task) ([]Task, error) {
	if s.Needs != nil {
		if err := s.Needs(e); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	todo, err := e.todo(s, tasks)
	if err != nil {
		return nil, err
	}
	for _, t := range todo {
		for _, m := range t.In {
			if _, err := os.Stat(m.Path(e.WS.Lake())); errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("%s %s: %s has changed since the tasks were planned; plan them anew", s.Name, t.Out, m.Ref())
			}
		}
	}
	slices.SortFunc(todo, func(a, b Task) int { return cmp.Compare(a.Out.Bucket, b.Out.Bucket) })
	return todo, nil
}
