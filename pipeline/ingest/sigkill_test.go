package ingest

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets/raw"
)

var kills = flag.Int("kills", 6, "how many times TestSIGKILL kills an ingest")

// killedDir names the variable that makes the test binary ingest a workspace
// and end, so that it can be killed, or its memory measured; memoryMiB names
// that of the limit.
const (
	killedDir = "MINEWATCH_INGEST"
	memoryMiB = "MINEWATCH_MEMORY_MIB"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(killedDir)
	if dir == "" {
		os.Exit(m.Run()) //nolint:forbidigo // this is the test's main
	}
	memory, err := strconv.Atoi(cmp.Or(os.Getenv(memoryMiB), "256"))
	if err == nil {
		err = ingestAndEnd(dir, memory)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // so is this
	}
}

// ingestAndEnd ingests a workspace and prints the most memory that the process had.
func ingestAndEnd(dir string, memory int) error {
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		return err
	}
	if _, err := Run(context.Background(), Options{Workspace: dir, Zone: zone, Buckets: 4, Workers: 2, MemoryMiB: memory, Limits: raw.DefaultLimits()}); err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, fs.ErrNotExist) { // not Linux
		return nil
	}
	for line := range strings.Lines(string(status)) {
		if peak, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			fmt.Print(peak)
		}
	}
	return err
}

// ingestProcess starts an ingest in a process of its own.
func ingestProcess(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killedDir+"="+dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// A process that is killed at a random moment, up to three times in a row,
// leaves what the next run completes to the bytes of an undisturbed one.
// go test -run SIGKILL -kills 500 does it for half an hour.
func TestSIGKILL(t *testing.T) {
	w := newWorkspace(t)
	fill(w)
	w.run()
	before := w.tree()
	fillMore(w)
	for i := range 4 { // more of everything: many files, many partitions
		w.put(fmt.Sprintf("readings/more-%d.csv", i), series(40, 100, func(s, h int) string { return fmt.Sprint(s*h%97 + i%2) }))
	}
	begin := time.Now()
	if err := ingestProcess(t, w.dir).Wait(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(begin)
	want := w.tree()
	random := rand.New(rand.NewPCG(3, uint64(*kills)))
	for n := range *kills {
		w.restore(before)
		times := 1 + random.IntN(3)
		for range times {
			cmd := ingestProcess(t, w.dir)
			time.Sleep(time.Duration(random.Int64N(int64(whole))))
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			cmd.Wait() // killed, or done before
		}
		w.run()
		compareTrees(t, fmt.Sprintf("killed %d times, round %d", times, n), w.tree(), want)
	}
}
