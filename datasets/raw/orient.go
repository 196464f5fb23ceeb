package raw

import (
	"net/netip"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// Exporters of NetFlow write a record for each direction, so that one
// connection has two. Both become rows of the originator, with Direction
// saying whose packets the row counts; stitching them is then a matter of
// equal addresses and ports. The decision looks at one record only: records of
// one connection come in many files, and must be told alike in all of them.
//
// The rule, first that applies:
//
//  1. A TCP record with SYN and without ACK is the originator's.
//  2. If one port is below 1024 and the other is not, it is the responder's.
//  3. If one address is private (RFC 1918, RFC 6598, RFC 4193) and the other is
//     not, the private one is the originator: nobody reaches it from outside.
//  4. The lower port is the responder's: systems take the ports of outgoing
//     connections from 32768 on (Linux) or 49152 on (IANA, Windows).
//  5. Equal ports: the lower address is the originator, so that both
//     directions are at least told alike.
//
// The answer to an ICMP echo request belongs to who asked. Other ICMP
// messages, and protocols without ports, are taken as they were sent.

// orient makes the row of a record that counts one direction one of the
// originator. ICMP rows have the type for a source port and the code for the
// other, as Zeek has it.
func (l *loader) orient(r *datasets.Flow, synOnly bool) {
	r.Direction = "orig"
	if !reversed(r, synOnly) {
		return
	}
	r.Direction = "resp"
	r.SrcIP, r.DstIP = r.DstIP, r.SrcIP
	if r.Proto != "icmp" {
		r.SrcPort, r.DstPort = r.DstPort, r.SrcPort
	}
	r.OrigBytes, r.RespBytes, r.OrigPkts, r.RespPkts = 0, r.OrigBytes, 0, r.OrigPkts
	r.Bucket = l.bucket(r.SrcIP)
}

// reversed reports whether the responder sent the record's packets.
func reversed(r *datasets.Flow, synOnly bool) bool {
	switch r.Proto {
	case "icmp":
		switch r.SrcPort {
		case 0, 129: // echo replies of both versions
			if r.SrcPort == 0 && r.DstPort == 0 && strings.IndexByte(r.SrcIP, ':') < 0 { // 0 means nothing in version 6
				r.SrcPort = 8
				return true
			}
			if r.SrcPort == 129 {
				r.SrcPort = 128
				return true
			}
		}
		return false
	case "tcp", "udp", "132": // 132 is SCTP
	default:
		return false
	}
	if synOnly && r.Proto == "tcp" {
		return false
	}
	if low, other := r.SrcPort < 1024, r.DstPort < 1024; low != other {
		return low
	}
	if from, to := private(r.SrcIP), private(r.DstIP); from != to {
		return to
	}
	if r.SrcPort != r.DstPort {
		return r.SrcPort < r.DstPort
	}
	return r.SrcIP > r.DstIP
}

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598, for CGNAT

func private(ip string) bool {
	if len(ip) < 3 || ip[0] != '1' && ip[0] != 'f' { // 10, 100.64, 172.16, 192.168, fc00::/7
		return false
	}
	a, err := netip.ParseAddr(ip)
	return err == nil && (a.IsPrivate() || sharedSpace.Contains(a))
}

// bucket is datasets.BucketOf with a memory.
func (l *loader) bucket(key string) int32 {
	b, ok := l.buckets[key]
	if !ok {
		if len(l.buckets) >= textsKept || l.buckets == nil {
			l.buckets = map[string]int32{}
		}
		b = datasets.BucketOf(key, l.options.Buckets)
		l.buckets[key] = b
	}
	return b
}
