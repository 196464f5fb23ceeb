package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets/store"
)

// lines returns the journal's lines, each with its line end.
func lines(t *testing.T, ws *Workspace) [][]byte {
	t.Helper()
	text, err := os.ReadFile(ws.Path(JournalName))
	if err != nil {
		t.Fatal(err)
	}
	all := bytes.SplitAfter(text, []byte("\n"))
	return all[:len(all)-1] // nothing stands behind the last line end
}

func writeLines(t *testing.T, ws *Workspace, lines [][]byte) {
	t.Helper()
	if err := os.WriteFile(ws.Path(JournalName), bytes.Join(lines, nil), 0o644); err != nil {
		t.Fatal(err)
	}
}

// journalled makes a workspace whose journal has four lines: ingest, run,
// ingest, run.
func journalled(t *testing.T) (*Workspace, string) {
	t.Helper()
	ws := newWorkspace(t)
	for _, name := range []string{"a", "b"} {
		write(t, ws.Path("inbox/readings/"+name+".csv"), "site_id,ts,kwh\n"+name+",2022-03-01T00:00,1.5\n")
		if _, err := Run(t.Context(), ws, RunOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := ws.RunDir("0001")
	if err != nil {
		t.Fatal(err)
	}
	return ws, dir
}

func TestJournalChain(t *testing.T) {
	ws, dir := journalled(t)
	j, err := ws.readJournal()
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range j.entries {
		kinds = append(kinds, e.Kind)
	}
	if !slices.Equal(kinds, []string{EntryIngest, EntryRun, EntryIngest, EntryRun}) {
		t.Fatalf("kinds %q", kinds)
	}
	m, err := readRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Times.Journal != (JournalHead{1, j.hashes[0]}) {
		t.Errorf("the first run names %+v, want the ingest before it", m.Times.Journal)
	}
	sum, err := store.HashFile(filepath.Join(dir, ManifestName))
	if err != nil || j.entries[1].Manifest != sum || j.entries[1].Run != m.RunID {
		t.Errorf("line 2 is %+v, %v; want the manifest %s", j.entries[1], err, sum)
	}
	if d := j.entries[2].Deliveries; len(d) != 1 || d[0].Path != "inbox/readings/b.csv" || d[0].Rows != 1 {
		t.Errorf("line 3 is about %+v, want the second delivery alone", d)
	}
	if _, err := Run(t.Context(), ws, RunOptions{}); err != nil || len(lines(t, ws)) != 4 {
		t.Errorf("a run without anything new: %v, %d lines", err, len(lines(t, ws)))
	}
}

// Whatever is done to the journal is found by verify, and no command goes on
// over it.
func TestJournalForged(t *testing.T) {
	ws, dir := journalled(t)
	want := lines(t, ws)
	signature, err := os.ReadFile(ws.Path(JournalSignatureName))
	if err != nil {
		t.Fatal(err)
	}
	reread := func(line []byte, change func(*JournalEntry)) []byte {
		var e JournalEntry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		change(&e)
		return encodeEntry(e)
	}
	for _, test := range []struct {
		name    string
		forge   func() [][]byte
		problem string
	}{
		{"changed byte", func() [][]byte {
			return append([][]byte{bytes.Replace(want[0], []byte("a.csv"), []byte("c.csv"), 1)}, want[1:]...)
		}, "line 2"},
		{"changed last line", func() [][]byte {
			return append(slices.Clone(want[:3]), reread(want[3], func(e *JournalEntry) { e.Note = "all is well" }))
		}, "does not sign the last line"},
		{"moved lines", func() [][]byte { return [][]byte{want[0], want[2], want[1], want[3]} }, "line 2"},
		{"line taken out", func() [][]byte { return [][]byte{want[0], want[1], want[3]} }, "line 3"},
		{"first line taken out", func() [][]byte { return want[1:] }, "line 1"},
		{"last two lines taken out", func() [][]byte { return want[:2] }, "does not sign the last line"},
		{"last line taken out", func() [][]byte { return want[:3] }, "does not sign the last line"},
		{"all lines taken out", func() [][]byte { return nil }, "does not sign the last line"},
		{"chained anew without a line", func() [][]byte {
			second := reread(want[3], func(e *JournalEntry) { e.Seq, e.Prev = 2, hashLine(want[0]) })
			return [][]byte{want[0], second}
		}, "does not sign the last line"},
		{"unreadable", func() [][]byte { return append(slices.Clone(want), []byte("{\n")) }, "line 5"},
	} {
		t.Run(test.name, func(t *testing.T) {
			writeLines(t, ws, test.forge())
			v, err := Verify(t.Context(), dir, "")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(v.Problems, func(p Problem) bool {
				return strings.HasPrefix(p.File, JournalName) && strings.Contains(p.String(), test.problem)
			}) {
				t.Errorf("verify: %v, want %q", v.Problems, test.problem)
			}
			var broken *JournalError
			if _, err := Run(t.Context(), ws, RunOptions{}); !errors.As(err, &broken) {
				t.Errorf("run: %v, want a *JournalError", err)
			}
		})
	}
	writeLines(t, ws, want)
	if err := os.WriteFile(ws.Path(JournalSignatureName), signature, 0o644); err != nil {
		t.Fatal(err)
	}
	if v, err := Verify(t.Context(), dir, ""); err != nil || len(v.Problems) > 0 || v.Journal != 4 {
		t.Errorf("put back: %+v, %v", v, err)
	}
}

// What a process that died half way leaves is completed by the next.
func TestJournalInterrupted(t *testing.T) {
	for _, test := range []struct {
		name   string
		before func(t *testing.T, ws *Workspace, all [][]byte, older []byte)
	}{
		{"half a line", func(t *testing.T, ws *Workspace, all [][]byte, older []byte) {
			writeLines(t, ws, all[:3])
			appendText(t, ws.Path(JournalName), string(all[3][:20]))
			write(t, ws.Path(JournalSignatureName), string(older))
		}},
		{"run published and not noted", func(t *testing.T, ws *Workspace, all [][]byte, older []byte) {
			writeLines(t, ws, all[:3])
			write(t, ws.Path(JournalSignatureName), string(older))
		}},
		{"signature without its name", func(t *testing.T, ws *Workspace, _ [][]byte, older []byte) {
			write(t, ws.Path(JournalSignatureName), string(older))
			write(t, ws.Path(".tmp-1"), "half")
		}},
		{"line not signed", func(t *testing.T, ws *Workspace, _ [][]byte, older []byte) {
			write(t, ws.Path(JournalSignatureName), string(older))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ws, dir := journalled(t)
			all := lines(t, ws)
			key := testKey(t, ws)
			test.before(t, ws, all, sign(all[2], "minewatch journal line 3", journalComment, key))
			if _, err := Run(t.Context(), ws, RunOptions{}); err != nil {
				t.Fatal(err)
			}
			if v, err := Verify(t.Context(), dir, ""); err != nil || len(v.Problems) > 0 || v.Journal != 4 {
				t.Errorf("got %+v, %v; want four lines and no problem", v, err)
			}
			if left, _ := filepath.Glob(ws.Path(".tmp-*")); len(left) > 0 {
				t.Errorf("%q are left", left)
			}
		})
	}
}

func appendText(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// The clock may jump: the order of the lines counts.
func TestJournalClock(t *testing.T) {
	ws, dir := journalled(t)
	j, err := ws.openJournal()
	if err != nil {
		t.Fatal(err)
	}
	for i := range j.entries { // as if everything before had come from the future
		j.entries[i].Time = j.entries[i].Time.AddDate(30, 0, 0)
	}
	remove(t, ws.Path(JournalName))
	entries := j.entries
	j.entries, j.hashes, j.size = nil, nil, 0
	for _, e := range entries {
		e.Prev, e.Seq = j.head().SHA256, len(j.entries)+1
		line := encodeEntry(e)
		if err := j.write(line); err != nil {
			t.Fatal(err)
		}
		j.entries, j.hashes, j.last, j.size = append(j.entries, e), append(j.hashes, hashLine(line)), line, j.size+int64(len(line))
	}
	if err := j.sign(); err != nil {
		t.Fatal(err)
	}
	write(t, ws.Path("inbox/readings/c.csv"), "site_id,ts,kwh\nc,2022-03-01T00:00,1.5\n")
	if _, err := Run(t.Context(), ws, RunOptions{}); err != nil {
		t.Fatal(err)
	}
	v, err := Verify(t.Context(), filepath.Join(ws.Runs(), latest), "")
	if err != nil || len(v.Problems) > 0 {
		t.Errorf("newest run: %+v, %v", v, err)
	}
	// The first run was sealed on the journal that had other times.
	if v, err := Verify(t.Context(), dir, ""); err != nil || len(v.Problems) != 1 || !strings.Contains(v.Problems[0].What, "no longer holds the line 1") {
		t.Errorf("first run: %+v, %v", v, err)
	}
}

// The private key must be readable by its owner alone.
func TestKeyMode(t *testing.T) {
	ws := newWorkspace(t)
	if err := os.Chmod(ws.keyPath(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ws.Key(); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a key that everybody can read: %v", err)
	}
}
