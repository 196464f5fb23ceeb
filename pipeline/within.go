package pipeline

import (
	"context"
	"fmt"
	"time"
)

// within does something that may take as long as the limits say. What was
// committed until then stays, and is not done again.
func within[T any](ctx context.Context, l Limits, do func(context.Context) (T, error)) (T, error) {
	if l.TimeS == 0 {
		return do(ctx)
	}
	stopped := fmt.Errorf("stopped after %d s (limits.max_time_s); nothing is half-written: run it again to go on, or raise the limit", l.TimeS)
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(l.TimeS)*time.Second, stopped)
	defer cancel()
	out, err := do(ctx)
	if err != nil && context.Cause(ctx) == stopped {
		err = stopped
	}
	return out, err
}
