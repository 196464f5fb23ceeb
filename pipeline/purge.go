package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// PurgeOptions say whose data is taken out, and on whose order.
type PurgeOptions struct {
	Site, Holder string // a site, or a BIN or IIN; one of the two
	Order        string // number and date of the order; goes into the journal
	Deliveries   bool   // also delete the files of the inbox that hold the subject
	Do           bool   // false: only say what would be done
}

// A PurgeResult says what was taken out, or would be.
type PurgeResult struct {
	ingest.PurgeReport
	Done    bool     `json:"done"`
	Removed []string `json:"removed"` // runs and files deleted, below the workspace
	Left    []string `json:"left"`    // deliveries of the inbox that still hold the subject
}

// Purge takes a site or a person out of lake, quarantine and runs, and notes
// it in the journal under pseudonyms. A run that names the subject is deleted as a
// whole, since it cannot be changed under its seal.
func Purge(ctx context.Context, ws *Workspace, o PurgeOptions) (*PurgeResult, error) {
	if (o.Site == "") == (o.Holder == "") {
		return nil, errors.New("purge: want a site, or a BIN or IIN")
	}
	if o.Do && o.Order == "" {
		return nil, errors.New("purge: want the order, e.g. \"No 12 of 2026-03-01\"; the journal names it")
	}
	j, unlock, err := ws.lockJournal()
	if err != nil {
		return nil, err
	}
	defer unlock()
	secret, err := ws.Secret()
	if err != nil {
		return nil, err
	}
	subject := ingest.NewSubject(o.Site, o.Holder)
	report, err := ingest.Purge(ctx, IngestOptions{}.intake(ws), subject, !o.Do)
	if err != nil {
		return nil, err
	}
	slices.Sort(report.Sites)
	result := &PurgeResult{PurgeReport: report, Done: o.Do, Left: report.Deliveries}
	if result.Removed, err = ws.runsNaming(report.Sites, o.Holder); err != nil {
		return nil, err
	}
	if o.Deliveries {
		result.Removed, result.Left = append(result.Removed, report.Deliveries...), nil
	}
	if !o.Do {
		return result, nil
	}
	if err := ws.removeAll(result.Removed); err != nil {
		return nil, err
	}
	if err := ws.dropDerived(); err != nil {
		return nil, err
	}
	entry := JournalEntry{Kind: EntryPurge, Order: o.Order, Rows: report.Rows, Files: result.Removed}
	for _, id := range append(slices.Clone(report.Sites), o.Holder) {
		if id != "" {
			entry.Subjects = append(entry.Subjects, secret.Pseudonym(id))
		}
	}
	for id := range subject.Subscribers {
		entry.Subjects = append(entry.Subjects, secret.Pseudonym(id))
	}
	slices.Sort(entry.Subjects)
	return result, j.noteDeliveries(entry)
}

// runsNaming lists the runs in which a site or a holder occurs.
func (ws *Workspace) runsNaming(sites []string, holder string) ([]string, error) {
	ids, err := ws.RunIDs()
	if err != nil {
		return nil, err
	}
	var named []string
	for _, id := range ids {
		in := false
		err := store.Scan(filepath.Join(ws.Runs(), id, "scores.parquet"), func(rows []datasets.Score) error {
			in = in || slices.ContainsFunc(rows, func(s datasets.Score) bool {
				return slices.Contains(sites, s.SiteID) || holder != "" && s.RegistryBIN == holder
			})
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if !in && holder != "" {
			if in, err = holdsText(filepath.Join(ws.Runs(), id), holder); err != nil {
				return nil, err
			}
		}
		if in {
			named = append(named, "runs/"+id)
		}
	}
	return named, nil
}

// holdsText reports whether a text occurs in the CSV and JSON files of a folder.
func holdsText(dir, text string) (found bool, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || found || !strings.HasSuffix(path, ".csv") && !strings.HasSuffix(path, ".jsonl") {
			return err
		}
		content, err := os.ReadFile(path)
		found = bytes.Contains(content, []byte(text))
		return err
	})
	return found, err
}

// removeAll deletes files and folders below the workspace, and points latest at
// the newest run that is left.
func (ws *Workspace) removeAll(names []string) error {
	for _, name := range names {
		if err := os.RemoveAll(ws.Path(name)); err != nil {
			return err
		}
	}
	ids, err := ws.RunIDs()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(ws.Runs(), latest)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(ids) > 0 {
		return ws.pointLatest(ids[len(ids)-1])
	}
	if err := os.Remove(filepath.Join(ws.Runs(), latest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// dropDerived removes the derived tables: the next run makes them of what is left.
func (ws *Workspace) dropDerived() error {
	for _, t := range datasets.Catalog {
		if t.Role == datasets.Derived {
			if err := os.RemoveAll(filepath.Join(ws.Lake(), t.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// purged reports whether an id was purged on order, nil if nothing was.
func (ws *Workspace) purged(j *journal) (func(id string) bool, error) {
	subjects := map[string]bool{}
	for _, e := range j.entries {
		for _, s := range e.Subjects {
			subjects[s] = true
		}
	}
	if len(subjects) == 0 {
		return nil, nil
	}
	secret, err := ws.Secret()
	if err != nil {
		return nil, err
	}
	return func(id string) bool { return id != "" && subjects[secret.Pseudonym(id)] }, nil
}

// PruneOptions say what is not to be kept: what is older than Age, or the one run named.
type PruneOptions struct {
	Run   string // such as a damaged one; Age and Today are not looked at
	Age   Age
	Today datasets.Day // to reckon from; 0 for the computer's clock, if the journal agrees with it
	Do    bool         // false: only say what would be done
}

// An Age is a span of calendar time.
type Age struct{ Years, Months, Days int }

// ParseAge reads "3y", "18mo" or "90d", of at least one day.
func ParseAge(s string) (Age, error) {
	for unit, age := range map[string]func(n int) Age{
		"mo": func(n int) Age { return Age{Months: n} }, "y": func(n int) Age { return Age{Years: n} }, "d": func(n int) Age { return Age{Days: n} },
	} {
		digits, ok := strings.CutSuffix(s, unit)
		if n, err := strconv.Atoi(digits); ok && err == nil && n > 0 && n < 10_000 {
			return age(n), nil
		}
	}
	return Age{}, fmt.Errorf("want an age like 3y, 18mo or 90d, got %q", s)
}

// clockLeap is how far the clock may have moved since the journal's last line
// before prune asks for the day: a clock that jumped ahead must not delete what is young.
const clockLeap = 400 * 24 * time.Hour

// before is the instant before which things are too old.
func (o PruneOptions) before(j *journal) (time.Time, error) {
	today := time.Now().UTC()
	switch {
	case o.Today != 0:
		today = o.Today.Date()
	case len(j.entries) > 0:
		last := j.entries[len(j.entries)-1].Time
		if today.Before(last) || today.Sub(last) > clockLeap {
			return today, fmt.Errorf("prune: the clock says %s, the journal's last line is of %s; name the day with --today if the clock is right", today.Format(time.DateOnly), last.Format(time.DateOnly))
		}
	}
	return today.AddDate(-o.Age.Years, -o.Age.Months, -o.Age.Days), nil
}

// A PruneResult says what was deleted, or would be.
type PruneResult struct {
	Before     time.Time `json:"before,omitzero"`
	Done       bool      `json:"done"`
	Runs       []string  `json:"runs"`
	Deliveries []string  `json:"deliveries"` // whose rows leave the lake
	Removed    []string  `json:"removed"`    // files and folders, below the workspace
}

// Prune deletes the run that is named, or else finished runs but the newest, and
// deliveries of dated tables that are older than a day as a whole, with their rows in
// the lake. Their records stay, so that the same files are not taken in again.
func Prune(ctx context.Context, ws *Workspace, o PruneOptions) (*PruneResult, error) {
	j, unlock, err := ws.lockJournal()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if o.Run != "" {
		return pruneRun(ws, j, o)
	}
	before, err := o.before(j)
	if err != nil {
		return nil, err
	}
	result := &PruneResult{Before: before, Done: o.Do}
	ids, err := ws.RunIDs()
	if err != nil {
		return nil, err
	}
	newest, err := os.Readlink(filepath.Join(ws.Runs(), latest))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, id := range ids {
		m, err := readRun(filepath.Join(ws.Runs(), id))
		if err == nil && m.Times.Finished.Before(before) && id != filepath.Base(newest) {
			result.Runs = append(result.Runs, "runs/"+id)
		}
	}
	records, err := ingest.Committed(ws.Dir)
	if err != nil {
		return nil, err
	}
	old := map[int32]bool{}
	for _, r := range records {
		last, err := time.Parse(time.RFC3339, r.Last)
		if err == nil && last.Before(before) && dataTimes[r.Dataset] && (!r.Withdrawn || r.Part != "") {
			old[r.Number] = true
			result.Deliveries = append(result.Deliveries, r.Path)
		}
	}
	if !o.Do || len(old) == 0 && len(result.Runs) == 0 {
		return result, nil
	}
	if result.Removed, err = ingest.Remove(ctx, IngestOptions{}.intake(ws), old); err != nil {
		return nil, err
	}
	result.Removed = append(result.Removed, result.Runs...)
	if err := ws.removeAll(result.Runs); err != nil {
		return nil, err
	}
	if len(old) > 0 {
		if err := ws.dropDerived(); err != nil {
			return nil, err
		}
	}
	return result, j.noteDeliveries(JournalEntry{Kind: EntryPrune, Files: result.Removed})
}

func pruneRun(ws *Workspace, j *journal, o PruneOptions) (*PruneResult, error) {
	dir, err := ws.RunDir(o.Run)
	if err != nil {
		return nil, err
	}
	result := &PruneResult{Done: o.Do, Runs: []string{ws.below(dir)}}
	if !o.Do {
		return result, nil
	}
	if err := ws.removeAll(result.Runs); err != nil {
		return nil, err
	}
	result.Removed = result.Runs
	return result, j.noteDeliveries(JournalEntry{Kind: EntryPrune, Files: result.Removed})
}
