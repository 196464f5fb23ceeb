// Package beamrun applies the tasks of a run through Apache Beam.
//
//  1. [Runner.Run] gets the tasks of one stage, as every [pipeline.Runner] does.
//  2. It makes a pipeline whose elements are the tasks as JSON, and submits it to the
//     runner that Beam's flags name (Flink, Spark, Dataflow, or prism in this process).
//  3. On a worker, [Apply] opens the workspace once and calls the same
//     [pipeline.Env.Work] as every other worker.
//
// Rows do not pass through Beam: a task reads and commits partitions of the lake,
// which driver and workers must both reach. A bundle may run twice, or twice at
// once, or die; the bytes stay the same.
package beamrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline"
)

func init() {
	beam.RegisterType(reflect.TypeFor[Apply]())
	beam.RegisterDoFn(reflect.TypeFor[Apply]())
	beam.RegisterFunction(branchOf)
}

// Branches is into how many branches the tasks are divided. Engines that
// rebalance elements by themselves need one; prism, which keeps a branch in one
// bundle on one core, needs as many as there are cores.
const Branches = 4

// A Runner submits tasks to Beam.
type Runner struct {
	// Workspace is the workspace's folder as the workers see it.
	Workspace string
}

var _ pipeline.Runner = Runner{}

// Run submits the tasks as one Beam job and waits for it.
func (r Runner) Run(ctx context.Context, env *pipeline.Env, s *pipeline.Stage, tasks []pipeline.Task) (int64, error) {
	elements := make([]string, len(tasks))
	for i, t := range tasks {
		text, err := json.Marshal(t)
		if err != nil {
			return 0, err
		}
		elements[i] = string(text)
	}
	apply := &Apply{Workspace: r.Workspace, Program: env.Program(), Job: store.Fingerprint(elements...)}
	p, scope := beam.NewPipelineWithRoot()
	all := beam.CreateList(scope, elements)
	for i, branch := range beam.Partition(scope, Branches, branchOf, all) {
		branchScope := scope.Scope(fmt.Sprintf("%s %d", s.Name, i))
		beam.ParDo0(branchScope, apply, beam.Reshuffle(branchScope, branch))
	}
	if err := beamx.Run(ctx, p); err != nil {
		return 0, fmt.Errorf("beam job of %s: %w", s.Name, err)
	}
	return committed(env, s, tasks)
}

// branchOf spreads tasks over the branches by their text, whoever runs it.
func branchOf(task string) int {
	h := uint32(2166136261) // FNV-1a
	for _, b := range []byte(task) {
		h = (h ^ uint32(b)) * 16777619
	}
	return int(h % Branches)
}

// committed checks that every task left its result, and counts the rows. An
// engine that lost an element must not go unnoticed.
func committed(env *pipeline.Env, s *pipeline.Stage, tasks []pipeline.Task) (rows int64, err error) {
	for _, t := range tasks {
		for _, table := range s.Tables {
			m, err := store.Open(env.WS.Lake(), table, t.Out)
			if errors.Is(err, fs.ErrNotExist) || err == nil && m.Fingerprint != t.Fingerprint {
				return 0, fmt.Errorf("beam says %s is done, but %s of %s is not committed; do the workers see the same workspace?", s.Name, t.Out, table)
			}
			if err != nil {
				return 0, err
			}
			rows += m.Rows
		}
	}
	return rows, nil
}

// Apply is the DoFn that does a task. Its fields travel to the workers.
type Apply struct {
	Workspace string
	Program   string
	Job       string // names the tasks that this one is of
}

// ProcessElement does one task, given as JSON.
func (a *Apply) ProcessElement(ctx context.Context, element string) error {
	var t pipeline.Task
	if err := json.Unmarshal([]byte(element), &t); err != nil {
		return fmt.Errorf("read task: %w", err)
	}
	env, err := newest.open(a.Workspace, a.Job)
	if err != nil {
		return err
	}
	if _, err := env.Work(ctx, a.Program, []pipeline.Task{t}); err != nil {
		return fmt.Errorf("task %s %s: %w", t.Stage, t.Out, err)
	}
	return nil
}

// newest is what this worker has opened for the job at hand. It serves all of
// the job's bundles, and none of the next job, which may see other tables.
var newest opened

type opened struct {
	mu       sync.Mutex
	dir, job string
	env      *pipeline.Env
}

func (o *opened) open(dir, job string) (*pipeline.Env, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.env != nil && o.dir == dir && o.job == job {
		return o.env, nil
	}
	ws, err := pipeline.OpenWorkspace(dir)
	if err != nil {
		return nil, err
	}
	env, err := pipeline.OpenEnv(ws)
	if err == nil {
		o.dir, o.job, o.env = dir, job, env
	}
	return env, err
}
