package store

import (
	"path/filepath"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// A lake has many tables of few rows: to read one must not cost as much as a thousand
// rows do. Asked for rows that are not there, the reader looks for a page for each of
// them and each column.
func TestFewRowsAreReadAsFew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "few.parquet")
	if err := WriteRows(path, []datasets.Evidence{{SiteID: "a", Detector: "load/step"}, {SiteID: "b", Detector: "load/step"}}); err != nil {
		t.Fatal(err)
	}
	var rows []datasets.Evidence
	var err error
	allocs := testing.AllocsPerRun(10, func() { rows, err = ReadFile[datasets.Evidence](path) })
	if err != nil || len(rows) != 2 || rows[1].SiteID != "b" {
		t.Fatalf("%+v, %v", rows, err)
	}
	if allocs > 2000 {
		t.Errorf("%.0f allocations for two rows", allocs)
	}
}
