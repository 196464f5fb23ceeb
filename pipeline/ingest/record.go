package ingest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
	"github.com/minewatch/minewatch/datasets/store"
)

// A Record commits one delivered file: what it was, and what was read of it.
// Its part and its quarantine count only because the record names them.
type Record struct {
	Number  int32  `json:"number"` // delivery number, the src_file of its rows
	Dataset string `json:"dataset"`
	Path    string `json:"path"` // below the workspace, with slashes
	SHA256  string `json:"sha256"`
	Given   string `json:"given,omitempty"` // values from its name, "column=value"; part of what it says
	Bytes   int64  `json:"bytes"`
	Format  string `json:"format,omitempty"`
	Reading string `json:"reading"` // fingerprint of how it was read
	Buckets int    `json:"buckets"`

	Rows        int64            `json:"rows"`
	Decoded     int64            `json:"decoded"` // rows of the part
	Quarantined map[string]int64 `json:"quarantined,omitempty"`
	Skipped     map[string]int64 `json:"skipped,omitempty"` // lines that are no rows of the table, by what they are
	Warnings    map[string]int64 `json:"warnings,omitempty"`
	Ignored     []string         `json:"ignored_columns,omitempty"`
	Wh          int64            `json:"wh,omitempty"` // energy of the decoded rows
	First       string           `json:"first,omitempty"`
	Last        string           `json:"last,omitempty"`
	Refused     *raw.Fault       `json:"refused,omitempty"`
	Open        bool             `json:"open,omitempty"`      // a log of connections still open: its rows come before all others of a key
	Withdrawn   bool             `json:"withdrawn,omitempty"` // taken back by hand; its part counts no more

	Part       string   `json:"part,omitempty"`        // below the lake, with slashes
	PartSHA256 string   `json:"part_sha256,omitempty"` //
	Partitions []PartOf `json:"partitions,omitempty"`  // of the table, that the part has rows of
	Quarantine string   `json:"quarantine,omitempty"`  // below the workspace, with slashes

	QuarantineSHA256 string `json:"quarantine_sha256,omitempty"`
}

// PartOf counts the rows of a part that belong to one partition.
type PartOf struct {
	datasets.Partition
	Rows   int64   `json:"rows"`
	Groups []int32 `json:"groups"` // row groups of the part, in its order
	// Sorted says that the rows increase by key through all groups, so that
	// the groups are the partition if no other part has rows of it.
	Sorted bool `json:"sorted,omitempty"`
}

// contentKey is what makes two deliveries the same.
type contentKey struct{ dataset, sha256, given string }

func (r Record) key() contentKey { return contentKey{r.Dataset, r.SHA256, r.Given} }

// name is the stem of the files that belong to the record.
func (r Record) name() string { return fmt.Sprintf("%06d-%.12s", r.Number, r.SHA256) }

// File is the file of the record, below the workspace, with slashes.
func (r Record) File() string { return "lake/" + recordsDir + "/" + r.name() + ".json" }

// ref names the part among the parents of a partition.
func (r Record) ref() string { return r.Part + "@" + r.PartSHA256 }

// partOf returns what the part has of a partition.
func (r Record) partOf(at datasets.Partition) PartOf {
	for _, p := range r.Partitions {
		if p.Partition == at {
			return p
		}
	}
	return PartOf{Partition: at}
}

func (r Record) quarantined() int64 {
	n := int64(0)
	for _, k := range r.Quarantined {
		n += k
	}
	return n
}

const recordsDir = "_files"

// Committed returns the record of every file that was taken in or refused, by
// delivery number. The error is a *[store.Damage] if one was changed.
func Committed(workspace string) ([]Record, error) {
	return readRecords(filepath.Join(workspace, "lake"))
}

func readRecords(lake string) ([]Record, error) {
	dir := filepath.Join(lake, recordsDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var records []Record
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		var r Record
		if err := store.ReadChecked(path, &r); err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b Record) int { return int(a.Number) - int(b.Number) })
	return records, nil
}

func writeRecord(lake string, r Record) error {
	dir := filepath.Join(lake, recordsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return store.WriteChecked(filepath.Join(dir, r.name()+".json"), r)
}

// sweep removes parts and quarantines that no record names: a run died before
// it could write the record.
func sweep(workspace string, records []Record) error {
	named := map[string]bool{}
	for _, r := range records {
		named[r.Part] = true
		named[r.Quarantine] = true
	}
	lake := filepath.Join(workspace, "lake")
	parts, err := filepath.Glob(filepath.Join(lake, partsDir, "*", "*.parquet"))
	if err != nil {
		return err
	}
	for _, path := range parts {
		if rel, err := filepath.Rel(lake, path); err == nil && !named[filepath.ToSlash(rel)] {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	if err := store.Sweep(lake); err != nil {
		return err
	}
	refused, err := filepath.Glob(filepath.Join(workspace, quarantineDir, "*", "*")) // without a record, or under a temporary name
	if err != nil {
		return err
	}
	for _, path := range refused {
		if rel, err := filepath.Rel(workspace, path); err == nil && !named[filepath.ToSlash(rel)] {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// fileReports adds to the records what the partitions say of their rows.
func fileReports(lake string, records []Record) ([]FileReport, error) {
	left := map[int32]store.Left{}
	for _, t := range datasets.Inputs() {
		list, err := store.List(lake, t.Name)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			for number, l := range m.Left {
				left[number] = add(left[number], l)
			}
		}
	}
	var reports []FileReport
	for _, r := range records {
		l := left[r.Number]
		f := FileReport{Record: r, Status: Taken, Duplicates: l.Duplicates, Superseded: l.Superseded}
		f.Accepted = r.Decoded - l.Duplicates
		f.AcceptedWh = r.Wh - l.DuplicateWh
		f.DuplicateWh, f.SupersededWh = l.DuplicateWh, l.SupersededWh
		switch {
		case r.Withdrawn:
			f.Status, f.Accepted, f.AcceptedWh = Withdrawn, 0, 0
		case r.Refused != nil:
			f.Status = Refused
		}
		reports = append(reports, f)
	}
	return reports, nil
}

func add(a, b store.Left) store.Left {
	return store.Left{
		Duplicates: a.Duplicates + b.Duplicates, DuplicateWh: a.DuplicateWh + b.DuplicateWh,
		Superseded: a.Superseded + b.Superseded, SupersededWh: a.SupersededWh + b.SupersededWh,
	}
}
