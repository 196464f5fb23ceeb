package telecom

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// sharedSpace is the address space of carrier-grade NAT (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// FlowRules returns the blocks of addresses as rules for single suspects, so that an
// operator can spare everybody else. leases are those of all subscribers; those that do
// not run on the as-of day, that are wider than one address, or that share an address
// without a block of ports and an end, give no rule.
func FlowRules(candidates []datasets.Candidate, findings []Attributed, leases []datasets.Subscriber, asOf datasets.Day) []datasets.FlowRule {
	type server struct {
		ip    string
		port  int32
		proto string
	}
	wanted := map[server]datasets.Candidate{}
	for _, c := range candidates {
		if c.TargetKind == "ip" && c.Action == Block {
			wanted[server{c.Target, c.Port, c.Proto}] = c
		}
	}
	of := map[[2]string][]datasets.Subscriber{}
	for _, l := range leases {
		if fits(l, asOf) {
			k := [2]string{l.Provider, l.SubscriberID}
			of[k] = append(of[k], l)
		}
	}
	rules := []datasets.FlowRule{}
	for _, f := range findings {
		c, ok := wanted[server{f.ServerIP, f.ServerPort, f.Proto}]
		if !ok || !f.Named || f.Status != datasets.Spoken {
			continue
		}
		for _, l := range of[[2]string{f.Subscriber.Provider, f.Subscriber.SubscriberID}] {
			rules = append(rules, datasets.FlowRule{
				SourceIP: l.IPPrefix, PortFrom: l.PortFrom, PortTo: l.PortTo, LeaseTo: l.ValidTo, Provider: l.Provider, SubscriberID: l.SubscriberID,
				ServerIP: f.ServerIP, ServerPort: f.ServerPort, Proto: f.Proto, Confidence: c.Confidence, ValidUntil: c.ValidUntil,
			})
		}
	}
	slices.SortFunc(rules, compareRules)
	return slices.CompactFunc(rules, func(a, b datasets.FlowRule) bool { return compareRules(a, b) == 0 })
}

func compareRules(a, b datasets.FlowRule) int {
	return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.SubscriberID, b.SubscriberID), cmp.Compare(a.SourceIP, b.SourceIP), cmp.Compare(a.PortFrom, b.PortFrom),
		cmp.Compare(a.ServerIP, b.ServerIP), cmp.Compare(a.ServerPort, b.ServerPort), cmp.Compare(a.Proto, b.Proto))
}

// fits reports whether a lease names one subscriber's flows on a day: it runs, is
// of one public address, and where ports were given out it has both a block of
// them and an end.
func fits(l datasets.Subscriber, on datasets.Day) bool {
	at := datasets.MicrosOf(on.Date())
	if l.ValidFrom > at || l.ValidTo != 0 && l.ValidTo <= at {
		return false
	}
	addr, err := netip.ParseAddr(l.IPPrefix)
	if err != nil || addr.IsPrivate() || !addr.IsGlobalUnicast() || sharedSpace.Contains(addr) {
		return false
	}
	return l.PortTo == 0 || l.ValidTo != 0
}
