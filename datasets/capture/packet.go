package capture

import (
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/minewatch/minewatch/datasets"
)

// A packet is one TCP segment or UDP datagram.
type packet struct {
	at       datasets.Micros
	src, dst netip.AddrPort
	proto    string
	bytes    int64 // of the IP packet
	syn, ack bool
	fin, rst bool
	payload  []byte // valid until the next packet
}

// A decoder reads frames without allocating.
type decoder struct {
	ip4 layers.IPv4
	ip6 layers.IPv6
	tcp layers.TCP
	udp layers.UDP
}

func newDecoder() *decoder { return &decoder{} }

// packet reads a frame; false if it holds neither TCP nor UDP over IP.
func (d *decoder) packet(link layers.LinkType, frame []byte) (p packet, ok bool) {
	ip := network(link, frame)
	if len(ip) == 0 {
		return p, false
	}
	var next layers.IPProtocol
	var body []byte
	switch ip[0] >> 4 {
	case 4:
		if d.ip4.DecodeFromBytes(ip, gopacket.NilDecodeFeedback) != nil || d.ip4.FragOffset != 0 {
			return p, false
		}
		next, body, p.bytes = d.ip4.Protocol, d.ip4.Payload, int64(d.ip4.Length)
		p.src, p.dst = addrPort(d.ip4.SrcIP), addrPort(d.ip4.DstIP)
	case 6:
		if d.ip6.DecodeFromBytes(ip, gopacket.NilDecodeFeedback) != nil {
			return p, false
		}
		next, body, p.bytes = d.ip6.NextHeader, d.ip6.Payload, 40+int64(d.ip6.Length)
		p.src, p.dst = addrPort(d.ip6.SrcIP), addrPort(d.ip6.DstIP)
	default:
		return p, false
	}
	switch next {
	case layers.IPProtocolTCP:
		if d.tcp.DecodeFromBytes(body, gopacket.NilDecodeFeedback) != nil {
			return p, false
		}
		p.proto, p.payload = "tcp", d.tcp.Payload
		p.syn, p.ack, p.fin, p.rst = d.tcp.SYN, d.tcp.ACK, d.tcp.FIN, d.tcp.RST
		p.ports(uint16(d.tcp.SrcPort), uint16(d.tcp.DstPort))
	case layers.IPProtocolUDP:
		if d.udp.DecodeFromBytes(body, gopacket.NilDecodeFeedback) != nil {
			return p, false
		}
		p.proto, p.payload = "udp", d.udp.Payload
		p.ports(uint16(d.udp.SrcPort), uint16(d.udp.DstPort))
	default:
		return p, false
	}
	return p, p.src.IsValid() && p.dst.IsValid()
}

func (p *packet) ports(src, dst uint16) {
	p.src, p.dst = netip.AddrPortFrom(p.src.Addr(), src), netip.AddrPortFrom(p.dst.Addr(), dst)
}

func addrPort(ip []byte) netip.AddrPort {
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a.Unmap(), 0)
}

// network returns the IP packet of a frame, nil if it has none.
func network(link layers.LinkType, p []byte) []byte {
	skip := 0
	switch link {
	case layers.LinkTypeEthernet:
		skip = 14
		for len(p) >= skip+4 && (p[skip-2] == 0x81 && p[skip-1] == 0 || p[skip-2] == 0x88 && p[skip-1] == 0xa8) { // VLAN tags
			skip += 4
		}
	case layers.LinkTypeLinuxSLL:
		skip = 16
	case layers.LinkTypeLinuxSLL2:
		skip = 20
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		skip = 4
	case layers.LinkTypeRaw, layers.LinkTypeIPv4, layers.LinkTypeIPv6, 12, 14:
	default:
		return nil
	}
	if len(p) <= skip {
		return nil
	}
	if link == layers.LinkTypeEthernet {
		if kind := uint16(p[skip-2])<<8 | uint16(p[skip-1]); kind != 0x0800 && kind != 0x86dd {
			return nil
		}
	}
	return p[skip:]
}
