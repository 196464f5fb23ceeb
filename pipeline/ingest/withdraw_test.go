package ingest

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets/raw"
)

// A delivery that is taken back leaves the tables as if it had never come, and
// what it superseded counts again.
func TestWithdraw(t *testing.T) {
	w := newWorkspace(t)
	w.put("readings/1.csv", "site_id,ts,kwh\na,2023-01-01T00:00Z,1\na,2023-01-01T01:00Z,1\n")
	w.run()
	before := w.tree()
	w.put("readings/2.csv", "site_id,ts,kwh\na,2023-01-01T00:00Z,9\nb,2024-01-01T01:00Z,1\n")
	w.run()
	expect(t, "with both", w.readings("readings"), "a 01-01T00:00 9000 2:2", "a 01-01T01:00 1000 1:3", "b 01-01T01:00 1000 2:3")

	path := filepath.Join(w.dir, "inbox", "readings", "2.csv")
	r, err := Withdraw(context.Background(), w.opts, path)
	if err != nil || len(r.Files) != 1 || r.Files[0].Status != Withdrawn || r.Files[0].Accepted != 0 || r.Files[0].Decoded != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	expect(t, "without it", w.readings("readings"), "a 01-01T00:00 1000 1:2", "a 01-01T01:00 1000 1:3")
	after := w.tree()
	for p, content := range after {
		if strings.Contains(p, "000002") {
			delete(after, p) // record and part stay, so that former runs can be traced
		} else if strings.HasSuffix(p, ".parquet") && before[p] != content {
			t.Errorf("%s differs from before the delivery", p)
		}
	}
	compareTrees(t, "after the withdrawal", after, before)

	// Twice is as once; a run does not bring it back, by its number or any name.
	whole := w.tree()
	if _, err := Withdraw(context.Background(), w.opts, "000002"); err != nil {
		t.Fatal(err)
	}
	if r := w.runWithdrawn(); len(r.Files) != 2 || r.Files[1].Status != Withdrawn {
		t.Errorf("%+v", r.Files)
	}
	compareTrees(t, "after a further run", w.tree(), whole)

	// Naming it takes it in again, in its old place.
	w.opts.Dataset, w.opts.Files = "readings", []string{path}
	w.run()
	expect(t, "again", w.readings("readings"), "a 01-01T00:00 9000 2:2", "a 01-01T01:00 1000 1:3", "b 01-01T01:00 1000 2:3")
	w.opts.Files = nil
	w.run()
	expect(t, "and it stays", w.readings("readings"), "a 01-01T00:00 9000 2:2", "a 01-01T01:00 1000 1:3", "b 01-01T01:00 1000 2:3")

	if _, err := Withdraw(context.Background(), w.opts, "nothing.csv"); err == nil || !strings.Contains(err.Error(), "no such delivery") {
		t.Errorf("an unknown file: %v", err)
	}
}

// runWithdrawn is run without the balance of rows, which a withdrawn file lacks.
func (w *workspace) runWithdrawn() Report {
	w.t.Helper()
	report, err := Run(context.Background(), w.opts)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// A withdrawal that died after its record was written is finished by the next run.
func TestWithdrawIsResumed(t *testing.T) {
	w := newWorkspace(t)
	w.put("readings/1.csv", "site_id,ts,kwh\na,2023-01-01T00:00Z,1\n")
	w.run()
	lake := filepath.Join(w.dir, "lake")
	records, err := readRecords(lake)
	if err != nil {
		t.Fatal(err)
	}
	records[0].Withdrawn = true
	if err := writeRecord(lake, records[0]); err != nil {
		t.Fatal(err)
	}
	w.runWithdrawn()
	expect(t, "after the next run", w.readings("readings"))
}

func (w *workspace) mapped(pattern string) {
	w.opts.Mappings = []Mapping{{
		Name: "ingest.mappings[0]", Dataset: "readings", Files: "**/*.csv", Pattern: regexp.MustCompile(pattern),
		Mapping: raw.Mapping{Columns: map[string]string{"datetime": "ts", "load [kWh]": "kwh"}, Zone: time.UTC},
	}}
}

// Two files of the same content are two deliveries if their names say that
// they are of two sites; a corrected mapping moves the rows.
func TestMappedFiles(t *testing.T) {
	w := newWorkspace(t)
	text := "datetime,load [kWh]\n2023-01-01 00:00,0\n"
	w.put("readings/b1/2023.csv", text)
	w.put("readings/b2/2023.csv", text)
	w.mapped("(?P<site_id>b[0-9]+)/")
	w.run()
	expect(t, "two sites", w.readings("readings"), "b1 01-01T00:00 0 1:2", "b2 01-01T00:00 0 2:2")
	if r := w.run(); len(r.Select(Known)) != 2 {
		t.Errorf("%+v", r.Files)
	}
	w.mapped("b(?P<site_id>[0-9]+)/")
	w.run()
	expect(t, "after a correction", w.readings("readings"), "1 01-01T00:00 0 1:2", "2 01-01T00:00 0 2:2")
	w.opts.Mappings[0].Units = map[string]string{"kwh": "MWh"}
	if r := w.run(); len(r.Select(Taken)) != 2 {
		t.Errorf("another unit: %+v", r.Files)
	}
	w.opts.Mappings = nil
	w.run()
	expect(t, "without the mapping", w.readings("readings"))
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		glob, name string
		want       bool
	}{
		{"", "a/b.csv", true}, {"*.csv", "b.csv", true}, {"*.csv", "a/b.csv", false}, {"**", "a/b/c", true}, {"**/*.csv", "b.csv", true},
		{"a/**/c.csv", "a/c.csv", true}, {"a/**/c.csv", "a/x/y/c.csv", true}, {"a/**/c.csv", "b/c.csv", false}, {"a/*", "a", false}, {"a", "a/b", false}, {"[", "a", false},
	} {
		if got := matches(c.glob, c.name); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.glob, c.name, got)
		}
	}
}

// An explanation says what ingest would do, and writes nothing.
func TestExplain(t *testing.T) {
	w := newWorkspace(t)
	w.mapped("(?P<site_id>b[0-9]+)/")
	w.put("readings/b1/2023.csv", "datetime,load [kWh],note\n2023-01-01 00:00,1.5,x\n2023-01-01 01:00,many,y\n")
	e, err := Explain(w.opts, filepath.Join(w.dir, "inbox/readings/b1/2023.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if e.Dataset != "readings" || e.Mapping != "ingest.mappings[0]" || e.Format != "csv" || e.Rows != 2 || e.Accepted != 1 || e.KWh != 1.5 {
		t.Errorf("%+v", e)
	}
	expect(t, "header", e.Header, "line", "site_id", "ts", "wh", "quality")
	expect(t, "sample", e.Sample[0], "2", "b1", "2023-01-01T00:00:00Z", "1500", "measured")
	if len(e.Faults) != 1 || e.Faults[0].Line != 3 || e.Faults[0].Raw != "2023-01-01 01:00,many,y" {
		t.Errorf("%+v", e.Faults)
	}
	want := []raw.Use{{Delivered: "datetime", Column: "ts", How: "by the mapping"}, {Delivered: "load [kWh]", Column: "kwh", How: "by the mapping"}, {Delivered: "note"}, {Column: "site_id", How: "from the file's name: b1"}}
	for i, u := range want {
		if i >= len(e.Columns) || e.Columns[i] != u {
			t.Errorf("columns %+v, want %+v", e.Columns, want)
			break
		}
	}
	if _, err := os.Stat(filepath.Join(w.dir, "lake")); !os.IsNotExist(err) {
		t.Errorf("a lake was made: %v", err)
	}
	// Without a folder, the table that takes most of the columns is meant.
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte("feeder_id,ts,kwh\nF,2023-01-01T00:00Z,1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if e, err := Explain(w.opts, path); err != nil || e.Dataset != "feeder_readings" || e.Accepted != 1 {
		t.Errorf("%+v, %v", e, err)
	}
	if err := os.WriteFile(path, []byte("what,ever\n1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Explain(w.opts, path); err == nil || !strings.Contains(err.Error(), "no dataset takes this file") {
		t.Errorf("%v", err)
	}
}
