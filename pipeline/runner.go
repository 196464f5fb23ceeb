package pipeline

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// A Runner applies jobs: in this process ([Local]) or on a cluster. It returns the
// rows written by each stage once every task is committed. Tasks travel through it,
// rows do not.
type Runner interface {
	Run(ctx context.Context, env *Env, jobs []Job) (rows map[string]int64, err error)
}

// Local applies jobs in a pool of workers of this process.
type Local struct {
	// Do does a job and returns the rows written by each of its tasks; nil: apply it.
	Do func(ctx context.Context, env *Env, job Job) ([]int64, error)
}

var _ Runner = Local{}

// Run applies the jobs, env.Workers at a time, and stops at the first error.
func (l Local) Run(ctx context.Context, env *Env, jobs []Job) (map[string]int64, error) {
	total := map[string]int64{}
	for _, job := range jobs {
		for _, t := range job {
			total[t.Stage]++
		}
	}
	for stage, n := range total {
		env.Progress(stage, 0, n, 0)
	}
	do := l.Do
	if do == nil {
		do = func(ctx context.Context, env *Env, job Job) ([]int64, error) { return env.apply(ctx, job) }
	}
	var mu sync.Mutex
	rows, done := map[string]int64{}, map[string]int64{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(env.Workers)
	for _, job := range jobs {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			written, err := do(ctx, env, job)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for i, t := range job {
				rows[t.Stage] += written[i]
				done[t.Stage]++
				env.Progress(t.Stage, done[t.Stage], total[t.Stage], rows[t.Stage])
			}
			return nil
		})
	}
	return rows, g.Wait()
}
