package pipeline

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/traffic"
	"github.com/minewatch/minewatch/pipeline/sql"
	"github.com/minewatch/minewatch/pipeline/stitch"
)

// jobStage finds what listed pools sent their clients in large packets, of sampled records:
// the network's known miners are a clock of blocks for the others.
var jobStage = &Stage{
	Name:   "jobs",
	Tables: []string{"pool_job"},
	Beside: []string{"subscribers", "pools", "server_name"},
	After:  []*Stage{nameStage},
	Plan: func(env *Env) ([]Task, error) {
		who, err := env.who()
		if err != nil {
			return nil, err
		}
		interest, err := env.interest()
		if err != nil {
			return nil, err
		}
		return env.bucketTasks("jobs", []string{"flows"}, who.digest, interest.digest)
	},
	Apply: applyJobs,
}

func applyJobs(ctx context.Context, env *Env, t Task) (int64, error) {
	who, err := env.who()
	if err != nil {
		return 0, err
	}
	interest, err := env.interest()
	if err != nil {
		return 0, err
	}
	jobs := newJobs(interest.tells, who.leases.Resolver())
	servers := map[string][]string{"pool_address": interest.servers()}
	err = env.selected(ctx, t, "flows", sql.LargePackets(), servers, func(large string) error {
		return store.Scan(large, func(rows []datasets.Flow) error {
			for i := range rows {
				jobs.add(&rows[i])
			}
			return nil
		})
	})
	if err != nil {
		return 0, err
	}
	for i := range jobs.rows {
		jobs.rows[i].Bucket = t.Out.Bucket
	}
	m, err := store.CommitRows(env.WS.Lake(), jobs.rows, t.manifest("pool_job"))
	return m.Rows, err
}

// jobs gathers large packets of listed pools, which come in order.
type jobs struct {
	tells func(ip string, port int32) bool
	who   stitch.Resolver
	last  map[[2]string]datasets.Micros // by client's and server's address
	rows  []datasets.PoolJob
}

func newJobs(tells func(ip string, port int32) bool, who stitch.Resolver) *jobs {
	return &jobs{tells: tells, who: who, last: map[[2]string]datasets.Micros{}}
}

func (j *jobs) add(f *datasets.Flow) {
	if !stitch.Large(f) || !j.tells(f.DstIP, f.DstPort) {
		return
	}
	if at, ok := j.last[[2]string{f.SrcIP, f.DstIP}]; ok && f.TS-at < stitch.MessageGap {
		return
	}
	k := [2]string{strings.Clone(f.SrcIP), strings.Clone(f.DstIP)} // not the memory of all rows
	j.last[k] = f.TS
	client, _, _, _ := j.who.Client(f.SrcIP, f.SrcPort, f.TS)
	j.rows = append(j.rows, datasets.PoolJob{At: f.TS, Client: strings.Clone(client), ClientIP: k[0]})
}

// servers returns the addresses that may be a listed pool's.
func (in *interest) servers() []string {
	out := in.pools.Addresses()
	for a := range in.hosts {
		out = append(out, a)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// tells reports whether an address and a port are a listed pool's that hears of the blocks.
func (in *interest) tells(ip string, port int32) bool {
	return traffic.TellsBlocks(in.pools.Match(ip, port), port) ||
		slices.ContainsFunc(in.hosts[ip], func(host string) bool { return traffic.TellsBlocks(in.pools.Match(host, port), port) })
}

// poolJobs are jobs that listed pools sent, in order, and a digest of their partitions.
type poolJobs struct {
	rows   []datasets.PoolJob
	digest string
}

// poolJobs reads pool_job, which must be current.
func (e *Env) poolJobs() (*poolJobs, error) {
	s := &e.traffic
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jobs != nil {
		return s.jobs, nil
	}
	rows, err := store.ReadTable[datasets.PoolJob](e.WS.Lake(), "pool_job")
	if err != nil {
		return nil, err
	}
	parts, err := store.List(e.WS.Lake(), "pool_job")
	if err != nil {
		return nil, err
	}
	parts = slices.DeleteFunc(parts, func(m store.Manifest) bool { return m.Rows == 0 })
	s.jobs = &poolJobs{thinJobs(rows), store.Fingerprint(refs(parts)...)}
	return s.jobs, nil
}

// thinJobs orders jobs and keeps, of those of one second, the first of two clients: one
// vouches for the other, and both for everybody else.
func thinJobs(rows []datasets.PoolJob) []datasets.PoolJob {
	slices.SortFunc(rows, func(a, b datasets.PoolJob) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Client, b.Client), cmp.Compare(a.ClientIP, b.ClientIP))
	})
	out := rows[:0]
	for _, r := range rows {
		same := 0
		for i := len(out) - 1; i >= 0 && out[i].At/1e6 == r.At/1e6; i-- {
			if same++; out[i].Client == r.Client {
				same = 2
			}
		}
		if same < 2 {
			out = append(out, r)
		}
	}
	return slices.Clip(out)
}
