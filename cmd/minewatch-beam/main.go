// Command minewatch-beam makes a run of a workspace on Apache Beam: the stages of
// minewatch run, their tasks applied by the workers of a cluster.
//
//	minewatch-beam -workspace DIR [-worker_workspace DIR] [flags of Beam]
//
// Without flags of Beam the tasks run in this process. README.md says how to
// submit to Flink, Spark and Dataflow.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/minewatch/minewatch/cmd/minewatch-beam/beamrun"
	"github.com/minewatch/minewatch/pipeline"
)

var (
	workspace = flag.String("workspace", "", "folder of the workspace")
	onWorkers = flag.String("worker_workspace", "", "the same folder as the workers see it (default: as here)")
)

func main() {
	flag.Parse()
	beam.Init() // on a worker this does not return
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "minewatch-beam:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stdout io.Writer) error {
	if *workspace == "" {
		return errors.New("-workspace is missing; name the folder that minewatch init made")
	}
	ws, err := pipeline.OpenWorkspace(*workspace)
	if err != nil {
		return err
	}
	result, err := pipeline.Run(ctx, ws, pipeline.RunOptions{Runner: beamrun.Runner{Workspace: cmp.Or(*onWorkers, *workspace)}})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "run %s: %d sites proposed; %s\n", result.ID, len(result.Proposed), result.Dir)
	return err
}
