package sql

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// Even if something got into the text of a statement, it could not leave the
// folders of the workspace, load code, reach the network, or open the fence.
func TestFence(t *testing.T) {
	ctx, dir, outside := context.Background(), t.TempDir(), t.TempDir()
	lake := filepath.Join(dir, "lake")
	if err := os.MkdirAll(lake, 0o755); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(outside, "secret.csv")
	if err := os.WriteFile(secret, []byte("a\n1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	db, err := Open(ctx, Options{Threads: 1, MemoryMiB: 256, TempDir: filepath.Join(lake, ".tmp"), Dirs: []string{lake}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		"SELECT * FROM read_csv(" + quote(secret) + ")",
		"SELECT * FROM " + quote(secret),
		"SELECT * FROM read_text('/etc/passwd')",
		"SELECT * FROM read_blob(" + quote(filepath.Join(lake, "..", "link.csv")) + ")",
		"SELECT * FROM glob('/etc/*')",
		"SELECT * FROM read_csv('https://example.com/a.csv')",
		"COPY (SELECT 1) TO " + quote(filepath.Join(outside, "out.csv")),
		"COPY (SELECT 1) TO " + quote(lake+"-beside.csv"),
		"EXPORT DATABASE " + quote(outside),
		"ATTACH " + quote(filepath.Join(outside, "other.db")),
		"INSTALL httpfs", "LOAD httpfs", "LOAD " + quote(filepath.Join(outside, "x.duckdb_extension")),
		"SET enable_external_access = true", "SET allowed_directories = ['/']", "SET lock_configuration = false",
		"SET autoload_known_extensions = true", "SET temp_directory = " + quote(outside), "SET memory_limit = '1TB'",
		"RESET allowed_directories", "PRAGMA enable_external_access = true",
	} {
		if err := db.Exec(ctx, statement); err == nil {
			t.Errorf("%s was let through", statement)
		}
	}
	entries, err := os.ReadDir(outside)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files outside, %v; want the secret alone", len(entries), err)
	}
	inside := filepath.Join(lake, "it's a 'lake'.parquet")
	if err := store.WriteRows(inside, []datasets.Site{{SiteID: "A"}}); err != nil {
		t.Fatal(err)
	}
	if err := db.View(ctx, "sites", datasets.Lookup("sites"), []string{inside}); err != nil {
		t.Errorf("inside the fence: %v", err)
	}
}

// A workspace named relative to the current folder works as well.
func TestFenceRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := context.Background()
	for _, lake := range []string{"ws/lake", "./ws/lake", "ws/../ws/lake"} {
		if err := os.MkdirAll(lake, 0o755); err != nil {
			t.Fatal(err)
		}
		db, err := Open(ctx, Options{Threads: 1, MemoryMiB: 256, TempDir: filepath.Join(lake, ".tmp"), Dirs: []string{lake}})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := db.Copy(ctx, "SELECT 1 AS a", filepath.Join(lake, "a.parquet")); err != nil || n != 1 {
			t.Errorf("%s: %d rows, %v", lake, n, err)
		}
		if err := db.Exec(ctx, "COPY (SELECT 1) TO 'beside.csv'"); err == nil {
			t.Errorf("%s: a file beside the workspace was written", lake)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
