package beamrun_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"github.com/minewatch/minewatch/cmd/minewatch-beam/beamrun"
	"github.com/minewatch/minewatch/pipeline"
)

func TestMain(m *testing.M) { ptest.Main(m) }

// A run whose tasks go through Beam leaves the bytes that a local one leaves:
// the lake, and all of the run but its manifest, which holds times.
func TestSameBytes(t *testing.T) {
	ctx := context.Background()
	local := filepath.Join(t.TempDir(), "local")
	if _, err := pipeline.Demo(ctx, local, pipeline.DemoOptions{}); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "beam")
	if err := os.CopyFS(filepath.Join(dir, "inbox"), os.DirFS(filepath.Join(local, "inbox"))); err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(filepath.Join(local, pipeline.ConfigName))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, pipeline.ConfigName), settings, 0o600); err != nil {
		t.Fatal(err)
	}
	ws, err := pipeline.Init(dir, pipeline.InitOptions{}) // restores what is missing: the key
	if err != nil {
		t.Fatal(err)
	}
	result, err := pipeline.Run(ctx, ws, pipeline.RunOptions{Runner: twice{beamrun.Runner{Workspace: ws.Dir}}})
	if err != nil {
		t.Fatal(err)
	}
	if !result.Fresh || len(result.Proposed) == 0 {
		t.Fatalf("the run through Beam proposes %d sites", len(result.Proposed))
	}
	same(t, filepath.Join(local, "lake"), ws.Lake())
	want, err := filepath.EvalSymlinks(filepath.Join(local, "runs", "latest"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, want, result.Dir)
}

// twice has every job delivered twice, as an engine may.
type twice struct{ beamrun.Runner }

func (r twice) Run(ctx context.Context, env *pipeline.Env, jobs []pipeline.Job) (map[string]int64, error) {
	return r.Runner.Run(ctx, env, append(jobs, jobs...))
}

// same compares two folders file by file.
func same(t *testing.T, want, got string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(want, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(want, path)
		if err != nil || d.IsDir() || strings.HasPrefix(rel, "manifest.") {
			return err
		}
		a, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(got, rel))
		if err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", rel)
		}
		n++
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if n == 0 {
		t.Errorf("%s is empty", want)
	}
}
