package pipeline

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// namedIn lists the files below the workspace, but for its inbox, that name the
// purged site, in their bytes or in the cells of a table.
func namedIn(t *testing.T, ws *Workspace) []string {
	t.Helper()
	const text = "MTR-3"
	var files []string
	err := filepath.WalkDir(ws.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel := ws.below(path)
		if strings.HasPrefix(rel, "inbox/") {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		held := strings.Contains(string(content), text)
		if strings.HasSuffix(path, ".parquet") {
			err = store.ScanText(path, func([]string) error { return nil }, func(_ int64, cells [][]byte) error {
				for _, c := range cells {
					held = held || strings.Contains(string(c), text)
				}
				return nil
			})
		}
		if held {
			files = append(files, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestPurge(t *testing.T) {
	ws, run := runWorkspace(t)
	before := namedIn(t, ws)
	if len(before) < 5 {
		t.Fatalf("MTR-3 is in %v only: the test would show little", before)
	}
	o := PurgeOptions{Site: "MTR-3", Order: "No 12 of 2026-03-01"}
	plan, err := Purge(t.Context(), ws, o)
	if err != nil {
		t.Fatal(err)
	}
	// one line of sites, 90 days of hours, one lease, and the flows of 10.0.0.1: every third of 72
	if want := int64(1 + 2160 + 1 + 24); plan.Rows != want || plan.Done || !slices.Equal(plan.Removed, []string{"runs/" + run.ID}) {
		t.Errorf("plan %+v, want %d rows and the run", plan, want)
	}
	if after := namedIn(t, ws); !slices.Equal(before, after) {
		t.Errorf("a plan changed something: %v", after)
	}
	o.Do = true
	done, err := Purge(t.Context(), ws, o)
	if err != nil || done.Rows != plan.Rows || len(done.Left) != 4 {
		t.Fatalf("got %+v, %v", done, err)
	}
	if left := namedIn(t, ws); len(left) > 0 {
		t.Errorf("MTR-3 is still in %v", left)
	}
	j, err := ws.readJournal()
	if err != nil {
		t.Fatal(err)
	}
	last := j.entries[len(j.entries)-1]
	if last.Kind != EntryPurge || last.Order != o.Order || last.Rows != plan.Rows || len(last.Subjects) != 2 || len(last.Deliveries) != 4 {
		t.Errorf("journal: %+v", last)
	}
	// The next run knows nothing of it, adds up, and verifies; the removed run is accounted for.
	next, err := Run(t.Context(), ws, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := Verify(t.Context(), next.Dir, ""); err != nil || len(v.Problems) > 0 {
		t.Errorf("verify: %+v, %v", v, err)
	}
	if left := namedIn(t, ws); len(left) > 0 {
		t.Errorf("after the next run MTR-3 is in %v", left)
	}
	// A delivery that is read again, and a new one, bring nothing back.
	write(t, ws.Path("inbox/readings/c.csv"), "site_id,ts,kwh\nMTR-3,2023-06-01T00:00:00Z,9\nMTR-4,2023-06-01T00:00:00Z,9\n")
	ws.Config.Zone = "Asia/Qyzylorda" // all files are read again
	if _, err := Run(t.Context(), ws, RunOptions{}); err != nil {
		t.Fatal(err)
	}
	if left := namedIn(t, ws); len(left) > 0 {
		t.Errorf("a later delivery brought MTR-3 back into %v", left)
	}
}

func TestPurgeNeedsOrder(t *testing.T) {
	ws := newWorkspace(t)
	for _, o := range []PurgeOptions{{}, {Site: "A", Holder: "B"}, {Site: "A", Do: true}} {
		if _, err := Purge(t.Context(), ws, o); err == nil {
			t.Errorf("%+v: want an error", o)
		}
	}
}

func TestPrune(t *testing.T) {
	ws, first := runWorkspace(t)
	write(t, ws.Path("inbox/readings/new.csv"), "site_id,ts,kwh\nMTR-1,2026-01-01T00:00:00Z,9\n")
	second, err := Run(t.Context(), ws, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// Reckoned from a far day both runs are old; the newest is kept.
	far := datasets.DayOf(time.Now().AddDate(4, 0, 0))
	o := PruneOptions{Age: Age{Years: 3}, Today: far}
	plan, err := Prune(t.Context(), ws, o)
	if err != nil || !slices.Equal(plan.Runs, []string{"runs/" + first.ID}) {
		t.Fatalf("plan %+v, %v; want the first run", plan, err)
	}
	if _, err := os.Stat(first.Dir); err != nil {
		t.Error("a plan deleted something")
	}
	o.Do, o.Today = true, datasets.DayOf(time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC))
	done, err := Prune(t.Context(), ws, o)
	if err != nil || !slices.Contains(done.Removed, "inbox/readings/a.csv") || slices.Contains(done.Removed, "inbox/readings/new.csv") || slices.Contains(done.Removed, "inbox/sites/sites.csv") {
		t.Fatalf("got %+v, %v; want the readings of 2022, not the new ones, nor sites", done, err)
	}
	rows := tableOf[datasets.Reading](t, ws, "readings")
	if len(rows) != 1 || rows[0].SiteID != "MTR-1" {
		t.Errorf("%d readings are left, want the one of 2026", len(rows))
	}
	next, err := Run(t.Context(), ws, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{next.Dir, second.Dir} {
		v, err := Verify(t.Context(), dir, "")
		if err != nil || len(v.Problems) > 0 {
			t.Errorf("verify %s: %+v, %v", dir, v, err)
		}
		if dir == second.Dir && len(v.Notes) == 0 {
			t.Error("nothing is said of the inputs that were pruned")
		}
	}
}

// A clock that jumped deletes nothing.
func TestPruneClock(t *testing.T) {
	ws, _ := journalled(t)
	j, err := ws.readJournal()
	if err != nil {
		t.Fatal(err)
	}
	for _, last := range []time.Time{time.Now().AddDate(0, 0, 2), time.Now().AddDate(-2, 0, 0)} {
		j.entries[len(j.entries)-1].Time = last
		if _, err := (PruneOptions{Age: Age{Years: 1}}).before(j); err == nil || !strings.Contains(err.Error(), "--today") {
			t.Errorf("last line of %s: %v, want an error that names --today", last, err)
		}
	}
}

func TestParseAge(t *testing.T) {
	for s, want := range map[string]Age{"3y": {Years: 3}, "18mo": {Months: 18}, "90d": {Days: 90}, "": {}, "y": {}, "-1y": {}, "3 y": {}, "0d": {}, "3m": {}} {
		if got, err := ParseAge(s); got != want || (err == nil) != (want != Age{}) {
			t.Errorf("%q: %+v, %v, want %+v", s, got, err, want)
		}
	}
}
