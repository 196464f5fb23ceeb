package ingest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets/raw"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// benchRows is what a utility of 10,000 meters sends for three weeks.
const benchRows = 5_000_000

// readingsFile writes hourly readings of 2022: all hours of a meter, then the
// next one, or all meters of an hour, then the next one.
func readingsFile(b *testing.B, path string, byTime bool) int64 {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	w.WriteString("site_id,ts,kwh,quality\n")
	const hours = 8760
	sites := benchRows / hours
	start := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range sites * hours {
		site, h := i/hours, i%hours
		if byTime {
			site, h = i%sites, i/sites
		}
		fmt.Fprintf(w, "KZ-%07d,%s,%d.%03d,measured\n", site*7919, start.Add(time.Duration(h)*time.Hour).Format("2006-01-02T15:04:05"), h%29, h*(site+1)%1000)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	f.Close()
	return info.Size()
}

// BenchmarkReadings takes 5 million rows into a new lake, and for comparison
// lets DuckDB copy the same file, unchecked and unsorted, to one Parquet file.
func BenchmarkReadings(b *testing.B) {
	for _, byTime := range []bool{false, true} {
		name := map[bool]string{false: "by-site", true: "by-time"}[byTime]
		dir := b.TempDir()
		path := filepath.Join(dir, "inbox", "readings", "r.csv")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		size := readingsFile(b, path, byTime)
		b.Run(name+"/minewatch", func(b *testing.B) {
			b.SetBytes(size)
			defer reportCPU(b)()
			for b.Loop() {
				if err := os.RemoveAll(filepath.Join(dir, "lake")); err != nil {
					b.Fatal(err)
				}
				r, err := Run(context.Background(), Options{Workspace: dir, Zone: almaty(b), Buckets: 64, Workers: runtime.GOMAXPROCS(0), MemoryMiB: 2048, Limits: raw.DefaultLimits()})
				if err != nil || r.Files[0].Accepted != benchRows/8760*8760 {
					b.Fatal(r.Files, err)
				}
			}
		})
		b.Run(name+"/duckdb", func(b *testing.B) {
			b.SetBytes(size)
			defer reportCPU(b)()
			for b.Loop() {
				db, err := sql.Open(context.Background(), sql.Options{Threads: runtime.GOMAXPROCS(0), MemoryMiB: 2048, TempDir: b.TempDir(), Dirs: []string{dir}})
				if err != nil {
					b.Fatal(err)
				}
				if err := db.Exec(context.Background(), fmt.Sprintf("COPY (FROM read_csv('%s')) TO '%s' (FORMAT parquet, COMPRESSION zstd)", path, filepath.Join(dir, "duck.parquet"))); err != nil {
					b.Fatal(err)
				}
				db.Close()
			}
		})
	}
}

// reportCPU reports the processor time of this process, which a busy machine
// changes less than the time on the wall.
func reportCPU(b *testing.B) func() {
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := spent()
	return func() { b.ReportMetric((spent()-before).Seconds()/float64(b.N), "cpu-s/op") }
}

func almaty(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// BenchmarkZeek takes 2 million connections into a new lake.
func BenchmarkZeek(b *testing.B) {
	const rows = 2_000_000
	dir := b.TempDir()
	path := filepath.Join(dir, "inbox", "flows", "conn.log")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	w.WriteString("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
		"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n")
	for i := range rows {
		fmt.Fprintf(w, "%d.%06d\tC%d\t10.0.%d.%d\t%d\t198.51.100.%d\t443\ttcp\tssl\t%d.%06d\t%d\t%d\tSF\tT\tF\t0\tShADadfF\t%d\t%d\t%d\t%d\t-\n",
			1_700_000_000+i/50, i%50*20_000, i, i%4000/250, i%250, 32768+i%28000, i%200, i%300, i%1_000_000, i%5000, i%90_000, i%40, i%7000, i%60, i%99_000)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	f.Close()
	b.SetBytes(info.Size())
	defer reportCPU(b)()
	for b.Loop() {
		if err := os.RemoveAll(filepath.Join(dir, "lake")); err != nil {
			b.Fatal(err)
		}
		r, err := Run(context.Background(), Options{Workspace: dir, Zone: almaty(b), Buckets: 64, Workers: runtime.GOMAXPROCS(0), MemoryMiB: 2048, Limits: raw.DefaultLimits()})
		if err != nil || r.Files[0].Accepted != rows {
			b.Fatal(r.Files, err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
