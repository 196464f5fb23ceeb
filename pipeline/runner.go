package pipeline

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// A Runner applies tasks of one stage: in this process ([Local]) or on a
// cluster. It returns the rows written once every task is committed. Tasks
// travel through it, rows do not.
type Runner interface {
	Run(ctx context.Context, env *Env, s *Stage, tasks []Task) (rows int64, err error)
}

// Local applies tasks in a pool of workers of this process.
type Local struct{}

var _ Runner = Local{}

// Run applies the tasks, env.Workers at a time, and stops at the first error.
func (Local) Run(ctx context.Context, env *Env, s *Stage, tasks []Task) (int64, error) {
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
			env.Progress(s.Name, done.Add(1), int64(len(tasks)), rows.Add(n))
			return nil
		})
	}
	err := g.Wait()
	return rows.Load(), err
}
