package raw

import (
	"github.com/minewatch/minewatch/datasets"
)

// A natTaker makes rows of subscribers from the event logs of carrier-grade
// NAT (RFC 8158): who had which public address and port, or block of ports,
// from when until when. The subscriber's id is the address before translation;
// RADIUS logs say whose that was.
//
// An event that creates a translation opens a lease. One that deletes it
// repeats the row with its end, superseding the first; if the file does not
// have the creation, the record's own begin is taken, else the event is passed
// over, since nothing says when the lease began.
type natTaker struct {
	l *loader
	r *datasets.Subscriber
	leases
}

// leases are the translations of a file that were not deleted yet.
type leases struct{ open map[leaseKey]lease }

// A leaseKey is the public side of a translation.
type leaseKey struct {
	public string
	port   int32
}

type lease struct {
	from       datasets.Micros
	subscriber string
}

// mostLeases bounds the memory of translations that were not deleted yet.
const mostLeases = 1 << 20

func newNATTaker(l *loader) taker {
	return &natTaker{l, l.row.(*datasets.Subscriber), newLeases()}
}

func newLeases() leases { return leases{map[leaseKey]lease{}} }

// begin opens the lease of a row with its public side and its subscriber.
func (t leases) begin(r *datasets.Subscriber, at datasets.Micros) {
	if len(t.open) >= mostLeases {
		clear(t.open)
	}
	r.ValidFrom = at
	t.open[leaseKey{r.IPPrefix, r.PortFrom}] = lease{at, r.SubscriberID}
}

// end closes the lease of a row. began is what the event itself says of its
// begin, at if nothing. what tells why there is no row.
func (t leases) end(r *datasets.Subscriber, began, at datasets.Micros) (what string) {
	key := leaseKey{r.IPPrefix, r.PortFrom}
	known, open := t.open[key]
	switch {
	case open && known.subscriber == r.SubscriberID && known.from <= at:
		r.ValidFrom, r.ValidTo = known.from, at
		delete(t.open, key)
	case at > began:
		r.ValidFrom, r.ValidTo = began, at
	default:
		return "end of a translation that began before the file"
	}
	return ""
}

var noPublic = problem{"NAT event without public address", "let the template have postNATSourceIPv4Address (225)"}

// NAT event types of RFC 8158, and those of Cisco before it.
const (
	natCreate      = 1
	natDelete      = 2
	nat44Create    = 4
	nat44Delete    = 5
	nat64Create    = 6
	nat64Delete    = 7
	blockAllocated = 16
	blockFreed     = 17
)

func (t *natTaker) row(e *exports, x *exportRecord) (string, *problem) {
	if !x.has(roleNATEvent) && !x.has(rolePostSrc) {
		return "flow record", nil
	}
	event := x.values[roleNATEvent]
	ends := event == natDelete || event == nat44Delete || event == nat64Delete || event == blockFreed
	switch event {
	case 0, natCreate, natDelete, nat44Create, nat44Delete, nat64Create, nat64Delete, blockAllocated, blockFreed:
	default:
		return "NAT event that is no translation", nil
	}
	if !x.nat.IsValid() || !x.src.IsValid() {
		return "", &noPublic
	}
	if x.nat == x.src {
		return "NAT event without translation", nil
	}
	first, last, _ := x.times()
	if first < leastInstant || first >= endInstant {
		return "", &strangeYear
	}
	r := t.r
	r.IPPrefix, r.SubscriberID = e.text(x.nat).text, e.text(x.src).text
	t.ports(x)
	switch {
	case event == 0: // a session that has ended, of a template without events
		r.ValidFrom, r.ValidTo = datasets.Micros(first), datasets.Micros(last)
	case !ends:
		t.begin(r, datasets.Micros(first))
	default:
		return t.end(r, datasets.Micros(first), datasets.Micros(last)), nil
	}
	return "", nil
}

// ports fills in the block, or the one port.
func (t *natTaker) ports(x *exportRecord) {
	port := func(n uint64) int32 { return int32(n & 0xffff) }
	switch {
	case x.has(rolePortStart):
		t.r.PortFrom, t.r.PortTo = port(x.values[rolePortStart]), port(x.values[rolePortEnd])
		if !x.has(rolePortEnd) && x.values[rolePortCount] > 0 {
			step := max(1, x.values[rolePortStep])
			t.r.PortTo = port(min(0xffff, x.values[rolePortStart]+step*(x.values[rolePortCount]-1)))
		}
	case x.has(rolePostSrcPort):
		t.r.PortFrom = port(x.values[rolePostSrcPort])
		t.r.PortTo = t.r.PortFrom
	}
}
