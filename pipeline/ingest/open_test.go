package ingest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

const (
	connHead = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
	connRows = "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\torig_pkts\tresp_pkts\n" +
		"1700000000.5\t10.0.0.1\t40000\t198.51.100.9\t3333\ttcp\t"
)

// A log of connections still open never supersedes the final record, whenever
// it comes and whatever its name; what it said stays traceable.
func TestOpenLogs(t *testing.T) {
	final := connHead + "#path\tconn\n" + connRows + "3600\t9\t9\t9\t9\n"
	early := connHead + "#path\topen_conn\n" + connRows + "60\t1\t1\t1\t1\n"
	late := connHead + "#path\topen_conn\n" + connRows + "1800\t5\t5\t5\t5\n"
	together := newWorkspace(t)
	for _, order := range [][]string{{final, early, late}, {early, final, late}, {early, late, final}} {
		w := newWorkspace(t)
		for i, log := range order {
			w.put("flows/"+string(rune('a'+i))+".log", log)
			w.run()
		}
		flows, err := store.ReadTable[datasets.Flow](filepath.Join(w.dir, "lake"), "flows")
		if err != nil || len(flows) != 1 || flows[0].DurationS != 3600 {
			t.Errorf("%+v, %v", flows, err)
		}
		old, err := store.ReadTable[datasets.Flow](filepath.Join(w.dir, "lake"), "_superseded/flows")
		if err != nil || len(old) != 2 {
			t.Errorf("superseded %+v, %v", old, err)
		}
		if order[0] == final {
			for i, log := range order {
				together.put("flows/"+string(rune('a'+i))+".log", log)
			}
			together.run()
			compareTrees(t, "one by one", w.tree(), together.tree())
		}
	}
}

// A file that may not be read is refused; the others are taken, and the file
// as well once it may.
func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser reads everything")
	}
	w := newWorkspace(t)
	w.put("sites/a.csv", "site_id\na\n")
	w.put("sites/b.csv", "site_id\nb\n")
	w.put("sites/locked/c.csv", "site_id\nc\n")
	secret := filepath.Join(w.dir, "inbox/sites/a.csv")
	locked := filepath.Join(w.dir, "inbox/sites/locked")
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(locked, 0); err != nil {
		t.Fatal(err)
	}
	r := w.run()
	if len(r.Files) != 2 || r.Files[0].Status != Refused || r.Files[0].Refused.Reason != "cannot be read (permission denied)" || r.Files[1].Status != Taken || len(r.Strays) != 1 {
		t.Errorf("%+v", r)
	}
	if err := os.Chmod(secret, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(locked, 0o755); err != nil {
		t.Fatal(err)
	}
	if r = w.run(); len(r.Select(Taken)) != 2 || len(r.Strays) != 0 {
		t.Errorf("%+v", r)
	}
}
