package pipeline

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/demo"
)

// secrets are the values of the demo's inputs that name somebody.
type secrets struct{ sites, subscribers, names, addresses, bins, iins, clients map[string]bool }

func secretsOf(t *testing.T, ws *Workspace) secrets {
	t.Helper()
	s := secrets{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	holder := func(bin string) {
		s.bins[bin] = true
		if datasets.IsIndividual(bin) {
			s.iins[bin] = true
		}
	}
	for _, r := range tableOf[datasets.Site](t, ws, "sites") {
		s.sites[r.SiteID], s.names[r.Name], s.addresses[r.Address] = true, true, true
		holder(r.BIN)
	}
	for _, r := range tableOf[datasets.Subscriber](t, ws, "subscribers") {
		s.subscribers[r.SubscriberID], s.addresses[r.Address] = true, true
		s.clients[strings.TrimSuffix(r.IPPrefix, "/32")] = true
		holder(r.BIN)
	}
	for _, r := range tableOf[datasets.Flow](t, ws, "flows") {
		s.clients[r.SrcIP] = true
	}
	if len(s.sites) < 30 || len(s.subscribers) < 30 || len(s.clients) < 100 || len(s.iins) == 0 {
		t.Fatalf("the demo has %d sites, %d subscribers, %d clients, %d IINs: the test would show nothing", len(s.sites), len(s.subscribers), len(s.clients), len(s.iins))
	}
	return s
}

func tableOf[R any](t *testing.T, ws *Workspace, name string) []R {
	t.Helper()
	rows, err := store.ReadTable[R](ws.Lake(), name)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// demoWithPersons runs the demo with its organisations made sole traders.
func demoWithPersons(t *testing.T) (*Workspace, *RunResult) {
	t.Helper()
	ws, err := Init(filepath.Join(t.TempDir(), "demo"), InitOptions{Buckets: demoBuckets})
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Build(ws.Path("inbox")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sites/sites.csv", "subscribers/leases.csv"} {
		path := ws.Path("inbox/" + name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(records[0], "bin")
		for _, r := range records[1:] {
			r[at] = iinFor(t, r[at])
		}
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(records); err != nil {
			t.Fatal(err)
		}
		write(t, path, b.String())
	}
	run, err := Run(t.Context(), ws, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Proposed) == 0 {
		t.Fatal("nothing is proposed: the test would show nothing")
	}
	return ws, run
}

// iinFor makes the IIN of a person born on 1985-01-01 from every other BIN.
func iinFor(t *testing.T, bin string) string {
	t.Helper()
	if len(bin) != 12 || bin[9]%2 == 0 {
		return bin
	}
	for check := range 10 {
		if iin := fmt.Sprintf("8501013%s%d", bin[7:11], check); datasets.CheckBIN(iin) == nil {
			return iin
		}
	}
	return bin // no check digit exists
}

// Every output is scanned for what its receiver must not see.
func TestProfiles(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the demo")
	}
	ws, run := demoWithPersons(t)
	s := secretsOf(t, ws)
	telecom := []map[string]bool{s.names, s.addresses, s.iins, s.clients}
	inspection := []map[string]bool{s.clients}
	notebook := []map[string]bool{s.sites, s.subscribers, s.names, s.addresses, s.bins, s.clients}
	scan(t, run.Dir, "telecom", datasets.Telecom, telecom)
	for _, folder := range []string{"inspection", "tax", "compliance"} {
		scan(t, run.Dir, folder, datasets.Inspection, inspection)
	}
	for _, test := range []struct {
		profile datasets.Profile
		never   []map[string]bool
		files   []string // one that must be there
	}{
		{datasets.Telecom, telecom, []string{"telecom/subscribers.csv"}},
		{datasets.Inspection, inspection, []string{"inspection/sites.csv", "tax/statement.csv"}},
		{datasets.Notebook, notebook, []string{"scores.parquet", "evidence.parquet"}},
	} {
		out := filepath.Join(t.TempDir(), test.profile.Name)
		shared, err := HandOver(ws, out, ShareOptions{Profile: test.profile})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range test.files {
			if !slices.ContainsFunc(shared.Files, func(o OutputFile) bool { return o.Path == f }) {
				t.Errorf("%s was not given %s", test.profile.Name, f)
			}
		}
		scan(t, out, ".", test.profile, test.never)
	}
	j, err := ws.readJournal()
	if err != nil || j.entries[len(j.entries)-1].Kind != EntryShare {
		t.Errorf("the journal ends in %+v, %v; want the last share", j.entries[len(j.entries)-1], err)
	}
}

// scan looks through every file below a folder.
func scan(t *testing.T, dir, folder string, p datasets.Profile, never []map[string]bool) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(filepath.Join(dir, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		text := textOf(t, path, p)
		for _, set := range never {
			for value := range set {
				if len(value) > 5 && holds(text, value) {
					t.Errorf("%s: %s holds %q", p.Name, path, value)
				}
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%s: %d files, %v", folder, files, err)
	}
}

// holds reports whether a value stands in a text by itself: 10.0.0.1 is not in 10.0.0.10.
func holds(text, value string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			return false
		}
		end := from + i + len(value)
		if end == len(text) || text[end] < '0' || text[end] > '9' {
			return true
		}
		from = end
	}
}

// textOf returns everything that can be read in a file. Columns of tables are
// held against the profile on the way.
func textOf(t *testing.T, path string, p datasets.Profile) string {
	t.Helper()
	var b strings.Builder
	var err error
	switch filepath.Ext(path) {
	case ".parquet":
		var names []string
		err = store.ScanText(path, func(header []string) error { names = header; return nil }, func(_ int64, cells [][]byte) error {
			for i, c := range cells {
				checkCell(t, path, names[i], string(c), p)
				b.Write(c)
				b.WriteByte('\n')
			}
			return nil
		})
	case ".xlsx":
		var z *zip.ReadCloser
		if z, err = zip.OpenReader(path); err != nil {
			break
		}
		defer z.Close()
		for _, f := range z.File {
			r, e := f.Open()
			if e != nil {
				t.Fatal(e)
			}
			if _, err = io.Copy(&b, r); err != nil {
				t.Fatal(err)
			}
		}
	default:
		var text []byte
		text, err = os.ReadFile(path)
		b.Write(text)
		if filepath.Ext(path) == ".csv" && !strings.HasSuffix(path, ".excel-ru.csv") { // the same table for a spreadsheet
			records, e := csv.NewReader(bytes.NewReader(text)).ReadAll()
			if e != nil {
				t.Fatal(e)
			}
			for _, r := range records[1:] {
				for i, c := range r {
					checkCell(t, path, records[0][i], c, p)
				}
			}
		}
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return b.String()
}

// resultColumns are the columns of the results by name.
var resultColumns = func() map[string]datasets.Column {
	by := map[string]datasets.Column{}
	for _, table := range datasets.Catalog {
		if table.Role == datasets.Result {
			for _, c := range table.Columns {
				by[c.Name] = c
			}
		}
	}
	return by
}()

// checkCell fails on a value in a column above the profile.
func checkCell(t *testing.T, path, column, value string, p datasets.Profile) {
	t.Helper()
	c, ok := resultColumns[column]
	if !ok || value == "" || value == "0" || strings.HasPrefix(value, "1970-01-01") {
		return
	}
	switch p.Classes[c.Privacy] {
	case datasets.Hide:
		t.Errorf("%s: %s has the column %s (%s) with %q", p.Name, path, column, c.Privacy, value)
	case datasets.Pseudonym:
		if !strings.HasPrefix(value, "p-") {
			t.Errorf("%s: %s has %s %q under no pseudonym", p.Name, path, column, value)
		}
	case datasets.NoPersons:
		if datasets.IsIndividual(value) {
			t.Errorf("%s: %s has the IIN of a person in %s: %q", p.Name, path, column, value)
		}
	}
}
