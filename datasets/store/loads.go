package store

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/minewatch/minewatch/datasets"
)

// ErrOrder says that the rows of a readings file are not sorted by site and
// time, so that a site's series would be torn apart.
var ErrOrder = errors.New("readings are not sorted by site and time")

// Loads calls each with the readings of every site in the files, which must be
// the partitions of one bucket in order of their years. Sites come in order of
// their ids, once each; the load is valid during the call. Memory is one batch
// a file and the readings of one site. Sites are read as runs, times and energies by a
// decoder of their usual encoding, the rest, and other encodings, by Arrow's typed
// readers: twenty times as fast as filling structs.
func Loads(paths []string, each func(siteID string, l *datasets.Load) error) error {
	var open []*loadFile
	defer func() {
		for _, f := range open {
			f.close()
		}
	}()
	for _, path := range paths {
		f, err := openLoad(path, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		open = append(open, f)
	}
	load := seriesPool.Get().(*datasets.Load)
	defer seriesPool.Put(load)
	for {
		site, ok := firstSite(open)
		if !ok {
			return nil
		}
		load.Reset()
		for _, f := range open {
			if err := f.take(site, load); err != nil {
				return fmt.Errorf("%s: site %s: %w", f.path, site, err)
			}
		}
		if err := each(site, load); err != nil {
			return err
		}
	}
}

// seriesPool holds the memory of years of readings of one site.
var seriesPool = sync.Pool{New: func() any { return new(datasets.Load) }}

// firstSite returns the smallest site that a file stands before.
func firstSite(open []*loadFile) (least string, found bool) {
	for _, f := range open {
		if f.left() && (!found || f.site() < least) {
			least, found = f.site(), true
		}
	}
	return least, found
}

const loadBatch = 16_384

// A loadFile is a cursor over one file of readings.
type loadFile struct {
	path                            string
	only                            []byte  // the one site wanted; nil: all
	groups                          []int32 // row groups that are still to be read; nil: all
	r                               *file.Reader
	group                           int
	rows                            int64 // of the group, not yet in the batch
	siteCol                         siteColumn
	tsCol                           numbers[int64]
	whCol                           numbers[int32]
	qualityCol, intervalCol         numbers[int32] // nil where all rows of the group have one value
	plain                           bool           // whether that value is measured, and the interval an hour or not given
	sites                           []siteRun      // of the batch
	run                             int            // that the cursor stands in
	ts                              []int64
	wh, quality, interval           []int32
	n, at                           int // the batch, and the row that the cursor stands before
	def                             []int16
	siteIx, tsIx, whIx, quIx, intIx int

	rest moreColumns // nil: only those that detection reads

	// Decoders keep their memory from group to group.
	dict    dictSites
	tsDelta deltaNumbers[int64]
	whDelta deltaNumbers[int32]
}

// A moreColumns reads further columns of a loadFile, group by group and batch by batch.
type moreColumns interface {
	openRest(g *file.RowGroupReader) error
	readRest() error
}

// A siteRun are the rows of a batch up to end, from the end of the run before.
type siteRun struct {
	id  string
	end int
}

func openLoad(path string, only []byte) (*loadFile, error) {
	f := &loadFile{only: only}
	if err := f.open(path, loadBatch); err != nil {
		return nil, err
	}
	return f, f.fill()
}

// open opens a file to be read in batches of so many rows.
func (f *loadFile) open(path string, batch int) error {
	r, err := file.OpenParquetFile(path, false)
	if err != nil {
		return err
	}
	f.path, f.r, f.group = path, r, -1
	f.ts, f.wh = make([]int64, batch), make([]int32, batch)
	f.quality, f.interval, f.def = make([]int32, batch), make([]int32, batch), make([]int16, batch)
	return f.columns(map[string]*int{"site_id": &f.siteIx, "ts": &f.tsIx, "wh": &f.whIx, "quality": &f.quIx, "interval_min": &f.intIx})
}

// columns finds columns of the file, or closes it.
func (f *loadFile) columns(byName map[string]*int) error {
	schema := f.r.MetaData().Schema
	for name, ix := range byName {
		if *ix = schema.ColumnIndexByName(name); *ix < 0 {
			return errors.Join(fmt.Errorf("column %q is missing: %w", name, ErrSchema), f.r.Close())
		}
	}
	return nil
}

func (f *loadFile) close() { f.r.Close() } // only read: nothing can be lost

func (f *loadFile) left() bool { return f.at < f.n }

// site is the site of the row that the cursor stands before.
func (f *loadFile) site() string { return f.sites[f.run].id }

// skip moves the cursor behind the run that it stands in.
func (f *loadFile) skip() error {
	f.at = f.sites[f.run].end
	f.run++
	return f.fill()
}

// fill reads the next batch, if the current one is used up.
func (f *loadFile) fill() error {
	for f.at == f.n {
		if f.rows == 0 {
			if f.group = f.nextGroup(); f.group >= f.r.NumRowGroups() {
				return nil
			}
			if err := f.openGroup(); err != nil {
				return err
			}
			continue
		}
		f.n, f.at = int(min(f.rows, int64(len(f.ts)))), 0
		if err := f.readBatch(); err != nil {
			return err
		}
		f.rows -= int64(f.n)
	}
	return nil
}

func (f *loadFile) openGroup() (err error) {
	g := f.r.RowGroup(f.group)
	f.rows = g.NumRows()
	f.qualityCol, f.intervalCol = nil, nil
	if f.siteCol, err = f.siteColumn(g); err != nil {
		return err
	}
	if f.tsCol, err = f.int64s(g, f.tsIx, "ts", &f.tsDelta); err != nil {
		return err
	}
	if f.whCol, err = f.energies(g); err != nil {
		return err
	}
	// Most meters deliver measured values of one interval for years.
	if f.qualityCol, err = f.spread(g, f.quIx, "quality", f.quality); err != nil {
		return err
	}
	f.intervalCol, err = f.spread(g, f.intIx, "interval_min", f.interval)
	f.plain = f.qualityCol == nil && f.quality[0] == int32(datasets.Measured) && f.intervalCol == nil && (f.interval[0] == 0 || f.interval[0] == 60)
	if err == nil && f.rest != nil {
		err = f.rest.openRest(g)
	}
	return err
}

// spread returns the reader of a column of which many groups have one value, 0 standing
// for null; if this group has, as its statistics say, out is filled with it, and the
// reader is nil.
func (f *loadFile) spread(g *file.RowGroupReader, ix int, name string, out []int32) (numbers[int32], error) {
	if v, same := f.sameValue(ix); same {
		fill(out, v)
		return nil, nil
	}
	column, err := columnOf[*file.Int32ColumnChunkReader](g, ix)
	if err != nil {
		return nil, err
	}
	return &optionalNumbers{name, column, f.def}, nil
}

// siteColumn returns the reader of sites that suits their encoding.
func (f *loadFile) siteColumn(g *file.RowGroupReader) (siteColumn, error) {
	if f.whole(f.siteIx) && f.encoded(f.siteIx, parquet.Encodings.RLEDict, parquet.Encodings.PlainDict) {
		p, err := f.pages(g, f.siteIx)
		f.dict = dictSites{pages: p, ids: f.dict.ids}
		f.dict.pages.dictionary = f.dict.dictionary
		return &f.dict, err
	}
	column, err := columnOf[*file.ByteArrayColumnChunkReader](g, f.siteIx)
	if err != nil {
		return nil, err
	}
	return &arrowSites{column: column, batch: make([]parquet.ByteArray, loadBatch), def: f.def}, nil
}

// int64s returns the reader of a column that suits its encoding.
func (f *loadFile) int64s(g *file.RowGroupReader, ix int, name string, delta *deltaNumbers[int64]) (numbers[int64], error) {
	if f.whole(ix) && f.encoded(ix, parquet.Encodings.DeltaBinaryPacked) {
		p, err := f.pages(g, ix)
		*delta = deltaNumbers[int64]{pages: p, memory: delta.memory}
		return delta, err
	}
	column, err := columnOf[*file.Int64ColumnChunkReader](g, ix)
	if err != nil {
		return nil, err
	}
	return &arrowNumbers[int64]{name, column.ReadBatch, f.def}, nil
}

func (f *loadFile) energies(g *file.RowGroupReader) (numbers[int32], error) {
	if f.whole(f.whIx) && f.encoded(f.whIx, parquet.Encodings.DeltaBinaryPacked) {
		p, err := f.pages(g, f.whIx)
		f.whDelta = deltaNumbers[int32]{pages: p, memory: f.whDelta.memory}
		return &f.whDelta, err
	}
	column, err := columnOf[*file.Int32ColumnChunkReader](g, f.whIx)
	if err != nil {
		return nil, err
	}
	return &arrowNumbers[int32]{"wh", column.ReadBatch, f.def}, nil
}

func (f *loadFile) pages(g *file.RowGroupReader, ix int) (pages, error) {
	r, err := g.GetColumnPageReader(ix)
	return pages{PageReader: r, optional: f.r.MetaData().Schema.Column(ix).MaxDefinitionLevel() > 0}, err
}

// encoded reports whether a column of the group is in one of the encodings.
func (f *loadFile) encoded(ix int, as ...parquet.Encoding) bool {
	c, err := f.r.MetaData().RowGroup(f.group).ColumnChunk(ix)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.Encodings(), func(e parquet.Encoding) bool { return slices.Contains(as, e) })
}

// whole reports whether no row of a column of the group is null.
func (f *loadFile) whole(ix int) bool {
	if f.r.MetaData().Schema.Column(ix).MaxDefinitionLevel() == 0 {
		return true
	}
	s := f.statistics(f.group, ix)
	return s != nil && s.HasNullCount() && s.NullCount() == 0
}

// statistics returns what is known of a column of a group, nil if nothing is.
func (f *loadFile) statistics(group, ix int) metadata.TypedStatistics {
	c, err := f.r.MetaData().RowGroup(group).ColumnChunk(ix)
	if err != nil {
		return nil
	}
	if set, err := c.StatsSet(); err != nil || !set {
		return nil
	}
	s, err := c.Statistics()
	if err != nil {
		return nil
	}
	return s
}

func fill(list []int32, v int32) {
	for i := range list {
		list[i] = v
	}
}

// columnOf returns Arrow's reader of a column, if it has the type that is meant.
func columnOf[C file.ColumnChunkReader](g *file.RowGroupReader, ix int) (column C, err error) {
	c, err := g.Column(ix)
	if err != nil {
		return column, err
	}
	column, ok := c.(C)
	if !ok {
		return column, ErrSchema
	}
	return column, nil
}

// sameValue returns the value that all rows of the group have in a column of
// integers, by its statistics, 0 if all are null; ok is false if they do not say so.
func (f *loadFile) sameValue(ix int) (v int32, ok bool) {
	s, ok := f.statistics(f.group, ix).(*metadata.Int32Statistics)
	switch {
	case !ok || !s.HasNullCount():
		return 0, false
	case s.NullCount() == f.r.MetaData().RowGroup(f.group).NumRows():
		return 0, true
	case !s.HasMinMax() || s.NullCount() > 0 || s.Min() != s.Max():
		return 0, false
	}
	return s.Min(), true
}

func (f *loadFile) readBatch() error {
	if err := f.readSites(); err != nil {
		return err
	}
	if err := f.tsCol.read(f.ts[:f.n]); err != nil {
		return fmt.Errorf("column ts: %w", err)
	}
	if err := f.whCol.read(f.wh[:f.n]); err != nil {
		return fmt.Errorf("column wh: %w", err)
	}
	if f.qualityCol != nil {
		if err := f.qualityCol.read(f.quality[:f.n]); err != nil {
			return fmt.Errorf("column quality: %w", err)
		}
	}
	if f.intervalCol != nil {
		if err := f.intervalCol.read(f.interval[:f.n]); err != nil {
			return fmt.Errorf("column interval_min: %w", err)
		}
	}
	if f.rest != nil {
		return f.rest.readRest()
	}
	return nil
}

// readSites reads the sites of a batch as runs. The text of the batch before serves
// again where a site goes on.
func (f *loadFile) readSites() error {
	last := ""
	if len(f.sites) > 0 {
		last = f.sites[len(f.sites)-1].id
	}
	f.sites, f.run = f.sites[:0], 0
	for read := 0; read < f.n; {
		id, rows, err := f.siteCol.next(f.n - read)
		if err != nil {
			return fmt.Errorf("column site_id: %w", err)
		}
		if string(id) != last {
			last = string(id)
		}
		read += rows
		if k := len(f.sites) - 1; k >= 0 && f.sites[k].id == last {
			f.sites[k].end = read
		} else {
			f.sites = append(f.sites, siteRun{last, read})
		}
	}
	return nil
}

func short(column string, got, want int, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("column %q has %d values in %d rows: %w", column, got, want, ErrSchema)
}

// take moves the readings of a site, if the cursor stands before them, to l.
func (f *loadFile) take(site string, l *datasets.Load) error {
	for f.left() && f.site() == site {
		end := f.sites[f.run].end
		if err := f.move(end, l); err != nil {
			return err
		}
		if err := f.skip(); err != nil {
			return err
		}
	}
	if f.left() && f.site() < site {
		return fmt.Errorf("site %s comes later: %w", f.site(), ErrOrder)
	}
	return nil
}

// move appends the rows up to end to l.
func (f *loadFile) move(end int, l *datasets.Load) error {
	const hour = 3_600_000_000
	ts, first := f.ts[f.at:end], l.Len()
	last := int64(math.MinInt64)
	if first > 0 {
		last = int64(l.TS[first-1])
	}
	hourly := f.plain && (first == 0 || l.Hourly && ts[0]-last == hour)
	l.TS = slices.Grow(l.TS, len(ts))[:first+len(ts)]
	odd := int64(0) // bits in which a distance is not that of an hour
	for i, t := range ts {
		if t <= last {
			return fmt.Errorf("%s after %s: %w", datasets.Micros(t), datasets.Micros(last), ErrOrder)
		}
		if i > 0 {
			odd |= (t - last) ^ hour
		}
		last = t
		l.TS[first+i] = datasets.Micros(t)
	}
	l.Hourly = hourly && odd == 0
	l.Quality = slices.Grow(l.Quality, len(ts))[:first+len(ts)]
	for i, q := range f.quality[f.at:end] {
		l.Quality[first+i] = datasets.Quality(q)
	}
	l.Wh = append(l.Wh, f.wh[f.at:end]...)
	l.IntervalMin = append(l.IntervalMin, f.interval[f.at:end]...)
	return nil
}
