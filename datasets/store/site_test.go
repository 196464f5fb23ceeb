package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// One site read alone is what Loads says of it, whether it lies in one row
// group, in two, in one year only, before all others, behind them or nowhere.
func TestLoadSite(t *testing.T) {
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "2021.parquet"), filepath.Join(dir, "2022.parquet")}
	var a, b []datasets.Reading
	for i := range 30 {
		site := fmt.Sprintf("a long name that statistics may cut short %02d", i)
		a = append(a, readings(site, 0, 8760, 60)...)
		if i%4 != 0 {
			b = append(b, readings(site, 8760, 8760, 0)...)
		}
	}
	if err := errors.Join(WriteRows(paths[0], a), WriteRows(paths[1], b)); err != nil {
		t.Fatal(err)
	}
	var one datasets.Load
	sites := 0
	err := Loads(paths, func(site string, all *datasets.Load) error {
		sites++
		if err := LoadSite(paths, site, &one); err != nil {
			return err
		}
		if !slices.Equal(one.TS, all.TS) || !slices.Equal(one.Wh, all.Wh) || !slices.Equal(one.IntervalMin, all.IntervalMin) {
			t.Errorf("%s: %d readings alone, %d among all", site, one.Len(), all.Len())
		}
		return nil
	})
	if err != nil || sites != 30 {
		t.Fatalf("%d sites, %v", sites, err)
	}
	for _, nobody := range []string{"", "a", "a long name that statistics may cut short 07b", "z"} {
		if err := LoadSite(paths, nobody, &one); err != nil || one.Len() != 0 {
			t.Errorf("%q: %d readings, %v", nobody, one.Len(), err)
		}
	}
}

// A bucket of 12,000 sites in 64 buckets, hourly for three years.
func BenchmarkLoadSite(b *testing.B) {
	dir := b.TempDir()
	var paths []string
	for year := range 3 {
		var rows []datasets.Reading
		for i := range 188 {
			rows = append(rows, readings(fmt.Sprintf("KZ-%06d", i*64), year*8760, 8760, 60)...)
		}
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("%d.parquet", 2021+year)))
		if err := WriteRows(paths[year], rows); err != nil {
			b.Fatal(err)
		}
	}
	var l datasets.Load
	i := 0
	for b.Loop() {
		if err := LoadSite(paths, fmt.Sprintf("KZ-%06d", i%188*64), &l); err != nil || l.Len() != 3*8760 {
			b.Fatalf("%d readings, %v", l.Len(), err)
		}
		i += 37
	}
}
