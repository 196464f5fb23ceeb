package ingest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets/store"
)

const seenReadings = "site_id,ts,kwh\nA,2022-01-01T00:00:00Z,1\n"

// hashedAgain reports whether a file of the inbox is hashed by the next run.
func (w *workspace) hashedAgain(name string) bool {
	w.t.Helper()
	f := found{"readings", "inbox/readings/" + name}
	info, err := os.Stat(filepath.Join(w.dir, f.path))
	if err != nil {
		w.t.Fatal(err)
	}
	r := newRun(w.opts)
	if err := r.loadSeen(); err != nil {
		w.t.Fatal(err)
	}
	sum, seen, err := r.hash(f, info)
	if err != nil {
		w.t.Fatal(err)
	}
	want, err := store.HashFile(filepath.Join(w.dir, f.path))
	if err != nil || sum != want {
		w.t.Errorf("%s: SHA-256 %s, %v, want %s", name, sum, err, want)
	}
	return seen == nil || r.seen[f.path] != *seen
}

// settle waits until files that lie there can be told from later ones by their stamps,
// and has the next runs begin then.
func (w *workspace) settle(name string) {
	w.t.Helper()
	info, err := os.Stat(filepath.Join(w.dir, "inbox", name))
	if err != nil {
		w.t.Fatal(err)
	}
	s, ok := stampOf(info)
	if !ok {
		w.t.Skip("this system does not say when a file was changed")
	}
	time.Sleep(2 * settleTime)
	if w.opts.Begun = time.Now(); !s.settled(w.opts.Begun) {
		w.t.Skip("this file system has no fractions of a second")
	}
}

func TestFilesThatStandAsTheyStoodAreNotHashedAgain(t *testing.T) {
	w := newWorkspace(t)
	w.put("readings/old.csv", seenReadings)
	path := filepath.Join(w.dir, "inbox", "readings", "old.csv")
	w.settle("readings/old.csv")
	w.put("readings/young.csv", seenReadings+"B,2022-01-01T00:00:00Z,1\n")
	if !w.hashedAgain("old.csv") {
		t.Error("a file was known before any run")
	}
	w.run()
	if w.hashedAgain("old.csv") {
		t.Error("a file is hashed again though it stands as it stood")
	}
	if !w.hashedAgain("young.csv") {
		t.Error("a file that was changed while it could change again unseen is not hashed")
	}

	// Same size and time of modification, as a program can set them, other content.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	w.put("readings/old.csv", "site_id,ts,kwh\nA,2022-01-01T00:00:00Z,2\n")
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if !w.hashedAgain("old.csv") {
		t.Error("a changed file passes for the one that was hashed")
	}
	if got := w.run().Select(Taken); len(got) != 1 {
		t.Errorf("%d files taken in after the change, want 1", len(got))
	}
}

func TestHashesOfTheInboxMayBeDamaged(t *testing.T) {
	w := newWorkspace(t)
	w.put("readings/a.csv", seenReadings)
	w.settle("readings/a.csv")
	w.run()
	seen := filepath.Join(w.dir, seenName)
	text, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(seen, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if !w.hashedAgain("a.csv") {
		t.Error("a damaged list of hashes is believed")
	}
	if got := w.run().Select(Known); len(got) != 1 {
		t.Errorf("%d files known, want 1", len(got))
	}
}

func TestOneDatasetKeepsTheHashesOfOthers(t *testing.T) {
	w := newWorkspace(t)
	w.put("readings/a.csv", seenReadings)
	w.put("sites/s.csv", "site_id\nA\n")
	w.settle("sites/s.csv")
	w.run()
	w.put("sites/t.csv", "site_id\nB\n")
	w.opts.Dataset = "sites"
	w.run()
	w.opts.Dataset = ""
	if w.hashedAgain("a.csv") {
		t.Error("the run of another dataset forgot a file")
	}
}
