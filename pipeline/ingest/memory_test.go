package ingest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// peakMiB ingests hourly readings of 500 sites, all sites of an hour together,
// in a process of its own, and returns the most memory that it had.
func peakMiB(t *testing.T, hours, limitMiB int) int {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "inbox", "readings", "r.csv")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "site_id,ts,kwh")
	for h := range hours {
		for s := range 500 {
			fmt.Fprintf(w, "site-%d,2022-%02d-%02dT%02d:00:00Z,%d.%d\n", s, 1+h/24/28, 1+h/24%28, h%24, h%37, s)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killedDir+"="+dir, fmt.Sprintf("%s=%d", memoryMiB, limitMiB))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var kiB int
	if _, err := fmt.Sscan(string(out), &kiB); err != nil {
		t.Skip("the system does not tell a process its peak of memory")
	}
	return kiB >> 10
}

// A file takes no more memory than the limit and what a program with a
// database in it takes before it does anything. With the default limit this
// one takes 400 MiB.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const limitMiB, programMiB = 96, 200
	peak := peakMiB(t, 7900, limitMiB)
	t.Logf("%d MiB for 3,950,000 rows", peak)
	if peak > limitMiB+programMiB {
		t.Errorf("%d MiB for 3,950,000 rows; the limit is %d MiB", peak, limitMiB)
	}
}
