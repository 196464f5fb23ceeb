package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// flowStage stitches flow records into sessions and describes each client's
// traffic with each server port. A task is a bucket of clients.
var flowStage = &Stage{
	Name:   "sessions",
	Tables: []string{"flow_session", "flow_profile"},
	Plan: func(env *Env) ([]Task, error) {
		return env.clientTasks("sessions", "flows", "tls")
	},
	Apply: applyFlows,
}

// nameStage lists the names that each client had resolved. A task is a bucket
// of clients.
var nameStage = &Stage{
	Name:   "names",
	Tables: []string{"server_name"},
	Plan:   func(env *Env) ([]Task, error) { return env.clientTasks("names", "dns") },
	Apply: func(ctx context.Context, env *Env, t Task) (int64, error) {
		return env.inDuckDB(ctx, func(db *sql.DB) (int64, error) {
			if err := env.views(ctx, db, t.In, "dns"); err != nil {
				return 0, err
			}
			return env.derive(ctx, db, t, "server_name", sql.ServerNames())
		})
	},
}

// endpointStage counts the clients of each server port in the whole network.
var endpointStage = &Stage{
	Name:   "endpoints",
	Tables: []string{"server_endpoint"},
	Plan: func(env *Env) ([]Task, error) {
		in, err := store.List(env.WS.Lake(), "flow_profile")
		if err != nil || len(in) == 0 {
			return nil, err
		}
		fp := store.Fingerprint(slices.Concat([]string{"endpoints", env.code}, refs(in))...)
		return []Task{{Stage: "endpoints", Out: datasets.Whole, Fingerprint: fp, In: in}}, nil
	},
	Apply: func(ctx context.Context, env *Env, t Task) (int64, error) {
		return env.inDuckDB(ctx, func(db *sql.DB) (int64, error) {
			if err := env.views(ctx, db, t.In, "flow_profile"); err != nil {
				return 0, err
			}
			return env.derive(ctx, db, t, "server_endpoint", sql.ServerEndpoints())
		})
	},
}

// clientTasks returns a task for each bucket of the first table; the others
// are read beside it.
func (e *Env) clientTasks(stage string, tables ...string) ([]Task, error) {
	return e.bucketTasks(stage, tables, strconv.Itoa(e.WS.Config.Traffic.FlowGapS))
}

func applyFlows(ctx context.Context, env *Env, t Task) (int64, error) {
	return env.inDuckDB(ctx, func(db *sql.DB) (int64, error) {
		if err := env.views(ctx, db, t.In, "flows", "tls"); err != nil {
			return 0, err
		}
		query, args, err := sql.FlowSessions(env.WS.Config.Traffic.FlowGapS)
		if err != nil {
			return 0, err
		}
		rows, err := env.derive(ctx, db, t, "flow_session", query, args...)
		if err != nil {
			return 0, err
		}
		sessions, err := store.Open(env.WS.Lake(), "flow_session", t.Out)
		if err != nil {
			return 0, err
		}
		if err := env.views(ctx, db, []store.Manifest{sessions}, "flow_session"); err != nil {
			return 0, err
		}
		_, err = env.derive(ctx, db, t, "flow_profile", sql.FlowProfiles())
		return rows, err
	})
}

// inDuckDB runs work in a database of one thread with a worker's share of the memory.
func (e *Env) inDuckDB(ctx context.Context, work func(*sql.DB) (int64, error)) (n int64, err error) {
	dir, err := e.scratch()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open(ctx, sql.Options{Threads: 1, MemoryMiB: max(64, int(e.WS.Config.Limits.Memory)/e.Workers), TempDir: dir, Dirs: []string{e.WS.Lake()}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return work(db)
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
