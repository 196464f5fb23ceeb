package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets/objects"
	"github.com/minewatch/minewatch/datasets/objects/objectstest"
)

// Workers that share nothing but an address leave the bytes of one local run, also
// where one of them is killed, two do the same, and one comes too late.
func TestWorkersOfMirror(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	base := filepath.Join(t.TempDir(), "base")
	mustRun(t, "init", base, "--buckets", "8")
	deliver(t, base, "a", 0)
	deliver(t, base, "b", 1) // corrects some of it
	local := copyOf(t, base)
	mustRun(t, "run", "-w", local, "--quiet")
	want := digests(t, local)
	c := cluster{t: t, dir: copyOf(t, base), address: objectstest.Address(t), caches: t.TempDir()}
	mustRun(t, "ingest", "-w", c.dir, "--quiet")
	c.plan()
	c.kill()
	rounds := 0
	for ; c.plan() > 0; rounds++ {
		c.work("0 of 2", "0 of 2 again", "1 of 2")
	}
	if rounds != 5 {
		t.Errorf("%d rounds, want 5: profiles, jobs, sessions, contacts, endpoints", rounds)
	}
	c.work("0 of 1") // of the empty plan
	mustRun(t, "run", "-w", c.dir, "--mirror", c.address, "--quiet")
	got := digests(t, c.dir)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s is %q, want %q", name, got[name], want[name])
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s is there and should not be", name)
	}
	c.keepsSecrets()
	before := len(c.list(""))
	mustRun(t, "prune", "-w", c.dir, "--mirror", c.address)
	if left := len(c.list("")); left != before {
		t.Errorf("%d objects of %d are left without --yes", left, before)
	}
	mustRun(t, "prune", "-w", c.dir, "--mirror", c.address, "--yes")
	if len(c.list("plans/")) > 0 || len(c.list("done/")) == 0 {
		t.Errorf("swept to %v", c.list(""))
	}
}

// A cluster is a workspace that plans and workers elsewhere.
type cluster struct {
	t                    *testing.T
	dir, address, caches string
}

// plan puts the tasks that can be done now, and returns their number.
func (c *cluster) plan() (todo int) {
	c.t.Helper()
	out, err := exec.Command("minewatch", "run", "-w", c.dir, "--plan", "--tasks", filepath.Join(c.caches, "todo.json"), "--mirror", c.address, "--json").CombinedOutput()
	if err != nil {
		c.t.Fatalf("plan: %v\n%s", err, out)
	}
	var plan struct{ Stages []struct{ Todo int } }
	if err := json.Unmarshal(out, &plan); err != nil {
		c.t.Fatal(err)
	}
	for _, s := range plan.Stages {
		todo += s.Todo
	}
	return todo
}

// worker returns a worker "index of n", with a cache of its own.
func (c *cluster) worker(name string) *exec.Cmd {
	f := strings.Fields(name)
	return exec.Command("minewatch", "work", "-w", filepath.Join(c.caches, name), "--mirror", c.address, "--tasks", "todo.json", "--index", f[0], "--of", f[2], "--quiet")
}

// work has workers work at once.
func (c *cluster) work(names ...string) {
	c.t.Helper()
	outs := make([]bytes.Buffer, len(names))
	cmds := make([]*exec.Cmd, len(names))
	for i, name := range names {
		cmds[i] = c.worker(name)
		cmds[i].Stdout, cmds[i].Stderr = &outs[i], &outs[i]
		if err := cmds[i].Start(); err != nil {
			c.t.Fatal(err)
		}
	}
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			c.t.Fatalf("worker %s: %v\n%s", names[i], err, &outs[i])
		}
	}
}

// kill kills a worker that has all tasks once it has done one of them.
func (c *cluster) kill() {
	c.t.Helper()
	cmd := c.worker("0 of 1")
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	begun := time.Now()
	for len(c.list("done/")) == 0 {
		if time.Since(begun) > time.Minute {
			c.t.Fatal("nothing was done in a minute")
		}
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		c.t.Fatal("the worker was done before it was killed")
	}
	done := len(c.list("done/"))
	left := c.plan()
	if left == 0 {
		c.t.Fatal("nothing is left to do after the worker was killed")
	}
	c.t.Logf("killed with %d tables committed, %d tasks left", done, left)
}

func (c *cluster) list(prefix string) []string {
	c.t.Helper()
	s, err := objects.Open(c.address)
	if err != nil {
		c.t.Fatal(err)
	}
	names, err := s.List(c.t.Context(), prefix)
	if err != nil {
		c.t.Fatal(err)
	}
	return names
}

// keepsSecrets looks into every object for the key that signs runs, and for names of
// what is no business of a worker's.
func (c *cluster) keepsSecrets() {
	c.t.Helper()
	s, err := objects.Open(c.address)
	if err != nil {
		c.t.Fatal(err)
	}
	keys, err := filepath.Glob(filepath.Join(c.dir, ".keys", "*"))
	if err != nil || len(keys) == 0 {
		c.t.Fatal("no keys", err)
	}
	for _, name := range c.list("") {
		var b bytes.Buffer
		if err := s.Get(c.t.Context(), name, &b); err != nil {
			c.t.Fatal(err)
		}
		for _, path := range keys {
			key, err := os.ReadFile(path)
			if err != nil {
				c.t.Fatal(err)
			}
			for line := range strings.Lines(string(key)) {
				if line = strings.TrimSpace(line); len(line) > 20 && bytes.Contains(b.Bytes(), []byte(line)) {
					c.t.Errorf("%s holds a line of %s", name, path)
				}
			}
		}
	}
	for _, cache := range []string{"0 of 2", "1 of 2"} {
		for _, name := range []string{".keys", "runs", "inbox", "journal.jsonl", "quarantine"} {
			if _, err := os.Stat(filepath.Join(c.caches, cache, name)); err == nil {
				c.t.Errorf("the worker %s has %s", cache, name)
			}
		}
	}
}
