package raw

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// found is all that Read tells of a file.
type found[R any] struct {
	sum    Summary
	rows   []R
	faults []Fault
}

func readAll[R any](t testing.TB, path, table string, o Options) found[R] {
	t.Helper()
	var f found[R]
	var err error
	f.sum, err = Read(path, datasets.Lookup(table), o, Sink[R]{
		Accept: func(batch []R) error {
			if len(batch) > BatchRows || len(batch) == 0 {
				t.Errorf("a batch of %d rows", len(batch))
			}
			f.rows = append(f.rows, batch...)
			return nil
		},
		Refuse: func(fault Fault) error { f.faults = append(f.faults, fault); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// compareBlocks reads a file line by line, and by blocks of several sizes with
// several workers, and compares all that is found.
func compareBlocks[R any](t *testing.T, path, table string) {
	t.Helper()
	slow := options()
	want := readAll[R](t, path, table, slow)
	if want.sum.Refused == nil && want.sum.Rows != int64(len(want.rows)+len(want.faults)) {
		t.Errorf("%d rows, %d accepted, %d refused", want.sum.Rows, len(want.rows), len(want.faults))
	}
	for _, size := range []int{100, 700, 4000, blockBytes} {
		fast := slow
		fast.block, fast.Workers = size, 1+size%3
		got := readAll[R](t, path, table, fast)
		if !reflect.DeepEqual(got.sum, want.sum) {
			t.Errorf("blocks of %d: %+v, want %+v", size, got.sum, want.sum)
		}
		if want.sum.Refused != nil {
			continue // what was handed on before is discarded
		}
		if !slices.EqualFunc(got.rows, want.rows, func(a, b R) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("blocks of %d: %d rows are not the %d of the slow way", size, len(got.rows), len(want.rows))
		}
		for i := range max(len(got.faults), len(want.faults)) {
			if i >= len(got.faults) || i >= len(want.faults) || got.faults[i] != want.faults[i] {
				t.Errorf("blocks of %d: %d records refused, want %d; the first difference is the one at %d: %+v, want %+v", size, len(got.faults), len(want.faults), i,
					got.faults[i:min(i+1, len(got.faults))], want.faults[i:min(i+1, len(want.faults))])
				break
			}
		}
	}
}

// Every file of readings below testdata/raw reads the same by blocks.
func TestBlocksOfGoldenFiles(t *testing.T) {
	for table, compare := range map[string]func(*testing.T, string, string){
		"readings": compareBlocks[datasets.Reading], "billing": compareBlocks[datasets.Billing], "flows": compareBlocks[datasets.Flow],
		"dns": compareBlocks[datasets.DNS], "tls": compareBlocks[datasets.TLS], "sites": compareBlocks[datasets.Site], "subscribers": compareBlocks[datasets.Subscriber],
	} {
		files, err := filepath.Glob(filepath.Join(rawDir, table, "*"))
		if err != nil || len(files) == 0 {
			t.Fatal(table, err)
		}
		for _, path := range files {
			t.Run(table+"-"+filepath.Base(path), func(t *testing.T) { compare(t, path, table) })
		}
	}
}

// The day of 25 hours, in both orders of time, of several sites, over the
// boundaries of blocks.
func TestBlocksOfDayOf25Hours(t *testing.T) {
	for _, newestFirst := range []bool{false, true} {
		var lines []string
		for site := range 3 {
			var day []string
			for h := range 60 {
				if h == 48 {
					day = append(day, fmt.Sprintf("s%d,2024-02-29 23:00,1000", site))
				}
				day = append(day, fmt.Sprintf("s%d,2024-02-%02d %02d:00,%d", site, 28+h/24, h%24, h))
			}
			day = day[:49] // up to the second 23:00 of the 29th
			if newestFirst {
				slices.Reverse(day)
			}
			lines = append(lines, day...)
		}
		path := filepath.Join(t.TempDir(), "day.csv")
		if err := os.WriteFile(path, []byte("site_id,ts,kwh\n"+strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
		compareBlocks[datasets.Reading](t, path, "readings")
	}
}

// Whatever the text, blocks and the fast way for readings find what the slow
// way finds.
func FuzzReadingBlocks(f *testing.F) {
	head := "site_id,ts,kwh,quality,interval_min\n"
	for _, s := range []string{
		head + "a,2023-01-01T00:00:00Z,1.5,measured,60\na,2023-01-01T01:00:00Z,-1.5,estimated,\nb,2023-01-01 02:00,,missing,30\n",
		head + "a,2024-02-29 23:00,1,,\r\na,2024-02-29 23:00,2,,\r\n\r\na,2024-03-01 00:00,3,,",
		"ts;kwh;site_id\n2023-01-01T00:00:00+05:00;1,5;a\n2023-01-01T00:00:00-05:30;,5;a\n;;\n",
		head + "a,2023-01-01T00:00:00Z,1e3,measured,60\n\"a\",2023-01-01T00:00:00Z,1,,\na,2023-02-30T00:00:00Z,1,,\n,2023-01-01T00:00:00Z,1,,\n",
		head + "a,2023-01-01T24:00,1.0005,measured,0060\naa,2023-01-01T23:60:00Z,1,,\n a,2023-01-01T23:00:00Z,1,,\na ,2023-01-01T23:00:00.5Z,99999999,,\n",
		"kwh,ts,note,site_id\n1,2023-01-01T00:00:00Z,\xff,a\n1,2023-01-01T00:00:00Z,\x00,a\n-0,2023-01-01T00:00Z,x,a\n1,2023-01-01T00:00:00Z,x,a,b\n",
		"site_id,ts,kwh\n" + strings.Repeat("meter-17,2023-01-01T00:00:00Z,1\n", 40),
	} {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "x.csv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		compareBlocks[datasets.Reading](t, path, "readings")
	})
}
