package store

import (
	"errors"
	"fmt"
	"os"

	"github.com/parquet-go/parquet-go"

	"github.com/minewatch/minewatch/datasets"
)

// A FlowReader reads partitions of flows, with numbers for texts: each text of a
// dictionary is looked up once, which together with reading runs of columns makes it
// fast enough for all the flows of a telecom. Memory is one page a column.
//
// Its functions give equal texts equal numbers, from 1 on, and do not hold on to
// the text. An absent text is 0.
type FlowReader struct {
	Src  func(ip string) int32 // 0 leaves the originator's records out
	Dst  func(ip string) int32 // 0 leaves the responder's records out
	Text func(text string) int32
}

// Records calls each with the records, in the order of the file. The record is valid
// during the call only. Src is asked first, and the others for records only that it
// does not leave out. Bucket, Direction and Origin are not read.
func (r FlowReader) Records(path string, each func(*datasets.NumberedFlow)) error {
	return r.groups(path, func(g *flowGroup) error {
		src, dst, proto, sni, app := g.text("src_ip"), g.text("dst_ip"), g.text("proto"), g.text("sni"), g.text("app")
		srcPort, dstPort, sampling := g.int("src_port"), g.int("dst_port"), g.int("sampling")
		ts, origBytes, respBytes, origPkts, respPkts := g.long("ts"), g.long("orig_bytes"), g.long("resp_bytes"), g.long("orig_pkts"), g.long("resp_pkts")
		duration := g.real("duration_s")
		var f datasets.NumberedFlow
		return g.runs(func(n int) {
			srcs, dsts, protos, snis, apps := src.read(n), dst.read(n), proto.read(n), sni.read(n), app.read(n)
			srcPorts, dstPorts, samplings := srcPort.read(n), dstPort.read(n), sampling.read(n)
			times, ob, rb, op, rp := ts.read(n), origBytes.read(n), respBytes.read(n), origPkts.read(n), respPkts.read(n)
			durations := duration.read(n)
			for i := range n {
				if f.Src = src.number(srcs[i], r.Src); f.Src == 0 {
					continue
				}
				if f.Dst = dst.number(dsts[i], r.Dst); f.Dst == 0 {
					continue
				}
				f.Proto, f.SNI, f.App = proto.number(protos[i], r.Text), sni.number(snis[i], r.Text), app.number(apps[i], r.Text)
				f.TS, f.SrcPort, f.DstPort, f.Sampling, f.DurationS = datasets.Micros(times[i]), srcPorts[i], dstPorts[i], samplings[i], durations[i]
				f.OrigBytes, f.RespBytes, f.OrigPkts, f.RespPkts = ob[i], rb[i], op[i], rp[i]
				each(&f)
			}
		})
	})
}

// Ends calls each with the originator, the responder, its port and the protocol of the
// records, in the order of the file. Dst is asked first, and the others for records
// only that it does not leave out.
func (r FlowReader) Ends(path string, each func(src, dst, dstPort, proto int32)) error {
	return r.groups(path, func(g *flowGroup) error {
		src, dst, proto, dstPort := g.text("src_ip"), g.text("dst_ip"), g.text("proto"), g.int("dst_port")
		return g.runs(func(n int) {
			srcs, dsts, protos, ports := src.read(n), dst.read(n), proto.read(n), dstPort.read(n)
			for i := range n {
				d := dst.number(dsts[i], r.Dst)
				if d == 0 {
					continue
				}
				if s := src.number(srcs[i], r.Src); s != 0 {
					each(s, d, ports[i], proto.number(protos[i], r.Text))
				}
			}
		})
	})
}

func (r FlowReader) groups(path string, read func(*flowGroup) error) error {
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
		g := flowGroup{schema: file.Schema(), group: group}
		if err := errors.Join(read(&g), g.close()); err != nil {
			return fmt.Errorf("%s: row group %d: %w", path, i, err)
		}
	}
	return nil
}

// A flowGroup is the columns that are read of a row group.
type flowGroup struct {
	schema  *parquet.Schema
	group   parquet.RowGroup
	columns []pageColumn
	err     error // of opening them
}

// A pageColumn is a [pagedNumbers] or a [pagedTexts].
type pageColumn interface {
	fill() error // makes it stand within a page
	left() int   // rows of the page to come
	close() error
}

func (g *flowGroup) open(name string, kind parquet.Kind) pager {
	leaf, ok := g.schema.Lookup(name)
	if !ok {
		g.err = errors.Join(g.err, fmt.Errorf("column %q is missing: %w", name, ErrSchema))
		return pager{}
	}
	if got := leaf.Node.Type().Kind(); got != kind {
		g.err = errors.Join(g.err, fmt.Errorf("column %q is %s: %w", name, got, ErrSchema))
		return pager{}
	}
	return pager{pages: g.group.ColumnChunks()[leaf.ColumnIndex].Pages()}
}

func (g *flowGroup) text(name string) *pagedTexts {
	c := &pagedTexts{pager: g.open(name, parquet.ByteArray)}
	g.columns = append(g.columns, c)
	return c
}

func (g *flowGroup) int(name string) *pagedNumbers[int32] {
	return addNumbers(g, name, parquet.Int32, func(page parquet.Page) []int32 { v := page.Data(); return v.Int32() })
}

func (g *flowGroup) long(name string) *pagedNumbers[int64] {
	return addNumbers(g, name, parquet.Int64, func(page parquet.Page) []int64 { v := page.Data(); return v.Int64() })
}

func (g *flowGroup) real(name string) *pagedNumbers[float64] {
	return addNumbers(g, name, parquet.Double, func(page parquet.Page) []float64 { v := page.Data(); return v.Double() })
}

func addNumbers[T int32 | int64 | float64](g *flowGroup, name string, kind parquet.Kind, of func(parquet.Page) []T) *pagedNumbers[T] {
	c := &pagedNumbers[T]{pager: g.open(name, kind), of: of}
	g.columns = append(g.columns, c)
	return c
}

// runs calls each with the lengths of runs of rows that lie within one page of every
// column.
func (g *flowGroup) runs(each func(n int)) error {
	if g.err != nil {
		return g.err
	}
	for left := g.group.NumRows(); left > 0; {
		n := runRows
		for _, c := range g.columns {
			if err := c.fill(); err != nil {
				return err
			}
			n = min(n, c.left())
		}
		each(n)
		left -= int64(n)
	}
	return nil
}

func (g *flowGroup) close() (err error) {
	for _, c := range g.columns {
		err = errors.Join(err, c.close())
	}
	return err
}
