package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// 1682877600 s are 2023-04-30T18:00:00Z (date -u -d @1682877600).
func TestReadBlockTimes(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []datasets.Micros
		fails      string
	}{
		{"heading, both forms", "\ufefftime,height\n2023-05-01T00:00:00+06:00,1\n1682877660,2\n", []datasets.Micros{1682877600e6, 1682877660e6}, ""},
		{"no heading", "1682877600\n", []datasets.Micros{1682877600e6}, ""},
		{"empty", "", nil, ""},
		{"no time", "ts\n1682877600\nsoon\n", nil, `blocks.csv:3:1: "soon" is no time of a block: want RFC 3339`},
		{"milliseconds", "ts\n1682877600000\n", nil, `blocks.csv:2:1: "1682877600000" is no time of a block`},
	} {
		path := filepath.Join(t.TempDir(), "blocks.csv")
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
	if _, err := readBlockTimes("missing.csv"); err == nil || !strings.Contains(err.Error(), "name a file that exists") {
		t.Errorf("missing: %v", err)
	}
}
