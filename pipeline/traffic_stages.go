package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/traffic"
	"github.com/minewatch/minewatch/pipeline/link"
	"github.com/minewatch/minewatch/pipeline/sql"
	"github.com/minewatch/minewatch/pipeline/stitch"
)

// nameStage lists the names that each client had resolved, and says whose the
// address was on the day. A task is a bucket of addresses.
var nameStage = &Stage{
	Name:   "names",
	Tables: []string{"server_name"},
	Beside: []string{"subscribers"},
	Plan: func(env *Env) ([]Task, error) {
		who, err := env.who()
		if err != nil {
			return nil, err
		}
		return env.bucketTasks("names", []string{"dns"}, who.digest)
	},
	Apply: applyNames,
}

// flowStage stitches flow records into sessions and daily contacts of each
// subscriber. A task is a bucket of addresses.
var flowStage = &Stage{
	Name:   "sessions",
	Tables: []string{"flow_session", "flow_day"},
	Beside: []string{"subscribers", "pools", "server_name", "pool_job"},
	After:  []*Stage{nameStage, jobStage},
	Plan: func(env *Env) ([]Task, error) {
		who, err := env.who()
		if err != nil {
			return nil, err
		}
		interest, err := env.interest()
		if err != nil {
			return nil, err
		}
		jobs, err := env.poolJobs()
		if err != nil {
			return nil, err
		}
		blocks, err := env.blockTimes()
		if err != nil {
			return nil, err
		}
		return env.bucketTasks("sessions", []string{"flows", "tls"}, who.digest, interest.digest, blocks.digest, jobs.digest, strconv.Itoa(env.WS.Config.Traffic.FlowGapS), env.WS.Config.Zone)
	},
	Apply: applyFlows,
}

// contactStage describes each client's traffic with each server port, over all
// buckets: a subscriber may have had addresses in several.
var contactStage = &Stage{
	Name:   "contacts",
	Tables: []string{"flow_profile"},
	After:  []*Stage{flowStage},
	Plan:   func(env *Env) ([]Task, error) { return env.wholeTask("contacts", "flow_day", "flow_session") },
	Apply: func(ctx context.Context, env *Env, t Task) (int64, error) {
		return env.inDuckDB(ctx, env.Workers, func(db *sql.DB) (int64, error) {
			if err := env.views(ctx, db, t.In, "flow_day", "flow_session"); err != nil {
				return 0, err
			}
			return env.derive(ctx, db, t, "flow_profile", sql.FlowProfiles())
		})
	},
}

// wholeTask returns the one task that reads all of some tables; none if the
// first has no rows.
func (e *Env) wholeTask(stage string, tables ...string) ([]Task, error) {
	var in []store.Manifest
	for i, name := range tables {
		list, err := store.List(e.WS.Lake(), name)
		if err != nil {
			return nil, err
		}
		if i == 0 && len(list) == 0 {
			return nil, nil
		}
		in = append(in, list...)
	}
	fp := store.Fingerprint(slices.Concat([]string{stage, e.code}, refs(in))...)
	return []Task{{Stage: stage, Out: datasets.Whole, Fingerprint: fp, In: in}}, nil
}

// applyNames groups the queries of a bucket by day in SQL, and the days by client.
func applyNames(ctx context.Context, env *Env, t Task) (int64, error) {
	who, err := env.who()
	if err != nil {
		return 0, err
	}
	var rows []datasets.ServerName
	err = env.selected(ctx, t, "dns", sql.ServerNames(), nil, func(daily string) (err error) {
		rows, err = namesByClient(daily, who)
		return err
	})
	if err != nil {
		return 0, err
	}
	m, err := store.CommitRows(env.WS.Lake(), rows, t.manifest("server_name"))
	return m.Rows, err
}

// namesByClient says whose the queries of each day were: of whom had the address
// at the first and at the last of them; shared if those are two. Queries come
// without a useful port.
func namesByClient(daily string, who *subscribers) ([]datasets.ServerName, error) {
	type key struct{ client, clientIP, host, serverIP string }
	resolver := who.leases.Resolver()
	at := map[key]int{}
	var rows []datasets.ServerName
	err := store.Scan(daily, func(batch []datasets.ServerName) error {
		for _, n := range batch {
			first, _, _, _ := resolver.Client(n.ClientIP, 0, n.First)
			last, _, _, _ := resolver.Client(n.ClientIP, 0, n.Last)
			if n.Client = first; first != last {
				n.Client = n.ClientIP + stitch.SharedMark
			}
			k := key{n.Client, n.ClientIP, n.Host, n.ServerIP}
			i, ok := at[k]
			if !ok {
				at[k] = len(rows)
				rows = append(rows, n)
				continue
			}
			r := &rows[i]
			r.First, r.Last = min(r.First, n.First), max(r.Last, n.Last)
			r.Queries, r.Days = r.Queries+n.Queries, r.Days+n.Days
		}
		return nil
	})
	slices.SortFunc(rows, func(a, b datasets.ServerName) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.Host, b.Host), cmp.Compare(a.ServerIP, b.ServerIP), cmp.Compare(a.ClientIP, b.ClientIP))
	})
	return rows, err
}

// Memory of stitching is 64 B for each record of the slice of addresses that is
// stitched at once, as measured on browsing clients, who keep the most open.
const (
	bytesPerRecord = 64
	mostSlices     = 256
)

// slices returns into how many slices of addresses a bucket of n records is cut,
// so that a slice fits a worker's share of the memory. The result is the same.
func (e *Env) slices(n int64) int {
	share := max(64, int64(e.WS.Config.Limits.Memory)/int64(e.Workers)) << 20
	k := 1
	for k < mostSlices && n*bytesPerRecord/int64(k) > share {
		k *= 2
	}
	return k
}

// sliceOf places an address into one of 256 slices, by bits that the bucket
// does not use.
func sliceOf(ip string, buckets int) int {
	return int(datasets.BucketOf(ip, mostSlices*buckets)) / buckets
}

// A slicer is one of k slices of the addresses of a bucket.
type slicer struct{ k, slice, buckets int }

// only returns number with 0 for addresses of other slices.
func (s slicer) only(number func(ip string) int32) func(ip string) int32 {
	if s.k == 1 {
		return number
	}
	return func(ip string) int32 {
		if sliceOf(ip, s.buckets)*s.k/mostSlices != s.slice {
			return 0
		}
		return number(ip)
	}
}

func applyFlows(_ context.Context, env *Env, t Task) (int64, error) {
	who, err := env.who()
	if err != nil {
		return 0, err
	}
	interest, err := env.interest()
	if err != nil {
		return 0, err
	}
	blocks, err := env.blockTimes()
	if err != nil {
		return 0, err
	}
	jobs, err := env.poolJobs()
	if err != nil {
		return 0, err
	}
	var files []string
	var records int64
	var tls []datasets.TLS
	for _, m := range t.In {
		path := m.Path(env.WS.Lake())
		switch m.Table {
		case "flows":
			files = append(files, path)
			records += m.Rows
		case "tls":
			rows, err := store.ReadFile[datasets.TLS](path)
			if err != nil {
				return 0, err
			}
			tls = append(tls, rows...)
		}
	}
	in := flowBucket{
		set:   stitch.Settings{Gap: time.Duration(env.WS.Config.Traffic.FlowGapS) * time.Second, Zone: env.Zone, Keep: interest.keep, Mining: traffic.MiningLabel, Blocks: blocks.at, Jobs: jobs.rows},
		who:   who.leases,
		tls:   tls,
		files: files, buckets: env.WS.Config.Buckets,
	}
	sessions, days, err := in.stitch(env.slices(records))
	if err != nil {
		return 0, err
	}
	for i := range sessions {
		sessions[i].Bucket = t.Out.Bucket
	}
	for i := range days {
		days[i].Bucket = t.Out.Bucket
	}
	if _, err := store.CommitRows(env.WS.Lake(), sessions, t.manifest("flow_session")); err != nil {
		return 0, err
	}
	m, err := store.CommitRows(env.WS.Lake(), days, t.manifest("flow_day"))
	return m.Rows, err
}

// A flowBucket is the flow records of one bucket, and what their stitching needs.
type flowBucket struct {
	set     stitch.Settings
	who     *link.Index
	tls     []datasets.TLS
	files   []string // in order of their years
	buckets int
}

// stitch stitches the records in k slices of addresses, one after the other. The
// rows are ordered by slice first, so that they are the same for any k.
func (in flowBucket) stitch(k int) (sessions []datasets.FlowSession, days []datasets.FlowDay, err error) {
	for slice := range k {
		x := stitch.New(in.set, in.who.Resolver(), in.tls)
		read := store.FlowReader{Src: slicer{k, slice, in.buckets}.only(x.Number), Dst: x.Number, Text: x.Number}
		for _, path := range in.files {
			if err := read.Records(path, x.AddNumbered); err != nil {
				return nil, nil, err
			}
		}
		x.Close()
		sessions, days = append(sessions, x.Sessions...), append(days, x.Days...)
	}
	sessions = bySlice(sessions, in.buckets, func(s *datasets.FlowSession) string { return s.ClientIP })
	days = bySlice(days, in.buckets, func(d *datasets.FlowDay) string { return d.ClientIP })
	return sessions, days, nil
}

// bySlice orders rows by the slice of an address, those of a slice as they come.
func bySlice[R any](rows []R, buckets int, ip func(*R) string) []R {
	var starts [mostSlices + 1]int
	slice := make([]uint8, len(rows))
	for i := range rows {
		slice[i] = uint8(sliceOf(ip(&rows[i]), buckets))
		starts[int(slice[i])+1]++
	}
	for i := range mostSlices {
		starts[i+1] += starts[i]
	}
	out := make([]R, len(rows))
	for i, s := range slice {
		out[starts[s]] = rows[i]
		starts[s]++
	}
	return out
}

// inDuckDB runs work in a database with that many threads and their share of
// the memory.
func (e *Env) inDuckDB(ctx context.Context, threads int, work func(*sql.DB) (int64, error)) (n int64, err error) {
	dir, err := e.scratch()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open(ctx, sql.Options{Threads: threads, MemoryMiB: max(64, int(e.WS.Config.Limits.Memory)*threads/e.Workers), TempDir: dir, Dirs: []string{e.WS.Lake()}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return work(db)
}

// selected calls use with a file of what a SELECT finds in one table of a task, beside tables of
// texts by name; it is removed afterwards.
func (e *Env) selected(ctx context.Context, t Task, table, query string, texts map[string][]string, use func(path string) error) error {
	dir, err := e.scratch()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "selected.parquet")
	_, err = e.inDuckDB(ctx, 1, func(db *sql.DB) (int64, error) {
		if err := e.views(ctx, db, t.In, table); err != nil {
			return 0, err
		}
		for name, list := range texts {
			if err := db.List(ctx, name, list); err != nil {
				return 0, err
			}
		}
		return db.Copy(ctx, query, path)
	})
	if err != nil {
		return err
	}
	return use(path)
}

func (e *Env) scratch() (string, error) {
	if err := os.MkdirAll(e.tmp(), 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(e.tmp(), "task-")
}

// views names tables in the database, each with those of the parts that belong to it.
func (e *Env) views(ctx context.Context, db *sql.DB, parts []store.Manifest, tables ...string) error {
	for _, name := range tables {
		var files []string
		for _, m := range parts {
			if m.Table == name {
				files = append(files, m.Path(e.WS.Lake()))
			}
		}
		if err := db.View(ctx, name, datasets.Lookup(name), files); err != nil {
			return err
		}
	}
	return nil
}

// derive commits the rows of a SELECT as the task's partition of a table.
func (e *Env) derive(ctx context.Context, db *sql.DB, t Task, table, query string, args ...any) (int64, error) {
	dir, err := e.scratch()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	tmp := filepath.Join(dir, table+".parquet")
	m := t.manifest(table)
	if m.Rows, err = db.Copy(ctx, query, tmp, args...); err != nil {
		return 0, fmt.Errorf("derive %s: %w", table, err)
	}
	_, err = store.Commit(e.WS.Lake(), tmp, m)
	return m.Rows, err
}
