package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets/store"
)

// A Finding is one file that is not as it was committed, and what to do.
type Finding struct {
	store.Damage
	Number int32 // delivery concerned, 0 if the file is of none
	Remedy string
}

const (
	remedyRepair   = "run minewatch ingest --repair, which makes it again from the deliveries in the inbox"
	remedyLeftover = "remove it, or let the next ingest do so"
)

// Audit reads every record, part and quarantine and reports those that are not
// as they were committed, by path. The records are those that can be relied on.
func Audit(ctx context.Context, workspace string, workers int) ([]Record, []Finding, error) {
	lake := filepath.Join(workspace, "lake")
	records, findings, err := auditRecords(lake)
	if err != nil {
		return nil, nil, err
	}
	var files []committed
	for _, r := range records {
		if r.Part != "" {
			files = append(files, committed{filepath.Join(lake, filepath.FromSlash(r.Part)), r.PartSHA256, r.Number})
		}
		if r.Quarantine != "" {
			files = append(files, committed{filepath.Join(workspace, filepath.FromSlash(r.Quarantine)), r.QuarantineSHA256, r.Number})
		}
	}
	damaged, err := checkFiles(ctx, files, workers)
	if err != nil {
		return nil, nil, err
	}
	findings = append(findings, damaged...)
	named := map[string]bool{}
	for _, f := range files {
		named[f.path] = true
	}
	lost := map[int32]bool{} // a part of a record that cannot be read is no leftover
	for _, f := range findings {
		lost[f.Number] = true
	}
	for _, glob := range []string{"lake/" + partsDir + "/*/*", quarantineDir + "/*/*"} {
		names, err := fs.Glob(os.DirFS(workspace), glob)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			path := filepath.Join(workspace, filepath.FromSlash(name))
			if !named[path] && !lost[numberOf(path)] {
				findings = append(findings, Finding{store.Damage{Path: path, What: "belongs to no delivery"}, 0, remedyLeftover})
			}
		}
	}
	slices.SortFunc(findings, func(a, b Finding) int { return strings.Compare(a.Path, b.Path) })
	return records, findings, nil
}

// A committed file belongs to a delivery.
type committed struct {
	path, sum string
	number    int32
}

func checkFiles(ctx context.Context, files []committed, workers int) ([]Finding, error) {
	errs := make([]error, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, workers))
	for i, f := range files {
		g.Go(func() error {
			errs[i] = store.CheckFile(f.path, f.sum)
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var findings []Finding
	for i, err := range errs {
		var d *store.Damage
		if errors.As(err, &d) {
			findings = append(findings, Finding{*d, files[i].number, remedyRepair})
		}
	}
	return findings, nil
}

// auditRecords reads the records one by one.
func auditRecords(lake string) ([]Record, []Finding, error) {
	dir := filepath.Join(lake, recordsDir)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	var records []Record
	var findings []Finding
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if number := numberOf(path); number == 0 || !strings.HasSuffix(path, ".json") {
			findings = append(findings, Finding{store.Damage{Path: path, What: "is no record"}, 0, remedyLeftover})
			continue
		}
		var r Record
		var d *store.Damage
		switch err := store.ReadChecked(path, &r); {
		case errors.As(err, &d):
			findings = append(findings, Finding{*d, numberOf(path), remedyRepair})
		case err != nil:
			return nil, nil, err
		case r.name()+".json" != e.Name():
			findings = append(findings, Finding{store.Damage{Path: path, What: "is the record of " + r.name()}, numberOf(path), remedyRepair})
		default:
			records = append(records, r)
		}
	}
	return records, findings, nil
}

// numberOf returns the delivery number with which a file's name begins, 0 if
// there is none.
func numberOf(path string) int32 {
	var n int32
	if _, err := fmt.Sscanf(filepath.Base(path), "%06d-", &n); err != nil {
		return 0
	}
	return n
}

// checkSources reads what the tasks are made of, so that no damaged file is
// written on under a new hash. Parts that this run has written are not read
// again.
func (r *run) checkSources(ctx context.Context, tasks []merge) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.Workers)
	check := func(path, sum, from string) {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := store.CheckFile(path, sum); err != nil {
				return fmt.Errorf("%w (of %s); %s", err, from, remedyRepair)
			}
			return nil
		})
	}
	seen := map[int32]bool{}
	for _, m := range tasks {
		if m.base != nil {
			check(m.base.Path(r.lake), m.base.SHA256, m.table.Name)
		}
		for _, rec := range m.parts {
			if !seen[rec.Number] && !r.fresh[rec.Number] {
				check(r.partPath(rec), rec.PartSHA256, rec.Path)
			}
			seen[rec.Number] = true
		}
	}
	return g.Wait()
}
