package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/raw"
	"github.com/minewatch/minewatch/datasets/store"
)

// readers decode a file of each input table.
var readers = map[string]func(context.Context, *run, job) (outcome, error){
	"sites":             readRows[datasets.Site],
	"readings":          readRows[datasets.Reading],
	"billing":           readRows[datasets.Billing],
	"feeder_readings":   readRows[datasets.FeederReading],
	"weather":           readRows[datasets.Weather],
	"curtailments":      readRows[datasets.Curtailment],
	"registry":          readRows[datasets.RegistryEntry],
	"quarterly_reports": readRows[datasets.QuarterlyReport],
	"declarations":      readRows[datasets.Declaration],
	"subscribers":       readRows[datasets.Subscriber],
	"flows":             readRows[datasets.Flow],
	"dns":               readRows[datasets.DNS],
	"tls":               readRows[datasets.TLS],
	"pools":             readRows[datasets.Pool],
	"known_services":    readRows[datasets.KnownService],
	"outcomes":          readRows[datasets.Outcome],
}

// place returns where a row lies: its bucket, and its time if the table is
// divided by year.
func place(row any) (bucket int32, ts datasets.Micros) {
	switch r := row.(type) {
	case *datasets.Reading:
		return r.Bucket, r.TS
	case *datasets.Billing:
		return r.Bucket, 0
	case *datasets.Flow:
		return r.Bucket, r.TS
	case *datasets.DNS:
		return r.Bucket, r.TS
	case *datasets.TLS:
		return r.Bucket, r.TS
	}
	return datasets.Whole.Bucket, 0
}

// readRows decodes a file to a temporary part and a temporary quarantine.
func readRows[R any](ctx context.Context, r *run, j job) (out outcome, err error) {
	w, err := newPartWriter[R](r.tmp, j.table)
	if err != nil {
		return out, err
	}
	q := &quarantine{dir: r.tmp, source: j.file.path}
	options := raw.Options{Zone: r.Zone, Buckets: r.Buckets, Source: j.number, Limits: r.Limits}
	sum, err := raw.Read(r.abs(j.file.path), j.table, options, raw.Sink[R]{
		Accept: func(rows []R) error {
			w.accept(rows)
			return ctx.Err()
		},
		Refuse: q.add,
	})
	part, closeErr := w.close()
	if err = errors.Join(err, closeErr); err != nil || sum.Refused != nil {
		w.discard()
		return outcome{record: r.newRecord(j, sum)}, errors.Join(err, q.discard())
	}
	out.record = r.newRecord(j, sum)
	out.record.Partitions = partitions(w.counts)
	if sum.Accepted > 0 {
		out.part = part
	} else {
		w.discard()
	}
	out.quarantine, err = q.close()
	return out, err
}

// A partWriter writes rows in a goroutine of its own, so that decoding and
// encoding run side by side.
type partWriter[R any] struct {
	w      *store.Writer[R]
	year   func(datasets.Micros) int32
	counts map[datasets.Partition]int64
	full   chan []R
	empty  chan []R
	failed chan error // the writer's error, once it has ended
}

// batches in flight between decoder and encoder
const batches = 4

func newPartWriter[R any](dir string, t *datasets.Table) (*partWriter[R], error) {
	w, err := store.Create[R](dir)
	if err != nil {
		return nil, err
	}
	p := &partWriter[R]{w: w, counts: map[datasets.Partition]int64{}, year: func(datasets.Micros) int32 { return 0 },
		full: make(chan []R, batches), empty: make(chan []R, batches), failed: make(chan error, 1)}
	if t.YearBy != "" {
		p.year = yearOf()
	}
	for range batches {
		p.empty <- make([]R, 0, raw.BatchRows)
	}
	go p.write()
	return p, nil
}

// accept copies a batch for the writing goroutine.
func (p *partWriter[R]) accept(rows []R) {
	var last datasets.Partition
	n := int64(0)
	for i := range rows {
		bucket, ts := place(&rows[i])
		if at := (datasets.Partition{Bucket: bucket, Year: p.year(ts)}); at != last {
			p.count(last, n)
			last, n = at, 0
		}
		n++
	}
	p.count(last, n)
	p.full <- append((<-p.empty)[:0], rows...)
}

func (p *partWriter[R]) count(at datasets.Partition, n int64) {
	if n > 0 {
		p.counts[at] += n
	}
}

func (p *partWriter[R]) write() {
	var err error
	for rows := range p.full {
		if err == nil {
			err = p.w.Write(rows)
		}
		p.empty <- rows
	}
	p.failed <- err
}

// close ends the part and returns its temporary name.
func (p *partWriter[R]) close() (string, error) {
	close(p.full)
	err := <-p.failed
	name, closeErr := p.w.Close()
	return name, errors.Join(err, closeErr)
}

func (p *partWriter[R]) discard() { p.w.Discard() }

// yearOf returns the UTC year of instants, most of which lie in the year of
// the one before.
func yearOf() func(datasets.Micros) int32 {
	var from, to datasets.Micros
	var year int32
	return func(ts datasets.Micros) int32 {
		if ts < from || ts >= to {
			y := ts.Time().Year()
			from, to, year = yearStart(y), yearStart(y+1), int32(y)
		}
		return year
	}
}

func yearStart(year int) datasets.Micros {
	return datasets.MicrosOf(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
}
