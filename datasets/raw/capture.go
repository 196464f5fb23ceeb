package raw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"

	"github.com/gopacket/gopacket/layers"

	"github.com/minewatch/minewatch/datasets/capture"
)

// Capture reads NetFlow v5, v9 and IPFIX out of packet captures (pcap, pcapng)
// of the exporters' datagrams, on any UDP port. A capture of the traffic itself
// is refused: sessions are Zeek's and the exporters' business.
type Capture struct{}

var _ Format = Capture{}

// Name returns "flow-capture".
func (Capture) Name() string { return "flow-capture" }

var captureMagic = []string{"\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x0a\x0d\x0d\x0a"}

func (Capture) sniff(head []byte) bool {
	for _, m := range captureMagic {
		if bytes.HasPrefix(head, []byte(m)) {
			return true
		}
	}
	return false
}

var (
	noExport = &Fault{Reason: "packet capture without flow records", Remedy: "deliver Zeek logs or flow records made of it, or the capture of what NetFlow v5, v9 or IPFIX exporters sent"}
	sflow    = &Fault{Reason: "packet capture of sFlow", Remedy: "let goflow2 or sfcapd collect it, and deliver its JSON lines or nfcapd files"}
)

func (Capture) decode(in *input, l *loader) error {
	e, fault := newExports(l)
	if fault != nil {
		return fault
	}
	again, err := open(in.path, in.limits)
	if err != nil {
		return err
	}
	err = errors.Join(datagrams(again.r, e), again.close())
	if err != nil {
		return again.explain(err)
	}
	if e.messages == 0 && e.sflow > 0 {
		return sflow
	}
	if f := e.begin(noExport); f != nil {
		return f
	}
	if err := datagrams(in.r, e); err != nil {
		return err
	}
	return e.end()
}

// datagrams hands the UDP datagrams of a capture to e.
func datagrams(r io.Reader, e *exports) error {
	packets, err := capture.Open(r)
	if err != nil {
		return captureFault(err)
	}
	for {
		p, err := packets.Next()
		if err == io.EOF {
			return nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			e.cutOff()
			return nil
		}
		if err != nil {
			return captureFault(err)
		}
		from, payload, ok := udpPayload(p.Link, p.Data)
		if !ok {
			e.other++
			continue
		}
		if err := e.message(from, payload); err != nil {
			return err
		}
	}
}

// captureFault tells damage of the file from errors of the system.
func captureFault(err error) error {
	var corrupt *corruptError
	var f *Fault
	if errors.As(err, &corrupt) || errors.As(err, &f) {
		return err
	}
	return &Fault{Reason: "damaged packet capture (" + err.Error() + ")", Remedy: "ask the sender to deliver the file again"}
}

// udpPayload returns the sender and the payload of a whole UDP datagram.
func udpPayload(link layers.LinkType, p []byte) (from netip.Addr, payload []byte, ok bool) {
	p = ipPacket(link, p)
	if len(p) < 20 {
		return from, nil, false
	}
	switch p[0] >> 4 {
	case 4:
		header, total := int(p[0]&15)*4, int(binary.BigEndian.Uint16(p[2:]))
		fragment := binary.BigEndian.Uint16(p[6:])&0x3fff != 0
		if fragment || p[9] != 17 || header < 20 || total < header+8 || total > len(p) {
			return from, nil, false
		}
		from = netip.AddrFrom4([4]byte(p[12:16]))
		p = p[header:total]
	case 6:
		total := 40 + int(binary.BigEndian.Uint16(p[4:]))
		if total < 48 || total > len(p) || p[6] != 17 {
			return from, nil, false
		}
		from = netip.AddrFrom16([16]byte(p[8:24]))
		p = p[40:total]
	default:
		return from, nil, false
	}
	n := int(binary.BigEndian.Uint16(p[4:]))
	if n < 8 || n > len(p) {
		return from, nil, false
	}
	return from, p[8:n], true
}

// ipPacket returns the IP packet of a frame, nil if it has none.
func ipPacket(link layers.LinkType, p []byte) []byte {
	var kind uint16
	switch link {
	case layers.LinkTypeEthernet:
		if len(p) < 14 {
			return nil
		}
		kind, p = binary.BigEndian.Uint16(p[12:]), p[14:]
		for (kind == 0x8100 || kind == 0x88a8) && len(p) >= 4 { // VLAN tags
			kind, p = binary.BigEndian.Uint16(p[2:]), p[4:]
		}
	case layers.LinkTypeLinuxSLL:
		if len(p) < 16 {
			return nil
		}
		kind, p = binary.BigEndian.Uint16(p[14:]), p[16:]
	case layers.LinkTypeLinuxSLL2:
		if len(p) < 20 {
			return nil
		}
		kind, p = binary.BigEndian.Uint16(p), p[20:]
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		if len(p) < 4 {
			return nil
		}
		return p[4:]
	case layers.LinkTypeRaw, layers.LinkTypeIPv4, layers.LinkTypeIPv6, 12, 14:
		return p
	}
	if kind == 0x0800 || kind == 0x86dd {
		return p
	}
	return nil
}
