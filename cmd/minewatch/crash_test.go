package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// killRounds names the variable that says how many rounds TestKilled does, of
// killsARound kills each.
const (
	killRounds  = "MINEWATCH_KILL_ROUNDS"
	killsARound = 4
)

// A killed process leaves what the next one completes, whatever the moment: the
// lake, the quarantine and the run have the bytes of an undisturbed one. Kills
// fall on ingest and on run, with what a second delivery corrects.
func TestKilled(t *testing.T) {
	rounds := 6
	if text := os.Getenv(killRounds); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	base := filepath.Join(t.TempDir(), "base")
	mustRun(t, "init", base, "--buckets", "4")
	deliver(t, base, "a", 0)
	mustRun(t, "run", "-w", base, "--quiet")
	deliver(t, base, "b", 1)
	undisturbed := copyOf(t, base)
	begin := time.Now()
	mustRun(t, "run", "-w", undisturbed, "--quiet")
	whole := time.Since(begin)
	want := digests(t, undisturbed)
	random := rand.New(rand.NewPCG(11, 12))
	stopped := 0
	for round := range rounds {
		dir := copyOf(t, base)
		for range killsARound {
			command, most := "run", whole
			if random.IntN(2) == 0 {
				command, most = "ingest", whole/3 // which is about its share of a run
			}
			if killAfter(t, time.Duration(random.Int64N(int64(most))), command, "-w", dir, "--quiet") {
				stopped++
			}
		}
		mustRun(t, "run", "-w", dir, "--quiet")
		if got := digests(t, dir); !maps.Equal(got, want) {
			for _, name := range slices.Sorted(maps.Keys(want)) {
				if got[name] != want[name] {
					t.Errorf("round %d: %s is %q, want %q", round, name, got[name], want[name])
				}
				delete(got, name)
			}
			t.Errorf("round %d: more files %v", round, slices.Sorted(maps.Keys(got)))
		}
		mustRun(t, "verify", filepath.Join(dir, "runs", "latest"))
	}
	t.Logf("%d of %d processes were killed before their end", stopped, rounds*killsARound)
	if stopped < rounds {
		t.Errorf("only %d of %d processes were killed before their end", stopped, rounds*killsARound)
	}
}

// mustRun runs the program; testscript has put this test's binary on the path.
func mustRun(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("minewatch", args...).CombinedOutput(); err != nil {
		t.Fatalf("minewatch %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// killAfter starts the program and kills it, unless it ends before.
func killAfter(t *testing.T, d time.Duration, args ...string) (killed bool) {
	t.Helper()
	cmd := exec.Command("minewatch", args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-done:
		return false
	case <-time.After(d):
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Log(err) // it has just ended
	}
	<-done
	return !cmd.ProcessState.Exited()
}

// deliver puts files of every kind into the inbox. Those of a later version
// correct some readings and repeat others.
func deliver(t *testing.T, dir, name string, version int) {
	t.Helper()
	var readings, conn, dns, sites strings.Builder
	readings.WriteString("site_id,ts,kwh\n")
	sites.WriteString("site_id,name,bin,oked,region,lat,lon\n")
	start := time.Date(2022, 10, 1, 0, 0, 0, 0, time.UTC)
	for s := range 12 {
		fmt.Fprintf(&sites, "S%d,Site %d,940140000385,85420,Karaganda,49.8,73.%d\n", s, s, s)
		for h := range 24 * 150 {
			kwh := 20 + (h*7+s*13)%11 + h%24
			if s == 3 && h > 2000 {
				kwh += 60
			}
			if version > 0 && h%500 == 0 {
				kwh++
			}
			fmt.Fprintf(&readings, "S%d,%s,%d\n", s, start.Add(time.Duration(h+version*24*20)*time.Hour).Format(time.RFC3339), kwh)
		}
	}
	readings.WriteString("S1,never,1\n")
	conn.WriteString("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
		"#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n")
	dns.WriteString("ts,client_ip,query\n")
	for i := range 3000 {
		at := start.Add(time.Duration(i*10+version) * time.Minute)
		fmt.Fprintf(&conn, "%d.5\t10.0.0.%d\t%d\t198.51.100.7\t3333\ttcp\t500.25\t%d\t%d\t40\t4000\t40\t5000\n", at.Unix(), i%20, 30000+i, 1000+i%70, 2000+i%90)
		fmt.Fprintf(&dns, "%s,10.0.0.%d,pool-%d.example\n", at.Format(time.RFC3339), i%20, i%3)
	}
	for path, text := range map[string]string{
		"readings/" + name + ".csv": readings.String(), "sites/" + name + ".csv": sites.String(), "flows/" + name + ".log": conn.String(), "dns/" + name + ".csv": dns.String(),
		"registry/" + name + ".csv":    "bin,name,category,notified_on,declared_mw\n950341000052,Zavod,miner,2022-01-10,1.5\n",
		"subscribers/" + name + ".csv": fmt.Sprintf("ip_prefix,valid_from,subscriber_id,site_id\n10.0.0.1,2022-09-01T00:00:0%dZ,sub-1,S3\n", version),
	} {
		file := filepath.Join(dir, "inbox", path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// copyOf copies a workspace.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "w")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(to, ".keys", "minewatch.key"), 0o600); err != nil { // CopyFS makes it readable for all
		t.Fatal(err)
	}
	return to
}

// digests hashes the files of a workspace, by name, but the inbox and what is noted of
// its files and their times. The manifests of runs and the journal hold the time of day,
// and so do their signatures.
func digests(t *testing.T, dir string) map[string]string {
	t.Helper()
	list := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(strings.TrimPrefix(name, "."), "inbox") || d.Type()&fs.ModeSymlink != 0 {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if base := filepath.Base(name); strings.HasPrefix(name, "runs") && (base == "manifest.json" || base == "manifest.sig") || name == "journal.jsonl" || name == "journal.sig" {
			content = nil
		}
		list[filepath.ToSlash(name)] = fmt.Sprintf("%x", sha256.Sum256(content))[:16]
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
