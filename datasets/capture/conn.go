package capture

import (
	"net/netip"
	"strings"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/minewatch/minewatch/datasets"
)

// endpoints are both ends of a connection, the smaller first.
type endpoints struct {
	a, b  netip.AddrPort
	proto string
}

// A conn is one connection.
type conn struct {
	src, dst    netip.AddrPort // src is the originator
	proto       string
	first, last datasets.Micros
	bytes, pkts [2]int64 // from src, from dst
	label, sni  string
	closed      bool // both sides have said so, or one has reset it
	fins        int
}

// pause is how long a connection may be silent in a capture and go on.
const pause = datasets.Micros(3600e6)

// A table holds the connections that are open.
type table struct {
	open map[endpoints]*conn
	out  Rows
}

func (t *table) add(p packet) {
	key := endpoints{p.src, p.dst, p.proto}
	if p.dst.Compare(p.src) < 0 {
		key.a, key.b = key.b, key.a
	}
	c := t.open[key]
	if c != nil && (p.at-c.last > pause || c.closed && p.syn && !p.ack) {
		t.end(c)
		c = nil
	}
	if c == nil {
		c = &conn{src: p.src, dst: p.dst, proto: p.proto, first: p.at}
		if backwards(p) {
			c.src, c.dst = p.dst, p.src
		}
		t.open[key] = c
	}
	side := 0
	if p.src != c.src {
		side = 1
	}
	c.last = max(c.last, p.at)
	c.bytes[side] += p.bytes
	c.pkts[side]++
	if p.fin {
		c.fins++
	}
	c.closed = c.closed || p.rst || c.fins >= 2
	if len(p.payload) > 0 {
		t.payload(c, p, side)
	}
}

// backwards reports whether a first packet was sent by the responder: it
// answers a SYN, or nothing was seen of the opening and its port is the lower.
func backwards(p packet) bool {
	switch {
	case p.proto == "tcp" && p.syn:
		return p.ack
	case p.src.Port() == p.dst.Port():
		return false
	}
	return (p.proto == "tcp" || p.src.Port() == 53) && p.src.Port() < p.dst.Port()
}

func (t *table) payload(c *conn, p packet, side int) {
	if c.label == "" && p.proto == "tcp" {
		c.label = Label(p.payload)
	}
	switch {
	case p.proto == "tcp" && side == 0 && c.sni == "":
		if c.sni = serverName(p.payload); c.sni != "" {
			t.out.TLS = append(t.out.TLS, datasets.TLS{TS: p.at, SrcIP: c.src.Addr().String(), SrcPort: int32(c.src.Port()), DstIP: c.dst.Addr().String(), DstPort: int32(c.dst.Port()), SNI: c.sni})
		}
	case p.proto == "udp" && side == 1 && c.dst.Port() == 53:
		t.answer(c, p)
	}
}

// answer reads a DNS answer.
func (t *table) answer(c *conn, p packet) {
	var m layers.DNS
	if m.DecodeFromBytes(p.payload, gopacket.NilDecodeFeedback) != nil || !m.QR || len(m.Questions) != 1 {
		return
	}
	var answers []string
	for _, a := range m.Answers {
		if addr, ok := netip.AddrFromSlice(a.IP); ok {
			answers = append(answers, addr.Unmap().String())
		} else if len(a.CNAME) > 0 {
			answers = append(answers, host(a.CNAME))
		}
	}
	t.out.DNS = append(t.out.DNS, datasets.DNS{TS: p.at, ClientIP: c.src.Addr().String(), Query: host(m.Questions[0].Name), Answers: strings.Join(answers, " ")})
}

func host(name []byte) string { return strings.TrimSuffix(strings.ToLower(string(name)), ".") }

// end writes the record of a connection.
func (t *table) end(c *conn) {
	t.out.Flows = append(t.out.Flows, datasets.Flow{
		TS: c.first, SrcIP: c.src.Addr().String(), SrcPort: int32(c.src.Port()), DstIP: c.dst.Addr().String(), DstPort: int32(c.dst.Port()), Proto: c.proto,
		DurationS: float64(c.last-c.first) / 1e6, OrigBytes: c.bytes[0], RespBytes: c.bytes[1], OrigPkts: c.pkts[0], RespPkts: c.pkts[1], SNI: c.sni, App: c.label,
	})
}
