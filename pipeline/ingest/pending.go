package ingest

import (
	"context"
	"fmt"
	"path/filepath"
)

// Pending lists the files that Run would take in or read again now, below the
// workspace, in the order of their delivery. It changes nothing.
func Pending(ctx context.Context, o Options) ([]string, error) {
	r := &run{Options: o, lake: filepath.Join(o.Workspace, "lake"), reading: reading(o)}
	var err error
	if r.records, err = readRecords(r.lake); err != nil {
		return nil, fmt.Errorf("find new files: %w", err)
	}
	if err := r.loadSeen(); err != nil {
		return nil, fmt.Errorf("find new files: %w", err)
	}
	found, err := r.find(ctx)
	if err != nil {
		return nil, fmt.Errorf("find new files: %w", err)
	}
	jobs, _ := r.plan(found)
	paths := make([]string, len(jobs))
	for i, j := range jobs {
		paths[i] = j.file.path
	}
	return paths, nil
}
