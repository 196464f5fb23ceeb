package ingest

import (
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's data

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
	"github.com/minewatch/minewatch/datasets/store"
)

// A workspace in a temporary folder.
type workspace struct {
	t    *testing.T
	dir  string
	opts Options
}

func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return &workspace{t, dir, Options{Workspace: dir, Zone: zone, Buckets: 4, Workers: 2, MemoryMiB: 256, Limits: raw.DefaultLimits()}}
}

func (w *workspace) put(path, content string) {
	w.t.Helper()
	path = filepath.Join(w.dir, "inbox", filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workspace) run() Report {
	w.t.Helper()
	report, err := Run(context.Background(), w.opts)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range report.Files {
		if f.Rows != f.Accepted+f.Duplicates+f.quarantined() {
			w.t.Errorf("%s: %d rows, %d accepted, %d duplicates, %d quarantined", f.Path, f.Rows, f.Accepted, f.Duplicates, f.quarantined())
		}
	}
	return report
}

// tree returns the content of every file of the lake and the quarantine.
func (w *workspace) tree() map[string]string {
	w.t.Helper()
	files := map[string]string{}
	for _, top := range []string{"lake", "quarantine"} {
		err := filepath.WalkDir(filepath.Join(w.dir, top), func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return fs.SkipDir
			}
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			rel, _ := filepath.Rel(w.dir, path)
			files[rel] = string(content)
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return files
}

// restore makes lake and quarantine what tree returned.
func (w *workspace) restore(files map[string]string) {
	w.t.Helper()
	for _, top := range []string{"lake", "quarantine"} {
		if err := os.RemoveAll(filepath.Join(w.dir, top)); err != nil {
			w.t.Fatal(err)
		}
	}
	for path, content := range files {
		path = filepath.Join(w.dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
}

func compareTrees(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if c, ok := got[path]; !ok {
			t.Errorf("%s: %s is missing", what, path)
		} else if c != want[path] {
			t.Errorf("%s: %s has other bytes", what, path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[path]; !ok {
			t.Errorf("%s: %s should not be there", what, path)
		}
	}
}

// readings prints the readings in the lake, or those superseded, as
// "site time wh file:line".
func (w *workspace) readings(table string) []string {
	w.t.Helper()
	rows, err := store.ReadTable[datasets.Reading](filepath.Join(w.dir, "lake"), table)
	if err != nil {
		w.t.Fatal(err)
	}
	var list []string
	for _, r := range rows {
		if r.Bucket != datasets.BucketOf(r.SiteID, w.opts.Buckets) {
			w.t.Errorf("%s lies in bucket %d", r.SiteID, r.Bucket)
		}
		list = append(list, fmt.Sprintf("%s %s %d %d:%d", r.SiteID, r.TS.Time().Format("01-02T15:04"), r.Wh, r.Source, r.Line))
	}
	slices.Sort(list)
	return list
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// series is a CSV of readings: sites s0…, hours h0…, with value(site, hour).
func series(sites, hours int, value func(site, hour int) string) string {
	var b strings.Builder
	b.WriteString("site_id,ts,kwh\n")
	start := time.Date(2023, 12, 30, 0, 0, 0, 0, time.UTC)
	for s := range sites {
		for h := range hours {
			fmt.Fprintf(&b, "s%d,%s,%s\n", s, start.Add(time.Duration(h)*time.Hour).Format(time.RFC3339), value(s, h))
		}
	}
	return b.String()
}

func TestEveryInputHasAReader(t *testing.T) {
	for _, table := range datasets.Inputs() {
		if readers[table.Name] == nil {
			t.Errorf("no reader for %s", table.Name)
		}
		if table.BucketBy != "" && table.Column(table.BucketBy) == nil || table.YearBy != "" && !table.Column(table.YearBy).Key {
			t.Errorf("%s: rows of one key could lie in two partitions", table.Name)
		}
	}
}

// The first delivery of a value keeps its origin; a changed value supersedes;
// the replaced row can still be found.
func TestCorrections(t *testing.T) {
	w := newWorkspace(t)
	w.put("readings/2023-01.csv", "site_id,ts,kwh\na,2023-01-01T00:00:00Z,1\na,2023-01-01T01:00:00Z,2\na,2023-01-01T02:00:00Z,3\na,2023-01-01T02:00:00Z,3\n")
	w.put("readings/copy-of-2023-01.csv", "site_id,ts,kwh\na,2023-01-01T00:00:00Z,1\na,2023-01-01T01:00:00Z,2\na,2023-01-01T02:00:00Z,3\na,2023-01-01T02:00:00Z,3\n")
	r := w.run()
	if len(r.Files) != 2 || r.Files[0].Status != Taken || r.Files[1].Status != Known || r.Files[0].Duplicates != 1 {
		t.Fatalf("first run: %+v", r.Files)
	}
	w.put("readings/2023-02.csv", "site_id,ts,kwh\na,2023-01-01T01:00:00Z,2\na,2023-01-01T02:00:00Z,30\na,2023-01-01T03:00:00Z,4\n")
	w.run()
	w.put("readings/2023-03.csv", "site_id,ts,kwh\na,2023-01-01T02:00:00Z,3\na,2023-01-01T03:00:00Z,4\na,2023-01-01T03:00:00Z,5\n")
	w.run()
	expect(t, "readings", w.readings("readings"),
		"a 01-01T00:00 1000 1:2", "a 01-01T01:00 2000 1:3", "a 01-01T02:00 3000 3:2", "a 01-01T03:00 5000 3:4")
	expect(t, "superseded", w.readings("_superseded/readings"),
		"a 01-01T02:00 3000 1:4", "a 01-01T02:00 30000 2:3", "a 01-01T03:00 4000 2:4")
	all, err := Records(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range all {
		got = append(got, fmt.Sprintf("%d: %d rows, %d accepted, %d duplicates, %d superseded, %d Wh", f.Number, f.Rows, f.Accepted, f.Duplicates, f.Superseded, f.AcceptedWh))
	}
	expect(t, "records", got,
		"1: 4 rows, 3 accepted, 1 duplicates, 1 superseded, 6000 Wh",
		"2: 3 rows, 2 accepted, 1 duplicates, 2 superseded, 34000 Wh",
		"3: 3 rows, 2 accepted, 1 duplicates, 0 superseded, 8000 Wh")
	again := w.tree()
	if r := w.run(); r.Partitions != 0 || len(r.Select(Known)) != len(r.Files) {
		t.Errorf("a run without anything new wrote %d partitions, %+v", r.Partitions, r.Files)
	}
	compareTrees(t, "nothing new", w.tree(), again)
}

// The day of 2024-02-29 has 25 hours in Almaty.
func TestDayOf25Hours(t *testing.T) {
	w := newWorkspace(t)
	var b strings.Builder
	b.WriteString("site_id;ts;kwh\n")
	for h := range 24 {
		fmt.Fprintf(&b, "a;2024-02-29 %02d:00;%d,5\n", h, h)
	}
	b.WriteString("a;2024-02-29 23:00;24,5\na;2024-03-01 00:00;25,5\n")
	w.put("readings/day.csv", b.String())
	r := w.run()
	if f := r.Files[0]; f.Accepted != 26 || f.Duplicates != 0 || f.Superseded != 0 {
		t.Errorf("%+v", f)
	}
	rows := w.readings("readings")
	if len(rows) != 26 || rows[0] != "a 02-28T18:00 500 1:2" || rows[23] != "a 02-29T17:00 23500 1:25" || rows[24] != "a 02-29T18:00 24500 1:26" || rows[25] != "a 02-29T19:00 25500 1:27" {
		t.Errorf("%q", rows)
	}
}

// fill puts files whose readings overlap, repeat and correct each other, over
// the turn of a year, with refused rows and other tables.
func fill(w *workspace) {
	w.put("readings/part-1.csv", series(7, 60, func(s, h int) string { return fmt.Sprintf("%d.%03d", s, h) }))
	w.put("sites/sites.csv", "site_id,name,lat\ns0,one,43\ns1,two,x\n")
	w.put("pools/pools.csv", "pool,host\np,pool.example\n")
}

func fillMore(w *workspace) {
	w.put("readings/part-2.csv", series(9, 50, func(s, h int) string { return fmt.Sprintf("%d.%03d", s, h*(1+h%3)) }))
	w.put("readings/part-10.csv", series(3, 70, func(s, h int) string { return map[bool]string{true: "bad", false: "7"}[h%20 == 3] }))
	w.put("sites/corrected.csv", "site_id,name,lat\ns0,one,44\n")
	w.put("flows/open_conn.csv", "ts,src_ip,src_port,dst_ip,dst_port,proto,duration_s,orig_bytes,resp_bytes,orig_pkts,resp_pkts\n2023-01-01T00:00:00Z,10.0.0.1,1,10.0.0.2,2,tcp,60,1,1,1,1\n")
	w.put("flows/conn.csv", "ts,src_ip,src_port,dst_ip,dst_port,proto,duration_s,orig_bytes,resp_bytes,orig_pkts,resp_pkts\n2023-01-01T00:00:00Z,10.0.0.1,1,10.0.0.2,2,tcp,3600,9,9,9,9\n")
}

// Files that come one by one, in their order, end as they do at once.
func TestBitByBit(t *testing.T) {
	files := []string{
		series(5, 40, func(s, h int) string { return fmt.Sprint(h) }),
		series(7, 30, func(s, h int) string { return fmt.Sprint(h * (h % 2)) }),
		series(2, 60, func(s, h int) string { return fmt.Sprint(h * (h % 3)) }),
		series(5, 40, func(s, h int) string { return fmt.Sprint(h + h/30) }),
	}
	together, apart := newWorkspace(t), newWorkspace(t)
	for i, f := range files {
		together.put(fmt.Sprintf("readings/%d.csv", i), f)
		apart.put(fmt.Sprintf("readings/%d.csv", i), f)
		apart.run()
	}
	together.run()
	compareTrees(t, "one by one", apart.tree(), together.tree())
}

// The same inbox gives the same bytes, whatever the number of workers and
// processors.
func TestSameBytes(t *testing.T) {
	first := newWorkspace(t)
	fill(first)
	fillMore(first)
	first.run()
	want := first.tree()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	second := newWorkspace(t)
	second.opts.Workers = 1
	fill(second)
	fillMore(second)
	second.run()
	compareTrees(t, "one worker", second.tree(), want)

	flows, err := store.ReadTable[datasets.Flow](filepath.Join(first.dir, "lake"), "flows")
	if err != nil || len(flows) != 1 || flows[0].DurationS != 3600 {
		t.Errorf("a log of open connections superseded the final one: %+v, %v", flows, err)
	}
}

// A run that stops anywhere leaves what the next one completes to the bytes of
// an undisturbed one.
func TestInterrupted(t *testing.T) {
	w := newWorkspace(t)
	fill(w)
	w.run()
	before := w.tree()
	fillMore(w)
	events := 0
	w.opts.Progress = func(Progress) { events++ }
	w.run()
	want := w.tree()
	for stop := 1; stop <= events; stop++ {
		w.restore(before)
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		w.opts.Progress = func(Progress) {
			if n++; n == stop {
				cancel()
			}
		}
		Run(ctx, w.opts) // fails, or was done already
		cancel()
		w.opts.Progress = nil
		w.run()
		compareTrees(t, fmt.Sprintf("stopped at %d of %d", stop, events), w.tree(), want)
	}
}

// Killed between any two steps: the states that the order of writing allows.
func TestKilled(t *testing.T) {
	w := newWorkspace(t)
	fill(w)
	w.run()
	before := w.tree()
	fillMore(w)
	w.run()
	after := w.tree()
	// with returns the first state with those files of the last whose path has the mark.
	with := func(marks ...string) map[string]string {
		state := maps.Clone(before)
		for path, content := range after {
			if slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(path, m) }) {
				state[path] = content
			}
		}
		return state
	}
	without := func(mark string) map[string]string {
		state := maps.Clone(after)
		maps.DeleteFunc(state, func(path, _ string) bool { return strings.Contains(path, mark) })
		return state
	}
	for name, state := range map[string]map[string]string{
		"parts without records":            with("_parts", "quarantine"),
		"records, nothing compacted":       with("_parts", "quarantine", "_files"),
		"superseded rows before the table": with("_parts", "quarantine", "_files", "_superseded"),
		"rows without manifest":            with("_parts", "quarantine", "_files", "rows-"),
		"one bucket lost":                  without("bucket=0001"),
		"all of the table lost":            without(filepath.Join("lake", "readings")),
		"leftovers": func() map[string]string {
			s := maps.Clone(after)
			s["lake/.tmp/x"] = "x"
			s["lake/_parts/readings/000099-x.parquet"] = "x"
			return s
		}(),
	} {
		w.restore(state)
		w.run()
		compareTrees(t, name, w.tree(), after)
	}
}

func TestRefusedFileIsRememberedOnce(t *testing.T) {
	w := newWorkspace(t)
	w.put("readings/bad.csv", "site_id,time\na,1\n")
	w.put("readings/empty.csv", "")
	r := w.run()
	if len(r.Select(Refused)) != 2 || r.Files[0].Refused.Column != "ts" || r.Files[0].Refused.Line != 1 {
		t.Fatalf("%+v", r.Files)
	}
	for path := range w.tree() {
		if !strings.Contains(path, "_files") {
			t.Errorf("a refused file left %s", path)
		}
	}
	if r = w.run(); len(r.Select(Known)) != 2 {
		t.Errorf("tried again: %+v", r.Files)
	}
	w.put("readings/bad.csv", "site_id,ts,kwh\na,2023-01-01T00:00:00Z,1\n")
	if r = w.run(); r.Files[0].Status != Taken || r.Files[0].Accepted != 1 || r.Files[0].Number != 3 {
		t.Errorf("mended: %+v", r.Files)
	}
}

func TestQuarantine(t *testing.T) {
	w := newWorkspace(t)
	w.opts.QuarantineLimit = 0.5
	w.put("readings/q.csv", "site_id,ts,kwh\na,2023-01-01T00:00:00Z,\"x\ny\"\na,2023-01-01T00:00:00Z,\xff\n,2023-01-01T00:00:00Z,1\n")
	r := w.run()
	f := r.Files[0]
	if f.Accepted != 0 || f.quarantined() != 3 || !f.OverLimit || f.Part != "" || f.Status != Taken {
		t.Errorf("%+v", f)
	}
	text, err := os.ReadFile(filepath.Join(w.dir, filepath.FromSlash(f.Quarantine)))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, strings.Join([]string{r[0], r[1], r[2], r[3], r[5]}, "|"))
	}
	expect(t, "quarantine", got, "file|line|column|reason|raw",
		"inbox/readings/q.csv|2|kwh|not a decimal number|a,2023-01-01T00:00:00Z,\"x\ny\"",
		`inbox/readings/q.csv|4||not UTF-8|a,2023-01-01T00:00:00Z,\xff`,
		"inbox/readings/q.csv|5|site_id|empty|,2023-01-01T00:00:00Z,1")
}

// Another zone reads local times otherwise: the file is read again and keeps
// its number.
func TestSettingsChange(t *testing.T) {
	w := newWorkspace(t)
	w.put("readings/a.csv", "site_id,ts,kwh\na,2023-01-01T00:00,1\nb,2023-01-01T00:00,1\nc,2023-01-01T00:00,1\n")
	w.run()
	w.opts.Zone = time.UTC
	w.run()
	expect(t, "in UTC", w.readings("readings"), "a 01-01T00:00 1000 1:2", "b 01-01T00:00 1000 1:3", "c 01-01T00:00 1000 1:4")
	w.opts.Buckets = 8
	w.run()
	expect(t, "with 8 buckets", w.readings("readings"), "a 01-01T00:00 1000 1:2", "b 01-01T00:00 1000 1:3", "c 01-01T00:00 1000 1:4")
	fresh := newWorkspace(t)
	fresh.opts.Zone, fresh.opts.Buckets = time.UTC, 8
	fresh.put("readings/a.csv", "site_id,ts,kwh\na,2023-01-01T00:00,1\nb,2023-01-01T00:00,1\nc,2023-01-01T00:00,1\n")
	fresh.run()
	compareTrees(t, "after both changes", w.tree(), fresh.tree())

	if err := os.Remove(filepath.Join(w.dir, "inbox/readings/a.csv")); err != nil {
		t.Fatal(err)
	}
	w.opts.Buckets = 16
	if _, err := Run(context.Background(), w.opts); err == nil || !strings.Contains(err.Error(), "set buckets back to 8") {
		t.Errorf("buckets changed without the file: %v", err)
	}
}

func TestFind(t *testing.T) {
	w := newWorkspace(t)
	if r := w.run(); len(r.Files) != 0 {
		t.Errorf("no inbox: %+v", r)
	}
	for _, p := range []string{"sites/.hidden", "sites/README.md", "sites/.d/x.csv", "reading/x.csv", "stray.csv"} {
		w.put(p, "site_id\nx\n")
	}
	w.put("sites/day-10.csv", "site_id\nten\n")
	w.put("sites/day-2.csv", "site_id\ntwo\n")
	r := w.run()
	var got []string
	for _, f := range r.Files {
		got = append(got, fmt.Sprint(f.Number, " ", f.Path))
	}
	expect(t, "files", got, "1 inbox/sites/day-2.csv", "2 inbox/sites/day-10.csv")
	if len(r.Strays) != 2 || r.Strays[0].Path != "inbox/reading" || r.Strays[1].Path != "inbox/stray.csv" {
		t.Errorf("strays %+v", r.Strays)
	}
}

// Files from elsewhere are copied to the inbox; one of the same name with
// other content stays as it is.
func TestExplicitFiles(t *testing.T) {
	w := newWorkspace(t)
	w.put("sites/a.csv", "site_id\nx\n")
	outside := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(outside, []byte("site_id\ny\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.opts.Dataset, w.opts.Files = "sites", []string{outside, filepath.Join(w.dir, "inbox/sites/a.csv"), outside}
	r := w.run()
	var got []string
	for _, f := range r.Files {
		got = append(got, fmt.Sprint(f.Status, " ", f.Path))
	}
	expect(t, "files", got, "taken inbox/sites/a-94456455574b.csv", "taken inbox/sites/a.csv")
	if text, _ := os.ReadFile(filepath.Join(w.dir, "inbox/sites/a.csv")); string(text) != "site_id\nx\n" {
		t.Errorf("the inbox was changed: %q", text)
	}
	w.opts.Dataset = "sitez"
	if _, err := Run(context.Background(), w.opts); err == nil {
		t.Error("an unknown dataset was taken")
	}
}

func TestCompareNatural(t *testing.T) {
	list := []string{"a/10.csv", "a/9.csv", "a.csv", "b", "a/09.csv", "a/9b", "a/2/1", "a", ""}
	slices.SortFunc(list, func(a, b string) int { return compareFound(found{"sites", a}, found{"sites", b}) })
	expect(t, "order", list, "", "a", "a.csv", "a/2/1", "a/09.csv", "a/9.csv", "a/9b", "a/10.csv", "b")
}

// Deliveries that are apart in time are known to hold no key twice; any other may.
func TestApart(t *testing.T) {
	at := datasets.Partition{Bucket: 1, Year: 2022}
	rec := func(first, last string, sorted bool) Record {
		return Record{First: first, Last: last, Partitions: []PartOf{{Partition: at, Sorted: sorted}}}
	}
	january, february := rec("2022-01-01T00:00:00Z", "2022-01-31T23:00:00Z", true), rec("2022-02-01T00:00:00Z", "2022-02-28T23:00:00Z", true)
	march := rec("2022-03-01T00:00:00Z", "2022-03-31T23:00:00Z", true)
	disorderly, touching, timeless := march, rec("2022-01-31T23:00:00Z", "2022-02-05T00:00:00Z", true), march
	disorderly.Partitions = rec("", "", false).Partitions
	timeless.First, timeless.Last = "", ""
	for _, c := range []struct {
		name        string
		table       string
		kept, added []Record
		want        bool
	}{
		{"months", "readings", nil, []Record{january, february, march}, true},
		{"a month on top of two", "readings", []Record{january, february}, []Record{march}, true},
		{"an older month", "readings", []Record{february, march}, []Record{january}, true},
		{"what lies in the base is known to be one of each", "readings", []Record{january, touching}, []Record{march}, true},
		{"the same hour in two", "readings", []Record{january}, []Record{touching}, false},
		{"two that are added overlap", "readings", nil, []Record{february, touching}, false},
		{"a key may be twice in it", "readings", []Record{january}, []Record{disorderly}, false},
		{"no times", "readings", []Record{january}, []Record{timeless}, false},
		{"no time in the key", "billing", nil, []Record{january, february}, false},
	} {
		m := merge{table: datasets.Lookup(c.table), partition: at, kept: c.kept, parts: c.added}
		if got := m.apart(); got != c.want {
			t.Errorf("%s: apart %v, want %v", c.name, got, c.want)
		}
		if want := c.want && !strings.HasPrefix(c.name, "what lies"); m.joined() != want {
			t.Errorf("%s: joined %v, want %v", c.name, m.joined(), want)
		}
	}
}

// months are deliveries of hourly readings that are apart in time.
func months(n int) []string {
	var files []string
	for m := range n {
		var b strings.Builder
		b.WriteString("site_id,ts,kwh,interval_min,kvarh,quality\n")
		for s := range 20 {
			for h := range 48 {
				if (s+m)%7 == 0 {
					continue // not every site is in every delivery
				}
				kvarh := ""
				if s%3 == 0 {
					kvarh = fmt.Sprint(h)
				}
				fmt.Fprintf(&b, "s%02d,%s,%d.%03d,%s,%s,%s\n", s, time.Date(2022, time.Month(10+m), 3, h, 0, 0, 0, time.UTC).Format(time.RFC3339), h, s,
					[]string{"", "60"}[m%2], kvarh, []string{"measured", "estimated"}[(h+m)%2])
			}
		}
		files = append(files, b.String())
	}
	return files
}

// Months that are joined are what the database makes of them, and end as the same bytes
// whether they came at once, one by one, or the last before the first.
func TestMonthsAreJoined(t *testing.T) {
	files := months(6)
	together, oneByOne, byDatabase := newWorkspace(t), newWorkspace(t), newWorkspace(t)
	byDatabase.opts.merged = true
	for i, f := range files {
		for _, w := range []*workspace{together, oneByOne, byDatabase} {
			w.put(fmt.Sprintf("readings/%d.csv", i), f)
		}
		oneByOne.run()
	}
	together.run()
	byDatabase.run()
	compareTrees(t, "one by one", oneByOne.tree(), together.tree())
	expect(t, "rows", together.readings("readings"), byDatabase.readings("readings")...)
	if rows := len(together.readings("readings")); rows < 4000 {
		t.Errorf("%d rows", rows)
	}
	want, err := store.ReadTable[datasets.Reading](filepath.Join(byDatabase.dir, "lake"), "readings")
	if err != nil {
		t.Fatal(err)
	}
	got, err := store.ReadTable[datasets.Reading](filepath.Join(together.dir, "lake"), "readings")
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%d rows joined, %d by the database, or others: %v", len(got), len(want), err)
	}

	backwards := newWorkspace(t)
	for _, i := range []int{5, 0, 3, 1, 4, 2} {
		backwards.put(fmt.Sprintf("readings/%d.csv", i), files[i])
		backwards.run()
	}
	expect(t, "rows by time", times(backwards.readings("readings")), times(together.readings("readings"))...)

	// A correction sends the partition back to the database; bytes again do not depend on the way.
	correction := strings.Replace(files[2], ",7.0", ",8.0", 1)
	for _, w := range []*workspace{together, oneByOne} {
		w.put("readings/9.csv", correction)
		w.run()
	}
	atOnce := newWorkspace(t)
	for i, f := range append(files, correction) {
		atOnce.put(fmt.Sprintf("readings/%d.csv", []int{0, 1, 2, 3, 4, 5, 9}[i]), f)
	}
	atOnce.run()
	compareTrees(t, "corrected", together.tree(), atOnce.tree())
	compareTrees(t, "corrected, one by one", oneByOne.tree(), atOnce.tree())
}

// times cuts the origin off rows as readings prints them.
func times(rows []string) []string {
	cut := make([]string, len(rows))
	for i, r := range rows {
		cut[i] = r[:strings.LastIndex(r, " ")]
	}
	return cut
}
