package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// A delivery is held against the one before it: which meters it lacks and which
// are new; tables without such ids are not asked.
func TestChanges(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 2, Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	const flows = "ts,src_ip,src_port,dst_ip,dst_port,proto,duration_s,orig_bytes,resp_bytes,orig_pkts,resp_pkts\n"
	for path, text := range map[string]string{
		"readings/1.csv": "site_id,ts,kwh\na,2023-01-01T00:00,1\nb,2023-01-01T00:00,1\nc,2023-01-01T00:00,1\nc,2023-01-01T01:00,1\n",
		"readings/2.csv": "site_id,ts,kwh\nb,2023-02-01T00:00,1\nd,2023-02-01T00:00,1\n",
		"flows/1.csv":    flows + "2023-01-01T00:00,10.0.0.1,1,10.0.0.2,2,tcp,1,1,1,1,1\n",
		"flows/2.csv":    flows + "2023-01-01T00:00,10.0.0.3,1,10.0.0.2,2,tcp,1,1,1,1,1\n",
		"sites/1.csv":    "site_id\na\n",
	} {
		if err := os.WriteFile(filepath.Join(ws.Dir, "inbox", path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	taken, err := Ingest(context.Background(), ws, IngestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	records, err := accounts(ws, taken.Files)
	if err != nil {
		t.Fatal(err)
	}
	env, err := newEnv(ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []export.DeliveryChange
	_, err = env.inDuckDB(t.Context(), 1, func(db *sql.DB) (_ int64, err error) {
		got, err = env.changes(t.Context(), db, records)
		return 0, err
	})
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	r, f := got[0], got[1]
	if r.Dataset != "readings" || r.File.IDs != 2 || r.File.OnlyHere != 1 || r.Before.IDs != 3 || r.Before.OnlyHere != 2 {
		t.Errorf("readings: %+v", r)
	}
	if f.Dataset != "flows" || f.File.IDs != 0 || f.Before.OnlyHere != 0 {
		t.Errorf("flows: %+v", f)
	}
}
