package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets/objects"
	"github.com/minewatch/minewatch/datasets/store"
)

// mirrorInbox fills a workspace with something for every stage and every table that a
// stage reads beside its own.
func mirrorInbox(t *testing.T, ws *Workspace) {
	t.Helper()
	fillInbox(t, ws)
	begin := time.Date(2022, 11, 1, 0, 0, 0, 0, time.UTC)
	var feeder, weather, dns strings.Builder
	feeder.WriteString("feeder_id,ts,kwh\n")
	weather.WriteString("region,ts,temp_c\n")
	dns.WriteString("ts,client_ip,query,answers\n")
	for h := range 24 * 90 {
		at := begin.Add(time.Duration(h) * time.Hour).Format(time.RFC3339)
		fmt.Fprintf(&feeder, "F1,%s,%d\n", at, 60+h%24+h/1000*70)
		fmt.Fprintf(&weather, "Pavlodar,%s,%d\n", at, -h%30)
		if h < 48 {
			fmt.Fprintf(&dns, "%s,10.0.0.%d,eth.pool.example,203.0.113.5\n", at, h%3)
		}
	}
	for name, text := range map[string]string{
		"inbox/feeder_readings/f.csv": feeder.String(),
		"inbox/weather/w.csv":         weather.String(),
		"inbox/dns/d.csv":             dns.String(),
		"inbox/pools/p.csv":           "pool,host,ports\nExample,eth.pool.example,3333\n",
		"inbox/subscribers/s.csv":     "ip_prefix,valid_from,subscriber_id,site_id\n10.0.0.1,2022-09-01T00:00:00Z,sub-1,MTR-3\n",
		"inbox/curtailments/c.csv":    "feeder_id,start,end,kind\nF1,2023-01-10T00:00:00Z,2023-01-12T00:00:00Z,outage\n",
		"blocks.csv":                  "2022-11-01T00:10:00Z\n2022-11-01T00:20:00Z\n",
		"tables/holidays.csv":         "day,kind,name_en,name_ru,source,confidence\n2022-11-15,day_off,Test,Тест,test,U\n",
	} {
		write(t, ws.Path(name), text)
	}
	edit(t, ws.Path(ConfigName), "# block_times: []", "block_times: [blocks.csv]")
}

// mirrored makes a workspace that is planned for a mirror, and what a local run makes
// of the same.
func mirrored(t *testing.T) (ws *Workspace, want map[string][]byte) {
	t.Helper()
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 2})
	if err != nil {
		t.Fatal(err)
	}
	mirrorInbox(t, ws)
	if ws, err = OpenWorkspace(ws.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Ingest(t.Context(), ws, IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	return ws, localLake(t, ws)
}

// localLake returns what a run makes of the lake of a workspace, which stays as it is.
func localLake(t *testing.T, ws *Workspace) map[string][]byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "local")
	if err := os.CopyFS(dir, os.DirFS(ws.Dir)); err != nil {
		t.Fatal(err)
	}
	local, err := OpenWorkspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, ".keys", "minewatch.key"), 0o600); err != nil { // CopyFS makes it readable for all
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), local, RunOptions{}); err != nil {
		t.Fatal(err)
	}
	return filesBelow(t, local.Lake())
}

// planFor plans for a mirror, and returns the tasks.
func planFor(t *testing.T, ws *Workspace, m *Mirror) TaskFile {
	t.Helper()
	plan, err := PlanRun(t.Context(), ws, m)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.PutPlan(t.Context(), ws, "todo.json", plan.Tasks); err != nil {
		t.Fatal(err)
	}
	f, err := m.Tasks(t.Context(), "todo.json")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// workAll plans and works until nothing is left, with one worker.
func workAll(t *testing.T, ws *Workspace, m *Mirror, cache string) {
	t.Helper()
	for {
		f := planFor(t, ws, m)
		if len(f.Tasks) == 0 {
			return
		}
		if _, err := m.Work(t.Context(), cache, f, f.Tasks, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// A worker's cache serves plan after plan, also when sites, settings and tables have
// changed in between: nothing of an earlier plan is read.
func TestMirrorCache(t *testing.T) {
	ws, want := mirrored(t)
	m := NewMirror(objects.NewFolder(t.TempDir()))
	cache := filepath.Join(t.TempDir(), "new", "cache")
	workAll(t, ws, m, cache)
	sameFiles(t, "first plan", filesBelow(t, ws.Lake()), want)

	write(t, ws.Path("inbox/sites/sites.csv"), "site_id,feeder_id,region\nMTR-3,F2,Pavlodar\n")
	write(t, ws.Path("inbox/readings/c.csv"), "site_id,ts,kwh\nMTR-5,2022-11-01T00:00:00Z,9\n")
	edit(t, ws.Path(ConfigName), "# flow_gap_s: 300", "flow_gap_s: 600")
	remove(t, ws.Path("tables/holidays.csv"))
	ws, err := OpenWorkspace(ws.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Ingest(t.Context(), ws, IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Withdraw(t.Context(), ws, "inbox/pools/p.csv", IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	want = localLake(t, ws)
	workAll(t, ws, m, cache)
	run, err := Run(t.Context(), ws, RunOptions{Mirror: m}) // prunes
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range run.Stages {
		if stageNamed(s.Stage) != nil && s.Tasks > 0 {
			t.Errorf("%d tasks of %s were left to the run", s.Tasks, s.Stage)
		}
	}
	sameFiles(t, "second plan", filesBelow(t, ws.Lake()), want)

	// What the first plan alone needed is swept; the rest still serves a new lake.
	gone, err := m.Sweep(t.Context(), ws, false)
	if err != nil || !slices.Contains(gone, "plans/todo.json") || len(gone) < 10 {
		t.Errorf("%d objects to sweep, %v", len(gone), err)
	}
	if _, err = m.Sweep(t.Context(), ws, true); err != nil {
		t.Fatal(err)
	}
	if gone, err = m.Sweep(t.Context(), ws, true); err != nil || len(gone) > 0 {
		t.Errorf("swept twice, and still there: %v, %v", gone, err)
	}
	for _, s := range Stages() {
		for _, table := range s.Tables {
			if err := os.RemoveAll(filepath.Join(ws.Lake(), table)); err != nil {
				t.Fatal(err)
			}
		}
	}
	plan, err := PlanRun(t.Context(), ws, m)
	if err != nil || len(plan.Tasks.Tasks) > 0 {
		t.Errorf("%d tasks would be done again, %v", len(plan.Tasks.Tasks), err)
	}
	sameFiles(t, "after the sweep", filesBelow(t, ws.Lake()), want)
}

// A failing store fails for good once a number of objects was put: what a worker
// leaves that is killed there, or whose network is.
type failing struct {
	objects.Store
	left *atomic.Int32
}

var errCut = errors.New("cut off")

func (f failing) Put(ctx context.Context, name string, r io.ReadSeeker, size int64) error {
	if f.left.Add(-1) < 0 {
		return errCut
	}
	return f.Store.Put(ctx, name, r, size)
}

func (f failing) PutNew(ctx context.Context, name string, r io.ReadSeeker, size int64) error {
	if f.left.Add(-1) < 0 {
		return errCut
	}
	return f.Store.PutNew(ctx, name, r, size)
}

// Whatever object a planner or a worker is cut off at, what it leaves is whole: the run
// that follows takes what is done, and the rest is done by others.
func TestMirrorCutOff(t *testing.T) {
	if testing.Short() {
		t.Skip("takes many runs")
	}
	ws, want := mirrored(t)
	inputs := filesBelow(t, ws.Lake())
	whole := NewMirror(objects.NewFolder(t.TempDir()))
	f := planFor(t, ws, whole)
	for n := 0; ; n += 23 {
		restoreLake(t, ws, inputs)
		if err := os.RemoveAll(ws.Runs()); err != nil { // or else the run before stands
			t.Fatal(err)
		}
		folder := objects.NewFolder(t.TempDir())
		var left atomic.Int32
		left.Store(int32(n))
		cut := NewMirror(failing{folder, &left})
		err := cut.PutPlan(t.Context(), ws, "todo.json", f)
		if err == nil {
			_, err = cut.Work(t.Context(), filepath.Join(t.TempDir(), "cache"), f, f.Tasks, nil)
		}
		if err != nil && !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		m := NewMirror(folder)
		if n%2 == 0 {
			workAll(t, ws, m, filepath.Join(t.TempDir(), "other"))
		} // or else the run does the rest itself
		if _, err := Run(t.Context(), ws, RunOptions{Mirror: m}); err != nil {
			t.Fatal(err)
		}
		sameFiles(t, fmt.Sprintf("cut off at object %d", n), filesBelow(t, ws.Lake()), want)
		if err == nil {
			return
		}
	}
}

// restoreLake makes the lake hold these files and no others.
func restoreLake(t *testing.T, ws *Workspace, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(ws.Lake()); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(ws.Lake(), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// change flips a bit in the middle of an object, or deletes it.
func change(t *testing.T, dir, object string, gone bool) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(object))
	if gone {
		remove(t, path)
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// An object that was changed or is gone is refused by name, with the remedy, and the
// remedy helps.
func TestMirrorDamage(t *testing.T) {
	ws, want := mirrored(t)
	inputs := filesBelow(t, ws.Lake())
	dir := t.TempDir()
	m := NewMirror(objects.NewFolder(dir))
	f := planFor(t, ws, m)
	profile := f.Tasks[slices.IndexFunc(f.Tasks, func(t Task) bool { return t.Stage == "profile" })]
	work := func() error {
		_, err := m.Work(t.Context(), filepath.Join(t.TempDir(), "cache"), f, f.Tasks, nil)
		return err
	}
	refused := func(err error, object, remedy string) {
		t.Helper()
		var wrong *wrongObject
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), dir+"/"+object) || !strings.Contains(err.Error(), remedy) {
			t.Errorf("%v; want %s and the remedy %q", err, object, remedy)
		}
	}
	settings := f.Files[0]
	for _, object := range []string{rowsObject(profile.In[0]), fileObjects + settings.SHA256, rowsObject(f.Beside[0])} {
		change(t, dir, object, false)
		refused(work(), object, "delete it: minewatch run --plan --mirror puts it there again")
		change(t, dir, object, true)
		refused(work(), object, "is missing; minewatch run --plan --mirror puts it there again")
		planFor(t, ws, m)
	}
	if err := work(); err != nil {
		t.Fatal(err)
	}

	// Results: what is gone is done again; what was changed is refused.
	done := doneObject("load_profile", profile.Fingerprint)
	var text bytes.Buffer
	if err := m.objects.Get(t.Context(), done, &text); err != nil {
		t.Fatal(err)
	}
	var part store.Manifest
	if err := store.DecodeChecked(done, text.Bytes(), &part); err != nil {
		t.Fatal(err)
	}
	for _, object := range []string{done, rowsObject(part)} {
		restoreLake(t, ws, inputs)
		change(t, dir, object, false)
		_, err := PlanRun(t.Context(), ws, m)
		refused(err, object, "delete it: its task is then done again")
		_, err = Run(t.Context(), ws, RunOptions{Mirror: m})
		refused(err, object, "delete it: its task is then done again")
		change(t, dir, object, true)
		again := planFor(t, ws, m)
		if !slices.ContainsFunc(again.Tasks, func(t Task) bool { return t.Fingerprint == profile.Fingerprint }) {
			t.Errorf("%s is gone, and its task is not planned again", object)
		}
		if err := work(); err != nil {
			t.Fatal(err)
		}
	}
	workAll(t, ws, m, filepath.Join(t.TempDir(), "cache"))
	sameFiles(t, "after all damages", filesBelow(t, ws.Lake()), want)
}

// A worker that makes something else of a task than another worker did says so, and
// leaves the other's result.
func TestMirrorDisagreement(t *testing.T) {
	ws, _ := mirrored(t)
	dir := t.TempDir()
	m := NewMirror(objects.NewFolder(dir))
	f := planFor(t, ws, m)
	cache := filepath.Join(t.TempDir(), "cache")
	if _, err := m.Work(t.Context(), cache, f, f.Tasks, nil); err != nil {
		t.Fatal(err)
	}
	task := f.Tasks[0]
	other, err := OpenWorkspace(cache)
	if err != nil {
		t.Fatal(err)
	}
	was := filesBelow(t, dir)
	p, err := store.Open(other.Lake(), task.Tables()[0], task.Out)
	if err != nil {
		t.Fatal(err)
	}
	tmp := filepath.Join(t.TempDir(), "other")
	write(t, tmp, "other rows")
	if p, err = store.Commit(other.Lake(), tmp, p); err != nil {
		t.Fatal(err)
	}
	err = m.publish(t.Context(), other.Lake(), task)
	if err == nil || !strings.Contains(err.Error(), "another worker made something else of the same task") {
		t.Errorf("no word of it: %v", err)
	}
	if err := m.objects.Delete(t.Context(), rowsObject(p)); err != nil { // which nothing names
		t.Fatal(err)
	}
	sameFiles(t, "what the other made", filesBelow(t, dir), was)
}

// What cannot work is refused before anything is fetched.
func TestMirrorRefusals(t *testing.T) {
	ws, _ := mirrored(t)
	m := NewMirror(objects.NewFolder(t.TempDir()))
	if _, err := m.Tasks(t.Context(), "todo.json"); err == nil || !strings.Contains(err.Error(), "plans/todo.json: is missing; minewatch run --plan --tasks todo.json --mirror puts it there") {
		t.Errorf("without a plan: %v", err)
	}
	f := planFor(t, ws, m)
	other := f
	other.Program = "another"
	if _, err := m.Work(t.Context(), t.TempDir(), other, f.Tasks, nil); !errors.Is(err, ErrOtherProgram) {
		t.Errorf("another build: %v", err)
	}
	plain, err := PlanRun(t.Context(), ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Work(t.Context(), t.TempDir(), plain.Tasks, f.Tasks, nil); err == nil || !strings.Contains(err.Error(), "not planned for a mirror") {
		t.Errorf("a plan for another kind of worker: %v", err)
	}
	var config *ConfigError
	if _, err := m.Work(t.Context(), ws.Dir, f, f.Tasks, nil); !errors.As(err, &config) || !strings.Contains(err.Error(), "name a new folder") {
		t.Errorf("in the workspace: %v", err)
	}
	escape := f
	escape.Files = append(slices.Clone(f.Files), WorkspaceFile{"../outside", f.Files[0].SHA256})
	if _, err := m.Work(t.Context(), filepath.Join(t.TempDir(), "cache"), escape, f.Tasks, nil); err == nil || !strings.Contains(err.Error(), "outside of a workspace") {
		t.Errorf("a plan with a file elsewhere: %v", err)
	}
	edit(t, ws.Path(ConfigName), "block_times: [blocks.csv]", "block_times: ["+ws.Path("blocks.csv")+"]")
	if ws, err = OpenWorkspace(ws.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := PlanRun(t.Context(), ws, m); !errors.As(err, &config) || !strings.Contains(err.Error(), "copy it into the workspace") {
		t.Errorf("block times elsewhere: %v", err)
	}
}
