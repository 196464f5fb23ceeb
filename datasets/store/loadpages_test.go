package store

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/minewatch/minewatch/datasets"
)

// A plainReading is a reading whose site stands in every page as it is; a
// dictReading has it in a dictionary. Both have the columns that Loads reads.
type plainReading struct {
	SiteID      string `parquet:"site_id,plain"`
	TS          int64  `parquet:"ts,delta"`
	Wh          int32  `parquet:"wh,delta"`
	Quality     int32  `parquet:"quality"`
	IntervalMin int32  `parquet:"interval_min,optional"`
}

type dictReading struct {
	SiteID      string `parquet:"site_id,dict"`
	TS          int64  `parquet:"ts,timestamp(microsecond)"`
	Wh          int32  `parquet:"wh"`
	Quality     int32  `parquet:"quality,dict"`
	IntervalMin int32  `parquet:"interval_min,optional"`
}

type deltaReading struct {
	SiteID      string `parquet:"site_id,delta"`
	TS          int64  `parquet:"ts,delta"`
	Wh          int32  `parquet:"wh,delta"`
	Quality     int32  `parquet:"quality"`
	IntervalMin int32  `parquet:"interval_min"`
}

// sitesOfPages and rowsOfPages make sites end in the middle of pages and of
// batches: 131 and 977 are primes, and a page has a few hundred rows.
const sitesOfPages, rowsOfPages = 131, 977

// rowOf returns reading k of a site; every value tells its site. Ids have
// different lengths, so that bytes of another page would not pass as an id.
func rowOf(site, k int) plainReading {
	id := fmt.Sprintf("site-%03d-%0*d", site, 1+site%17, site)
	return plainReading{id, int64(k) * 900_000_000, int32(site*10_000 + k), int32((site + k) % 3), int32((site + k) % 5 * 15)}
}

func writePages[R any](t *testing.T, path string, of func(plainReading) R) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := parquet.NewGenericWriter[R](f, parquet.Compression(&parquet.Zstd), parquet.PageBufferSize(4096), parquet.MaxRowsPerRowGroup(50_000))
	for site := range sitesOfPages {
		for k := range rowsOfPages {
			if _, err := w.Write([]R{of(rowOf(site, k))}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Arrow's readers decode text in place, and a page's memory is used again for
// the next page: a batch that crosses pages must not hold on to it, or readings
// go to the wrong site. So each reading must come with the site that wrote it.
func TestLoadsAcrossPages(t *testing.T) {
	dir := t.TempDir()
	paths := map[string]string{"plain": filepath.Join(dir, "plain"), "dictionary": filepath.Join(dir, "dict"), "delta": filepath.Join(dir, "delta")}
	writePages(t, paths["plain"], func(r plainReading) plainReading { return r })
	writePages(t, paths["dictionary"], func(r plainReading) dictReading { return dictReading(r) })
	writePages(t, paths["delta"], func(r plainReading) deltaReading { return deltaReading(r) })
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			if pages := pagesOf(t, path); pages < 100 {
				t.Fatalf("%d pages of site ids: too few to tell", pages)
			}
			site := 0
			err := Loads([]string{path}, func(id string, l *datasets.Load) error {
				if want := rowOf(site, 0).SiteID; id != want || l.Len() != rowsOfPages {
					return fmt.Errorf("site %q with %d readings, want %q with %d", id, l.Len(), want, rowsOfPages)
				}
				for k := range rowsOfPages {
					got := plainReading{id, int64(l.TS[k]), l.Wh[k], int32(l.Quality[k]), l.IntervalMin[k]}
					if want := rowOf(site, k); got != want {
						return fmt.Errorf("reading %d: %+v, want %+v", k, got, want)
					}
				}
				site++
				return nil
			})
			if err != nil || site != sitesOfPages {
				t.Fatalf("%d of %d sites: %v", site, sitesOfPages, err)
			}
		})
	}
}

// pagesOf counts the data pages of the first column.
func pagesOf(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	for _, g := range file.RowGroups() {
		index, err := g.ColumnChunks()[0].OffsetIndex()
		if err != nil {
			t.Fatal(err)
		}
		pages += index.NumPages()
	}
	return pages
}
