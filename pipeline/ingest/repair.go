package ingest

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
)

// A RepairReport says what was made again.
type RepairReport struct {
	Report
	Repaired []string `json:"repaired"` // files below the workspace, with what was wrong
}

// A LostError names deliveries that must be delivered again before the lake
// can be repaired.
type LostError struct{ Files []string } // "inbox/… (SHA-256 …)"

func (e *LostError) Error() string {
	return "these deliveries are no longer in the inbox as they were delivered, and what was made of them is damaged; put them back, or withdraw them: " + strings.Join(e.Files, ", ")
}

// Repair makes everything damaged in the lake again: partitions from parts,
// parts and records from the deliveries in the inbox, each under its old
// number, so that the result is what it was. known are the deliveries of which
// there should be a record, in any order; of each the number, dataset, path,
// SHA256, Given and Withdrawn count. Nothing is changed if a delivery that is needed
// is not there any more: the error is then a *[LostError].
func Repair(ctx context.Context, o Options, known []Record) (RepairReport, error) {
	r := newRun(o)
	repaired, err := r.repair(ctx, known)
	if err == nil {
		err = r.do(ctx)
	}
	if err != nil {
		return RepairReport{}, fmt.Errorf("repair: %w", err)
	}
	return RepairReport{r.report, repaired}, nil
}

func (r *run) repair(ctx context.Context, known []Record) (repaired []string, err error) {
	records, findings, err := Audit(ctx, r.Workspace, r.Workers)
	if err != nil {
		return nil, err
	}
	have := map[int32]Record{}
	for _, rec := range records {
		have[rec.Number] = rec
	}
	again := map[int32]bool{}
	for _, f := range findings {
		if f.Number != 0 {
			again[f.Number] = true
		}
		repaired = append(repaired, r.below(f.Path)+": "+f.What)
	}
	for _, k := range known {
		if _, ok := have[k.Number]; !ok {
			if !again[k.Number] {
				repaired = append(repaired, "lake/"+recordsDir+"/"+k.name()+".json: is missing")
			}
			again[k.Number] = true
			have[k.Number] = k
		}
	}
	if err := r.redo(ctx, have, again); err != nil {
		return nil, err
	}
	for _, t := range datasets.Inputs() {
		damaged, err := r.dropDamaged(ctx, t)
		if err != nil {
			return nil, err
		}
		repaired = append(repaired, damaged...)
	}
	return repaired, nil
}

// redo marks deliveries to be decoded again.
func (r *run) redo(ctx context.Context, have map[int32]Record, again map[int32]bool) error {
	if len(again) == 0 {
		return nil
	}
	files, err := r.find(ctx)
	if err != nil {
		return err
	}
	present := map[[2]string]bool{}
	for _, f := range files {
		present[[2]string{f.dataset, f.sha256}] = true
	}
	lost := &LostError{}
	for number := range again {
		rec, ok := have[number]
		switch {
		case !ok:
			lost.Files = append(lost.Files, fmt.Sprintf("delivery %06d, of which neither record nor journal tells the name", number))
		case !rec.Withdrawn && !present[[2]string{rec.Dataset, rec.SHA256}]:
			lost.Files = append(lost.Files, rec.Path+" (SHA-256 "+rec.SHA256+")")
		}
	}
	if len(lost.Files) > 0 {
		slices.Sort(lost.Files)
		return lost
	}
	for number := range again {
		rec := have[number]
		// Without part and reading it counts as read otherwise before, and a
		// withdrawn one needs neither.
		rec.Reading, rec.Part, rec.PartSHA256, rec.Partitions, rec.Quarantine, rec.QuarantineSHA256 = "", "", "", nil, "", ""
		if err := writeRecord(r.lake, rec); err != nil {
			return err
		}
	}
	return nil
}

// dropDamaged removes the damaged partitions of a table, so that they are made
// again. Rows in use and rows replaced are two sides of one merge: they go together.
func (r *run) dropDamaged(ctx context.Context, t *datasets.Table) (dropped []string, err error) {
	for _, name := range []string{t.Name, supersededName(t)} {
		_, damages, err := store.Audit(ctx, r.lake, name, r.Workers)
		if err != nil {
			return nil, err
		}
		for _, d := range damages {
			dropped = append(dropped, r.below(d.Path)+": "+d.What)
			p, err := store.PartitionAt(r.lake, name, d.Path)
			if err != nil { // a stray: nothing reads it
				if err := os.Remove(d.Path); err != nil {
					return nil, err
				}
				continue
			}
			for _, side := range []string{t.Name, supersededName(t)} {
				if err := dropPartition(store.Dir(r.lake, side, p)); err != nil {
					return nil, err
				}
			}
		}
	}
	return dropped, nil
}

// dropPartition removes the files of a folder, first the manifest, which is the
// commit, and leaves the folders in it.
func dropPartition(dir string) error {
	if err := os.Remove(filepath.Join(dir, store.ManifestName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
