package pipeline

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// filesBelow returns the content of all files below a folder, but those that hold times.
func filesBelow(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		if err != nil || d.IsDir() || strings.HasPrefix(rel, "manifest.") {
			return err
		}
		files[rel], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sameFiles(t *testing.T, what string, got, want map[string][]byte) {
	t.Helper()
	if len(want) == 0 {
		t.Errorf("%s: nothing to compare", what)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if content, ok := got[name]; !ok || !bytes.Equal(content, want[name]) {
			t.Errorf("%s: %s is missing or has other bytes", what, name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s should not be there", what, name)
		}
	}
}

// Stages that share a reading leave the bytes that each leaves alone, and one that
// is up to date is not done again beside one that is not.
func TestPassIsNoOther(t *testing.T) {
	ws, err := Init(t.TempDir(), InitOptions{Buckets: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (BenchLake{Sites: 25, Years: 1, Months: 7}).write(ws, 2); err != nil {
		t.Fatal(err)
	}
	env, err := newEnv(ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	readers := []*Stage{profileStage, checkStage, detectStage}
	times, err := runStages(ctx, env, readers...)
	if err != nil {
		t.Fatal(err)
	}
	for i, st := range times {
		if st.Tasks != 2 || i > 0 && (st.With != profileStage.Name || st.Seconds != 0) {
			t.Errorf("%+v", st)
		}
	}
	together := filesBelow(t, ws.Lake())
	for _, s := range readers {
		for _, table := range s.Tables {
			if err := os.RemoveAll(filepath.Join(ws.Lake(), table)); err != nil {
				t.Fatal(err)
			}
		}
		times, err := runStages(ctx, env, readers...)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range times {
			if want := map[bool]int{true: 2}[st.Stage == s.Name]; st.Tasks != want {
				t.Errorf("without the tables of %s: %d tasks of %s, want %d", s.Name, st.Tasks, st.Stage, want)
			}
		}
		sameFiles(t, s.Name+" alone", filesBelow(t, ws.Lake()), together)
	}
}

// Tasks over the same readings are one job, and stay together when they are shared out.
func TestJobs(t *testing.T) {
	task := func(stage string, bucket int32, sha string) Task {
		return Task{Stage: stage, Out: datasets.Partition{Bucket: bucket}, In: []store.Manifest{{Table: "readings", Partition: datasets.Partition{Bucket: bucket}, SHA256: sha}}}
	}
	tasks := []Task{
		task("profile", 0, "a"), task("profile", 1, "b"), task("check", 0, "a"), task("detect", 1, "b"), task("detect", 0, "other"),
		task("peers", 0, "a"), task("unheard of", 0, "a"), task("profile", 0, "a"),
	}
	var got []string
	for _, job := range jobsOf(tasks) {
		line := ""
		for _, task := range job {
			line += task.Stage + " " + task.Out.String() + ", "
		}
		got = append(got, strings.TrimSuffix(line, ", "))
	}
	want := []string{
		"profile bucket=0000, check bucket=0000", "profile bucket=0001, detect bucket=0001", "detect bucket=0000",
		"peers bucket=0000", "unheard of bucket=0000", "profile bucket=0000",
	}
	if !slices.Equal(got, want) {
		t.Errorf("jobs %q, want %q", got, want)
	}
	file := TaskFile{Tasks: tasks}
	if mine := file.Share(1, 3); file.Jobs() != len(want) || len(mine) != 3 || mine[0].Out.Bucket != 1 || mine[1].Stage != "detect" {
		t.Errorf("%d jobs; the second of three workers does %v", file.Jobs(), mine)
	}
}

// A run after one new month leaves lake and results as a run does that gets all at once.
func TestNewMonthIsNoOther(t *testing.T) {
	b := MonthBench{Sites: 4, Years: 1}
	ctx := context.Background()
	var lakes []map[string][]byte
	var results []string // folders of the last runs
	for _, steps := range [][]int{{5, 6}, {6}} {
		ws, err := Init(t.TempDir(), InitOptions{Buckets: 2})
		if err != nil {
			t.Fatal(err)
		}
		if err := benchRegister(ws, b.Sites); err != nil {
			t.Fatal(err)
		}
		month, dir := 0, ""
		for _, to := range steps {
			for ; month < to; month++ {
				if err := b.deliver(ws, month); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Run(ctx, ws, RunOptions{})
			if err != nil {
				t.Fatal(err)
			}
			dir = r.Dir
		}
		lakes, results = append(lakes, filesBelow(t, ws.Lake())), append(results, dir)
	}
	sameFiles(t, "lake", lakes[0], lakes[1])
	for _, name := range []string{"scores.parquet", "evidence.parquet", "score_terms.parquet", "statement.parquet"} {
		a, errA := os.ReadFile(filepath.Join(results[0], name))
		b, errB := os.ReadFile(filepath.Join(results[1], name))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v, %v", name, errA, errB)
		}
	}
}
