package store

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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
	texts := numberer{numbers: map[string]int32{"": 0}, texts: []string{""}}
	n := 0
	err := FlowReader{Src: texts.number, Dst: texts.number, Text: texts.number}.Records(path, func(f *datasets.NumberedFlow) {
		got := datasets.Flow{TS: f.TS, SrcIP: texts.texts[f.Src], SrcPort: f.SrcPort, DstIP: texts.texts[f.Dst], DstPort: f.DstPort, Proto: texts.texts[f.Proto], SNI: texts.texts[f.SNI], App: texts.texts[f.App],
			Sampling: f.Sampling, DurationS: f.DurationS, OrigBytes: f.OrigBytes, RespBytes: f.RespBytes, OrigPkts: f.OrigPkts, RespPkts: f.RespPkts}
		if got != want[n] {
			t.Fatalf("row %d: %s", n, cmp.Diff(want[n], got))
		}
		n++
	})
	if err != nil || n != len(want) {
		t.Fatalf("read %d rows of %d: %v", n, len(want), err)
	}
}

// Records of an originator or a responder that is given 0 are left out, and texts of
// records that the first of the two leaves out are not asked for.
func TestFlowsLeftOut(t *testing.T) {
	rows := []datasets.Flow{
		{SrcIP: "10.0.0.1", DstIP: "198.18.0.1", DstPort: 1, Proto: "tcp", SNI: "a.example"},
		{SrcIP: "10.0.0.2", DstIP: "198.18.0.1", DstPort: 2, Proto: "udp", SNI: "b.example"},
		{SrcIP: "10.0.0.1", DstIP: "198.18.0.2", DstPort: 3, Proto: "tcp"},
		{SrcIP: "10.0.0.1", DstIP: "198.18.0.1", DstPort: 4, Proto: "tcp"},
	}
	path := filepath.Join(t.TempDir(), "flows.parquet")
	if err := WriteRows(path, rows); err != nil {
		t.Fatal(err)
	}
	texts := numberer{numbers: map[string]int32{"": 0}, texts: []string{""}}
	but := func(ip string) func(string) int32 {
		return func(text string) int32 {
			if text == ip {
				return 0
			}
			return texts.number(text)
		}
	}
	r := FlowReader{Src: but("10.0.0.2"), Dst: but("198.18.0.2"), Text: texts.number}
	var ports []int32
	if err := r.Records(path, func(f *datasets.NumberedFlow) { ports = append(ports, f.DstPort) }); err != nil || !slices.Equal(ports, []int32{1, 4}) {
		t.Errorf("records to ports %v, %v", ports, err)
	}
	if _, asked := texts.numbers["b.example"]; asked {
		t.Error("a name was asked for of a record that is left out")
	}
	ports = nil
	if err := r.Ends(path, func(_, _, port, _ int32) { ports = append(ports, port) }); err != nil || !slices.Equal(ports, []int32{1, 4}) {
		t.Errorf("ends at ports %v, %v", ports, err)
	}
}

// A numberer gives texts numbers in the order in which they come.
type numberer struct {
	numbers map[string]int32
	texts   []string
}

func (n *numberer) number(s string) int32 {
	v, ok := n.numbers[s]
	if !ok {
		v = int32(len(n.texts))
		n.texts = append(n.texts, strings.Clone(s))
		n.numbers[n.texts[v]] = v
	}
	return v
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
	texts := numberer{numbers: map[string]int32{}, texts: []string{""}}
	read := FlowReader{Src: texts.number, Dst: texts.number, Text: texts.number}
	var bytes int64
	for b.Loop() {
		if err := read.Records(path, func(f *datasets.NumberedFlow) { bytes += f.OrigBytes }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(rows)*b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
