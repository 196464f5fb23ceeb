package capture

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

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

// mostPacket is the longest packet that is read; no interface has longer ones.
const mostPacket = 256 << 10

// Read reads a capture to its end. A capture that ends within a packet gives
// what came before.
func Read(r io.Reader) (Rows, error) {
	src, err := open(r)
	if err != nil {
		return Rows{}, fmt.Errorf("open capture: %w", err)
	}
	t := &table{open: map[endpoints]*conn{}}
	d := newDecoder()
	for {
		data, info, err := src.ZeroCopyReadPacketData()
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return t.rows(), nil
		}
		if err != nil {
			return Rows{}, fmt.Errorf("read capture: %w", err)
		}
		link := src.LinkType()
		if len(info.AncillaryData) > 0 {
			if own, ok := info.AncillaryData[0].(layers.LinkType); ok {
				link = own
			}
		}
		t.out.Packets++
		p, ok := d.packet(link, data)
		if !ok {
			t.out.Other++
			continue
		}
		p.at = datasets.MicrosOf(info.Timestamp)
		t.add(p)
	}
}

type source interface {
	ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	LinkType() layers.LinkType
}

func open(r io.Reader) (source, error) {
	magic := make([]byte, 4)
	if _, err := io.ReadFull(r, magic); err != nil {
		return nil, err
	}
	r = io.MultiReader(bytes.NewReader(magic), r)
	if binary.BigEndian.Uint32(magic) == 0x0a0d0d0a {
		return pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	}
	p, err := pcapgo.NewReader(r)
	if err != nil {
		return nil, err
	}
	if s := p.Snaplen(); s == 0 || s > mostPacket {
		p.SetSnaplen(mostPacket)
	}
	return p, nil
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
