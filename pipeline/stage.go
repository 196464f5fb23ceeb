package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// A Task is one unit of work, small enough to be sent anywhere as JSON: it
// derives one partition from committed ones. Rows never travel with a task.
type Task struct {
	Stage       string             `json:"stage"`
	Out         datasets.Partition `json:"out"`
	Fingerprint string             `json:"fingerprint"` // of everything that the result depends on
	In          []store.Manifest   `json:"in"`
}

// Tables names the tables that the task commits.
func (t Task) Tables() []string { return stageNamed(t.Stage).Tables }

// A Stage derives tables of the lake. Plan lists all its tasks from manifests
// alone; those whose result is missing or stale are to be done. Apply does one
// task and returns the rows written; it may run twice, or twice at once, with
// one result. A stage that looks at the readings of each site has Look instead, so
// that several such stages can share one reading ([Job]).
type Stage struct {
	Name   string
	Tables []string         // that a task commits, each with the task's fingerprint
	After  []*Stage         // whose tables Plan or Apply reads
	Beside []string         // tables of which Needs, Apply and Look read all, beside what the task names
	Along  []string         // tables of which Apply and Look read the partitions that the task names of another
	Needs  func(*Env) error // loads once what Plan and Apply share; may be nil
	Plan   func(env *Env) ([]Task, error)
	Apply  func(ctx context.Context, env *Env, t Task) (int64, error)
	Look   func(env *Env, t Task) siteLook
}

// Stages lists the stages in an order in which each comes after those that it
// reads from. What follows them, scoring and exports, is one row a site and
// fits one machine.
func Stages() []*Stage {
	return []*Stage{profileStage, checkStage, detectStage, peerStage, billingStage, feederStage, groupStage, nameStage, jobStage, flowStage, contactStage, endpointStage}
}

// stageNamed returns a stage by its name, nil if there is none.
func stageNamed(name string) *Stage {
	for _, s := range Stages() {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// An Env is what stages share: the workspace, its zone and its limits.
type Env struct {
	WS       *Workspace
	Zone     *time.Location
	Workers  int
	Progress Progress
	runner   Runner
	mirror   *Mirror // from which results are taken; may be nil
	code     string  // identifies the program, for fingerprints
	sharing  sync.Mutex
	around   surroundings
	shared   shared
	tables   *Tables
	traffic  trafficShared
}

func newEnv(ws *Workspace, progress Progress) (*Env, error) {
	code, err := codeVersion()
	if err != nil {
		return nil, err
	}
	workers := ws.Config.Limits.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if progress == nil {
		progress = func(string, int64, int64, int64) {}
	}
	tables, err := LoadTables(ws)
	if err != nil {
		return nil, err
	}
	return &Env{WS: ws, Zone: ws.Config.Location(), Workers: workers, Progress: progress, runner: Local{}, code: code, tables: tables}, nil
}

// tmp is the lake's folder for files that are not committed yet.
func (e *Env) tmp() string { return filepath.Join(e.WS.Lake(), ".tmp") }

// stale reports whether a table lacks the result of a task.
func (e *Env) stale(table string, out datasets.Partition, fingerprint string) (bool, error) {
	m, err := store.Open(e.WS.Lake(), table, out)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	_, err = os.Stat(m.Path(e.WS.Lake()))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil // the rows are gone: make them again
	}
	return m.Fingerprint != fingerprint, err
}

// todo returns the tasks that are stale in any table of the stage.
func (e *Env) todo(s *Stage, tasks []Task) ([]Task, error) {
	var todo []Task
	for _, t := range tasks {
		for _, table := range s.Tables {
			stale, err := e.stale(table, t.Out, t.Fingerprint)
			if err != nil {
				return nil, err
			}
			if stale {
				todo = append(todo, t)
				break
			}
		}
	}
	return todo, nil
}

// prune removes partitions for which there is no task any more.
func (e *Env) prune(s *Stage, tasks []Task) error {
	wanted := map[datasets.Partition]bool{}
	for _, t := range tasks {
		wanted[t.Out] = true
	}
	for _, table := range s.Tables {
		list, err := store.List(e.WS.Lake(), table)
		if err != nil {
			return err
		}
		for _, m := range list {
			if !wanted[m.Partition] {
				if err := os.RemoveAll(store.Dir(e.WS.Lake(), table, m.Partition)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// plan returns all tasks of a stage and those of them that are to be done. The
// stages that it reads from must be done. What workers elsewhere have done of them is
// taken from the mirror.
func (e *Env) plan(ctx context.Context, s *Stage) (all, todo []Task, err error) {
	if s.Needs != nil {
		err = s.Needs(e)
	}
	if err == nil {
		all, err = s.Plan(e)
	}
	if err == nil {
		todo, err = e.todo(s, all)
	}
	if err == nil && e.mirror != nil {
		todo, err = e.mirror.left(ctx, e.WS.Lake(), todo)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("plan %s: %w", s.Name, err)
	}
	return all, todo, nil
}

// runStages plans stages of which none reads from another, and has the runner apply
// their tasks: what several of them read is read once.
func runStages(ctx context.Context, env *Env, stages ...*Stage) ([]StageTime, error) {
	cost := started()
	times := make([]StageTime, len(stages))
	var tasks []Task
	first := -1 // stage with something to do
	for i, s := range stages {
		times[i].Stage = s.Name
		all, todo, err := env.plan(ctx, s)
		if err != nil {
			return times, err
		}
		if err := env.prune(s, all); err != nil {
			return times, fmt.Errorf("plan %s: %w", s.Name, err)
		}
		times[i].Tasks = len(todo)
		switch {
		case len(todo) == 0:
		case first < 0:
			first = i
		default:
			times[i].With = times[first].Stage
		}
		tasks = append(tasks, todo...)
	}
	if len(tasks) == 0 {
		return times, nil
	}
	rows, err := env.runner.Run(ctx, env, jobsOf(tasks))
	for i := range times {
		times[i].Rows = rows[times[i].Stage]
	}
	times[first].Cost = cost()
	return times, err
}

// bucketTasks returns a task for each bucket of the first table, by bucket; the
// same bucket of the others is read beside it. parts are whatever else the result
// depends on.
func (e *Env) bucketTasks(stage string, tables []string, parts ...string) ([]Task, error) {
	return e.tasksOf(stage, tables, func(int32) []string { return parts })
}

// tasksOf is [Env.bucketTasks] where parts depend on the bucket.
func (e *Env) tasksOf(stage string, tables []string, parts func(bucket int32) []string) ([]Task, error) {
	others := map[int32][]store.Manifest{}
	for _, table := range tables[1:] {
		groups, err := byBucket(e.WS.Lake(), table)
		if err != nil {
			return nil, err
		}
		for bucket, in := range groups {
			others[bucket] = append(others[bucket], in...)
		}
	}
	groups, err := byBucket(e.WS.Lake(), tables[0])
	if err != nil {
		return nil, err
	}
	var tasks []Task
	for bucket, in := range groups {
		in = slices.Concat(in, others[bucket])
		fp := store.Fingerprint(slices.Concat([]string{stage, e.code}, parts(bucket), refs(in))...)
		tasks = append(tasks, Task{Stage: stage, Out: datasets.Partition{Bucket: bucket}, Fingerprint: fp, In: in})
	}
	slices.SortFunc(tasks, func(a, b Task) int { return int(a.Out.Bucket) - int(b.Out.Bucket) })
	return tasks, nil
}

// byBucket groups the committed partitions of a table by bucket, years in order.
func byBucket(lake, table string) (map[int32][]store.Manifest, error) {
	list, err := store.List(lake, table)
	if err != nil {
		return nil, err
	}
	groups := map[int32][]store.Manifest{}
	for _, m := range list {
		groups[m.Bucket] = append(groups[m.Bucket], m)
	}
	return groups, nil
}

func refs(parts []store.Manifest) []string {
	names := make([]string, len(parts))
	for i, m := range parts {
		names[i] = m.Ref()
	}
	return names
}

func paths(lake string, parts []store.Manifest) []string {
	files := make([]string, len(parts))
	for i, m := range parts {
		files[i] = m.Path(lake)
	}
	return files
}
