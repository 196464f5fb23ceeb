package pipeline

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What takes longer than it may is stopped, and the error names the setting.
func TestWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := func(ctx context.Context) (int, error) {
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-time.After(time.Minute):
				return 1, nil
			}
		}
		for _, c := range []struct {
			limitS, done int
			says         string
		}{{0, 1, ""}, {61, 1, ""}, {59, 0, "59 s (limits.max_time_s)"}} {
			done, err := within(t.Context(), Limits{TimeS: c.limitS}, work)
			if done != c.done || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("limit %d s: %d, %v", c.limitS, done, err)
			}
		}
	})
}
