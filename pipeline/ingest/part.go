package ingest

import (
	"context"
	"maps"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// A partWriter writes the rows of one file as a part: runs of rows, in each of
// which the rows of a partition stand together, sorted by key and line, in row
// groups of their own. So a partition that has one part only is a copy of row
// groups, and others read few groups of a part.
type partWriter[R any] struct {
	dir     string
	order   rowOrder[R]
	year    func(datasets.Micros) int32
	limit   int // rows of a run
	workers int
	w       *store.GroupWriter // nil before the first run
	held    int
	years   map[int32]*yearRows[R] // of the current run
	current *yearRows[R]           // of the row before
	spare   [][]R                  // empty chunks
	places  map[datasets.Partition]*place[R]
	free    chan *encoder[R]
}

// An encoder arranges and encodes the rows of one partition at a time.
type encoder[R any] struct {
	*store.Encoder[R]
	arranger[R]
	batch []R
}

// yearRows are the rows of one year, by bucket; index 0 is Whole's.
type yearRows[R any] struct {
	year    int32
	buckets []*chunks[R]
}

// A place is what the part has of one partition.
type place[R any] struct {
	PartOf
	last R // in the order of the key
}

// newPartWriter returns a writer that holds rows of at most bytes, and sorts
// and writes them then.
func newPartWriter[R any](dir string, t *datasets.Table, workers int, bytes int64) *partWriter[R] {
	p := &partWriter[R]{dir: dir, order: orderOf[R](), year: func(datasets.Micros) int32 { return 0 },
		limit: max(1, int(bytes)/int(unsafe.Sizeof(*new(R)))), workers: max(1, workers),
		years: map[int32]*yearRows[R]{}, places: map[datasets.Partition]*place[R]{}, free: make(chan *encoder[R], max(1, workers))}
	if t.YearBy != "" {
		p.year = yearOf()
	}
	for range cap(p.free) {
		p.free <- &encoder[R]{Encoder: store.NewEncoder[R](), arranger: arranger[R]{order: p.order}}
	}
	return p
}

// accept copies rows to their partitions.
func (p *partWriter[R]) accept(rows []R) error {
	if p.held+len(rows) > p.limit {
		n := p.limit - p.held // so that a run ends at the same row whatever the batches
		p.spread(rows[:n])
		rows = rows[n:]
		if err := p.flush(); err != nil {
			return err
		}
	}
	p.spread(rows)
	return nil
}

func (p *partWriter[R]) spread(rows []R) {
	p.held += len(rows)
	for from := 0; from < len(rows); {
		at := p.rowsOf(&rows[from])
		to := from + 1
		for to < len(rows) && p.rowsOf(&rows[to]) == at {
			to++
		}
		p.append(at, rows[from:to])
		from = to
	}
}

// rowsOf returns where a row goes.
func (p *partWriter[R]) rowsOf(row *R) *chunks[R] {
	bucket, ts := locate(row)
	year := p.year(ts)
	y := p.current
	if y == nil || y.year != year {
		if y = p.years[year]; y == nil {
			y = &yearRows[R]{year: year}
			p.years[year] = y
		}
		p.current = y
	}
	i := int(bucket - datasets.Whole.Bucket)
	if i >= len(y.buckets) {
		y.buckets = append(y.buckets, make([]*chunks[R], i+1-len(y.buckets))...)
	}
	if y.buckets[i] == nil {
		y.buckets[i] = new(chunks[R])
	}
	return y.buckets[i]
}

func (p *partWriter[R]) append(c *chunks[R], rows []R) {
	for len(rows) > 0 {
		k := len(c.list) - 1
		if k < 0 || len(c.list[k]) == chunkRows {
			if s := len(p.spare) - 1; s >= 0 {
				c.list = append(c.list, p.spare[s])
				p.spare = p.spare[:s]
			} else {
				c.list = append(c.list, make([]R, 0, chunkRows))
			}
			k++
		}
		n := min(len(rows), chunkRows-len(c.list[k]))
		c.list[k] = append(c.list[k], rows[:n]...)
		rows = rows[n:]
	}
}

// A filled partition has rows in the current run.
type filled[R any] struct {
	*chunks[R]
	place   *place[R]
	encoded chan []byte
}

// filled lists the partitions of the run in their order.
func (p *partWriter[R]) filled() []filled[R] {
	var list []filled[R]
	for _, y := range p.years {
		for i, c := range y.buckets {
			if c != nil && len(c.list) > 0 {
				at := datasets.Partition{Bucket: int32(i) + datasets.Whole.Bucket, Year: y.year}
				list = append(list, filled[R]{c, p.place(at), make(chan []byte, 1)})
			}
		}
	}
	slices.SortFunc(list, func(a, b filled[R]) int { return comparePartition(a.place.Partition, b.place.Partition) })
	return list
}

// flush sorts and writes the rows in memory, by partition.
func (p *partWriter[R]) flush() (err error) {
	if p.held == 0 {
		return nil
	}
	if p.w == nil {
		if p.w, err = store.CreateGroups(p.dir); err != nil {
			return err
		}
	}
	list := p.filled()
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(p.workers + 1) // one writes
	g.Go(func() error {
		for _, f := range list {
			select {
			case bytes := <-f.encoded:
				if err := p.write(f.place, bytes); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for _, f := range list {
		g.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			e := <-p.free
			defer func() { p.free <- e }()
			bytes, err := e.encode(f.chunks, f.place)
			f.encoded <- bytes
			return err
		})
	}
	err = g.Wait()
	for _, f := range list {
		for _, chunk := range f.list {
			p.spare = append(p.spare, chunk[:0]) // the memory stays for the next run
		}
		f.list = f.list[:0]
	}
	p.held = 0
	return err
}

// encode returns the rows of a partition as row groups, in their order, and
// notes them in its place.
func (e *encoder[R]) encode(c *chunks[R], pl *place[R]) ([]byte, error) {
	var perm []int32
	strict := false
	if e.order.key != nil {
		perm, strict = e.arrange(c)
	}
	pl.add(e.order, c, perm, strict)
	if perm == nil {
		return e.Encode(slices.Values(c.list))
	}
	return e.Encode(func(yield func([]R) bool) {
		for part := range slices.Chunk(perm, chunkRows) {
			e.batch = e.batch[:0]
			for _, i := range part {
				e.batch = append(e.batch, *c.at(i))
			}
			if !yield(e.batch) {
				return
			}
		}
	})
}

// write writes the row groups of one partition.
func (p *partWriter[R]) write(pl *place[R], encoded []byte) error {
	from := p.w.Groups()
	if err := p.w.Append(encoded); err != nil {
		return err
	}
	for g := from; g < p.w.Groups(); g++ {
		pl.Groups = append(pl.Groups, int32(g))
	}
	return nil
}

func (p *partWriter[R]) place(at datasets.Partition) *place[R] {
	pl := p.places[at]
	if pl == nil {
		pl = &place[R]{PartOf: PartOf{Partition: at, Sorted: true}}
		p.places[at] = pl
	}
	return pl
}

// add counts the rows of a run, in the order of perm.
func (pl *place[R]) add(order rowOrder[R], c *chunks[R], perm []int32, strict bool) {
	n := c.len()
	first, last := int32(0), int32(n-1)
	if perm != nil {
		first, last = perm[0], perm[n-1]
	}
	pl.Sorted = pl.Sorted && strict && (pl.Rows == 0 || order.key(&pl.last, c.at(first)) < 0)
	pl.last = *c.at(last)
	pl.Rows += int64(n)
}

// close ends the part and returns its temporary name, "" if it has no rows.
func (p *partWriter[R]) close() (name string, err error) {
	if err := p.flush(); err != nil || p.w == nil {
		return "", err
	}
	return p.w.Close()
}

func (p *partWriter[R]) discard() {
	if p.w != nil {
		p.w.Discard()
	}
}

// partitions lists what the part has, by bucket and year.
func (p *partWriter[R]) partitions() []PartOf {
	list := make([]PartOf, 0, len(p.places))
	for _, at := range slices.SortedFunc(maps.Keys(p.places), comparePartition) {
		if pl := p.places[at]; pl.Rows > 0 {
			list = append(list, pl.PartOf)
		}
	}
	return list
}

// locate returns where a row lies: its bucket, and its time if the table is
// divided by year.
func locate(row any) (bucket int32, ts datasets.Micros) {
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
