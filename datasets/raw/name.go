package raw

import (
	"bytes"
	"net/netip"
	"strconv"

	"golang.org/x/net/idna"
)

var (
	badIP     = problem{"not an IP address", "write an IPv4 or IPv6 address"}
	badPrefix = problem{"not an address or prefix", "write 10.0.0.1 or 10.0.0.0/24"}
	hostBits  = problem{"prefix with host bits", "write the network's first address, or the address alone"}
	badHost   = problem{"not a host name", "write letters, digits, hyphens and dots, at most 253 characters"}
	badProto  = problem{"not a transport protocol", "write tcp, udp, icmp, or the IANA protocol number"}
)

// parseIP returns the canonical text of an address: IPv4 mapped into IPv6 as
// IPv4, IPv6 as in RFC 5952, without zone.
func parseIP(s []byte) (string, *problem) {
	a, err := netip.ParseAddr(string(s))
	if err != nil {
		return "", &badIP
	}
	return a.Unmap().WithZone("").String(), nil
}

// parsePrefix returns the canonical text of an address or prefix. A prefix of
// one address is that address.
func parsePrefix(s []byte) (string, *problem) {
	if bytes.IndexByte(s, '/') < 0 {
		a, p := parseIP(s)
		if p != nil {
			return "", &badPrefix
		}
		return a, nil
	}
	prefix, err := netip.ParsePrefix(string(s))
	if err != nil {
		return "", &badPrefix
	}
	if prefix != prefix.Masked() {
		return "", &hostBits
	}
	if prefix.IsSingleIP() {
		return prefix.Addr().Unmap().String(), nil
	}
	return prefix.String(), nil
}

// parseHost returns a host name in lower case without the trailing dot. An
// address stands for itself, and *.name for everything below a name. ok is
// false if the name has characters that no host name has; it is usable all the
// same, as names seen in traffic need not be proper ones.
func parseHost(s []byte) (name string, ok bool) {
	if a, p := parseIP(s); p == nil {
		return a, true
	}
	lower := bytes.ToLower(s)
	if !isASCII(lower) {
		// An international name has one form in the DNS: IDNA 2008, mapped as
		// browsers do (UTS 46).
		if ascii, err := international.ToASCII(string(lower)); err == nil {
			lower = []byte(ascii)
		}
	}
	if n := len(lower); n > 1 && lower[n-1] == '.' {
		lower = lower[:n-1]
	}
	return string(lower), properHost(bytes.TrimPrefix(lower, []byte("*.")))
}

var international = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

func isASCII(s []byte) bool {
	for _, c := range s {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// properHost reports whether the labels are those of RFC 1123, with
// underscores as services use them (RFC 8552).
func properHost(s []byte) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	label := 0
	for _, c := range s {
		switch {
		case c == '.':
			if label == 0 {
				return false
			}
			label = -1
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return label > 0
}

// The protocols that the program knows by name, with the names that exporters
// use. ICMP for IPv6 (58) counts as icmp, as Zeek has it. Zeek's
// unknown_transport becomes 255, which IANA keeps reserved.
var protocols = map[string]string{
	"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp",
	"icmp": "icmp", "1": "icmp", "icmp6": "icmp", "icmpv6": "icmp", "ipv6-icmp": "icmp", "58": "icmp",
	"igmp": "2", "ipip": "4", "ipv4": "4", "egp": "8", "igp": "9", "ipv6": "41", "rsvp": "46", "eigrp": "88", "pim": "103", "vrrp": "112", "l2tp": "115", "udplite": "136",
	"gre": "47", "esp": "50", "ah": "51", "ospf": "89", "sctp": "132", "unknown_transport": "255",
}

func parseProto(s []byte) (string, *problem) {
	if p, ok := protocols[string(s)]; ok {
		return p, nil
	}
	if p, ok := protocols[string(bytes.ToLower(s))]; ok {
		return p, nil
	}
	n, err := strconv.ParseUint(string(s), 10, 8)
	if err != nil {
		return "", &badProto
	}
	return strconv.Itoa(int(n)), nil
}
