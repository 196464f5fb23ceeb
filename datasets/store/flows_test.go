package store

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/minewatch/minewatch/datasets"
)

// Many distinct texts make pages of plain values, few make dictionaries; both
// and the absent ones come back as written.
func TestFlows(t *testing.T) {
	want := make([]datasets.Flow, 3*RowGroupRows/2)
	for i := range want {
		want[i] = datasets.Flow{TS: datasets.Micros(i), SrcIP: fmt.Sprintf("10.0.%d.%d", i%7, i%251), SrcPort: int32(i % 65536), DstIP: fmt.Sprintf("2001:db8::%x", i),
			DstPort: 443, Proto: "tcp", DurationS: float64(i) / 8, OrigBytes: int64(i) << 20, RespBytes: int64(i), OrigPkts: 3, RespPkts: int64(i % 5)}
		if i%3 == 0 {
			want[i].SNI, want[i].Sampling = fmt.Sprintf("host-%d.example", i%1000), 100
		}
		if i > RowGroupRows && i%5 == 0 {
			want[i].App = "Mining"
		}
	}
	path := filepath.Join(t.TempDir(), "flows.parquet")
	if err := WriteRows(path, want); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := Flows(path, func(f *datasets.Flow) error {
		if *f != want[n] {
			return fmt.Errorf("row %d: %s", n, cmp.Diff(want[n], *f))
		}
		n++
		return nil
	})
	if err != nil || n != len(want) {
		t.Fatalf("read %d rows of %d: %v", n, len(want), err)
	}
}

func BenchmarkFlows(b *testing.B) {
	rows := make([]datasets.Flow, 4*RowGroupRows)
	for i := range rows {
		rows[i] = datasets.Flow{TS: datasets.Micros(i) * 1000, SrcIP: fmt.Sprintf("10.0.0.%d", i%156), SrcPort: int32(i % 65536), DstIP: fmt.Sprintf("198.18.%d.%d", i%100, i%251),
			DstPort: 443, Proto: "tcp", DurationS: float64(i%100) / 8, OrigBytes: int64(i%100_000) * 7, RespBytes: int64(i % 1_000_000), OrigPkts: 3, RespPkts: int64(i % 500)}
	}
	path := filepath.Join(b.TempDir(), "flows.parquet")
	if err := WriteRows(path, rows); err != nil {
		b.Fatal(err)
	}
	var bytes int64
	for b.Loop() {
		if err := Flows(path, func(f *datasets.Flow) error { bytes += f.OrigBytes; return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(rows)*b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
