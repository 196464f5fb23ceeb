package link

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// Status says whether the user of an address is known.
type Status int

// The values of Status.
const (
	Unknown Status = iota // no lease covers the address, port and instant
	Shared                // several subscribers may have used it; never name one
	Known
)

func (s Status) String() string { return [...]string{"unknown", "shared", "known"}[s] }

// Who is the answer to one lookup.
type Who struct {
	Status     Status
	Subscriber datasets.Subscriber // zero unless Known
	Why        string              // for Shared and Unknown
}

// An Index answers who had an address. It is not changed after [NewIndex].
type Index struct {
	table bart.Table[[]datasets.Subscriber]
}

// cgnat is the shared address space of carrier-grade NAT (RFC 6598): the same
// address is given out many times over.
var cgnat = netip.MustParsePrefix("100.64.0.0/10")

// NewIndex reads the leases. A row that cannot be used is left out and
// described in refused.
func NewIndex(rows []datasets.Subscriber) (x *Index, refused []error) {
	x = &Index{}
	by := map[netip.Prefix][]datasets.Subscriber{}
	for i, row := range rows {
		p, err := ref.ParsePrefix(row.IPPrefix)
		switch {
		case err != nil:
		case row.ValidTo != 0 && row.ValidTo <= row.ValidFrom:
			err = fmt.Errorf("valid_to %s is not after valid_from %s", row.ValidTo, row.ValidFrom)
		case row.PortTo < row.PortFrom:
			err = fmt.Errorf("port_to %d is below port_from %d", row.PortTo, row.PortFrom)
		}
		if err != nil {
			refused = append(refused, fmt.Errorf("subscribers row %d (line %d): %w", i+1, row.Line, err))
			continue
		}
		by[p] = append(by[p], row)
	}
	for p, leases := range by {
		slices.SortFunc(leases, func(a, b datasets.Subscriber) int {
			return cmp.Or(cmp.Compare(a.ValidFrom, b.ValidFrom), cmp.Compare(a.PortFrom, b.PortFrom),
				cmp.Compare(a.SubscriberID, b.SubscriberID), datasets.CompareOrigin(a.Origin, b.Origin))
		})
		x.table.Insert(p, leases)
	}
	return x, refused
}

// Lookup returns who used an address and a port at an instant. Port 0 means that
// the port is not known. Of nested prefixes the longest with a lease at that
// instant decides. The answer is Shared if
//
//   - leases without ports of several subscribers cover the address,
//   - the address was leased in blocks of ports and the port is not known, or two
//     blocks hold it,
//   - the address is in 100.64.0.0/10 and no block of ports names the subscriber.
func (x *Index) Lookup(addr netip.Addr, port int32, at datasets.Micros) Who {
	addr = addr.Unmap().WithZone("")
	if !addr.IsValid() {
		return Who{Why: "not an address"}
	}
	var leases []datasets.Subscriber
	for _, list := range x.table.Supernets(netip.PrefixFrom(addr, addr.BitLen())) { // longest first
		for _, l := range list {
			if l.ValidFrom <= at && (l.ValidTo == 0 || at < l.ValidTo) {
				leases = append(leases, l)
			}
		}
		if len(leases) > 0 {
			break
		}
	}
	if len(leases) == 0 {
		return Who{Why: "no lease covers this address at this time"}
	}
	return choose(leases, addr, port)
}

func choose(leases []datasets.Subscriber, addr netip.Addr, port int32) Who {
	var whole, block []datasets.Subscriber
	blocks := false
	for _, l := range leases {
		switch {
		case l.PortTo == 0:
			whole = append(whole, l)
		case l.PortFrom <= port && port <= l.PortTo && port != 0:
			block = append(block, l)
			fallthrough
		default:
			blocks = true
		}
	}
	switch {
	case blocks && port == 0:
		return Who{Status: Shared, Why: "the address was leased in blocks of ports and the port is not known"}
	case blocks && len(block) == 0 && len(whole) == 0:
		return Who{Why: "the port is in none of the leased blocks"}
	case blocks && len(whole) > 0 && subscribers(append(block, whole...)) > 1:
		return Who{Status: Shared, Why: "a lease of the whole address and leases of blocks of ports overlap"}
	case len(block) > 0 && subscribers(block) > 1:
		return Who{Status: Shared, Why: "several leased blocks hold this port"}
	case len(block) > 0:
		return Who{Status: Known, Subscriber: block[0]}
	case cgnat.Contains(addr):
		return Who{Status: Shared, Why: "shared address space (100.64.0.0/10) without a block of ports"}
	case subscribers(whole) > 1:
		return Who{Status: Shared, Why: fmt.Sprintf("%d subscribers held this address at this time", subscribers(whole))}
	}
	return Who{Status: Known, Subscriber: whole[0]}
}

// subscribers counts the distinct subscribers of leases.
func subscribers(leases []datasets.Subscriber) int {
	seen := map[[2]string]bool{}
	for _, l := range leases {
		seen[[2]string{l.Provider, l.SubscriberID}] = true
	}
	return len(seen)
}
