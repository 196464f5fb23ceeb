package ingest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// runBytes is how much memory the rows of a part take before they are sorted
// and written. It is no setting: where a run ends decides the bytes of a part.
const runBytes = 384 << 20

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
	rows    map[datasets.Partition]*chunks[R] // of the current run
	spare   [][]R                             // empty chunks
	places  map[datasets.Partition]*place[R]
	free    chan *encoder[R]
}

// chunkRows is the number of rows by which the memory of a partition grows. A
// slice that grew by doubling would be copied, and its old memory left, again
// and again.
const chunkRows = 256

// chunks are the rows of one partition; all but the last chunk are full.
type chunks[R any] struct{ list [][]R }

// An encoder has the memory in which a partition's rows are sorted.
type encoder[R any] struct {
	*store.Encoder[R]
	rows []R
}

// A place is what the part has of one partition.
type place[R any] struct {
	PartOf
	last R // in the order of the key
}

func newPartWriter[R any](dir string, t *datasets.Table, workers int) *partWriter[R] {
	p := &partWriter[R]{dir: dir, order: orderOf[R](), year: func(datasets.Micros) int32 { return 0 },
		limit: max(1, runBytes/int(unsafe.Sizeof(*new(R)))), workers: max(1, workers),
		rows: map[datasets.Partition]*chunks[R]{}, places: map[datasets.Partition]*place[R]{}, free: make(chan *encoder[R], max(1, workers))}
	if t.YearBy != "" {
		p.year = yearOf()
	}
	for range cap(p.free) {
		p.free <- &encoder[R]{Encoder: store.NewEncoder[R]()}
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
		at := p.partition(&rows[from])
		to := from + 1
		for to < len(rows) && p.partition(&rows[to]) == at {
			to++
		}
		c := p.rows[at]
		if c == nil {
			c = new(chunks[R])
			p.rows[at] = c
		}
		p.append(c, rows[from:to])
		from = to
	}
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

func (p *partWriter[R]) partition(row *R) datasets.Partition {
	bucket, ts := locate(row)
	return datasets.Partition{Bucket: bucket, Year: p.year(ts)}
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
	keys := slices.SortedFunc(maps.Keys(p.rows), comparePartition)
	encoded, places := make([]chan []byte, len(keys)), make([]*place[R], len(keys))
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(p.workers + 1) // one writes
	for i, at := range keys { // all of them before the goroutines, which share the map
		encoded[i], places[i] = make(chan []byte, 1), p.place(at)
	}
	g.Go(func() error {
		for i, pl := range places {
			select {
			case bytes := <-encoded[i]:
				if err := p.write(pl, bytes); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for i, at := range keys {
		c, pl := p.rows[at], places[i]
		g.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			e := <-p.free
			defer func() { p.free <- e }()
			e.rows = e.rows[:0]
			for _, chunk := range c.list {
				e.rows = append(e.rows, chunk...)
			}
			pl.add(p.order, e.rows)
			bytes, err := e.Encode(e.rows)
			encoded[i] <- bytes
			return err
		})
	}
	err = g.Wait()
	for _, c := range p.rows {
		for _, chunk := range c.list {
			p.spare = append(p.spare, chunk[:0]) // the memory stays for the next run
		}
	}
	clear(p.rows)
	p.held = 0
	return err
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

// add sorts the rows of a run and counts them.
func (pl *place[R]) add(order rowOrder[R], rows []R) {
	if len(rows) == 0 {
		return
	}
	if order.key == nil {
		pl.Sorted = false
	} else {
		strict := order.sort(rows)
		pl.Sorted = pl.Sorted && strict && (pl.Rows == 0 || order.key(&pl.last, &rows[0]) < 0)
		pl.last = rows[len(rows)-1]
	}
	pl.Rows += int64(len(rows))
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

// A rowOrder is the order of rows in a partition of one table.
type rowOrder[R any] struct {
	key  func(a, b *R) int // by the key columns in their order; nil if the table is one file
	site func(*R) string   // the first key column, if it is a text that few rows share
	line func(*R) int64
}

// orderOf returns the order of a table that is divided into partitions.
func orderOf[R any]() rowOrder[R] {
	var o any
	switch any(*new(R)).(type) {
	case datasets.Reading:
		o = rowOrder[datasets.Reading]{
			func(a, b *datasets.Reading) int {
				return cmp.Or(cmp.Compare(a.SiteID, b.SiteID), cmp.Compare(a.TS, b.TS))
			},
			func(r *datasets.Reading) string { return r.SiteID }, func(r *datasets.Reading) int64 { return r.Line }}
	case datasets.Billing:
		o = rowOrder[datasets.Billing]{
			func(a, b *datasets.Billing) int {
				return cmp.Or(cmp.Compare(a.SiteID, b.SiteID), cmp.Compare(a.PeriodStart, b.PeriodStart))
			},
			func(r *datasets.Billing) string { return r.SiteID }, func(r *datasets.Billing) int64 { return r.Line }}
	case datasets.Flow:
		o = rowOrder[datasets.Flow]{compareFlow, nil, func(r *datasets.Flow) int64 { return r.Line }}
	case datasets.DNS:
		o = rowOrder[datasets.DNS]{
			func(a, b *datasets.DNS) int {
				return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.ClientIP, b.ClientIP), cmp.Compare(a.Query, b.Query), cmp.Compare(a.Answers, b.Answers))
			}, nil, func(r *datasets.DNS) int64 { return r.Line }}
	case datasets.TLS:
		o = rowOrder[datasets.TLS]{
			func(a, b *datasets.TLS) int {
				return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.SrcIP, b.SrcIP), cmp.Compare(a.DstIP, b.DstIP), cmp.Compare(a.DstPort, b.DstPort), cmp.Compare(a.SNI, b.SNI))
			}, nil, func(r *datasets.TLS) int64 { return r.Line }}
	default:
		return rowOrder[R]{}
	}
	return o.(rowOrder[R])
}

func compareFlow(a, b *datasets.Flow) int {
	if c := cmp.Compare(a.TS, b.TS); c != 0 { // nearly always
		return c
	}
	return cmp.Or(cmp.Compare(a.SrcIP, b.SrcIP), cmp.Compare(a.SrcPort, b.SrcPort), cmp.Compare(a.DstIP, b.DstIP),
		cmp.Compare(a.DstPort, b.DstPort), cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Direction, b.Direction))
}

// sort orders rows that stand in the order of their lines by key, then line,
// and reports whether no key comes twice.
func (o rowOrder[R]) sort(rows []R) (strict bool) {
	switch o.state(rows) {
	case increasing:
		return true
	case sorted:
		return false
	}
	if o.site != nil {
		o.bySite(rows)
	} else {
		o.sortAll(rows)
	}
	return o.state(rows) == increasing
}

const (
	unsorted   = iota
	sorted     // a key comes twice
	increasing // no key comes twice
)

func (o rowOrder[R]) state(rows []R) int {
	state := increasing
	for i := 1; i < len(rows); i++ {
		c := o.key(&rows[i-1], &rows[i])
		if c > 0 {
			return unsorted
		}
		if c == 0 {
			state = sorted
		}
	}
	return state
}

func (o rowOrder[R]) sortAll(rows []R) {
	slices.SortFunc(rows, func(a, b R) int {
		if c := o.key(&a, &b); c != 0 {
			return c
		}
		return cmp.Compare(o.line(&a), o.line(&b))
	})
}

// bySite sorts rows that come by time, each site's own in order already: they
// are dealt out to the sites, which leaves little to compare.
func (o rowOrder[R]) bySite(rows []R) {
	counts := map[string]int{}
	for i := range rows {
		counts[o.site(&rows[i])]++
	}
	ends := make(map[string]*int, len(counts))
	at := 0
	for _, s := range slices.Sorted(maps.Keys(counts)) {
		start := at
		ends[s] = &start
		at += counts[s]
	}
	dealt := make([]R, len(rows))
	for i := range rows {
		end := ends[o.site(&rows[i])]
		dealt[*end] = rows[i]
		*end++
	}
	for s, end := range ends {
		if own := dealt[*end-counts[s] : *end]; o.state(own) == unsorted {
			o.sortAll(own)
		}
	}
	copy(rows, dealt)
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
