package export

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// The parts of the telecom pack that a network enforces hold rows with this
// action only. The rows for review and for watching stay in candidates.csv,
// where a person reads them.
const blockAction = "block"

// maxName is the longest name that is restricted, in octets. The DNS allows 253
// (RFC 1035 section 2.3.4), and the name of the policy zone that the operator
// chooses has to fit behind it.
const maxName = 220

// A restriction is one row of Run.Candidates in the form in which a device gets
// it: a name alone, or an address with port and protocol.
type restriction struct {
	name string // "" for an address; lower case, without the last dot

	addr  netip.Addr // without zone; IPv4 mapped into IPv6 is IPv4
	port  uint16     // not 0
	proto string     // tcp or udp

	confidence  int       // 0 to 100
	from, until time.Time // UTC; until is exclusive
	last        datasets.Day
	row         *datasets.Candidate
}

// endpoint is what makes two restrictions the same.
type endpoint struct {
	name  string
	addr  netip.Addr
	port  uint16
	proto string
}

// A refusal is why a row of the table is no restriction, in the order in which
// it is asked.
type refusal int

const (
	forPerson refusal = iota
	outOfTerm
	unfit
	repeated
	refusals
)

var refusalTexts = [refusals]string{
	forPerson: "for review or monitoring, not for a block",
	outOfTerm: "without a term that runs on the as-of day",
	unfit:     "neither a plain name nor a public address with port and tcp or udp",
	repeated:  "the same endpoint as an earlier row",
}

// A pack is what the enforceable formats have in common.
type pack struct {
	restrictions []restriction // in the order of the table
	rows         int           // rows of the table
	leftOut      [refusals]int
}

// packOf selects the rows that may be enforced. Rows = restrictions + left out.
func packOf(run *Run) pack {
	p := pack{rows: len(run.Candidates)}
	seen := map[endpoint]bool{}
	for i := range run.Candidates {
		c := &run.Candidates[i]
		e, fit := endpointOf(c)
		switch {
		case c.Action != blockAction:
			p.leftOut[forPerson]++
		case c.ValidFrom == 0 || c.ValidFrom > run.AsOf || c.ValidUntil < run.AsOf:
			p.leftOut[outOfTerm]++
		case !fit:
			p.leftOut[unfit]++
		case seen[e]:
			p.leftOut[repeated]++
		default:
			seen[e] = true
			p.restrictions = append(p.restrictions, restriction{
				name: e.name, addr: e.addr, port: e.port, proto: e.proto, confidence: percent(c.Confidence),
				from: c.ValidFrom.In(run.Zone).UTC(), until: (c.ValidUntil + 1).In(run.Zone).UTC(), last: c.ValidUntil, row: c,
			})
		}
	}
	return p
}

// names and addresses split the restrictions by what enforces them.
func (p pack) names() []restriction     { return p.only(true) }
func (p pack) addresses() []restriction { return p.only(false) }

func (p pack) only(names bool) []restriction {
	var out []restriction
	for _, r := range p.restrictions {
		if (r.name != "") == names {
			out = append(out, r)
		}
	}
	return out
}

// account says in ASCII what became of the rows of the table.
func (p pack) account() []string {
	lines := []string{fmt.Sprintf("Rows of candidates.csv: %d; proposed for a block and fit to be enforced: %d (names: %d, addresses: %d).",
		p.rows, len(p.restrictions), len(p.names()), len(p.addresses()))}
	for i, n := range p.leftOut {
		if n > 0 {
			lines = append(lines, fmt.Sprintf("Left out: %d %s.", n, refusalTexts[i]))
		}
	}
	return lines
}

// endpointOf returns the endpoint of a row in canonical form, and whether it has
// one. A name with a port has none: a resolver cannot tell ports apart, and
// would restrict more than the row says. A prefix has one if it is a single address.
func endpointOf(c *datasets.Candidate) (e endpoint, ok bool) {
	switch c.TargetKind {
	case "domain":
		name, ok := canonicalName(c.Target)
		return endpoint{name: name}, ok && c.Port == 0 && c.Proto == ""
	case "ip", "prefix":
		addr, ok := publicAddr(c.Target)
		if !ok || c.Port < 1 || c.Port > 65535 || c.Proto != "tcp" && c.Proto != "udp" {
			return endpoint{}, false
		}
		return endpoint{addr: addr, port: uint16(c.Port), proto: c.Proto}, true
	}
	return endpoint{}, false
}

// publicAddr reads an address, or a prefix of one address. Addresses that are
// not unicast, or are private (RFC 1918, RFC 4193, and the shared space of
// RFC 6598), mean something else in every network, so they are none.
func publicAddr(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		prefix, err := netip.ParsePrefix(s)
		if err != nil || !prefix.IsSingleIP() {
			return netip.Addr{}, false
		}
		addr = prefix.Addr()
	}
	addr = addr.Unmap()
	return addr, addr.Zone() == "" && addr.IsGlobalUnicast() && !addr.IsPrivate() && !sharedSpace.Contains(addr)
}

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// canonicalName returns a host name in lower case without the last dot. Labels
// are those of RFC 1123, with underscores as services use them (RFC 8552).
// There are at least two, so that no whole top-level domain can be restricted.
// The last is made of letters or international (xn--), as top-level domains are:
// an address cannot pass for a name, and neither can a trigger of a policy zone
// (rpz-ip and its like), which would restrict addresses.
func canonicalName(s string) (string, bool) {
	s = strings.TrimSuffix(s, ".")
	if len(s) > maxName {
		return "", false
	}
	name := []byte(s)
	for i, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			name[i] = c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return "", false
		}
	}
	labels := strings.Split(string(name), ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return "", false
		}
	}
	last := labels[len(labels)-1]
	return string(name), len(labels) > 1 && (strings.HasPrefix(last, "xn--") || strings.Trim(last, "abcdefghijklmnopqrstuvwxyz") == "")
}

// percent is a confidence of 0 to 1 as 0 to 100; what is no number is 0.
func percent(x float64) int {
	if !(x > 0) {
		return 0
	}
	return int(100*min(x, 1) + 0.5)
}

// inert reduces text from outside to characters that mean nothing in a zone
// file, in a quoted nftables string and in a shell, at most 40 of them.
func inert(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_', r == ' ':
			return r
		}
		return '-'
	}, clean(s))
	return s[:min(len(s), 40)]
}

// remark describes a restriction for the people who run the device.
func (r *restriction) remark() string {
	s := fmt.Sprintf("confidence %d, last day %s", r.confidence, r.last)
	if pool := strings.Trim(inert(r.row.Pool), " -"); pool != "" {
		s = pool + ", " + s
	}
	return s
}
