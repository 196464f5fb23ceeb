package raw

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/minewatch/minewatch/datasets"
)

// heapPeak reads a file and returns the most memory that the heap had.
func heapPeak(t *testing.T, path string, o Options) (Summary, uint64) {
	t.Helper()
	runtime.GC()
	before := heapBytes()
	peak := before
	var sum Summary
	calls := 0
	watch := func() {
		if calls++; calls%64 == 1 {
			peak = max(peak, heapBytes())
		}
	}
	sum, err := Read(path, datasets.Lookup("readings"), o, Sink[datasets.Reading]{
		Accept: func([]datasets.Reading) error { watch(); return nil },
		Refuse: func(Fault) error { watch(); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	watch()
	return sum, peak - before
}

func heapBytes() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// A hostileFile is written piece by piece, so that the test itself stays small.
func hostileFile(t *testing.T, pack string, head, piece string, times int, tail string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hostile.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	var w io.WriteCloser = f
	switch pack {
	case "gzip":
		w = gzip.NewWriter(f)
	case "zstd":
		if w, err = zstd.NewWriter(f); err != nil {
			t.Fatal(err)
		}
	}
	write := func(s string) {
		if _, err := io.WriteString(w, s); err != nil {
			t.Fatal(err)
		}
	}
	write(head)
	for range times {
		write(piece)
	}
	write(tail)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close() // closed already if it is not packed
	return path
}

// Files made to exhaust memory are refused, or the lines that do are, and
// what is held stays small. The ceiling is far below the size of each file.
func TestHostileFiles(t *testing.T) {
	const head, good = "site_id,ts,kwh\n", "a,2023-01-01T00:00:00Z,1\n"
	mib := strings.Repeat("x", 1<<20)
	const xml = `<?xml version="1.0"?><message class="80020"><datetime><day>20240115</day></datetime><area>`
	for _, c := range []struct {
		name, pack, head, piece string
		times                   int
		tail                    string
		refused                 string // reason for the file, "" if it is read
		quarantined             int64
		accepted                int64
	}{
		{"a line of 100 MB", "", head + good, mib, 100, "\n" + good, "", 1, 2},
		{"a packed line of 100 MB", "gzip", head + good, mib, 100, "\n" + good, "unpacks to more", 0, 0},
		{"a header of 100 MB", "", "site_id,", mib, 100, "\n" + good, "line longer than the limit", 0, 0},
		{"gzip bomb", "gzip", head, strings.Repeat("\n", 1<<20), 100, "", "unpacks to more", 0, 0},
		{"zstd bomb", "zstd", head, strings.Repeat("\n", 1<<20), 200, "", "unpacks to more", 0, 0},
		{"NUL bytes", "", head + good, "a\x00,2023-01-01T00:00:00Z,1\n", 50_000, good, "", 50_000, 2},
		{"every encoding in one file", "", head + good, "\xf1\xee,2023-01-01T00:00:00Z,1\n\xff\xfea\x00,\n\xd0\xbf,2023-01-01T00:00:00Z,1\n", 20_000, good, "", 40_000, 20_002},
		{"quotes that are never closed", "", head + good, "\"a,2023-01-01T00:00:00Z,1\n", 2_001, good, "", -1, -1},
		{"10,000 columns", "", "site_id,ts,kwh" + strings.Repeat(",c", 10_000) + "\n", good, 1, "", "too many columns", 0, 0},
		{"10,000 cells in each line", "", head + good, strings.Repeat(",c", 10_000) + "\n", 1_000, good, "", 1_000, 2},
		{"a text of 100 MB", "", xml + "<name>", mib, 100, "</name></area></message>", "XML element longer than the limit", 0, 0},
		{"a tag of 100 MB", "", xml + "<name ", strings.Repeat(" a='1'", 1<<18), 60, "/></area></message>", "XML element longer than the limit", 0, 0},
		{"a comment of 100 MB", "", xml + "<!--", mib, 100, "--></area></message>", "XML element longer than the limit", 0, 0},
		{"texts of 100 MB between comments", "", xml + "<name>", strings.Repeat("x", 1<<18) + "<!-- -->", 400, "</name></area></message>", "XML element longer than the limit", 0, 0},
		{"elements in elements", "", xml, "<a>", 1_000_000, "", "XML nested too deeply", 0, 0},
		{"billion laughs", "", `<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><message class="80020">`, "&b;", 1000, "</message>", "XML with a document type", 0, 0},
		{"a million references", "", xml + "<name>", "&#65;&amp;", 1_000_000, "</name></area></message>", "XML element longer than the limit", 0, 0},
		{"filler lines", "", head + good, ",,\n", 300_000, good, "", 0, 2},
	} {
		for _, workers := range []int{0, 2} {
			o := options()
			o.Workers = workers
			sum, peak := heapPeak(t, hostileFile(t, c.pack, c.head, c.piece, c.times, c.tail), o)
			switch {
			case c.refused != "":
				if sum.Refused == nil || !strings.HasPrefix(sum.Refused.Reason, c.refused) {
					t.Errorf("%s: refused %v, want %q", c.name, sum.Refused, c.refused)
				}
			case sum.Refused != nil:
				t.Errorf("%s: refused: %v", c.name, sum.Refused)
			case c.accepted >= 0 && (sum.Accepted != c.accepted || sum.Rows-sum.Accepted != c.quarantined):
				t.Errorf("%s: accepted %d of %d, want %d and %d refused", c.name, sum.Accepted, sum.Rows, c.accepted, c.quarantined)
			}
			if c.name == "filler lines" && sum.Skipped[blankLine] != 300_000 {
				t.Errorf("skipped %v", sum.Skipped)
			}
			if peak > 64<<20 {
				t.Errorf("%s, %d workers: %d MiB held", c.name, workers, peak>>20)
			}
		}
	}
}

// A gzip stream that ends in the middle is refused whole, with its rows.
func TestTruncatedStreams(t *testing.T) {
	rows := "site_id,ts,kwh\n" + strings.Repeat("a,2023-01-01T00:00:00Z,1\n", 100_000)
	for _, packed := range [][]byte{gzipped(t, rows), zstdPacked(t, rows)} {
		for _, n := range []int{len(packed) - 1, len(packed) / 2, 20} {
			path := filepath.Join(t.TempDir(), "cut.csv")
			if err := os.WriteFile(path, bytes.Clone(packed[:n]), 0o644); err != nil {
				t.Fatal(err)
			}
			o := options()
			o.Workers = 2
			if sum, _ := heapPeak(t, path, o); sum.Refused == nil || !strings.HasPrefix(sum.Refused.Reason, "damaged") {
				t.Errorf("%d of %d bytes: %v", n, len(packed), sum.Refused)
			}
		}
	}
}
