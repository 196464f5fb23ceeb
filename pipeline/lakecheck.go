package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// A DamagedError lists committed files that a run must not be made from.
type DamagedError struct{ Problems []Problem }

// damagesShown is how many files an error names; verify lists all.
const damagesShown = 10

func (e *DamagedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d damaged in the lake, nothing was made from them:", len(e.Problems))
	for _, p := range e.Problems[:min(damagesShown, len(e.Problems))] {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// checkLake compares every committed table with its SHA-256 before a run reads
// it. Damaged derived tables are removed, so that the stages make them again,
// and returned; damaged deliveries are a *[DamagedError], since only
// a person can say what became of them.
//
// Sizes and times do not tell of a flipped bit, and the pages of Parquet carry no
// checksum here; SHA-256 of all of it takes about a hundredth of a run (RELIABILITY.md).
func (e *Env) checkLake(ctx context.Context) (removed []string, err error) {
	lake := e.WS.Lake()
	records, err := ingest.Committed(e.WS.Dir)
	if err != nil {
		return nil, err
	}
	damaged := &DamagedError{}
	for _, t := range datasets.Catalog {
		if t.Role == datasets.Result {
			continue
		}
		for _, name := range tablesOf(t) {
			_, list, err := store.Audit(ctx, lake, name, e.Workers)
			if err != nil {
				return nil, err
			}
			for _, d := range list {
				if t.Role == datasets.Derived {
					removed = append(removed, e.WS.below(d.Path)+": "+d.What)
					if err := os.RemoveAll(filepath.Dir(d.Path)); err != nil {
						return nil, err
					}
					continue
				}
				damaged.Problems = append(damaged.Problems, Problem{File: e.WS.below(d.Path), What: d.What, Remedy: remedyPartition(lake, name, d.Path, records)})
			}
		}
	}
	if len(damaged.Problems) > 0 {
		return nil, damaged
	}
	return removed, nil
}

// tablesOf names the folders of a table in the lake: of an input also the one
// of rows that were replaced.
func tablesOf(t *datasets.Table) []string {
	if t.Role == datasets.Input {
		return []string{t.Name, supersededFolder + t.Name}
	}
	return []string{t.Name}
}

const supersededFolder = "_superseded/"

// eachPartition calls f with every committed partition of a lake, in the order of the catalog.
func eachPartition(lake string, f func(t *datasets.Table, p store.Manifest) error) error {
	for _, t := range datasets.Catalog {
		for _, name := range tablesOf(t) {
			parts, err := store.List(lake, name)
			if err != nil {
				return err
			}
			for _, p := range parts {
				if err := f(t, p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// remedyPartition says from which deliveries a damaged partition is made.
func remedyPartition(lake, table, path string, records []ingest.Record) string {
	const remedy = "run minewatch ingest --repair"
	p, err := store.PartitionAt(lake, table, path)
	if err != nil {
		return remedy
	}
	var from []string
	for _, r := range records {
		if r.Dataset == strings.TrimPrefix(table, supersededFolder) && !r.Withdrawn &&
			slices.ContainsFunc(r.Partitions, func(have ingest.PartOf) bool { return have.Partition == p }) {
			from = append(from, r.Path)
		}
	}
	if len(from) == 0 {
		return remedy
	}
	const shown = 5
	more := ""
	if len(from) > shown {
		more = fmt.Sprintf(" and %d more", len(from)-shown)
	}
	return remedy + ", which makes it again from " + strings.Join(from[:min(shown, len(from))], ", ") + more
}

// below names a file of the workspace relative to it, with slashes.
func (ws *Workspace) below(path string) string {
	rel, err := filepath.Rel(ws.Dir, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// readFromEarlier names the files that a run reads of the run before it: its list,
// to say what changed, and its telecom pack, to revoke what no longer holds.
var readFromEarlier = []string{"visits.parquet", "scores.parquet", "score_terms.parquet", earlierCandidates, earlierSTIX}

// checkEarlier compares what a run reads of the newest finished run with the
// manifest that this workspace signed. A revocation that was lost to a flipped bit
// would leave a subscriber blocked, so it refuses rather than go without.
func (ws *Workspace) checkEarlier() error {
	ids, err := ws.RunIDs()
	if err != nil || len(ids) == 0 {
		return err
	}
	dir, err := ws.RunDir("")
	if err != nil {
		return err
	}
	err = ws.sealed(dir, func(output string) bool { return slices.Contains(readFromEarlier, output) })
	var damage *store.Damage
	if errors.As(err, &damage) {
		return fmt.Errorf("%s: %s; put it back from a copy, or give the run up: minewatch prune --run %s", ws.below(damage.Path), damage.What, filepath.Base(dir))
	}
	return err
}

// sealed compares a finished run with what this workspace signed: the manifest, and
// the outputs in it that of names. What differs is a *[store.Damage].
func (ws *Workspace) sealed(dir string, of func(output string) bool) error {
	key, err := ws.publicKey()
	if err != nil {
		return err
	}
	if !signed(dir, key) {
		return &store.Damage{Path: filepath.Join(dir, ManifestName), What: "is not what " + SignatureName + " signs"}
	}
	m, err := readRun(dir)
	if err != nil {
		return err
	}
	for _, o := range m.Outputs {
		if !of(o.Path) {
			continue
		}
		if err := store.CheckFile(filepath.Join(dir, filepath.FromSlash(o.Path)), o.SHA256); err != nil {
			return err
		}
	}
	return nil
}

// intact reports whether a finished run is as it was sealed by this workspace.
func (ws *Workspace) intact(dir string) bool {
	return ws.sealed(dir, func(string) bool { return true }) == nil
}
