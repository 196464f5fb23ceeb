package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/minewatch/minewatch/datasets/store"
)

// Withdraw takes a delivered file back: its record is marked, and the
// partitions with rows of it are written anew without them, so that what it
// had superseded counts again. Its part, its quarantine and its record stay,
// so that former runs can be traced. The file in the inbox is not taken in
// again, unless it is named on its own.
//
// file is a path below the workspace or elsewhere, or the number of the
// delivery; Options.Dataset is needed only if its content was delivered to
// several datasets. To withdraw twice changes nothing.
func Withdraw(ctx context.Context, o Options, file string) (Report, error) {
	r := newRun(o)
	if err := r.withdraw(ctx, file); err != nil {
		return Report{}, fmt.Errorf("withdraw %s: %w", file, err)
	}
	return r.report, nil
}

func (r *run) withdraw(ctx context.Context, file string) error {
	if err := os.RemoveAll(r.tmp); err != nil {
		return err
	}
	var err error
	if r.records, err = readRecords(r.lake); err != nil {
		return err
	}
	i, err := r.delivered(file)
	if err != nil {
		return err
	}
	if !r.records[i].Withdrawn {
		r.records[i].Withdrawn = true
		if err := writeRecord(r.lake, r.records[i]); err != nil {
			return err
		}
	}
	if r.report.Partitions, err = r.compact(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(r.tmp); err != nil {
		return err
	}
	rec := r.records[i]
	r.report.Files, err = r.reports([]fileStatus{{rec.key(), rec.Path, Withdrawn}})
	return err
}

// delivered finds the record of a file.
func (r *run) delivered(file string) (int, error) {
	sum, err := store.HashFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	path := filepath.ToSlash(file)
	if abs, err := filepath.Abs(file); err == nil {
		if dir, err := filepath.Abs(r.Workspace); err == nil {
			if rel, err := filepath.Rel(dir, abs); err == nil {
				path = filepath.ToSlash(rel)
			}
		}
	}
	var byPath, byContent []int
	for i, rec := range r.records {
		if r.Dataset != "" && rec.Dataset != r.Dataset {
			continue
		}
		if rec.Path == path || rec.Path == filepath.ToSlash(file) || fmt.Sprintf("%06d", rec.Number) == file || rec.name() == file {
			byPath = append(byPath, i)
		}
		if sum != "" && rec.SHA256 == sum {
			byContent = append(byContent, i)
		}
	}
	// A path may have held several deliveries; the one that lies there is meant.
	list := byContent
	if len(list) != 1 {
		list = both(byPath, byContent)
	}
	if len(list) == 0 {
		list = byPath
	}
	switch len(list) {
	case 0:
		return 0, errors.New("no such delivery; lake/_files lists them by number and path")
	case 1:
		return list[0], nil
	}
	var names []string
	for _, i := range list {
		names = append(names, r.records[i].name()+" ("+r.records[i].Path+")")
	}
	return 0, fmt.Errorf("it may be any of the deliveries %s; name one of them by its number", strings.Join(names, ", "))
}

func both(a, b []int) []int {
	var list []int
	for _, i := range a {
		for _, j := range b {
			if i == j {
				list = append(list, i)
			}
		}
	}
	return list
}
