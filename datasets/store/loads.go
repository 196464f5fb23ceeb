package store

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/minewatch/minewatch/datasets"
)

// ErrOrder says that the rows of a readings file are not sorted by site and
// time, so that a site's series would be torn apart.
var ErrOrder = errors.New("readings are not sorted by site and time")

// Loads calls each with the readings of every site in the files, which must be
// the partitions of one bucket in order of their years. Sites come in order of
// their ids, once each; the load is valid during the call. Memory is one batch
// a file and the readings of one site. The columns are read by Arrow's typed
// readers: fifteen times as fast as filling structs (measured on 105 million rows).
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
	var load datasets.Load
	for {
		site, ok := firstSite(open)
		if !ok {
			return nil
		}
		load.Reset()
		for _, f := range open {
			if err := f.take(site, &load); err != nil {
				return fmt.Errorf("%s: site %s: %w", f.path, site, err)
			}
		}
		if err := each(string(site), &load); err != nil {
			return err
		}
	}
}

// firstSite returns the smallest site that a file stands before.
func firstSite(open []*loadFile) ([]byte, bool) {
	var least []byte
	found := false
	for _, f := range open {
		if f.left() && (!found || bytes.Compare(f.site[f.at], least) < 0) {
			least, found = f.site[f.at], true
		}
	}
	return bytes.Clone(least), found
}

const loadBatch = 16_384

// A loadFile is a cursor over one file of readings.
type loadFile struct {
	path                            string
	only                            []byte // the one site wanted; nil: all
	r                               *file.Reader
	group                           int
	rows                            int64 // of the group, not yet in the batch
	siteCol                         *file.ByteArrayColumnChunkReader
	tsCol                           *file.Int64ColumnChunkReader
	whCol, qualityCol, intervalCol  *file.Int32ColumnChunkReader
	site                            []parquet.ByteArray
	ts                              []int64
	wh, quality, interval           []int32
	n, at                           int // the batch, and the row that the cursor stands before
	def                             []int16
	siteIx, tsIx, whIx, quIx, intIx int
}

func openLoad(path string, only []byte) (*loadFile, error) {
	r, err := file.OpenParquetFile(path, false)
	if err != nil {
		return nil, err
	}
	f := &loadFile{path: path, only: only, r: r, group: -1,
		site: make([]parquet.ByteArray, loadBatch), ts: make([]int64, loadBatch), wh: make([]int32, loadBatch),
		quality: make([]int32, loadBatch), interval: make([]int32, loadBatch), def: make([]int16, loadBatch)}
	schema := r.MetaData().Schema
	for name, ix := range map[string]*int{"site_id": &f.siteIx, "ts": &f.tsIx, "wh": &f.whIx, "quality": &f.quIx, "interval_min": &f.intIx} {
		if *ix = schema.ColumnIndexByName(name); *ix < 0 {
			return nil, errors.Join(fmt.Errorf("column %q is missing: %w", name, ErrSchema), r.Close())
		}
	}
	return f, f.fill()
}

func (f *loadFile) close() { f.r.Close() } // only read: nothing can be lost

func (f *loadFile) left() bool { return f.at < f.n }

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
		f.n, f.at = int(min(f.rows, loadBatch)), 0
		if err := f.readBatch(); err != nil {
			return err
		}
		f.rows -= int64(f.n)
	}
	return nil
}

func (f *loadFile) openGroup() error {
	g := f.r.RowGroup(f.group)
	f.rows = g.NumRows()
	var ok [5]bool
	for i, ix := range []int{f.siteIx, f.tsIx, f.whIx, f.quIx, f.intIx} {
		c, err := g.Column(ix)
		if err != nil {
			return err
		}
		switch i {
		case 0:
			f.siteCol, ok[i] = c.(*file.ByteArrayColumnChunkReader)
		case 1:
			f.tsCol, ok[i] = c.(*file.Int64ColumnChunkReader)
		case 2:
			f.whCol, ok[i] = c.(*file.Int32ColumnChunkReader)
		case 3:
			f.qualityCol, ok[i] = c.(*file.Int32ColumnChunkReader)
		case 4:
			f.intervalCol, ok[i] = c.(*file.Int32ColumnChunkReader)
		}
		if !ok[i] {
			return ErrSchema
		}
	}
	return nil
}

func (f *loadFile) readBatch() error {
	n := int64(f.n)
	// ReadBatch copies the texts of a batch; ReadBatchInPage would leave them
	// in the memory of a page, which is used again for the next one.
	if _, got, err := f.siteCol.ReadBatch(n, f.site, f.def, nil); err != nil || got != f.n {
		return short("site_id", got, f.n, err)
	}
	if _, got, err := f.tsCol.ReadBatch(n, f.ts, f.def, nil); err != nil || got != f.n {
		return short("ts", got, f.n, err)
	}
	if _, got, err := f.whCol.ReadBatch(n, f.wh, f.def, nil); err != nil || got != f.n {
		return short("wh", got, f.n, err)
	}
	if _, got, err := f.qualityCol.ReadBatch(n, f.quality, f.def, nil); err != nil || got != f.n {
		return short("quality", got, f.n, err)
	}
	_, got, err := f.intervalCol.ReadBatch(n, f.interval, f.def, nil)
	if err != nil {
		return err
	}
	f.spreadInterval(got)
	return nil
}

func short(column string, got, want int, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("column %q has %d values in %d rows: %w", column, got, want, ErrSchema)
}

// spreadInterval puts the values of the one optional column back to their
// rows; a null becomes 0.
func (f *loadFile) spreadInterval(values int) {
	if values == f.n {
		return
	}
	for i := f.n - 1; i >= 0; i-- {
		if f.def[i] == 0 {
			f.interval[i] = 0
			continue
		}
		values--
		f.interval[i] = f.interval[values]
	}
}

// take moves the readings of a site, if the cursor stands before them, to l.
func (f *loadFile) take(site []byte, l *datasets.Load) error {
	for f.left() && bytes.Equal(f.site[f.at], site) {
		ts := datasets.Micros(f.ts[f.at])
		if k := l.Len(); k > 0 && ts <= l.TS[k-1] {
			return fmt.Errorf("%s after %s: %w", ts, l.TS[k-1], ErrOrder)
		}
		l.Append(ts, f.wh[f.at], datasets.Quality(f.quality[f.at]), f.interval[f.at])
		f.at++
		if err := f.fill(); err != nil {
			return err
		}
	}
	if f.left() && bytes.Compare(f.site[f.at], site) < 0 {
		return fmt.Errorf("site %s comes later: %w", f.site[f.at], ErrOrder)
	}
	return nil
}
