package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
)

// Options say what to take in and within which bounds.
type Options struct {
	Workspace string
	Dataset   string   // only this one; "" for all
	Files     []string // only these, of Dataset; those outside its inbox folder are copied there first

	Zone            *time.Location // of times without offset
	Buckets         int            // a power of two, fixed when the workspace is made
	Workers         int            // at least 1
	MemoryMiB       int            // of the whole process, see memory.go
	Limits          raw.Limits
	Mappings        []Mapping // the first that fits a file is used
	QuarantineLimit float64   // share of refused rows above which a file counts as OverLimit

	Progress func(Progress) // may be nil; called from one goroutine
	// Begun is when the run began, so that it is known of which files of the inbox the
	// hash will hold; zero: of none.
	Begun time.Time

	// Purged reports whether a site, or a BIN or IIN, was purged on order: rows of
	// it are left out of whatever is read. nil if nothing was.
	Purged func(id string) bool

	merged bool // no partition is copied from a part, or joined from several; for comparison in tests
}

// Progress says how far a run is.
type Progress struct {
	Step        string // "hash", "take" or "compact"
	Name        string // file or partition
	Done, Total int    // files or partitions
}

// A Status says what a run did with a file.
type Status string

// The values of Status.
const (
	Taken     Status = "taken"     // decoded in this run
	Known     Status = "known"     // its content was there before
	Withdrawn Status = "withdrawn" // taken back; nothing of it is in the tables
	Refused   Status = "refused"   // not usable as a whole; nothing of it is in the lake
)

// A FileReport is what became of one file. Rows = Accepted + Duplicates +
// Quarantined, but of a withdrawn file nothing is accepted or a duplicate.
type FileReport struct {
	Record
	Status     Status `json:"status"`
	Accepted   int64  `json:"accepted"`   // rows, those superseded later included
	Duplicates int64  `json:"duplicates"` // rows that say what an earlier row said
	Superseded int64  `json:"superseded"` // accepted rows that a later row replaced
	AcceptedWh int64  `json:"accepted_wh"`

	DuplicateWh  int64 `json:"duplicate_wh"`
	SupersededWh int64 `json:"superseded_wh"`

	OverLimit bool `json:"over_limit"` // more rows quarantined than the limit allows
}

// A Report lists what Run found, by dataset and path.
type Report struct {
	Files      []FileReport `json:"files"`
	Strays     []Stray      `json:"strays,omitempty"` // what lies in the inbox but in no dataset's folder
	Partitions int          `json:"partitions"`       // written in this run
}

// A Stray is a file or folder that no dataset takes.
type Stray struct {
	Path   string `json:"path"`
	Remedy string `json:"remedy"`
}

// Select returns the files with a status.
func (r Report) Select(s Status) []FileReport {
	var list []FileReport
	for _, f := range r.Files {
		if f.Status == s {
			list = append(list, f)
		}
	}
	return list
}

// A run is one call of Run.
type run struct {
	Options
	lake    string
	tmp     string
	reading string // fingerprint of how files are read
	records []Record
	seen    map[string]seenFile // by path below the workspace: files of the inbox that were hashed before
	fresh   map[int32]bool      // deliveries decoded in this run
	closed  []FileReport        // files that could not be read
	report  Report
}

// Run takes in what is new. A bad file or row is in the report; the error is
// that of a broken system.
func Run(ctx context.Context, o Options) (Report, error) {
	r := newRun(o)
	defer r.boundHeap()()
	if err := r.do(ctx); err != nil {
		return Report{}, fmt.Errorf("ingest: %w", err)
	}
	return r.report, nil
}

func newRun(o Options) *run {
	lake := filepath.Join(o.Workspace, "lake")
	return &run{Options: o, lake: lake, tmp: filepath.Join(lake, ".tmp"), reading: reading(o), fresh: map[int32]bool{}}
}

func (r *run) do(ctx context.Context) error {
	if r.Buckets < 1 || r.Buckets&(r.Buckets-1) != 0 {
		return fmt.Errorf("the number of buckets is %d; it must be a power of two", r.Buckets)
	}
	if err := datasets.CheckZoneData(); err != nil {
		return err
	}
	if err := os.RemoveAll(r.tmp); err != nil {
		return err
	}
	var err error
	if r.records, err = readRecords(r.lake); err != nil {
		return err
	}
	if err := sweep(r.Workspace, r.records); err != nil {
		return err
	}
	if err := r.loadSeen(); err != nil {
		return err
	}
	found, err := r.find(ctx)
	if err != nil {
		return err
	}
	if err := r.keepSeen(found); err != nil {
		return err
	}
	if err := r.checkBuckets(found); err != nil {
		return err
	}
	statuses, err := r.take(ctx, found)
	if err != nil {
		return err
	}
	if r.report.Partitions, err = r.compact(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(r.tmp); err != nil {
		return err
	}
	r.report.Files, err = r.reports(statuses)
	return err
}

// reports describes the files of this run.
func (r *run) reports(statuses []fileStatus) ([]FileReport, error) {
	all, err := fileReports(r.lake, r.records)
	if err != nil {
		return nil, err
	}
	byKey := map[contentKey]FileReport{}
	for _, f := range all {
		byKey[f.key()] = f
	}
	var list []FileReport
	for _, s := range statuses {
		f := byKey[s.key]
		f.Path = s.path // a copy is known under another path
		if s.status == Known || f.Refused == nil && !f.Withdrawn {
			f.Status = s.status
		}
		f.OverLimit = f.Rows > 0 && float64(f.quarantined()) > r.QuarantineLimit*float64(f.Rows)
		list = append(list, f)
	}
	list = append(list, r.closed...)
	slices.SortFunc(list, func(a, b FileReport) int {
		return compareFound(found{a.Dataset, a.Path}, found{b.Dataset, b.Path})
	})
	return list, nil
}

// checkBuckets fails if a file was taken in with another number of buckets and
// cannot be read again.
func (r *run) checkBuckets(list []hashed) error {
	present := map[contentKey]bool{}
	for _, h := range list {
		present[h.key()] = true
	}
	for _, rec := range r.records {
		if rec.Part != "" && !rec.Withdrawn && rec.Buckets != r.Buckets && !present[rec.key()] {
			return fmt.Errorf("%s was taken in with %d buckets and is not in this ingest, so it cannot be divided into %d; set buckets back to %d, or ingest the whole inbox with the file in it",
				rec.Path, rec.Buckets, r.Buckets, rec.Buckets)
		}
	}
	return nil
}

// Records returns what is known of every file that was taken in or refused, by
// delivery number.
func Records(workspace string) ([]FileReport, error) {
	lake := filepath.Join(workspace, "lake")
	records, err := readRecords(lake)
	if err != nil {
		return nil, err
	}
	return fileReports(lake, records)
}
