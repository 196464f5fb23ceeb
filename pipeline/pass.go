package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/pipeline/suspect"
)

// A Job is tasks that are done together: one task, or those of several stages that
// look at the same readings, which are then read once.
type Job []Task

// jobsOf makes jobs of tasks, in the order in which their first tasks come. A task
// given twice is in two jobs.
func jobsOf(tasks []Task) []Job {
	var jobs []Job
	open := map[string]int{} // job by what is read
	for _, t := range tasks {
		if s := stageNamed(t.Stage); s == nil || s.Look == nil { // nil: of another program, which [Work] refuses
			jobs = append(jobs, Job{t})
			continue
		}
		key := t.Out.String() + " " + strings.Join(refs(t.In), " ")
		i, ok := open[key]
		if !ok || slices.ContainsFunc(jobs[i], func(o Task) bool { return o.Stage == t.Stage }) {
			open[key] = len(jobs)
			jobs = append(jobs, Job{t})
			continue
		}
		jobs[i] = append(jobs[i], t)
	}
	return jobs
}

// A siteLook is the work of one task of a stage that looks at readings.
type siteLook interface {
	// see is called for each site of the bucket, in order of their ids.
	see(r *siteReadings)
	// commit writes the tables of the stage and returns their rows.
	commit(ctx context.Context) (rows int64, err error)
}

// A siteReadings is what is read of one site, and what is made of it once for all
// that look at it. It is valid during the call of see.
type siteReadings struct {
	SiteID string
	Load   *datasets.Load

	series *features.Series // nil until it is asked for

	// What looks at it, one site after another: each keeps its memory.
	normaliser features.Normaliser
	profiler   features.Profiler
	finder     suspect.Finder
	scanner    *load.Scanner
}

// readers are taken by a job and given back, so that many small ones share the memory.
var readers = sync.Pool{New: func() any { return &siteReadings{scanner: load.NewScanner()} }}

// hourly returns the series of the site.
func (r *siteReadings) hourly() *features.Series {
	if r.series == nil {
		r.series = r.normaliser.Normalise(r.SiteID, r.Load)
	}
	return r.series
}

// apply does a job, and returns the rows written by each of its tasks.
func (e *Env) apply(ctx context.Context, job Job) ([]int64, error) {
	first := stageNamed(job[0].Stage)
	if first.Look == nil {
		n, err := first.Apply(ctx, e, job[0])
		if err != nil {
			err = fmt.Errorf("%s %s: %w", first.Name, job[0].Out, err)
		}
		return []int64{n}, err
	}
	looks, err := e.look(ctx, job)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", first.Name, job[0].Out, err)
	}
	rows := make([]int64, len(job))
	for i, look := range looks {
		if rows[i], err = look.commit(ctx); err != nil {
			return nil, fmt.Errorf("%s %s: %w", job[i].Stage, job[i].Out, err)
		}
	}
	return rows, nil
}

// look has the stages of a job look at the readings of each site, which are read once.
func (e *Env) look(ctx context.Context, job Job) ([]siteLook, error) {
	looks := make([]siteLook, len(job))
	for i, t := range job {
		looks[i] = stageNamed(t.Stage).Look(e, t)
	}
	r := readers.Get().(*siteReadings)
	defer readers.Put(r)
	r.profiler.Zone = e.Zone
	return looks, store.Loads(paths(e.WS.Lake(), job[0].In), func(siteID string, l *datasets.Load) error {
		r.SiteID, r.Load, r.series = siteID, l, nil
		for _, look := range looks {
			look.see(r)
		}
		return ctx.Err()
	})
}
