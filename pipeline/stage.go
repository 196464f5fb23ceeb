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
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

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

// A Stage derives tables of the lake. Plan lists the tasks whose result is
// missing or stale, from manifests alone. Apply does one task and returns the
// rows written; it may run twice, or twice at once, with one result.
type Stage struct {
	Name   string
	Tables []string // that Apply commits, each with the task's fingerprint
	Plan   func(env *Env) ([]Task, error)
	Apply  func(ctx context.Context, env *Env, t Task) (int64, error)
}

// An Env is what stages share: the workspace, its zone and its limits.
type Env struct {
	WS       *Workspace
	Zone     *time.Location
	Workers  int
	Progress Progress
	code     string // identifies the program, for fingerprints
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
		progress = func(string, int64, int64) {}
	}
	tables, err := LoadTables(ws)
	if err != nil {
		return nil, err
	}
	return &Env{WS: ws, Zone: ws.Config.Location(), Workers: workers, Progress: progress, code: code, tables: tables}, nil
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

// keep returns the tasks that are stale in any table of the stage, and removes
// partitions for which there is no task any more.
func (e *Env) keep(s *Stage, tasks []Task) ([]Task, error) {
	wanted := map[datasets.Partition]bool{}
	var todo []Task
	for _, t := range tasks {
		wanted[t.Out] = true
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
	for _, table := range s.Tables {
		list, err := store.List(e.WS.Lake(), table)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if !wanted[m.Partition] {
				if err := os.RemoveAll(store.Dir(e.WS.Lake(), table, m.Partition)); err != nil {
					return nil, err
				}
			}
		}
	}
	return todo, nil
}

// runStage plans a stage and applies its tasks in a pool of local workers.
func runStage(ctx context.Context, env *Env, s *Stage) (StageTime, error) {
	begun := time.Now()
	st := StageTime{Stage: s.Name}
	tasks, err := s.Plan(env)
	if err == nil {
		tasks, err = env.keep(s, tasks)
	}
	if err != nil {
		return st, fmt.Errorf("plan %s: %w", s.Name, err)
	}
	st.Tasks = len(tasks)
	var rows, done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(env.Workers)
	for _, t := range tasks {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, err := s.Apply(ctx, env, t)
			if err != nil {
				return fmt.Errorf("%s %s: %w", s.Name, t.Out, err)
			}
			rows.Add(n)
			env.Progress(s.Name, done.Add(1), int64(len(tasks)))
			return nil
		})
	}
	err = g.Wait()
	st.Rows = rows.Load()
	st.Seconds = time.Since(begun).Seconds()
	return st, err
}

// bucketTasks returns a task for each bucket of the first table, by bucket; the
// same bucket of the others is read beside it. parts are whatever else the result
// depends on.
func (e *Env) bucketTasks(stage string, tables []string, parts ...string) ([]Task, error) {
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
		fp := store.Fingerprint(slices.Concat([]string{stage, e.code}, parts, refs(in))...)
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
