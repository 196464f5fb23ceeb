package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// mostPacket is the longest packet that is read; no interface has longer ones.
const mostPacket = 256 << 10

// Packets reads the packets of one capture file.
type Packets struct{ source source }

type source interface {
	ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	LinkType() layers.LinkType
}

// A Packet is what was captured of one; its bytes are valid until the next.
type Packet struct {
	Link layers.LinkType
	Data []byte
	At   time.Time
}

// Open reads the head of a capture, pcap or pcapng.
func Open(r io.Reader) (*Packets, error) {
	magic := make([]byte, 4)
	if _, err := io.ReadFull(r, magic); err != nil {
		return nil, err
	}
	r = io.MultiReader(bytes.NewReader(magic), r)
	if binary.BigEndian.Uint32(magic) == 0x0a0d0d0a {
		ng, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
		if err != nil {
			return nil, err
		}
		return &Packets{ng}, nil
	}
	p, err := pcapgo.NewReader(r)
	if err != nil {
		return nil, err
	}
	if s := p.Snaplen(); s == 0 || s > mostPacket {
		p.SetSnaplen(mostPacket)
	}
	return &Packets{p}, nil
}

// Next returns the next packet; io.EOF at the end, io.ErrUnexpectedEOF if the
// file ends within a packet.
func (p *Packets) Next() (Packet, error) {
	data, info, err := p.source.ZeroCopyReadPacketData()
	if err != nil {
		return Packet{}, err
	}
	link := p.source.LinkType()
	if len(info.AncillaryData) > 0 { // a packet of pcapng may have its own
		if own, ok := info.AncillaryData[0].(layers.LinkType); ok {
			link = own
		}
	}
	return Packet{link, data, info.Timestamp}, nil
}
