package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/minewatch/minewatch/datasets"
)

var weather = []datasets.Weather{
	{Region: "Almaty", TS: 1_640_995_200_000_000, TempC: -7.5, Origin: datasets.Origin{Source: 1, Line: 2}},
	{Region: "Almaty", TS: 1_640_998_800_000_000, TempC: -8, Origin: datasets.Origin{Source: 1, Line: 3}},
}

func TestCommitReplacesAndReadsBack(t *testing.T) {
	lake := t.TempDir()
	m := Manifest{Table: "weather", Partition: datasets.Partition{Bucket: 7, Year: 2022}, Fingerprint: "f"}
	if _, err := Open(lake, "weather", m.Partition); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Open before commit: %v, want fs.ErrNotExist", err)
	}
	first, err := CommitRows(lake, weather[:1], m)
	if err != nil {
		t.Fatal(err)
	}
	second, err := CommitRows(lake, weather, m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first.Path(lake)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("replaced rows are still there: %v", err)
	}
	got, err := ReadTable[datasets.Weather](lake, "weather")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(weather, got); d != "" {
		t.Error(d)
	}
	list, err := List(lake, "weather")
	if err != nil || len(list) != 1 || list[0].Ref() != second.Ref() || list[0].Rows != 2 {
		t.Errorf("List = %+v, %v", list, err)
	}
}

func TestUncommittedRowsAreInvisible(t *testing.T) {
	lake := t.TempDir()
	w, err := Create[datasets.Weather](Dir(lake, "weather", datasets.Whole))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(weather); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if rows, err := ReadTable[datasets.Weather](lake, "weather"); err != nil || len(rows) != 0 {
		t.Errorf("a file without a manifest was read: %d rows, %v", len(rows), err)
	}
}

func TestSchemaGuard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := WriteRows(path, weather); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile[datasets.Reading](path); !errors.Is(err, ErrSchema) {
		t.Errorf("reading weather as readings: %v, want ErrSchema", err)
	}
	type wide struct {
		Region string          `parquet:"region"`
		TS     datasets.Micros `parquet:"ts,timestamp(microsecond)"`
		TempC  int64           `parquet:"temp_c"`
	}
	if _, err := ReadFile[wide](path); !errors.Is(err, ErrSchema) {
		t.Errorf("reading a double as an integer: %v, want ErrSchema", err)
	}
}

func TestEqualRowsGiveEqualBytes(t *testing.T) {
	m := Manifest{Table: "weather", Partition: datasets.Whole}
	a, err := CommitRows(t.TempDir(), weather, m)
	if err != nil {
		t.Fatal(err)
	}
	b, err := CommitRows(t.TempDir(), weather, m)
	if err != nil || a.SHA256 != b.SHA256 {
		t.Errorf("hashes %s and %s, %v", a.SHA256, b.SHA256, err)
	}
}
