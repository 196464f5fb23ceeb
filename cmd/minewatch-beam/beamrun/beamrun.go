// Package beamrun applies the tasks of a run through Apache Beam.
//
//  1. [Runner.Run] gets jobs, each of tasks that read the same, as every [pipeline.Runner] does.
//  2. It makes a pipeline whose elements are the jobs as JSON, and submits it to the
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
	"slices"
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

// Branches is into how many branches the jobs are divided. Engines that
// rebalance elements by themselves need one; prism, which keeps a branch in one
// bundle on one core, needs as many as there are cores.
const Branches = 4

// A Runner submits tasks to Beam.
type Runner struct {
	// Workspace is the workspace's folder as the workers see it.
	Workspace string
}

var _ pipeline.Runner = Runner{}

// Run submits the jobs as one job of Beam and waits for it.
func (r Runner) Run(ctx context.Context, env *pipeline.Env, jobs []pipeline.Job) (map[string]int64, error) {
	elements := make([]string, len(jobs))
	for i, job := range jobs {
		text, err := json.Marshal(job)
		if err != nil {
			return nil, err
		}
		elements[i] = string(text)
	}
	apply := &Apply{Workspace: r.Workspace, Program: env.Program(), Job: store.Fingerprint(elements...)}
	p, scope := beam.NewPipelineWithRoot()
	all := beam.CreateList(scope, elements)
	name := jobs[0][0].Stage
	for i, branch := range beam.Partition(scope, Branches, branchOf, all) {
		branchScope := scope.Scope(fmt.Sprintf("%s %d", name, i))
		beam.ParDo0(branchScope, apply, beam.Reshuffle(branchScope, branch))
	}
	if err := beamx.Run(ctx, p); err != nil {
		return nil, fmt.Errorf("beam job of %s: %w", name, err)
	}
	rows := map[string]int64{}
	for _, t := range slices.Concat(jobs...) {
		n, err := committed(env, t)
		if err != nil {
			return nil, err
		}
		rows[t.Stage] += n
	}
	return rows, nil
}

// branchOf spreads jobs over the branches by their text, whoever runs it.
func branchOf(job string) int {
	h := uint32(2166136261) // FNV-1a
	for _, b := range []byte(job) {
		h = (h ^ uint32(b)) * 16777619
	}
	return int(h % Branches)
}

// committed checks that a task left its result, and counts the rows. An engine that
// lost an element must not go unnoticed.
func committed(env *pipeline.Env, t pipeline.Task) (rows int64, err error) {
	for _, table := range t.Tables() {
		m, err := store.Open(env.WS.Lake(), table, t.Out)
		if errors.Is(err, fs.ErrNotExist) || err == nil && m.Fingerprint != t.Fingerprint {
			return 0, fmt.Errorf("beam says %s is done, but %s of %s is not committed; do the workers see the same workspace?", t.Stage, t.Out, table)
		}
		if err != nil {
			return 0, err
		}
		rows += m.Rows
	}
	return rows, nil
}

// Apply is the DoFn that does a job. Its fields travel to the workers.
type Apply struct {
	Workspace string
	Program   string
	Job       string // names the jobs that this one is of
}

// ProcessElement does one job, given as JSON.
func (a *Apply) ProcessElement(ctx context.Context, element string) error {
	var job pipeline.Job
	if err := json.Unmarshal([]byte(element), &job); err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	env, err := newest.open(a.Workspace, a.Job)
	if err != nil {
		return err
	}
	_, err = env.Work(ctx, a.Program, job)
	return err
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
