package raw

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// Damaged files of every format are refused or give rows, all of which are
// counted, and nothing panics. The damage is drawn from a fixed seed.
func TestDamagedFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(rawDir, "readings", "*"))
	must(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	for _, path := range append(files, "") {
		content := readingsBook(t)
		if path != "" {
			content, err = os.ReadFile(path)
			must(t, err)
		}
		for range 40 {
			fuzzRead(t, damage(r, content))
		}
	}
}

var oddities = [][]byte{{0}, {0xff}, []byte("\""), []byte(","), []byte(";"), []byte("\n"), []byte("<"), []byte(">"), []byte("&"), []byte("-1"), []byte("9999999999999999999"), []byte("1e999"), []byte("\xef\xbb\xbf")}

// damage cuts, repeats, and writes odd bytes into a copy of content.
func damage(r *rand.Rand, content []byte) []byte {
	b := bytes.Clone(content)
	for range 1 + r.IntN(4) {
		if len(b) == 0 {
			return b
		}
		i := r.IntN(len(b))
		j := min(len(b), i+1+r.IntN(64))
		switch r.IntN(5) {
		case 0:
			b = b[:i]
		case 1:
			b = append(b[:i:i], b[j:]...)
		case 2:
			b = bytes.Join([][]byte{b[:i], oddities[r.IntN(len(oddities))], b[i:]}, nil)
		case 3:
			b[i] ^= byte(1 << r.IntN(8))
		case 4:
			b = bytes.Join([][]byte{b[:j], b[i:]}, nil)
		}
	}
	return b
}

// Damaged logs read the same by blocks and line by line, and all of their rows
// are counted.
func TestDamagedLogs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	path := filepath.Join(t.TempDir(), "damaged.log")
	for pattern, compare := range map[string]func(*testing.T, string, string){
		"subscribers/nat-*.log": compareBlocks[datasets.Subscriber], "flows/zeek-zat-conn.log": compareBlocks[datasets.Flow], "flows/open-conn.log": compareBlocks[datasets.Flow],
	} {
		files, err := filepath.Glob(filepath.Join(rawDir, pattern))
		must(t, err)
		for _, file := range files {
			content, err := os.ReadFile(file)
			must(t, err)
			for range 40 {
				must(t, os.WriteFile(path, damage(r, content), 0o644))
				compare(t, path, filepath.Base(filepath.Dir(file)))
			}
		}
	}
}
