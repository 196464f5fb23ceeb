package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/minewatch/minewatch/pipeline/demo"
)

// DemoOptions tune the demo.
type DemoOptions struct {
	Progress Progress
}

// DemoResult is the demo's run and its evaluation against the simulated truth.
type DemoResult struct {
	Workspace  *Workspace  `json:"-"`
	Run        *RunResult  `json:"run"`
	Evaluation *Evaluation `json:"evaluation"`
}

// demoTruth lies in the demo's workspace and says where mines were added.
const demoTruth = "truth.csv"

// demoBuckets suits the demo's few sites.
const demoBuckets = 8

// demoPrior is the share of sites that mine in the populations on which fusion is
// measured. In the sample it is larger still: ten mines at 37 meters.
const demoPrior = 0.05

// Demo makes a sample workspace in dir and runs everything on it. A demo that
// is there already is run again, which finds nothing new.
func Demo(ctx context.Context, dir string, o DemoOptions) (*DemoResult, error) {
	ws, err := Init(dir, InitOptions{Buckets: demoBuckets, Prior: demoPrior})
	if err != nil {
		return nil, err
	}
	truth := ws.Path(demoTruth)
	if _, err := os.Stat(truth); errors.Is(err, fs.ErrNotExist) {
		if err := demo.Build(filepath.Join(ws.Dir, "inbox")); err != nil {
			return nil, fmt.Errorf("build the sample: %w", err)
		}
	}
	run, err := Run(ctx, ws, RunOptions{Progress: o.Progress})
	if err != nil {
		return nil, err
	}
	e, err := Evaluate(ws, run.ID, truth)
	if err != nil {
		return nil, err
	}
	return &DemoResult{Workspace: ws, Run: run, Evaluation: e}, nil
}
