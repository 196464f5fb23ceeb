package raw

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func TestOrient(t *testing.T) {
	l := newLoader(datasets.Lookup("flows"), options(), new(datasets.Flow))
	for _, c := range []struct {
		name       string
		src, dst   string
		sp, dp     int32
		proto      string
		syn        bool
		wantSrc    string
		wantPort   int32 // of the responder
		wantResp   bool
		wantSrcPrt int32
	}{
		{"to a pool", "10.0.0.7", "198.51.100.9", 49307, 3333, "tcp", false, "10.0.0.7", 3333, false, 49307},
		{"from a pool", "198.51.100.9", "10.0.0.7", 3333, 49307, "tcp", false, "10.0.0.7", 3333, true, 49307},
		{"from a pool on a port above the client's", "198.51.100.9", "10.0.0.7", 45560, 33000, "tcp", false, "10.0.0.7", 45560, true, 33000},
		{"shared space of a carrier", "203.0.113.1", "100.64.3.4", 45560, 33000, "tcp", false, "100.64.3.4", 45560, true, 33000},
		{"a server at home", "192.168.1.5", "203.0.113.1", 443, 50000, "tcp", false, "203.0.113.1", 443, true, 50000},
		{"SYN alone", "203.0.113.1", "198.51.100.9", 80, 50000, "tcp", true, "203.0.113.1", 50000, false, 80},
		{"public on both sides", "203.0.113.1", "198.51.100.9", 14444, 51000, "tcp", false, "198.51.100.9", 14444, true, 51000},
		{"NTP to NTP", "203.0.113.1", "198.51.100.9", 123, 123, "udp", false, "198.51.100.9", 123, true, 123},
		{"NTP back", "198.51.100.9", "203.0.113.1", 123, 123, "udp", false, "198.51.100.9", 123, false, 123},
		{"echo reply", "198.51.100.9", "10.0.0.7", 0, 0, "icmp", false, "10.0.0.7", 0, true, 8},
		{"GRE", "198.51.100.9", "10.0.0.7", 0, 0, "47", false, "198.51.100.9", 0, false, 0},
	} {
		r := datasets.Flow{SrcIP: c.src, DstIP: c.dst, SrcPort: c.sp, DstPort: c.dp, Proto: c.proto, OrigBytes: 70, OrigPkts: 2, Bucket: datasets.BucketOf(c.src, 64)}
		l.orient(&r, c.syn)
		bytes := map[bool]int64{false: r.OrigBytes, true: r.RespBytes}[c.wantResp]
		direction := map[bool]string{false: "orig", true: "resp"}[c.wantResp]
		if r.SrcIP != c.wantSrc || r.DstPort != c.wantPort || r.SrcPort != c.wantSrcPrt || r.Direction != direction || bytes != 70 ||
			r.OrigBytes+r.RespBytes != 70 || r.OrigPkts+r.RespPkts != 2 || r.Bucket != datasets.BucketOf(c.wantSrc, 64) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

// fuzzFormat reads any text as files of a table, by lines and by blocks, and
// checks what holds for every row.
func fuzzFormat(f *testing.F, table string, seeds ...string) {
	for _, pattern := range seeds {
		files, err := filepath.Glob(filepath.Join(rawDir, table, pattern))
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "x")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		switch table {
		case "flows":
			compareBlocks[datasets.Flow](t, path, table)
			for _, r := range readAll[datasets.Flow](t, path, table, options()).rows {
				if r.TS < leastInstant || r.SrcIP == "" || r.DstIP == "" || r.Proto == "" || r.OrigBytes < 0 || r.RespBytes < 0 || r.DurationS < 0 || r.Bucket != datasets.BucketOf(r.SrcIP, 64) {
					t.Errorf("accepted %+v", r)
				}
			}
		case "dns":
			compareBlocks[datasets.DNS](t, path, table)
		case "tls":
			compareBlocks[datasets.TLS](t, path, table)
		case "subscribers":
			compareBlocks[datasets.Subscriber](t, path, table)
		}
	})
}

func FuzzNfdump(f *testing.F)    { fuzzFormat(f, "flows", "nfdump-short.csv", "nfdump-1.7.1*") }
func FuzzVPC(f *testing.F)       { fuzzFormat(f, "flows", "vpc.log") }
func FuzzArgus(f *testing.F)     { fuzzFormat(f, "flows", "argus*") }
func FuzzGoflow(f *testing.F)    { fuzzFormat(f, "flows", "goflow2.json") }
func FuzzEVEFlow(f *testing.F)   { fuzzFormat(f, "flows", "eve.json") }
func FuzzEVEDNS(f *testing.F)    { fuzzFormat(f, "dns", "eve*.json") }
func FuzzEVETLS(f *testing.F)    { fuzzFormat(f, "tls", "eve.json") }
func FuzzRadius(f *testing.F)    { fuzzFormat(f, "subscribers", "radius.csv") }
func FuzzNATSyslog(f *testing.F) { fuzzFormat(f, "subscribers", "nat-*.log") }
func FuzzZeekBlocks(f *testing.F) {
	fuzzFormat(f, "flows", "zeek-zat-conn.log", "open-conn.log", "zeek-zat-conn.json.log")
}

// A log of many headers, and of objects, is the same by blocks.
func TestZeekBlocks(t *testing.T) {
	conn, err := os.ReadFile(filepath.Join(rawDir, "flows", "zeek-zat-conn.log"))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := os.ReadFile(filepath.Join(rawDir, "flows", "zeek-zat-conn.json.log"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"headers": strings.Repeat(string(conn), 7), "objects": strings.Repeat(string(objects), 50)} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		compareBlocks[datasets.Flow](t, path, "flows")
	}
}
