package capture

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// Rows is what a capture holds, each list ordered by time. Buckets and origins
// are not set.
type Rows struct {
	Flows   []datasets.Flow
	DNS     []datasets.DNS
	TLS     []datasets.TLS
	Packets int64
	Other   int64 // packets that are neither TCP nor UDP, or damaged
}

// Read reads a capture to its end. A capture that ends within a packet gives
// what came before.
func Read(r io.Reader) (Rows, error) {
	src, err := Open(r)
	if err != nil {
		return Rows{}, fmt.Errorf("open capture: %w", err)
	}
	t := &table{open: map[endpoints]*conn{}}
	d := newDecoder()
	for {
		next, err := src.Next()
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return t.rows(), nil
		}
		if err != nil {
			return Rows{}, fmt.Errorf("read capture: %w", err)
		}
		t.out.Packets++
		p, ok := d.packet(next.Link, next.Data)
		if !ok {
			t.out.Other++
			continue
		}
		p.at = datasets.MicrosOf(next.At)
		t.add(p)
	}
}

// rows ends all connections.
func (t *table) rows() Rows {
	for _, c := range t.open {
		t.end(c)
	}
	clear(t.open)
	slices.SortFunc(t.out.Flows, func(a, b datasets.Flow) int {
		return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.SrcIP, b.SrcIP), cmp.Compare(a.SrcPort, b.SrcPort),
			cmp.Compare(a.DstIP, b.DstIP), cmp.Compare(a.DstPort, b.DstPort), cmp.Compare(a.Proto, b.Proto))
	})
	return t.out
}
