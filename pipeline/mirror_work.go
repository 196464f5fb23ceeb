package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// cacheMark is the file that makes a folder a worker's cache of a mirror.
const cacheMark = ".mirror"

// Work does those of a plan's tasks that are mine and that nobody has done, and
// returns the rows written. dir becomes a cache of what they read: it must be new,
// or one that Work made; one process at a time works in it. Each result is put as
// soon as it is made, so that a worker that dies has lost one job at most.
func (m *Mirror) Work(ctx context.Context, dir string, f TaskFile, mine []Task, progress Progress) (int64, error) {
	code, err := codeVersion()
	if err != nil {
		return 0, err
	}
	if f.Program != code {
		return 0, ErrOtherProgram
	}
	if len(f.Files) == 0 {
		return 0, errors.New("the tasks were not planned for a mirror; plan them with minewatch run --plan --mirror")
	}
	if err := openCache(dir); err != nil {
		return 0, err
	}
	unlock, err := (&Workspace{Dir: dir}).lock()
	if err != nil {
		return 0, err
	}
	defer unlock()
	w := mirrorWork{mirror: m, plan: f}
	if w.todo, err = m.undone(ctx, mine); err != nil || len(w.todo) == 0 {
		return 0, err
	}
	env, err := w.prepare(ctx, dir, progress)
	if err != nil {
		return 0, err
	}
	written, err := Local{Do: w.do}.Run(ctx, env, jobsOf(w.todo))
	rows := int64(0)
	for _, n := range written {
		rows += n
	}
	return rows, err
}

// openCache makes dir a worker's cache, unless it is somebody's folder.
func openCache(dir string) error {
	mark := filepath.Join(dir, cacheMark)
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return &ConfigError{File: dir, Err: fmt.Errorf("the folder is not empty (it holds %s), and a worker with --mirror keeps its cache in one of its own; name a new folder with --workspace", entries[0].Name())}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return store.WriteFile(mark, []byte("A cache of minewatch work --mirror: may be deleted while no worker is at work here.\n"))
}

// undone returns the tasks whose results are not there yet.
func (m *Mirror) undone(ctx context.Context, tasks []Task) ([]Task, error) {
	var mu sync.Mutex
	done := map[string]bool{}
	err := each(ctx, tasks, func(ctx context.Context, t Task) error {
		ok, err := m.isDone(ctx, t)
		mu.Lock()
		defer mu.Unlock()
		done[t.Fingerprint] = ok
		return err
	})
	return slices.DeleteFunc(slices.Clone(tasks), func(t Task) bool { return done[t.Fingerprint] }), err
}

// A mirrorWork is one call of [Mirror.Work].
type mirrorWork struct {
	mirror *Mirror
	plan   TaskFile
	todo   []Task
}

// prepare makes the cache a workspace as it was planned, with what the tasks share.
func (w *mirrorWork) prepare(ctx context.Context, dir string, progress Progress) (*Env, error) {
	for _, f := range w.plan.Files {
		if err := w.mirror.pullFile(ctx, dir, f); err != nil {
			return nil, err
		}
	}
	if err := w.dropTables(dir); err != nil {
		return nil, err
	}
	ws, err := OpenWorkspace(dir)
	if err != nil {
		return nil, err
	}
	env, err := newEnv(ws, progress)
	if err != nil {
		return nil, err
	}
	if err := w.dropParts(ws.Lake()); err != nil {
		return nil, fmt.Errorf("%w; %s is a cache and may be deleted", err, dir)
	}
	var stages []*Stage
	for _, s := range Stages() {
		if slices.ContainsFunc(w.todo, func(t Task) bool { return t.Stage == s.Name }) {
			stages = append(stages, s)
		}
	}
	beside := slices.DeleteFunc(slices.Clone(w.plan.Beside), func(p store.Manifest) bool {
		return !slices.ContainsFunc(stages, func(s *Stage) bool { return slices.Contains(s.Beside, p.Table) })
	})
	if err := w.pull(ctx, ws.Lake(), beside); err != nil {
		return nil, err
	}
	for _, s := range stages {
		if s.Needs == nil {
			continue
		}
		if err := s.Needs(env); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return env, nil
}

// pull commits partitions that the plan says are there.
func (w *mirrorWork) pull(ctx context.Context, lake string, parts []store.Manifest) error {
	return each(ctx, parts, func(ctx context.Context, p store.Manifest) error { return w.mirror.pullPlanned(ctx, lake, p) })
}

// pullFile puts a file of the workspace into the cache.
func (m *Mirror) pullFile(ctx context.Context, dir string, f WorkspaceFile) error {
	path := filepath.Join(dir, filepath.FromSlash(f.Path))
	if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
		return fmt.Errorf("%s: the plan names %q, which is outside of a workspace", m, f.Path)
	}
	if store.CheckFile(path, f.SHA256) == nil {
		return nil
	}
	tmp, err := m.getFile(ctx, fileObjects+f.SHA256, f.SHA256, filepath.Dir(path), putAgain)
	if errors.Is(err, fs.ErrNotExist) {
		return m.missing(fileObjects + f.SHA256)
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// dropTables removes reference tables of an earlier plan.
func (w *mirrorWork) dropTables(dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, TablesFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		planned := slices.ContainsFunc(w.plan.Files, func(f WorkspaceFile) bool { return f.Path == TablesFolder+"/"+e.Name() })
		if !planned {
			if err := os.RemoveAll(filepath.Join(dir, TablesFolder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropParts removes the partitions of earlier plans: a stage reads all that it finds
// of a table. Results of these tasks stay.
func (w *mirrorWork) dropParts(lake string) error {
	wanted := map[string]store.Manifest{}
	key := func(table string, p datasets.Partition) string { return table + "/" + p.String() }
	fingerprints := map[string]string{}
	for _, p := range w.plan.Beside {
		wanted[key(p.Table, p.Partition)] = p
	}
	for _, t := range w.todo {
		for _, p := range t.In {
			wanted[key(p.Table, p.Partition)] = p
		}
		for _, table := range t.Tables() {
			fingerprints[key(table, t.Out)] = t.Fingerprint
		}
	}
	return eachPartition(lake, func(_ *datasets.Table, have store.Manifest) error {
		k := key(have.Table, have.Partition)
		if mine, ok := fingerprints[k]; ok && have.Fingerprint == mine || reflect.DeepEqual(have, wanted[k]) {
			return nil
		}
		return store.Remove(lake, have.Table, have.Partition)
	})
}

// do fetches what a job reads, does it, and puts what it makes.
func (w *mirrorWork) do(ctx context.Context, e *Env, job Job) ([]int64, error) {
	lake := e.WS.Lake()
	need := slices.Clone(job[0].In) // the same for all tasks of a job
	for _, t := range job {
		along := stageNamed(t.Stage).Along
		for _, p := range w.plan.Beside {
			if slices.Contains(along, p.Table) && slices.ContainsFunc(t.In, func(in store.Manifest) bool { return in.Partition == p.Partition }) {
				need = append(need, p)
			}
		}
	}
	if err := w.pull(ctx, lake, need); err != nil {
		return nil, err
	}
	for _, t := range job {
		if err := sees(e, t); err != nil {
			return nil, err
		}
	}
	rows, err := e.apply(ctx, job)
	if err != nil {
		return nil, err
	}
	for _, t := range job {
		if err := w.mirror.publish(ctx, lake, t); err != nil {
			return nil, fmt.Errorf("%s %s: %w", t.Stage, t.Out, err)
		}
	}
	return rows, nil
}

// sees plans a task anew from what this worker sees. Its fingerprint is of all that the
// result depends on: if it is another, so might be the result.
func sees(e *Env, t Task) error {
	tasks, err := stageNamed(t.Stage).Plan(e)
	if err != nil {
		return fmt.Errorf("%s %s: %w", t.Stage, t.Out, err)
	}
	for _, have := range tasks {
		if have.Out == t.Out && have.Fingerprint == t.Fingerprint {
			return nil
		}
	}
	return fmt.Errorf("%s %s: this worker does not see all that the task was planned from; plan anew, and if it is so again, it is a fault of the program", t.Stage, t.Out)
}
