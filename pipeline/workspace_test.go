package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func newWorkspace(t *testing.T) *Workspace {
	t.Helper()
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

func TestInit(t *testing.T) {
	ws := newWorkspace(t)
	for _, table := range datasets.Inputs() {
		text, err := os.ReadFile(filepath.Join(ws.Inbox(table.Name), inboxReadme))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range table.Delivered() {
			if !strings.Contains(string(text), "  "+c.In+" ") {
				t.Errorf("%s: README does not name %s", table.Name, c.In)
			}
		}
	}
	info, err := os.Stat(ws.keyPath())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("signing key: mode %v, %v; want 0600", info.Mode(), err)
	}
	if _, err := ws.Key(); err != nil {
		t.Error(err)
	}
}

func TestInitAgain(t *testing.T) {
	ws := newWorkspace(t)
	settings := "seed: 7\n" + "buckets: 64\n"
	key, err := os.ReadFile(ws.keyPath())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ws.Path(ConfigName), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(ws.Inbox("flows")); err != nil {
		t.Fatal(err)
	}
	again, err := Init(ws.Dir, InitOptions{Buckets: 64})
	if err != nil {
		t.Fatal(err)
	}
	if again.Config.Seed != 7 {
		t.Errorf("settings were replaced: %+v", again.Config)
	}
	if _, err := os.Stat(ws.Inbox("flows")); err != nil {
		t.Errorf("missing inbox was not restored: %v", err)
	}
	if got, err := os.ReadFile(ws.keyPath()); err != nil || !slices.Equal(got, key) {
		t.Errorf("signing key was replaced, %v", err)
	}
	if _, err := Init(ws.Dir, InitOptions{Buckets: 8}); !isConfigError(err) {
		t.Errorf("other number of buckets: got %v, want a ConfigError", err)
	}
}

func TestInitRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "thesis.odt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Init(full, InitOptions{})
	if !isConfigError(err) || !strings.Contains(err.Error(), "thesis.odt") {
		t.Errorf("folder in use: got %v, want a ConfigError that names a file in it", err)
	}
	if entries, _ := os.ReadDir(full); len(entries) != 1 {
		t.Errorf("a refused folder was changed: %v", entries)
	}
	fresh := filepath.Join(t.TempDir(), "new")
	if _, err := Init(fresh, InitOptions{Buckets: 3}); !isConfigError(err) {
		t.Errorf("3 buckets: got %v, want a ConfigError", err)
	}
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a refused folder was made")
	}
}

func TestOpenWorkspaceWithoutSettings(t *testing.T) {
	_, err := OpenWorkspace(t.TempDir())
	if !isConfigError(err) || !strings.Contains(err.Error(), "minewatch init") {
		t.Errorf("got %v, want a ConfigError that names the remedy", err)
	}
}

func isConfigError(err error) bool {
	var c *ConfigError
	return errors.As(err, &c)
}

func TestPublishRun(t *testing.T) {
	ws := newWorkspace(t)
	if _, err := ws.RunDir(""); err == nil || !strings.Contains(err.Error(), "minewatch run") {
		t.Errorf("no run yet: got %v, want the remedy", err)
	}
	for _, id := range []string{"r1", "r2"} {
		tmp, err := ws.BeginRun()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ws.PublishRun(tmp, id); err != nil {
			t.Fatal(err)
		}
		if dir, err := ws.RunDir(""); err != nil || filepath.Base(dir) != id {
			t.Errorf("latest is %s, %v; want %s", dir, err, id)
		}
	}
	if dir, err := ws.RunDir("r1"); err != nil || filepath.Base(dir) != "r1" {
		t.Errorf("earlier run: %s, %v", dir, err)
	}
	for _, id := range []string{"r3", "../runs/r1", "/etc", ".."} {
		if dir, err := ws.RunDir(id); err == nil {
			t.Errorf("run %q: got %s, want an error", id, dir)
		}
	}
	tmp, err := ws.BeginRun()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ws.PublishRun(tmp, "r1"); err == nil {
		t.Error("a finished run was overwritten")
	}
	if err := os.Remove(tmp); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(ws.Runs())
	if err != nil || len(entries) != 3 {
		t.Errorf("runs holds %v, %v; want r1, r2 and latest", entries, err)
	}
}

// What a run leaves that died while it wrote, or before latest pointed at it,
// is cleared up by the next.
func TestRecoverRuns(t *testing.T) {
	ws := &Workspace{Dir: t.TempDir()}
	publish := func(id string) {
		t.Helper()
		tmp, err := ws.BeginRun()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ws.PublishRun(tmp, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := ws.recoverRuns(); err != nil { // no run yet
		t.Fatal(err)
	}
	publish("0001-aaaaaaaa")
	if err := os.Mkdir(filepath.Join(ws.Runs(), "0002-bbbbbbbb"), 0o755); err != nil { // renamed, then killed
		t.Fatal(err)
	}
	if _, err := ws.BeginRun(); err != nil { // killed while it wrote
		t.Fatal(err)
	}
	if err := ws.recoverRuns(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(ws.Runs())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"0001-aaaaaaaa", "0002-bbbbbbbb", "latest"}; !slices.Equal(names, want) {
		t.Errorf("left %v, want %v", names, want)
	}
	if dir, err := ws.RunDir(""); err != nil || filepath.Base(dir) != "0002-bbbbbbbb" {
		t.Errorf("latest is %s, %v", dir, err)
	}
}
