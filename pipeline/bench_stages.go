package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/stat"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// A StageCost is what one stage costs on one lake: medians over the rounds, the
// most memory of any.
type StageCost struct {
	Stage    string  `json:"stage"`
	Readings int64   `json:"readings"`
	Sites    int     `json:"sites"`
	Years    int     `json:"years"`
	Cores    int     `json:"cores"`
	Rows     int64   `json:"rows"`  // that it reads
	Bytes    int64   `json:"bytes"` // of the Parquet files that it reads
	Seconds  float64 `json:"seconds"`
	CPUS     float64 `json:"cpu_s"`    // processor time; 0 where the system does not say
	PeakMiB  float64 `json:"peak_mib"` // resident memory; 0 where the system does not say
	// Ratio is Seconds by those of the bare scan of the same files on as many cores
	// in the same process, CPURatio the same of processor time.
	Ratio    float64 `json:"ratio"`
	CPURatio float64 `json:"cpu_ratio"`
}

// BareScan is the name of the yardstick: DuckDB's scan of the readings.
const BareScan = "bare scan"

// LakeToEvidence is the name of all stages from the readings to the evidence together,
// as a run does them: what several read is read once.
const LakeToEvidence = "lake to evidence"

// A StageBench measures the electricity stages.
type StageBench struct {
	Lake   BenchLake
	Cores  []int
	Rounds int // medians are taken over so many
	Reads  int // sites read one by one
}

// A BenchResult is what a StageBench measured.
type BenchResult struct {
	Costs []StageCost `json:"costs"`
	// ReadMS are the times of reading single sites for explain, in milliseconds: the
	// median and the 95th percentile. ReadCPUS is the processor time of one.
	ReadMS, ReadP95MS, ReadCPUMS float64
	Buckets                      int
	LakeBytes                    int64
	GenerateS                    float64
}

// Run makes a lake in a new workspace at dir and measures each stage on it,
// Rounds times on each number of cores.
func (b StageBench) Run(ctx context.Context, dir string, progress Progress) (*BenchResult, error) {
	ws, err := Init(dir, InitOptions{Buckets: b.Lake.buckets()})
	if err != nil {
		return nil, err
	}
	if err := benchRegister(ws, b.Lake.Sites); err != nil {
		return nil, err
	}
	if _, err := Ingest(ctx, ws, IngestOptions{}); err != nil {
		return nil, err
	}
	begun := time.Now()
	rows, err := b.Lake.write(ws, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, fmt.Errorf("generate readings: %w", err)
	}
	result := &BenchResult{GenerateS: time.Since(begun).Seconds(), Buckets: ws.Config.Buckets}
	list, err := store.List(ws.Lake(), "readings")
	if err != nil {
		return nil, err
	}
	files := paths(ws.Lake(), list)
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return nil, err
		}
		result.LakeBytes += info.Size()
	}
	all := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(all)
	for _, cores := range b.Cores {
		runtime.GOMAXPROCS(cores)
		costs, err := b.rounds(ctx, ws, cores, files, progress)
		if err != nil {
			return nil, err
		}
		for i := range costs {
			c := &costs[i]
			c.Readings, c.Sites, c.Years, c.Cores, c.Rows, c.Bytes = rows, b.Lake.Sites, b.Lake.Years, cores, rows, result.LakeBytes
		}
		result.Costs = append(result.Costs, costs...)
	}
	return result, b.reads(ws, result)
}

// measure is one round of one stage.
type measure struct{ seconds, cpu, peakMiB float64 }

func (b StageBench) rounds(ctx context.Context, ws *Workspace, cores int, files []string, progress Progress) ([]StageCost, error) {
	alone := []*Stage{profileStage, checkStage, detectStage}
	type step struct {
		name   string
		stages [][]*Stage
	}
	steps := []step{{LakeToEvidence, [][]*Stage{alone, {peerStage}}}}
	for _, s := range alone {
		steps = append(steps, step{s.Name, [][]*Stage{{s}}})
	}
	taken := map[string][]measure{}
	take := func(name string, work func() error) error {
		m, err := measured(work)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		taken[name] = append(taken[name], m)
		return nil
	}
	for round := range b.Rounds {
		if err := take(BareScan, func() error { return scanBare(ctx, ws, files, cores) }); err != nil {
			return nil, err
		}
		env, err := newEnv(ws, nil)
		if err != nil {
			return nil, err
		}
		env.Workers = cores
		for _, step := range steps {
			if err := take(step.name, func() error { return renew(ctx, env, step.stages) }); err != nil {
				return nil, err
			}
		}
		progress(fmt.Sprintf("%d cores", cores), int64(round+1), int64(b.Rounds), 0)
	}
	var costs []StageCost
	var scan StageCost
	for _, name := range []string{BareScan, profileStage.Name, checkStage.Name, detectStage.Name, LakeToEvidence} {
		c := StageCost{Stage: name}
		var seconds, cpu []float64
		for _, m := range taken[name] {
			seconds, cpu = append(seconds, m.seconds), append(cpu, m.cpu)
			c.PeakMiB = max(c.PeakMiB, m.peakMiB)
		}
		c.Seconds, c.CPUS = stat.Median(seconds), stat.Median(cpu)
		if name == BareScan {
			scan = c
		}
		c.Ratio = c.Seconds / scan.Seconds
		if scan.CPUS > 0 {
			c.CPURatio = c.CPUS / scan.CPUS
		}
		costs = append(costs, c)
	}
	return costs, nil
}

// renew does all tasks of stages, also those whose result is there: groups of stages one
// after another, the stages of a group together.
func renew(ctx context.Context, env *Env, groups [][]*Stage) error {
	for _, group := range groups {
		var tasks []Task
		for _, s := range group {
			all, _, err := env.plan(ctx, s)
			if err != nil {
				return err
			}
			tasks = append(tasks, all...)
		}
		if _, err := env.runner.Run(ctx, env, jobsOf(tasks)); err != nil {
			return err
		}
	}
	return nil
}

// scanBare is what merely reading the two columns costs.
func scanBare(ctx context.Context, ws *Workspace, files []string, threads int) error {
	db, err := sql.Open(ctx, sql.Options{Threads: threads, MemoryMiB: 1024, TempDir: filepath.Join(ws.Lake(), ".tmp", "bench"), Dirs: []string{ws.Lake()}})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.View(ctx, "readings", datasets.Lookup("readings"), files); err != nil {
		return err
	}
	var wh, last int64
	return db.One(ctx, "SELECT sum(wh)::BIGINT, epoch_us(max(ts)) FROM readings", &wh, &last)
}

// measured runs work and returns its time and the most memory meanwhile.
func measured(work func() error) (m measure, err error) {
	debug.FreeOSMemory()
	resetPeak()
	begun, cpu := time.Now(), cpuSeconds()
	err = work()
	return measure{time.Since(begun).Seconds(), cpuSeconds() - cpu, peakMiB()}, err
}

// resetPeak makes Linux forget the peak of the resident memory; elsewhere it does
// nothing.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200) }

// peakMiB returns the peak since resetPeak, 0 where the system does not say.
func peakMiB() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	if fields := strings.Fields(rest); len(fields) > 0 {
		kib, _ := strconv.ParseFloat(fields[0], 64) // 0 if it is no number
		return kib / 1024
	}
	return 0
}

// reads reads single sites as explain does.
func (b StageBench) reads(ws *Workspace, result *BenchResult) error {
	env, err := newEnv(ws, nil)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 9))
	var ms []float64
	cpu := cpuSeconds()
	for range b.Reads {
		begun := time.Now()
		s, ok, err := env.siteSeries(benchSite(r.IntN(b.Lake.Sites)))
		if err != nil {
			return err
		}
		if !ok || s.Known() == 0 {
			return errors.New("a site of the benchmark has no readings")
		}
		ms = append(ms, time.Since(begun).Seconds()*1000)
	}
	if len(ms) == 0 {
		return nil
	}
	result.ReadCPUMS = (cpuSeconds() - cpu) * 1000 / float64(len(ms))
	slices.Sort(ms)
	result.ReadMS, result.ReadP95MS = stat.Quantile(ms, 0.5), ms[int(math.Ceil(0.95*float64(len(ms))))-1]
	return nil
}
