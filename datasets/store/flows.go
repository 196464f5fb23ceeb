package store

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"

	"github.com/minewatch/minewatch/datasets"
)

// Flows calls each with the rows of a partition of flows, in the order of the
// file. The row and its texts are valid during the call only. Bucket, Direction
// and Origin are not read. Memory is one page a column. Reading pages rather
// than structs is what makes it fast enough for all the flows of a telecom.
func Flows(path string, each func(*datasets.Flow) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for i, group := range file.RowGroups() {
		if err := flowGroup(file, group, each); err != nil {
			return fmt.Errorf("%s: row group %d: %w", path, i, err)
		}
	}
	return nil
}

// A flowReader holds a cursor for each column of a row group.
type flowReader struct {
	row   datasets.Flow
	texts []pagedTexts
	ints  []pagedNumbers[int32]
	longs []pagedNumbers[int64]
	reals []pagedNumbers[float64]
}

func flowGroup(file *parquet.File, group parquet.RowGroup, each func(*datasets.Flow) error) (err error) {
	var r flowReader
	f := &r.row
	defer func() { err = errors.Join(err, r.close()) }()
	open := func(name string, kind parquet.Kind) (p pager, err error) {
		leaf, ok := file.Schema().Lookup(name)
		if !ok {
			return p, fmt.Errorf("column %q is missing: %w", name, ErrSchema)
		}
		if got := leaf.Node.Type().Kind(); got != kind {
			return p, fmt.Errorf("column %q is %s: %w", name, got, ErrSchema)
		}
		return pager{pages: group.ColumnChunks()[leaf.ColumnIndex].Pages()}, nil
	}
	var bad error
	text := func(name string, to *string) {
		p, err := open(name, parquet.ByteArray)
		bad = errors.Join(bad, err)
		r.texts = append(r.texts, pagedTexts{pager: p, to: to})
	}
	text("src_ip", &f.SrcIP)
	text("dst_ip", &f.DstIP)
	text("proto", &f.Proto)
	text("sni", &f.SNI)
	text("app", &f.App)
	for name, to := range map[string]*int32{"src_port": &f.SrcPort, "dst_port": &f.DstPort, "sampling": &f.Sampling} {
		p, err := open(name, parquet.Int32)
		bad = errors.Join(bad, err)
		r.ints = append(r.ints, pagedNumbers[int32]{pager: p, to: to, of: func(page parquet.Page) []int32 { v := page.Data(); return v.Int32() }})
	}
	for name, to := range map[string]*int64{"ts": (*int64)(&f.TS), "orig_bytes": &f.OrigBytes, "resp_bytes": &f.RespBytes, "orig_pkts": &f.OrigPkts, "resp_pkts": &f.RespPkts} {
		p, err := open(name, parquet.Int64)
		bad = errors.Join(bad, err)
		r.longs = append(r.longs, pagedNumbers[int64]{pager: p, to: to, of: func(page parquet.Page) []int64 { v := page.Data(); return v.Int64() }})
	}
	p, err := open("duration_s", parquet.Double)
	r.reals = append(r.reals, pagedNumbers[float64]{pager: p, to: &f.DurationS, of: func(page parquet.Page) []float64 { v := page.Data(); return v.Double() }})
	if bad = errors.Join(bad, err); bad != nil {
		return bad
	}
	for left := group.NumRows(); left > 0; {
		n, err := r.run()
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		for range n {
			r.next()
			if err := each(f); err != nil {
				return err
			}
		}
		left -= int64(n)
	}
	return nil
}

// run makes every column stand within a page, and returns for how many rows.
func (r *flowReader) run() (n int, err error) {
	n = 1 << 30
	for i := range r.texts {
		if err := r.texts[i].fill(); err != nil {
			return 0, err
		}
		n = min(n, r.texts[i].left())
	}
	if n, err = fillAll(r.ints, n); err != nil {
		return 0, err
	}
	if n, err = fillAll(r.longs, n); err != nil {
		return 0, err
	}
	return fillAll(r.reals, n)
}

func (r *flowReader) next() {
	for i := range r.texts {
		r.texts[i].next()
	}
	for i := range r.ints {
		r.ints[i].next()
	}
	for i := range r.longs {
		r.longs[i].next()
	}
	for i := range r.reals {
		r.reals[i].next()
	}
}

func (r *flowReader) close() (err error) {
	for i := range r.texts {
		err = errors.Join(err, r.texts[i].close())
	}
	for i := range r.ints {
		err = errors.Join(err, r.ints[i].close())
	}
	for i := range r.longs {
		err = errors.Join(err, r.longs[i].close())
	}
	for i := range r.reals {
		err = errors.Join(err, r.reals[i].close())
	}
	return err
}
