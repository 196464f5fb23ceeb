package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func readings(site string, from, n int, intervalMin int32) []datasets.Reading {
	var rows []datasets.Reading
	for i := range n {
		rows = append(rows, datasets.Reading{SiteID: site, TS: datasets.Micros((from + i) * 3_600_000_000), Wh: int32(from + i), IntervalMin: intervalMin})
	}
	return rows
}

// Sites of two years come whole, in order, across batches and row groups.
func TestLoadsJoinsYears(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "2021.parquet"), filepath.Join(dir, "2022.parquet")
	var a, b []datasets.Reading
	for i := range 20 {
		site := fmt.Sprintf("s%02d", i)
		if i%3 != 0 {
			a = append(a, readings(site, 0, 8760, int32(i%2*30))...)
		}
		if i%4 != 0 {
			b = append(b, readings(site, 8760, 8760, 0)...)
		}
	}
	if err := errors.Join(WriteRows(first, a), WriteRows(second, b)); err != nil {
		t.Fatal(err)
	}
	var sites []string
	err := Loads([]string{first, second}, func(site string, l *datasets.Load) error {
		sites = append(sites, site)
		var i int
		if _, err := fmt.Sscanf(site, "s%02d", &i); err != nil {
			return err
		}
		want := 0
		if i%3 != 0 {
			want += 8760
			if l.IntervalMin[8759] != int32(i%2*30) {
				t.Errorf("%s: interval %d, want %d", site, l.IntervalMin[8759], i%2*30)
			}
		}
		if i%4 != 0 {
			want += 8760
		}
		if l.Len() != want || !slices.IsSorted(l.TS) || int(l.Wh[want-1]) != int(l.TS[want-1]/3_600_000_000) {
			t.Errorf("%s: %d readings, want %d sorted ones", site, l.Len(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(sites) != 18 || !slices.IsSorted(sites) { // s00 and s12 are in neither year
		t.Errorf("sites %v", sites)
	}
}

func TestLoadsRefusesDisorder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.parquet")
	rows := readings("b", 0, 3, 0)
	for name, rows := range map[string][]datasets.Reading{
		"time":  {rows[0], rows[2], rows[1]},
		"sites": append(slices.Clone(rows), readings("a", 0, 3, 0)...),
	} {
		if err := WriteRows(path, rows); err != nil {
			t.Fatal(err)
		}
		err := Loads([]string{path}, func(string, *datasets.Load) error { return nil })
		if !errors.Is(err, ErrOrder) {
			t.Errorf("%s: %v, want ErrOrder", name, err)
		}
	}
}

func BenchmarkLoads(b *testing.B) {
	path := filepath.Join(b.TempDir(), "x.parquet")
	var rows []datasets.Reading
	for i := range 100 {
		rows = append(rows, readings(fmt.Sprintf("s%03d", i), 0, 8760, 60)...)
	}
	if err := WriteRows(path, rows); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		n := 0
		if err := Loads([]string{path}, func(_ string, l *datasets.Load) error { n += l.Len(); return nil }); err != nil || n != len(rows) {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N*len(rows))/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
