package pipeline

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var flips = flag.Int("flips", 10, "how many bits TestBitFlips flips in the lake and in the run's folder")

// runWorkspace makes a small workspace with a finished run: eight metered
// sites, one of them with a mine, a corrected delivery, a refused row, a
// registry, traffic and bills.
func runWorkspace(t *testing.T) (*Workspace, *RunResult) {
	t.Helper()
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 4})
	if err != nil {
		t.Fatal(err)
	}
	fillInbox(t, ws)
	result, err := Run(t.Context(), ws, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ws, result
}

func fillInbox(t *testing.T, ws *Workspace) {
	t.Helper()
	var sites, readings strings.Builder
	sites.WriteString("site_id,name,bin,account_type,address,region,lat,lon,feeder_id\n")
	readings.WriteString("site_id,ts,kwh\n")
	begin := time.Date(2022, 11, 1, 0, 0, 0, 0, time.UTC) // over the turn of a year: two partitions a bucket
	for s := range 8 {
		fmt.Fprintf(&sites, "MTR-%d,Holder %d,,sole_trader,\"Street 1, %d\",Pavlodar,52.3,77.%d,F1\n", s, s, s, s)
		for h := range 24 * 90 {
			kwh := 4 + 3*float64((h+s)%24)/24
			if s == 3 && h > 24*45 {
				kwh += 60
			}
			fmt.Fprintf(&readings, "MTR-%d,%s,%.2f\n", s, begin.Add(time.Duration(h)*time.Hour).Format(time.RFC3339), kwh)
		}
	}
	readings.WriteString("MTR-1,not a time,4\n")
	put := func(name, text string) { write(t, ws.Path("inbox/"+name), text) }
	put("sites/sites.csv", sites.String())
	put("readings/a.csv", readings.String())
	put("readings/b.csv", "site_id,ts,kwh\nMTR-1,2022-11-01T00:00:00Z,9\nMTR-2,2022-11-01T00:00:00Z,9.5\n")
	put("registry/registry.csv", "bin,name,category,notified_on,declared_mw\n950341000052,Zavod,miner,2022-01-10,1.5\n")
	put("billing/bills.csv", "site_id,period_start,period_end,kwh\nMTR-9,2022-11-01,2022-11-30,300\n")
	var flows strings.Builder
	flows.WriteString("ts,src_ip,src_port,dst_ip,dst_port,proto,duration_s,orig_bytes,resp_bytes,orig_pkts,resp_pkts\n")
	for h := range 24 * 3 {
		fmt.Fprintf(&flows, "%s,10.0.0.%d,50000,203.0.113.5,3333,tcp,3500,90000,140000,700,700\n", begin.Add(time.Duration(h)*time.Hour).Format(time.RFC3339), h%3)
	}
	put("flows/flows.csv", flows.String())
	put("subscribers/leases.csv", "ip_prefix,valid_from,subscriber_id,provider,site_id\n10.0.0.1,2022-01-01T00:00:00Z,C-1,Telecom,MTR-3\n")
}

// committedFiles lists the files below the folders, relative to the workspace.
func committedFiles(t *testing.T, ws *Workspace, folders ...string) []string {
	t.Helper()
	var files []string
	for _, folder := range folders {
		err := filepath.WalkDir(ws.Path(folder), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files = append(files, ws.below(path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(files)
	return files
}

// flip changes one bit of a file and keeps its size and time.
func flip(t *testing.T, path string, random *rand.Rand) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[random.IntN(len(text))] ^= 1 << random.IntN(8)
	if err := errors.Join(os.WriteFile(path, text, 0o644), os.Chtimes(path, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
}

// Every flipped bit is found by verify, which names the file, and none gets
// into a run: the next one refuses it by name, or makes the file again and ends
// with the same results. Files are drawn evenly, then bits within the file, so that
// small manifests are hit as often as large tables.
// go test ./pipeline -run BitFlips -flips 100
func TestBitFlips(t *testing.T) {
	ws, first := runWorkspace(t)
	want := readAll(t, ws, committedFiles(t, ws, "runs/"+first.ID))
	whole := readAll(t, ws, committedFiles(t, ws, "."))
	files := slices.DeleteFunc(committedFiles(t, ws, "lake", "runs/"+first.ID, "quarantine"), func(f string) bool { return whole[f] == "" }) // which have no bit
	random := rand.New(rand.NewPCG(10, uint64(*flips)))
	var refused, again, unused int
	for n := range *flips {
		restore(t, ws, whole)
		name := files[random.IntN(len(files))]
		flip(t, ws.Path(name), random)
		v, err := Verify(t.Context(), filepath.Join(ws.Runs(), first.ID), "")
		if err != nil {
			t.Fatal(err)
		}
		short := strings.TrimPrefix(name, "runs/"+first.ID+"/")
		if !slices.ContainsFunc(v.Problems, func(p Problem) bool {
			return p.File == name || p.File == short || short == ManifestName && p.File == SignatureName
		}) {
			t.Errorf("flip %d in %s was not found: %v", n, name, v.Problems)
		}
		touch(t, ws, n) // something new, so that the run reads the lake
		result, err := Run(t.Context(), ws, RunOptions{})
		var damaged *DamagedError
		switch {
		case errors.As(err, &damaged):
			refused++
			if !slices.ContainsFunc(damaged.Problems, func(p Problem) bool { return p.File == name }) || !strings.Contains(err.Error(), "inbox/") && !strings.Contains(err.Error(), "--repair") {
				t.Errorf("flip %d in %s: the run names something else: %v", n, name, err)
			}
			repairAndRun(t, ws, n, name)
		case err != nil:
			refused++
			if !strings.Contains(err.Error(), filepath.Base(name)) {
				t.Errorf("flip %d in %s: the run names something else: %v", n, name, err)
			}
			if strings.HasPrefix(name, "runs/") {
				adviceAndRun(t, ws, n, first.ID, err)
			} else {
				repairAndRun(t, ws, n, name)
			}
		case len(result.Repaired) > 0:
			again++
		default:
			unused++
		}
		sameResults(t, ws, want, name)
	}
	t.Logf("%d flips: %d refused by name and repaired, %d made again, %d in files that the run does not read", *flips, refused, again, unused)
}

// touch changes a setting that no result depends on but the fingerprint.
func touch(t *testing.T, ws *Workspace, n int) {
	t.Helper()
	ws.Config.Visits.CostKZT = 0
	ws.Config.Seed = int64(n + 2)
}

func repairAndRun(t *testing.T, ws *Workspace, n int, name string) {
	t.Helper()
	if _, err := Repair(t.Context(), ws, IngestOptions{}); err != nil {
		t.Errorf("flip %d in %s: %v", n, name, err)
		return
	}
	if _, err := Run(t.Context(), ws, RunOptions{}); err != nil {
		t.Errorf("flip %d in %s: run after the repair: %v", n, name, err)
	}
}

// adviceAndRun gives up the run before, as the refusal says, and runs again; the
// journal knows of it.
func adviceAndRun(t *testing.T, ws *Workspace, n int, id string, refusal error) {
	t.Helper()
	if !strings.Contains(refusal.Error(), "minewatch prune --run "+id) {
		t.Errorf("flip %d: the run does not say what to do: %v", n, refusal)
	}
	if _, err := Prune(t.Context(), ws, PruneOptions{Run: id, Do: true}); err != nil {
		t.Fatal(err)
	}
	result, err := Run(t.Context(), ws, RunOptions{})
	if err != nil {
		t.Fatalf("flip %d: run without the one before: %v", n, err)
	}
	if v, err := Verify(t.Context(), filepath.Join(ws.Runs(), result.ID), ""); err != nil || len(v.Problems) > 0 {
		t.Errorf("flip %d: after the run was given up: %v, %v", n, v, err)
	}
}

// sameResults compares the newest run with the undisturbed one, but for its
// seal and what names the run.
func sameResults(t *testing.T, ws *Workspace, want map[string]string, flipped string) {
	t.Helper()
	_, dir, ok := ws.newest()
	if !ok {
		t.Fatalf("%s: no run", flipped)
	}
	for _, name := range []string{"scores.parquet", "score_terms.parquet", "evidence.parquet", "visits.parquet", "statement.parquet", "inspection/sites.csv", "tax/statement.csv", "telecom/candidates.csv", "telecom/subscribers.csv"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for path, text := range want {
			if strings.HasSuffix(path, "/"+name) && string(got) != text {
				t.Errorf("after a flip in %s the new run has another %s", flipped, name)
			}
		}
	}
}

func readAll(t *testing.T, ws *Workspace, files []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(ws.Path(f))
		if err != nil {
			t.Fatal(err)
		}
		all[f] = string(text)
	}
	return all
}

// restore makes the workspace hold these files and no others.
func restore(t *testing.T, ws *Workspace, whole map[string]string) {
	t.Helper()
	for _, f := range committedFiles(t, ws, ".") {
		if _, ok := whole[f]; !ok {
			remove(t, ws.Path(f))
		}
	}
	entries, err := os.ReadDir(ws.Runs())
	if err != nil {
		t.Fatal(err)
	}
	newest := ""
	for f := range whole {
		if id, ok := strings.CutPrefix(f, "runs/"); ok {
			newest, _, _ = strings.Cut(id, "/")
		}
	}
	for _, e := range entries {
		if e.Name() != newest {
			if err := os.RemoveAll(filepath.Join(ws.Runs(), e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	for f, text := range whole {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(f, ".keys/") {
			mode = 0o600
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(ws.Path(f)), 0o755), os.WriteFile(ws.Path(f), []byte(text), mode)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(newest, filepath.Join(ws.Runs(), latest)); err != nil {
		t.Fatal(err)
	}
}
