package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// What listed pools send a client in large packets is a clock for the packets of another,
// and not for its own; further from any it is the blocks that a node heard of.
func TestJobsAreAClockForOthers(t *testing.T) {
	ws, err := Init(filepath.Join(t.TempDir(), "ws"), InitOptions{Buckets: 1, Zone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	begin := datasets.MicrosOf(time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC))
	packet := func(atS float64, client, server string, port int32, bytes int64) datasets.Flow {
		return datasets.Flow{TS: begin + datasets.Micros(atS*1e6), SrcIP: client, SrcPort: 40000, DstIP: server, DstPort: port, Proto: "tcp", Sampling: 100, RespPkts: 100, RespBytes: 100 * bytes, Direction: "resp"}
	}
	const known, hidden, pool, private = "10.0.0.1", "10.0.0.2", "192.0.2.1", "192.0.2.9"
	flows := []datasets.Flow{
		packet(100, known, pool, 3333, 1448),
		packet(101.5, hidden, private, 443, 1300), // within 2 s
		packet(130, known, pool, 3333, 1300),      // of the same message
		packet(400, known, pool, 3333, 90),        // an answer
		packet(700, known, pool, 443, 1448),       // the pool's web site
		packet(700.2, hidden, private, 443, 1448),
		packet(4000, hidden, private, 443, 90),
		packet(8000, known, private, 443, 1448), // nobody's pool
	}
	asked := []datasets.DNS{{TS: begin, ClientIP: known, Query: "btc.f2pool.com", Answers: pool}}
	for _, err := range []error{commit(ws, flows, "flows", datasets.Partition{Year: 2023}), commit(ws, asked, "dns", datasets.Partition{Year: 2023})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const heard = "2023-05-01T00:11:39Z UpdateTip: new best=00 height=787700 date='2023-05-01T00:11:10Z' progress=1.000000\n" // 699 s
	if err := os.WriteFile(ws.Path("debug.log"), []byte(heard), 0o644); err != nil {
		t.Fatal(err)
	}
	ws.Config.Traffic.BlockTimes = []string{"debug.log"}
	env, err := newEnv(ws, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, stage := range []*Stage{nameStage, jobStage, flowStage} {
		if _, err := runStages(context.Background(), env, stage); err != nil {
			t.Fatal(err)
		}
	}
	got, err := store.ReadTable[datasets.PoolJob](ws.Lake(), "pool_job")
	if d := cmp.Diff([]datasets.PoolJob{{At: begin + 100e6, Client: known, ClientIP: known}}, got); d != "" || err != nil {
		t.Error(d, err)
	}
	days, err := store.ReadTable[datasets.FlowDay](ws.Lake(), "flow_day")
	if err != nil {
		t.Fatal(err)
	}
	pulses := map[string]datasets.Pulse{}
	for _, d := range days {
		pulses[d.Client+" "+d.ServerIP] = d.Pulse
	}
	if p := pulses[hidden+" "+private]; p != (datasets.Pulse{LargeJob2: 1, Large5: 1, SmallMore: 1}) {
		t.Errorf("%+v", pulses)
	}
	if p, ok := pulses[known+" "+pool]; !ok || p.LargeJob1 > 0 {
		t.Errorf("vouches for itself: %+v", pulses)
	}
}

// Two clients of a second are enough, and their order does not depend on that of the rows.
func TestThinJobs(t *testing.T) {
	job := func(at datasets.Micros, client string) datasets.PoolJob {
		return datasets.PoolJob{At: at, Client: client}
	}
	got := thinJobs([]datasets.PoolJob{job(2_000_000, "a"), job(1_900_000, "c"), job(1_100_000, "a"), job(1_200_000, "a"), job(1_500_000, "b")})
	if d := cmp.Diff([]datasets.PoolJob{job(1_100_000, "a"), job(1_500_000, "b"), job(2_000_000, "a")}, got); d != "" {
		t.Error(d)
	}
}
