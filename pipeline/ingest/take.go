package ingest

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
	"github.com/minewatch/minewatch/datasets/store"
)

const (
	partsDir      = "_parts"
	quarantineDir = "quarantine"
)

// reading fingerprints what decides how a file is read, beside its content and
// the number of buckets.
func reading(o Options) string {
	return store.Fingerprint("raw", strconv.Itoa(raw.Version), o.Zone.String(), fmt.Sprintf("%+v", o.Limits))[:16]
}

// A fileStatus says what was done with one found file.
type fileStatus struct {
	key    contentKey
	path   string
	status Status
}

// A job is one file to decode.
type job struct {
	file   hashed
	number int32
	table  *datasets.Table
	done   chan outcome
}

// An outcome is a decoded file that is not committed yet.
type outcome struct {
	record     Record
	part       string // temporary files; "" for none
	quarantine string
}

// take decodes the files that are new, or that were read otherwise before, and
// commits them in the order of their delivery.
func (r *run) take(ctx context.Context, files []hashed) ([]fileStatus, error) {
	jobs, statuses := r.plan(files)
	if len(jobs) > 0 {
		r.progress("take", "", 0, len(jobs))
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(r.Workers + 1) // one commits
	g.Go(func() error {
		for i, j := range jobs {
			select {
			case out := <-j.done:
				if err := r.commit(out); err != nil {
					return fmt.Errorf("commit %s: %w", j.file.path, err)
				}
				r.progress("take", j.file.path, i+1, len(jobs))
			case <-gctx.Done():
				return gctx.Err()
			}
		}
		return nil
	})
	memory := semaphore.NewWeighted(r.memory() / 2)
	for _, j := range jobs {
		need := r.need(j)
		if memory.Acquire(gctx, need) != nil {
			break // another file failed, and its error counts
		}
		g.Go(func() error {
			defer memory.Release(need)
			if err := gctx.Err(); err != nil {
				return err
			}
			out, err := r.decode(gctx, j)
			if err != nil {
				return err
			}
			j.done <- out
			return nil
		})
	}
	return statuses, g.Wait()
}

// plan says what to do with each file, and gives new ones their numbers.
func (r *run) plan(files []hashed) ([]job, []fileStatus) {
	known := map[contentKey]Record{}
	// A file whose name gives other values since its mapping changed is still
	// the same delivery.
	samePath := map[contentKey]Record{}
	next := int32(1)
	for _, rec := range r.records {
		known[rec.key()] = rec
		samePath[contentKey{rec.Dataset, rec.SHA256, rec.Path}] = rec
		next = max(next, rec.Number+1)
	}
	planned := map[int32]bool{}
	var jobs []job
	var statuses []fileStatus
	for _, f := range files {
		status := Taken
		rec, ok := samePath[contentKey{f.dataset, f.sha256, f.path}]
		if !ok {
			rec, ok = known[f.key()]
		}
		switch {
		case ok && planned[rec.Number]: // under another name in this run
			status = Known
		case ok && rec.Withdrawn && len(r.Files) == 0:
			status = Withdrawn
		case ok && !rec.Withdrawn && rec.Reading == r.readingOf(f) && rec.Buckets == r.Buckets:
			status = Known
		case ok: // read otherwise before: keeps its place among the deliveries
			jobs = append(jobs, r.job(f, rec.Number))
			planned[rec.Number] = true
		default:
			jobs = append(jobs, r.job(f, next))
			next++
		}
		// A second file of the same content in this run is known.
		known[f.key()] = Record{Reading: r.readingOf(f), Buckets: r.Buckets, Withdrawn: status == Withdrawn}
		statuses = append(statuses, fileStatus{f.key(), f.path, status})
	}
	return jobs, statuses
}

func (r *run) job(f hashed, number int32) job {
	return job{f, number, datasets.Lookup(f.dataset), make(chan outcome, 1)}
}

// need is how much memory the rows of a file may take: what a part holds, or
// less if the file is small even if it is packed well.
func (r *run) need(j job) int64 { return min(r.runBytes(), 64<<10+20*j.file.info.Size()) }

func (r *run) decode(ctx context.Context, j job) (outcome, error) {
	f := j.file
	out, err := readers[f.dataset](ctx, r, j)
	if err != nil {
		return out, err
	}
	now, err := os.Stat(r.abs(f.path))
	if err != nil {
		return out, err
	}
	if now.Size() != f.info.Size() || !now.ModTime().Equal(f.info.ModTime()) {
		return out, fmt.Errorf("%s changed while it was read; run again once it is complete", f.path)
	}
	return out, nil
}

// commit moves part and quarantine into place and writes the record.
func (r *run) commit(out outcome) error {
	rec := out.record
	if out.part != "" {
		sum, err := store.HashFile(out.part)
		if err != nil {
			return err
		}
		rec.Part, rec.PartSHA256 = path.Join(partsDir, rec.Dataset, rec.name()+".parquet"), sum
		if err := move(out.part, filepath.Join(r.lake, filepath.FromSlash(rec.Part))); err != nil {
			return err
		}
	}
	if out.quarantine != "" {
		sum, err := store.HashFile(out.quarantine)
		if err != nil {
			return err
		}
		rec.Quarantine, rec.QuarantineSHA256 = path.Join(quarantineDir, rec.Dataset, rec.name()+".csv"), sum
		if err := move(out.quarantine, r.abs(rec.Quarantine)); err != nil {
			return err
		}
	}
	if err := writeRecord(r.lake, rec); err != nil {
		return err
	}
	r.fresh[rec.Number] = true
	i, known := slices.BinarySearchFunc(r.records, rec.Number, func(a Record, n int32) int { return int(a.Number) - int(n) })
	if known {
		r.records[i] = rec
	} else {
		r.records = slices.Insert(r.records, i, rec)
	}
	return nil
}

// move puts a finished file into place for good.
func move(from, to string) error {
	dir := filepath.Dir(to)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := sync(from); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return sync(dir)
}

func sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (r *run) progress(step, name string, done, total int) {
	if r.Progress != nil {
		r.Progress(Progress{step, name, done, total})
	}
}

// newRecord describes a file by what was read of it.
func (r *run) newRecord(j job, s raw.Summary) Record {
	rec := Record{
		Number: j.number, Dataset: j.file.dataset, Path: j.file.path, SHA256: j.file.sha256, Bytes: j.file.info.Size(),
		Format: s.Format, Given: j.file.given, Reading: r.readingOf(j.file), Buckets: r.Buckets, Refused: s.Refused,
	}
	rec.Open = s.Open || openRank(rec.Path) == 0
	if s.Refused != nil {
		return rec
	}
	rec.Rows, rec.Decoded, rec.Ignored, rec.Wh = s.Rows, s.Accepted, s.Ignored, s.Wh
	rec.Quarantined, rec.Skipped, rec.Warnings = s.Quarantined, s.Skipped, s.Warnings
	rec.First, rec.Last = s.First.String(), s.Last.String()
	return rec
}

func comparePartition(a, b datasets.Partition) int {
	return slices.Compare([]int32{a.Bucket, a.Year}, []int32{b.Bucket, b.Year})
}

// A quarantine writes the refused rows of one file. The file is made with the
// first of them.
type quarantine struct {
	dir, source string
	file        *os.File
	w           *csv.Writer
}

func (q *quarantine) add(f raw.Fault) error {
	if q.file == nil {
		if err := os.MkdirAll(q.dir, 0o755); err != nil {
			return err
		}
		file, err := os.CreateTemp(q.dir, "quarantine-*.csv")
		if err != nil {
			return err
		}
		q.file, q.w = file, csv.NewWriter(file)
		if err := q.w.Write([]string{"file", "line", "column", "reason", "remedy", "raw"}); err != nil {
			return err
		}
	}
	return q.w.Write([]string{q.source, strconv.FormatInt(f.Line, 10), f.Column, f.Reason, f.Remedy, visible(f.Raw)})
}

// close finishes the file and returns its temporary name, "" if nothing was refused.
func (q *quarantine) close() (string, error) {
	if q.file == nil {
		return "", nil
	}
	q.w.Flush()
	return q.file.Name(), errors.Join(q.w.Error(), q.file.Chmod(0o644), q.file.Close())
}

func (q *quarantine) discard() error {
	name, err := q.close()
	if name == "" {
		return err
	}
	if e := os.Remove(name); !errors.Is(e, fs.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

// visible keeps the raw text readable as UTF-8: bytes that are not, and NUL,
// are written as \xHH.
func visible(s string) string {
	if strings.ToValidUTF8(s, "") == s && !strings.Contains(s, "\x00") {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		if c == 0 || c == '\uFFFD' && s[i] != 0xEF {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
