package raw

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// textInput is an input that lies in memory.
func textInput(text string) *input {
	return &input{packed: &meter{}, limits: DefaultLimits(), r: bufio.NewReader(strings.NewReader(text))}
}

// readText writes bytes to a file and reads it as readings.
func readText(t *testing.T, content []byte, limits Limits) (Summary, []datasets.Reading, []Fault) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return readPath(t, path, limits)
}

func readPath(t *testing.T, path string, limits Limits) (Summary, []datasets.Reading, []Fault) {
	t.Helper()
	var rows []datasets.Reading
	var faults []Fault
	o := options()
	o.Limits = limits
	sum, err := Read(path, datasets.Lookup("readings"), o, Sink[datasets.Reading]{
		Accept: func(batch []datasets.Reading) error { rows = append(rows, batch...); return nil },
		Refuse: func(f Fault) error { faults = append(faults, f); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum, rows, faults
}

func gzipped(t *testing.T, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, p := range parts { // one member each, as cat of several files makes
		w := gzip.NewWriter(&b)
		if _, err := io.WriteString(w, p); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func zstdPacked(t *testing.T, text string) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(text), nil)
}

const twoReadings = "site_id,ts,kwh\na,2023-01-01T00:00:00Z,1\nb,2023-01-01T00:00:00Z,2\n"

func TestPacking(t *testing.T) {
	for format, content := range map[string][]byte{
		"csv":      []byte(twoReadings),
		"csv;gzip": gzipped(t, twoReadings[:30], twoReadings[30:]),
		"csv;zstd": zstdPacked(t, twoReadings),
	} {
		sum, rows, _ := readText(t, content, DefaultLimits())
		if sum.Refused != nil || sum.Format != format || len(rows) != 2 {
			t.Errorf("%s: %+v, %v", format, sum, rows)
		}
	}
}

// What a file may have is set, whatever it is packed in.
func TestFileLimits(t *testing.T) {
	text := []byte(strings.Repeat(twoReadings, 1000))
	for _, c := range []struct {
		name   string
		limit  func(*Limits)
		reason string
	}{
		{"rows", func(l *Limits) { l.Rows = 100 }, "too many rows"},
		{"bytes", func(l *Limits) { l.Bytes = 1 << 10 }, "file too large"},
		{"time", func(l *Limits) { l.Time = 1 }, "decoding takes too long"},
		{"none", func(*Limits) {}, ""},
	} {
		for packing, content := range map[string][]byte{"": text, "gzip": gzipped(t, string(text)), "zstd": zstdPacked(t, string(text)),
			"zip": zipped(t, func(int) (string, string) { return "m.csv", string(text) }, 1)} {
			limits := DefaultLimits()
			c.limit(&limits)
			sum, _, _ := readText(t, content, limits)
			switch {
			case c.reason == "" && sum.Refused != nil:
				t.Errorf("%s %s: refused, %v", c.name, packing, sum.Refused)
			case c.reason != "" && (sum.Refused == nil || sum.Refused.Reason != c.reason || sum.Refused.Remedy == ""):
				t.Errorf("%s %s: refused %v, want %q with a remedy", c.name, packing, sum.Refused, c.reason)
			}
		}
	}
	deep := DefaultLimits()
	deep.Depth = 3
	if sum, _, _ := readText(t, []byte(`<message class="80020"><a><b><c><d>`), deep); sum.Refused == nil || sum.Refused.Reason != "XML nested too deeply" {
		t.Errorf("depth 4 of 3: %v", sum.Refused)
	}
}

// Files that are refused as a whole, and why.
func TestRefusedFiles(t *testing.T) {
	packed, packedZ := gzipped(t, strings.Repeat(twoReadings, 1000)), zstdPacked(t, strings.Repeat(twoReadings, 1000))
	flipped := bytes.Clone(packed)
	flipped[len(flipped)-6] ^= 1 // in the check sum
	small := DefaultLimits()
	small.Ratio, small.RatioFrom = 500, 1<<20
	small.Columns = 50
	for _, c := range []struct {
		name    string
		content []byte
		reason  string
	}{
		{"empty", nil, "empty file"},
		{"only a BOM", bom, "empty file"},
		{"empty gzip member", gzipped(t, ""), "empty file"},
		{"gzip cut off", packed[:len(packed)/2], "damaged gzip data"},
		{"gzip cut in its header", packed[:5], "damaged gzip data"},
		{"gzip with a wrong check sum", flipped, "damaged gzip data"},
		{"zstd cut off", packedZ[:len(packedZ)/2], "damaged zstd data"},
		{"gzip bomb", gzipped(t, twoReadings+strings.Repeat("\n", 8<<20)), "unpacks to more"},
		{"zstd bomb", zstdPacked(t, twoReadings+strings.Repeat("\n", 64<<20)), "unpacks to more"},
		{"zip", []byte("PK\x03\x04rest"), "damaged zip data"},
		{"NUL in the header", []byte("site_id,ts\x00,kwh\n"), "unknown format"},
		{"windows-1251", []byte("\xd1\xf7\xe5\xf2\xf7\xe8\xea;ts;kwh\n"), "required column is missing"},
		{"damaged Parquet", []byte("PAR1 and nothing more PAR1"), "damaged or unsupported Parquet"},
		{"too many columns", []byte("site_id,ts,kwh" + strings.Repeat(",x", 10000) + "\n"), "too many columns"},
		{"a column twice", []byte("site_id,ts,kwh,KWH\n"), "the column is there twice"},
		{"JSON", []byte(`{"site_id":"a"}`), "JSON that is not a Zeek log of this folder"},
	} {
		sum, _, _ := readText(t, c.content, small)
		if sum.Refused == nil || !strings.HasPrefix(sum.Refused.Reason, c.reason) || sum.Refused.Remedy == "" {
			t.Errorf("%s: refused %v, want %q with a remedy", c.name, sum.Refused, c.reason)
		}
	}
}

// A line of 64 MiB, then good rows: one row is refused, and memory stays bounded.
func TestLongLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte("x"), 1<<20)
	fmt.Fprint(f, "site_id,ts,kwh\n")
	for range 64 {
		f.Write(block)
	}
	fmt.Fprint(f, "\na,2023-01-01T00:00:00Z,1\n")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sum, rows, faults := readPath(t, path, DefaultLimits())
	runtime.ReadMemStats(&after)
	if sum.Rows != 2 || len(rows) != 1 || rows[0].Line != 3 || len(faults) != 1 || faults[0].Line != 2 || len(faults[0].Raw) > keepBytes {
		t.Errorf("%+v %v %d", sum, rows, len(faults))
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("reading it took %d bytes", used)
	}
}

// The same two readings in the types that other programs write.
func TestParquetTypes(t *testing.T) {
	type local struct {
		SiteID string  `parquet:"Site_ID"`
		TS     int64   `parquet:"ts,timestamp(millisecond:local)"`
		KWh    float64 `parquet:"kwh"`
		Extra  []int32 `parquet:"extra,list"`
	}
	type decimal struct {
		SiteID string `parquet:"site_id"`
		TS     string `parquet:"ts"`
		KWh    int64  `parquet:"kwh,decimal(4:18)"`
	}
	dir := t.TempDir()
	at := int64(1_672_531_200_000) // 2023-01-01T00:00:00Z
	if err := store.WriteRows(filepath.Join(dir, "local"), []local{{"a", at, 1.2345, []int32{1}}, {"a", at + 1, -0.5, nil}}); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteRows(filepath.Join(dir, "decimal"), []decimal{{"a", "2022-12-31T18:00:00Z", 12345}, {"a", "bad", 1}}); err != nil {
		t.Fatal(err)
	}
	sum, rows, _ := readPath(t, filepath.Join(dir, "local"), DefaultLimits())
	if sum.Refused != nil || len(rows) != 2 || rows[0].TS.String() != "2022-12-31T18:00:00Z" || rows[0].Wh != 1235 || rows[1].Wh != -500 || rows[1].Line != 2 {
		t.Errorf("local timestamps: %+v %v", sum, rows)
	}
	sum, rows, faults := readPath(t, filepath.Join(dir, "decimal"), DefaultLimits())
	if sum.Refused != nil || len(rows) != 1 || rows[0].TS.String() != "2022-12-31T18:00:00Z" || rows[0].Wh != 1235 || len(faults) != 1 || faults[0].Column != "ts" {
		t.Errorf("decimals: %+v %v %v", sum, rows, faults)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"site id", "timestamp", "kwH", "consumption", "lat"}
	for want, suggestion := range map[string]string{"site_id": "site id", "ts": "timestamp", "kwh": "kwH", "lon": "", "lat": "lat"} {
		if got := nearest(want, names); got != suggestion {
			t.Errorf("nearest(%q) = %q, want %q", want, got, suggestion)
		}
	}
}
