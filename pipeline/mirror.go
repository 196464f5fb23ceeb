package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/objects"
	"github.com/minewatch/minewatch/datasets/store"
)

// A Mirror is a store of objects through which machines that share no folder pass
// each other what tasks read and what they make:
//
//	plans/<name>                     a TaskFile, put last, once all that it names is there
//	files/<sha256>                   settings and tables of the workspace
//	rows/<sha256>.parquet            the rows of a partition, of a table of any kind
//	done/<table>/<fingerprint>.json  the manifest of a result, put once its rows are there
//
// All names but those of plans say what the object is, so that none is ever replaced
// by another: a task that is done twice leaves the same bytes under the same names,
// a reader has a partition whole or not at all, and nothing has to be locked. The
// workspace stays the place of truth; keys, deliveries and runs never leave it.
type Mirror struct{ objects objects.Store }

// OpenMirror returns the mirror at an address, see [objects.Open].
func OpenMirror(address string) (*Mirror, error) {
	s, err := objects.Open(address)
	if err != nil {
		return nil, err
	}
	return NewMirror(s), nil
}

// NewMirror returns the mirror in a store.
func NewMirror(s objects.Store) *Mirror { return &Mirror{s} }

func (m *Mirror) String() string { return m.objects.String() }

// A WorkspaceFile is a file of the workspace that tasks depend on.
type WorkspaceFile struct {
	Path   string `json:"path"` // relative to the workspace, with slashes
	SHA256 string `json:"sha256"`
}

const (
	planObjects = "plans/"
	fileObjects = "files/"
	rowsObjects = "rows/"
	doneObjects = "done/"
)

func rowsObject(p store.Manifest) string { return rowsObjects + p.SHA256 + ".parquet" }

func doneObject(table, fingerprint string) string {
	return doneObjects + table + "/" + fingerprint + ".json"
}

// atOnce is how many objects are on their way at a time: they are small, and what
// takes long is to wait for the answer.
const atOnce = 8

// each does something with every element of a list, some of them at once.
func each[T any](ctx context.Context, list []T, do func(context.Context, T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, x := range list {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(ctx, x)
		})
	}
	return g.Wait()
}

// A wrongObject is an object that is not what its name or its plan says.
type wrongObject struct{ object, what, remedy string }

func (e *wrongObject) Error() string { return e.object + ": " + e.what + "; " + e.remedy }

// What to do about an object that was put by a plan, or by a worker.
const (
	putAgain  = "minewatch run --plan --mirror puts it there again"
	workAgain = "its task is then done again"
)

func (m *Mirror) wrong(object, what, remedy string) error {
	return &wrongObject{m.String() + "/" + object, what, "delete it: " + remedy}
}

func (m *Mirror) missing(object string) error {
	return &wrongObject{m.String() + "/" + object, "is missing", putAgain}
}

// putFile puts a file of which sum is the SHA-256 under a name that says so.
func (m *Mirror) putFile(ctx context.Context, object, path, sum string) error {
	if has, err := m.objects.Has(ctx, object); has || err != nil {
		return err
	}
	if err := store.CheckFile(path, sum); err != nil {
		return fmt.Errorf("%w; minewatch verify names the remedy", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return m.objects.Put(ctx, object, f, info.Size())
}

// getFile writes an object into a new file of dir, and returns its temporary name.
// The error is fs.ErrNotExist if there is none, a *wrongObject if its SHA-256 is
// not sum.
func (m *Mirror) getFile(ctx context.Context, object, sum, dir, remedy string) (tmp string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".tmp-*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name()) // is swept later if this fails
		}
	}()
	h := sha256.New()
	err = m.objects.Get(ctx, object, io.MultiWriter(f, h))
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return "", m.wrong(object, "its SHA-256 is "+got+", wanted was "+sum, remedy)
	}
	return f.Name(), nil
}

// push puts the rows of a partition.
func (m *Mirror) push(ctx context.Context, lake string, p store.Manifest) error {
	return m.putFile(ctx, rowsObject(p), p.Path(lake), p.SHA256)
}

// pull commits a partition as the manifest says it; nothing is fetched if it is
// there already. The error is fs.ErrNotExist if its rows are missing.
func (m *Mirror) pull(ctx context.Context, lake string, p store.Manifest, remedy string) error {
	if have, err := store.Open(lake, p.Table, p.Partition); err == nil && reflect.DeepEqual(have, p) && p.Check(lake) == nil {
		return nil
	}
	tmp, err := m.getFile(ctx, rowsObject(p), p.SHA256, filepath.Join(lake, ".tmp"), remedy)
	if err != nil {
		return err
	}
	defer os.Remove(tmp) // fails harmlessly once it is committed
	_, err = store.Commit(lake, tmp, p)
	return err
}

// pullPlanned is pull of what the plan said is there.
func (m *Mirror) pullPlanned(ctx context.Context, lake string, p store.Manifest) error {
	err := m.pull(ctx, lake, p, putAgain)
	if errors.Is(err, fs.ErrNotExist) {
		return m.missing(rowsObject(p))
	}
	return err
}

// done returns what a worker has made of a task in one of its tables; ok is false
// if none has.
func (m *Mirror) done(ctx context.Context, t Task, table string) (p store.Manifest, ok bool, err error) {
	object := doneObject(table, t.Fingerprint)
	var text bytes.Buffer
	err = m.objects.Get(ctx, object, &text)
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	var damage *store.Damage
	if err := store.DecodeChecked(object, text.Bytes(), &p); errors.As(err, &damage) {
		return p, false, m.wrong(object, damage.What, workAgain)
	}
	if p.Table != table || p.Partition != t.Out || p.Fingerprint != t.Fingerprint {
		return p, false, m.wrong(object, "it commits "+p.Ref(), workAgain)
	}
	return p, true, nil
}

// isDone reports whether the results of a task are there.
func (m *Mirror) isDone(ctx context.Context, t Task) (bool, error) {
	for _, table := range t.Tables() {
		p, ok, err := m.done(ctx, t, table)
		if !ok || err != nil {
			return false, err
		}
		if ok, err = m.objects.Has(ctx, rowsObject(p)); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// adopt commits the results of a task that a worker has done; ok is false if they
// are not all there.
func (m *Mirror) adopt(ctx context.Context, lake string, t Task) (ok bool, err error) {
	var parts []store.Manifest
	for _, table := range t.Tables() {
		p, ok, err := m.done(ctx, t, table)
		if !ok || err != nil {
			return false, err
		}
		parts = append(parts, p)
	}
	for _, p := range parts {
		err := m.pull(ctx, lake, p, workAgain)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// left adopts what workers have done of the tasks, and returns those that nobody has.
func (m *Mirror) left(ctx context.Context, lake string, tasks []Task) ([]Task, error) {
	var mu sync.Mutex
	adopted := map[string]bool{}
	err := each(ctx, tasks, func(ctx context.Context, t Task) error {
		ok, err := m.adopt(ctx, lake, t)
		mu.Lock()
		defer mu.Unlock()
		adopted[t.Fingerprint] = ok
		return err
	})
	return slices.DeleteFunc(tasks, func(t Task) bool { return adopted[t.Fingerprint] }), err
}

// publish puts what a task has made: rows, then manifests. What another worker has
// put of the same task stays; that it is the same is checked.
func (m *Mirror) publish(ctx context.Context, lake string, t Task) error {
	for _, table := range t.Tables() {
		p, err := store.Open(lake, table, t.Out)
		if err != nil {
			return err
		}
		if err := m.push(ctx, lake, p); err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(store.Dir(lake, table, t.Out), store.ManifestName))
		if err != nil {
			return err
		}
		object := doneObject(table, t.Fingerprint)
		err = m.objects.PutNew(ctx, object, bytes.NewReader(text), int64(len(text)))
		if errors.Is(err, fs.ErrExist) {
			err = m.same(ctx, object, text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// same compares an object with what this worker would have put in its place.
func (m *Mirror) same(ctx context.Context, object string, text []byte) error {
	var have bytes.Buffer
	if err := m.objects.Get(ctx, object, &have); err != nil {
		return err
	}
	if !bytes.Equal(have.Bytes(), text) {
		return m.wrong(object, "another worker made something else of the same task, or the object was changed", workAgain+", and if it differs again, one of the machines computes wrong")
	}
	return nil
}

// PutPlan puts tasks of a workspace under a name, after everything that they read.
func (m *Mirror) PutPlan(ctx context.Context, ws *Workspace, name string, f TaskFile) error {
	lake := ws.Lake()
	parts := map[string]store.Manifest{}
	for _, t := range f.Tasks {
		for _, p := range t.In {
			parts[p.Ref()] = p
		}
	}
	for _, p := range f.Beside {
		parts[p.Ref()] = p
	}
	list := make([]store.Manifest, 0, len(parts))
	for _, p := range parts {
		list = append(list, p)
	}
	if err := each(ctx, list, func(ctx context.Context, p store.Manifest) error { return m.push(ctx, lake, p) }); err != nil {
		return fmt.Errorf("put what the tasks read: %w", err)
	}
	for _, file := range f.Files {
		if err := m.putFile(ctx, fileObjects+file.SHA256, ws.Path(file.Path), file.SHA256); err != nil {
			return fmt.Errorf("put settings: %w", err)
		}
	}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return m.objects.Put(ctx, planObjects+name, bytes.NewReader(text), int64(len(text)))
}

// Tasks returns what [Mirror.PutPlan] put.
func (m *Mirror) Tasks(ctx context.Context, name string) (f TaskFile, err error) {
	object := planObjects + name
	var text bytes.Buffer
	err = m.objects.Get(ctx, object, &text)
	if errors.Is(err, fs.ErrNotExist) {
		return f, &wrongObject{m.String() + "/" + object, "is missing", "minewatch run --plan --tasks " + name + " --mirror puts it there"}
	}
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text.Bytes(), &f); err != nil {
		return f, m.wrong(object, err.Error(), putAgain)
	}
	return f, nil
}

// forMirror adds to a file of tasks what workers need that share no folder.
func (f *TaskFile) forMirror(ws *Workspace) error {
	tables := map[string]bool{}
	for _, t := range f.Tasks {
		s := stageNamed(t.Stage)
		for _, name := range slices.Concat(s.Beside, s.Along) {
			tables[name] = true
		}
	}
	for _, t := range datasets.Catalog {
		for _, name := range tablesOf(t) {
			if !tables[name] {
				continue
			}
			parts, err := store.List(ws.Lake(), name)
			if err != nil {
				return err
			}
			f.Beside = append(f.Beside, parts...)
		}
	}
	var err error
	f.Files, err = ws.settingFiles()
	return err
}

// settingFiles returns the files of the workspace that tasks depend on beside the lake.
func (ws *Workspace) settingFiles() ([]WorkspaceFile, error) {
	names := []string{ConfigName}
	tables, err := ws.tableFiles()
	if err != nil {
		return nil, err
	}
	for _, name := range tables {
		names = append(names, TablesFolder+"/"+name)
	}
	for _, name := range ws.Config.Traffic.BlockTimes {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, &ConfigError{File: ws.Path(ConfigName), Err: fmt.Errorf("traffic.block_times: %s lies outside of the workspace, where workers elsewhere do not reach it; copy it into the workspace", name)}
		}
		names = append(names, filepath.ToSlash(filepath.Clean(name)))
	}
	files := make([]WorkspaceFile, len(names))
	for i, name := range names {
		sum, err := store.HashFile(ws.Path(name))
		if err != nil {
			return nil, err
		}
		files[i] = WorkspaceFile{name, sum}
	}
	return files, nil
}
