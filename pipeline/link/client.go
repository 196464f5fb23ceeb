package link

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A Resolver names the clients of one stage: subscribers where the leases tell,
// else addresses. It keeps what it has looked up, so that every goroutine has
// its own.
type Resolver struct {
	x     *Index
	plans map[string]*plan
}

// Resolver returns a resolver over the index.
func (x *Index) Resolver() *Resolver { return &Resolver{x, map[string]*plan{}} }

// SharedMark follows the address in the key of a client if several subscribers
// may have used it.
const SharedMark = " (shared)"

// Key names a client: provider/subscriber if it is known, the address if no
// lease is, and the address with [SharedMark] if it cannot be told who it was.
func Key(w Who, ip string) string {
	switch w.Status {
	case Known:
		return subscriberKey(w.Subscriber)
	case Shared:
		return ip + SharedMark
	}
	return ip
}

func subscriberKey(s datasets.Subscriber) string { return s.Provider + "/" + s.SubscriberID }

// A plan holds the leases of one address, in the prefixes that have any, the
// longest first.
type plan struct {
	addr   netip.Addr
	groups []planGroup
	ofPort bool // some leases are of blocks of ports
}

type planGroup struct {
	leases   []datasets.Subscriber
	whole    []int32 // leases of the whole address
	granules map[int32][]int32
	spans    []span // in which any of the leases runs, merged and in order
}

// A span is a time [from, to).
type span struct{ from, to datasets.Micros }

// granulePorts divides ports, so that a look-up among the blocks of a day of
// NAT logs reads those near its port only. Blocks are usually 64 to 4,096 ports.
const granulePorts = 64

func (r *Resolver) plan(ip string) *plan {
	if p, ok := r.plans[ip]; ok {
		return p
	}
	p := &plan{}
	if addr, err := netip.ParseAddr(ip); err == nil {
		p.addr = addr.Unmap().WithZone("")
		for _, leases := range r.x.table.Supernets(netip.PrefixFrom(p.addr, p.addr.BitLen())) {
			g := planGroup{leases: leases, granules: map[int32][]int32{}, spans: spans(leases)}
			for i, l := range leases {
				if l.PortTo == 0 {
					g.whole = append(g.whole, int32(i))
					continue
				}
				p.ofPort = true
				for n := l.PortFrom / granulePorts; n <= l.PortTo/granulePorts; n++ {
					g.granules[n] = append(g.granules[n], int32(i))
				}
			}
			p.groups = append(p.groups, g)
		}
	}
	r.plans[strings.Clone(ip)] = p
	return p
}

// Client names who used an address and a port at an instant, and in which time
// [from, to) the answer holds. If ofPort is false it holds for every port.
func (r *Resolver) Client(ip string, port int32, at datasets.Micros) (client string, from, to datasets.Micros, ofPort bool) {
	who, from, to, ofPort := r.Who(ip, port, at)
	return Key(who, ip), from, to, ofPort
}

// Who is [Index.Lookup] with the time in which the answer holds.
func (r *Resolver) Who(ip string, port int32, at datasets.Micros) (who Who, from, to datasets.Micros, ofPort bool) {
	p := r.plan(ip)
	from, to = math.MinInt64, math.MaxInt64
	if !p.addr.IsValid() {
		return Who{Why: "not an address"}, from, to, false
	}
	for i := range p.groups {
		g := &p.groups[i]
		inside, ends := g.at(at)
		from, to = max(from, ends.from), min(to, ends.to)
		if !inside {
			continue
		}
		active := g.active(port, at, &from, &to)
		if len(active) == 0 {
			return Who{Why: "the port is in none of the leased blocks"}, from, to, p.ofPort
		}
		return choose(active, p.addr, port), from, to, p.ofPort
	}
	return Who{Why: "no lease covers this address at this time"}, from, to, p.ofPort
}

// active returns the leases that run at an instant and may concern a port; the
// time around it in which that stays so is cut to.
func (g *planGroup) active(port int32, at datasets.Micros, from, to *datasets.Micros) (out []datasets.Subscriber) {
	each := func(l datasets.Subscriber) {
		for _, edge := range []datasets.Micros{l.ValidFrom, l.ValidTo} {
			switch {
			case edge == 0:
			case edge <= at:
				*from = max(*from, edge)
			default:
				*to = min(*to, edge)
			}
		}
		if l.ValidFrom <= at && (l.ValidTo == 0 || at < l.ValidTo) {
			out = append(out, l)
		}
	}
	if port == 0 {
		for _, l := range g.leases {
			each(l)
		}
		return out
	}
	for _, i := range g.whole {
		each(g.leases[i])
	}
	for _, i := range g.granules[port/granulePorts] {
		each(g.leases[i])
	}
	return out
}

// spans merges the times of leases, which are ordered by their begin.
func spans(leases []datasets.Subscriber) (out []span) {
	for _, l := range leases {
		s := span{l.ValidFrom, l.ValidTo}
		if s.to == 0 {
			s.to = math.MaxInt64
		}
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// at reports whether any lease runs at an instant, and the time around it in
// which that stays so.
func (g *planGroup) at(at datasets.Micros) (inside bool, around span) {
	i, _ := slices.BinarySearchFunc(g.spans, at, func(s span, at datasets.Micros) int {
		if s.to <= at {
			return -1
		}
		return 1
	})
	around = span{math.MinInt64, math.MaxInt64}
	if i > 0 {
		around.from = g.spans[i-1].to
	}
	if i < len(g.spans) {
		if g.spans[i].from <= at {
			return true, g.spans[i]
		}
		around.to = g.spans[i].from
	}
	return false, around
}

// Subscribers returns every subscriber by its key, as the lease begun last
// describes it.
func (x *Index) Subscribers() map[string]datasets.Subscriber {
	out := map[string]datasets.Subscriber{}
	for _, leases := range x.table.All() {
		for _, l := range leases {
			k := subscriberKey(l)
			if old, ok := out[k]; !ok || l.ValidFrom > old.ValidFrom || l.ValidFrom == old.ValidFrom && datasets.CompareOrigin(l.Origin, old.Origin) > 0 {
				out[k] = l
			}
		}
	}
	return out
}

// Blocks returns the addresses whose ports are leased in blocks, in order: several
// subscribers use them at once. Prefixes wider than an address are left out, and
// each of their addresses counts as one subscriber's.
func (x *Index) Blocks() []string {
	var out []string
	for p, leases := range x.table.All() {
		if p.IsSingleIP() && slices.ContainsFunc(leases, func(l datasets.Subscriber) bool { return l.PortTo != 0 }) {
			out = append(out, p.Addr().String())
		}
	}
	slices.Sort(out)
	return out
}
