//go:build linux

package pipeline

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var faults = flag.Int("faults", 5, "how many times each test of faults makes one")

// childDir names the variable that makes TestFaultChild run a workspace.
const childDir = "MINEWATCH_FAULT_WORKSPACE"

// TestFaultChild is the process that the tests of faults start: it runs a
// workspace and prints the error.
func TestFaultChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("the other tests start it")
	}
	ws, err := OpenWorkspace(dir)
	if err == nil {
		_, err = Run(context.Background(), ws, RunOptions{})
	}
	if err != nil {
		t.Fatalf("run: %v", err)
	}
}

// child returns the command of such a process. As root it runs as nobody, to
// whom modes of files apply.
func child(t *testing.T, ws *Workspace) *exec.Cmd {
	t.Helper()
	program := os.Args[0]
	if os.Getuid() == 0 {
		program = filepath.Join(openTemp(t), "test")
		text, err := os.ReadFile(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(program, text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestFaultChild$", "-test.v")
	cmd.Env = append(os.Environ(), childDir+"="+ws.Dir)
	cmd.Dir = os.TempDir()
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd
}

const nobody = 65534

// openTemp makes a temporary folder that everybody can enter.
func openTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "minewatch-fault-") //nolint:usetesting // parents of t.TempDir are closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// faultWorkspace makes a filled workspace that the child may change, and what
// an undisturbed run makes of it.
func faultWorkspace(t *testing.T) (*Workspace, map[string]string) {
	t.Helper()
	model, run := runWorkspace(t)
	want := readAll(t, model, committedFiles(t, model, "runs/"+run.ID))
	ws, err := Init(filepath.Join(openTemp(t), "ws"), InitOptions{Buckets: 4})
	if err != nil {
		t.Fatal(err)
	}
	fillInbox(t, ws)
	give(t, ws)
	return ws, want
}

// give makes everything in the workspace the child's, with usual modes.
func give(t *testing.T, ws *Workspace) {
	t.Helper()
	err := filepath.WalkDir(ws.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if os.Getuid() == 0 {
			if err := os.Lchown(path, nobody, nobody); err != nil {
				return err
			}
		}
		mode := os.FileMode(0o644)
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			return nil
		case d.IsDir():
			mode = 0o755
		case strings.HasSuffix(path, ".key"):
			mode = 0o600
		}
		return os.Chmod(path, mode)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Files that may not be read and folders that may not be written are named;
// once they may, the next run ends as if nothing had been.
func TestPermissions(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	ws, want := faultWorkspace(t)
	if out, err := child(t, ws).CombinedOutput(); err != nil {
		t.Fatalf("undisturbed: %v\n%s", err, out)
	}
	partition := committedFiles(t, ws, "lake/readings")[1] // manifest.json, rows-….parquet, …
	for _, test := range []struct {
		name string
		mode os.FileMode
		says string
	}{
		{"inbox/readings/a.csv", 0, ""}, // tried again by the next; the rows are in the lake already
		{partition, 0, filepath.Base(partition)},
		{filepath.Dir(partition) + "/manifest.json", 0, "manifest.json"},
		{"lake/_files", 0o555, "_files"},
		{"runs", 0o555, "runs"},
		{"lake", 0o555, "lake"},
		{".keys", 0, ".keys"},
		{JournalName, 0o444, JournalName},
		{".", 0o555, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			write(t, ws.Path("inbox/outcomes/"+filepath.Base(test.name)+".csv"), "site_id,visited_on,outcome\nX-"+filepath.Base(test.name)+",2020-01-01,no_access\n") // something new
			give(t, ws)
			if err := os.Chmod(ws.Path(test.name), test.mode); err != nil {
				t.Fatal(err)
			}
			out, err := child(t, ws).CombinedOutput()
			if test.says != "" && (err == nil || !bytes.Contains(out, []byte(test.says)) || bytes.Contains(out, []byte("panic:"))) {
				t.Errorf("got %v, want an error that names %s:\n%s", err, test.says, out)
			}
			give(t, ws)
			if out, err := child(t, ws).CombinedOutput(); err != nil {
				t.Fatalf("afterwards: %v\n%s", err, out)
			}
			sameResults(t, ws, want, test.name)
			if v, err := Verify(t.Context(), filepath.Join(ws.Runs(), latest), ""); err != nil || len(v.Problems) > 0 {
				t.Errorf("verify: %+v, %v", v, err)
			}
		})
	}
}

// A disk that is full at one point or another leaves nothing that the next run
// does not complete to the same results.
func TestDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a disk")
	}
	dir := openTemp(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("needs the right to mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	model, run := runWorkspace(t)
	want := readAll(t, model, committedFiles(t, model, "runs/"+run.ID))
	random := rand.New(rand.NewPCG(4, uint64(*faults)))
	failed := 0
	for n := range *faults {
		ws, err := Init(filepath.Join(dir, fmt.Sprint("ws", n)), InitOptions{Buckets: 4})
		if err != nil {
			t.Fatal(err)
		}
		fillInbox(t, ws)
		free := 20_000 + random.Int64N(700_000) // an undisturbed run needs about as much
		fill := filepath.Join(dir, "fill")
		leave(t, dir, fill, free)
		_, err = Run(t.Context(), ws, RunOptions{})
		if err != nil {
			failed++
			if !strings.Contains(strings.ToLower(err.Error()), "no space") && !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%d bytes free: %v, want an error of the disk", free, err)
			}
		}
		remove(t, fill)
		if _, err := Run(t.Context(), ws, RunOptions{}); err != nil {
			t.Errorf("%d bytes free, then more: %v", free, err)
			continue
		}
		sameResults(t, ws, want, fmt.Sprintf("disk with %d bytes free", free))
		if v, err := Verify(t.Context(), filepath.Join(ws.Runs(), latest), ""); err != nil || len(v.Problems) > 0 {
			t.Errorf("%d bytes free: verify: %+v, %v", free, v, err)
		}
		if err := os.RemoveAll(ws.Dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d runs met a full disk", failed, *faults)
}

// leave fills a file system but for so many bytes.
func leave(t *testing.T, dir, fill string, free int64) {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(fill)
	if err == nil {
		block := make([]byte, 64<<10)
		for left := int64(s.Bavail)*s.Bsize - free; left > 0 && err == nil; left -= int64(len(block)) {
			_, err = f.Write(block[:min(left, int64(len(block)))])
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// A file of the lake that was cut off is found, refused and made again.
func TestTruncated(t *testing.T) {
	ws, run := runWorkspace(t)
	want := readAll(t, ws, committedFiles(t, ws, "runs/"+run.ID))
	whole := readAll(t, ws, committedFiles(t, ws, "."))
	files := committedFiles(t, ws, "lake")
	random := rand.New(rand.NewPCG(6, uint64(*faults)))
	for n := range *faults {
		restore(t, ws, whole)
		name := files[random.IntN(len(files))]
		if err := os.Truncate(ws.Path(name), random.Int64N(int64(len(whole[name])))); err != nil {
			t.Fatal(err)
		}
		v, err := Verify(t.Context(), filepath.Join(ws.Runs(), run.ID), "")
		if err != nil || len(v.Problems) == 0 {
			t.Errorf("%s cut off: %+v, %v", name, v, err)
		}
		touch(t, ws, n)
		if _, err := Run(t.Context(), ws, RunOptions{}); err != nil {
			repairAndRun(t, ws, n, name)
		}
		sameResults(t, ws, want, name)
	}
}

// Of processes that start at once one works, the others are told; the results
// are those of one alone.
func TestTwoProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	ws, want := faultWorkspace(t)
	var outs [4]bytes.Buffer
	var cmds [4]*exec.Cmd
	for i := range cmds {
		cmds[i] = child(t, ws)
		cmds[i].Stdout, cmds[i].Stderr = &outs[i], &outs[i]
	}
	for _, c := range cmds {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	done := 0
	for i, c := range cmds {
		if err := c.Wait(); err == nil {
			done++
		} else if !strings.Contains(outs[i].String(), "another minewatch is at work") {
			t.Errorf("process %d: %v\n%s", i, err, outs[i].String())
		}
	}
	if done == 0 {
		t.Error("none of the processes did the work")
	}
	sameResults(t, ws, want, "four processes")
	if v, err := Verify(t.Context(), filepath.Join(ws.Runs(), latest), ""); err != nil || len(v.Problems) > 0 {
		t.Errorf("verify: %+v, %v", v, err)
	}
}
