package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// A timesTest is a file of block times, and what is read of it or why not.
type timesTest struct {
	name, text string
	want       []datasets.Micros
	fails      string
}

func readsTimes(t *testing.T, file string, tests []timesTest) {
	t.Helper()
	for _, test := range tests {
		path := filepath.Join(t.TempDir(), file)
		if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := readBlockTimes(path)
		switch {
		case test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)):
			t.Errorf("%s: %v, want %s", test.name, err, test.fails)
		case test.fails == "" && (err != nil || !slices.Equal(got, test.want)):
			t.Errorf("%s: %v, %v, want %v", test.name, got, err, test.want)
		}
	}
}

// The first two lines of tips are of a public log of January 2024 (gist checksum0/148ae012), the rest is made: a
// node that had been off for a day.
func TestReadNodeLog(t *testing.T) {
	const log = `2024-01-01T20:35:52Z Saw new header hash=00000000000000000003b94037726344a0108985ca733160f703ad5af2901728 height=823914
2024-01-01T20:35:52Z UpdateTip: new best=00000000000000000003b94037726344a0108985ca733160f703ad5af2901728 height=823914 version=0x20000000 log2_work=94.639280 tx=946454672 date='2024-01-01T20:35:50Z' progress=1.000000 cache=298.7MiB(2339328txo)
2024-01-01T20:42:14.500000Z UpdateTip: new best=000000000000000000028bf190c5024b02dc01d3c5877216bc8c8d938d164b58 height=823915 version=0x2d20a000 log2_work=94.639294 tx=946458073 date='2024-01-01T20:41:43Z' progress=1.000000 cache=298.7MiB(2339328txo)
2024-01-02T21:00:00Z UpdateTip: new best=00 height=823916 date='2024-01-01T20:50:00Z' progress=0.9
`
	at := func(s string) datasets.Micros {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return datasets.MicrosOf(v)
	}
	readsTimes(t, "debug.log", []timesTest{
		{"receipts, and one that was caught up", log, []datasets.Micros{at("2024-01-01T20:35:52Z"), at("2024-01-01T20:42:14.5Z"), at("2024-01-01T20:50:00Z")}, ""},
		{"nothing", "2024-01-01T20:35:52Z Shutdown: done\n", nil, ""},
		{"old form of time", "\n2015-12-02 09:11:03.9 UpdateTip: new best=00 date='2015-12-02'\n", nil, "debug.log:2: \"2015-12-02 09:11:03.9\" is no time: want a log of Bitcoin Core 0.17"},
		{"cut", "2024-01-01T20:35:52Z UpdateTip: new best=00 height=8", nil, "debug.log:1: \"\" is no date of a block"},
	})
}

// 1682877600 s are 2023-04-30T18:00:00Z (date -u -d @1682877600).
func TestReadBlockTimes(t *testing.T) {
	readsTimes(t, "blocks.csv", []timesTest{
		{"heading, both forms", "\ufefftime,height\n2023-05-01T00:00:00+06:00,1\n1682877660,2\n", []datasets.Micros{1682877600e6, 1682877660e6}, ""},
		{"no heading", "1682877600\n", []datasets.Micros{1682877600e6}, ""},
		{"empty", "", nil, ""},
		{"no time", "ts\n1682877600\nsoon\n", nil, `blocks.csv:3:1: "soon" is no time of a block: want RFC 3339`},
		{"milliseconds", "ts\n1682877600000\n", nil, `blocks.csv:2:1: "1682877600000" is no time of a block`},
	})
	if _, err := readBlockTimes("missing.csv"); err == nil || !strings.Contains(err.Error(), "name a file that exists") {
		t.Errorf("missing: %v", err)
	}
}
