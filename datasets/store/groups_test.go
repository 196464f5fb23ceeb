package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/minewatch/minewatch/datasets"
)

func hourly(site string, from, n int) []datasets.Reading {
	rows := make([]datasets.Reading, n)
	for i := range rows {
		rows[i] = datasets.Reading{SiteID: site, TS: datasets.Micros(int64(from+i) * 3_600_000_000), Wh: int32(i * 7 % 900),
			IntervalMin: int32(i % 3 * 15), Origin: datasets.Origin{Source: 3, Line: int64(i + 2)}}
	}
	return rows
}

// Row groups put together and taken apart again hold the rows that went in,
// and equal groups give equal bytes.
func TestGroups(t *testing.T) {
	dir := t.TempDir()
	parts := [][]datasets.Reading{hourly("a", 0, 10), hourly("b", 5, RowGroupRows+5), hourly("c", 1, 1)}
	w, err := CreateGroups(dir)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEncoder[datasets.Reading]()
	var ends []int
	first, err := NewEncoder[datasets.Reading]().Encode(slices.Values(parts[2:]))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		encoded, err := e.Encode(slices.Values([][]datasets.Reading{p}))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append(encoded); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, w.Groups())
	}
	path, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	// An encoder that was used before gives the same groups as a new one.
	fresh, err := CreateGroups(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := fresh.Append(first); err != nil {
		t.Fatal(err)
	}
	alone, err := fresh.Close()
	if err != nil {
		t.Fatal(err)
	}
	taken, _, err := copyGroups(dir, path, []int32{3})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := read(t, alone), read(t, taken); a != b {
		t.Errorf("groups of a used encoder differ: %d and %d bytes", len(a), len(b))
	}
	if !slices.Equal(ends, []int{1, 3, 4}) {
		t.Errorf("row groups end at %v", ends)
	}
	all, err := ReadFile[datasets.Reading](path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(slices.Concat(parts...), all); d != "" {
		t.Error(d)
	}
	for i, groups := range [][]int32{{0}, {1, 2}, {3}} {
		one, n, err := copyGroups(dir, path, groups)
		if err != nil || n != int64(len(parts[i])) {
			t.Fatalf("%d rows, %v", n, err)
		}
		rows, err := ReadFile[datasets.Reading](one)
		if err != nil || !slices.Equal(rows, parts[i]) {
			t.Errorf("groups %v: %d rows, %v", groups, len(rows), err)
		}
		again, _, err := copyGroups(dir, one, seq(len(groups)))
		if err != nil {
			t.Fatal(err)
		}
		if read(t, one) != read(t, again) {
			t.Errorf("a copy of groups %v has other bytes", groups)
		}
		var sites []string
		if err := Loads([]string{one}, func(id string, l *datasets.Load) error {
			sites = append(sites, fmt.Sprint(id, l.Len()))
			return nil
		}); err != nil || len(sites) != 1 {
			t.Errorf("groups %v as loads: %v, %v", groups, sites, err)
		}
	}
	if _, _, err := copyGroups(dir, path, []int32{4}); err == nil {
		t.Error("a row group that is not there was copied")
	}
}

func copyGroups(dir, path string, groups []int32) (string, int64, error) {
	f, err := OpenGroups(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	return f.Copy(dir, groups)
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func seq(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(i)
	}
	return s
}

// What writers that died left is removed, and nothing else.
func TestSweep(t *testing.T) {
	lake := t.TempDir()
	if err := Sweep(filepath.Join(lake, "nowhere")); err != nil {
		t.Fatal(err)
	}
	m, err := CommitRows(lake, weather, Manifest{Table: "weather", Partition: datasets.Whole})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"weather/rows-0.parquet", "weather/.tmp-1", "other/rows-1.parquet", "other/.tmp-2"} {
		path := filepath.Join(lake, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(lake); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(lake, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := filepath.Glob(filepath.Join(lake, "*", ".tmp-*"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(lake, "other/rows-1.parquet"), filepath.Join(lake, "weather/manifest.json"), m.Path(lake)}
	if !slices.Equal(left, want) || len(hidden) != 0 {
		t.Errorf("left %v and %v, want %v", left, hidden, want)
	}
}
