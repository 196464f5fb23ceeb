package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// Values that the column referred to does not have are counted; columns whose
// target came without values are passed over.
func TestReferences(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 2, Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"sites/s.csv":    "site_id,name\na,A\nb,B\n",
		"billing/b.csv":  "site_id,period_start,period_end,kwh\na,2023-01-01,2023-01-31,1\nx,2023-01-01,2023-01-31,1\nx,2023-02-01,2023-02-28,1\ny,2023-01-01,2023-01-31,1\n",
		"weather/w.csv":  "region,ts,temp_c\nsomewhere,2023-01-01T00:00,1\n",
		"outcomes/o.csv": "site_id,visited_on,outcome\nb,2023-03-01,clean\n",
	} {
		if err := os.WriteFile(filepath.Join(ws.Dir, "inbox", path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Ingest(context.Background(), ws, IngestOptions{}); err != nil {
		t.Fatal(err)
	}
	env, err := newEnv(ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []export.QualityMessage
	_, err = env.inDuckDB(t.Context(), 1, func(db *sql.DB) (_ int64, err error) {
		got, err = env.references(t.Context(), db)
		return 0, err
	})
	if err != nil || len(got) != 1 || got[0].Subject != "billing" || got[0].Text != "3 rows name a site_id that is not in sites: 2 different" {
		t.Errorf("%+v, %v", got, err)
	}
}
