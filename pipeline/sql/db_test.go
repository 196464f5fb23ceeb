package sql

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

func open(t *testing.T) *DB {
	t.Helper()
	db, err := Open(context.Background(), Options{Threads: 1, MemoryMiB: 256, TempDir: t.TempDir(), Dirs: []string{os.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Every table's empty view and its written form agree on columns and types.
func TestViewsMatchRows(t *testing.T) {
	db, ctx := open(t), context.Background()
	for _, table := range datasets.Catalog {
		if err := db.View(ctx, table.Name, table, nil); err != nil {
			t.Errorf("%s: %v", table.Name, err)
		}
	}
	empty := filepath.Join(t.TempDir(), "empty.parquet")
	if err := store.WriteRows[datasets.Flow](empty, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.View(ctx, "written", datasets.Lookup("flows"), []string{empty}); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(ctx, "SELECT column_name, column_type FROM (DESCRIBE flows) EXCEPT SELECT column_name, column_type FROM (DESCRIBE written)")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			t.Fatal(err)
		}
		t.Errorf("column %s is %s in the empty view only", name, typ)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// What DuckDB writes, the typed reader accepts.
func TestCopyReadsBack(t *testing.T) {
	db, ctx, dir := open(t), context.Background(), t.TempDir()
	in := filepath.Join(dir, "it's in.parquet") // a quote in a path must not end the literal
	out := filepath.Join(dir, "out.parquet")
	rows := []datasets.Reading{
		{SiteID: "b", TS: 2, Wh: 7, Origin: datasets.Origin{Source: 1, Line: 3}},
		{SiteID: "a", TS: 1, Wh: -5, IntervalMin: 30, Origin: datasets.Origin{Source: 1, Line: 2}},
	}
	if err := store.WriteRows(in, rows); err != nil {
		t.Fatal(err)
	}
	if err := db.View(ctx, "readings", datasets.Lookup("readings"), []string{in}); err != nil {
		t.Fatal(err)
	}
	n, err := db.Copy(ctx, "SELECT * FROM readings ORDER BY site_id, ts", out)
	if err != nil || n != 2 {
		t.Fatalf("Copy = %d, %v", n, err)
	}
	got, err := store.ReadFile[datasets.Reading](out)
	if err != nil || len(got) != 2 || got[0] != rows[1] || got[1] != rows[0] {
		t.Errorf("read back %+v, %v", got, err)
	}
}
