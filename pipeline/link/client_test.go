package link

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// On random leases, nested, overlapping and in blocks of ports, a resolver says
// what [Index.Lookup] says of every instant in which it claims its answer holds.
func TestResolverAgreesWithLookup(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	prefixes := []string{"192.0.2.1/32", "192.0.2.0/24", "100.64.0.9/32", "192.0.2.2/32"}
	for round := range 200 {
		var rows []datasets.Subscriber
		for i := range 1 + rng.IntN(12) {
			l := datasets.Subscriber{IPPrefix: prefixes[rng.IntN(len(prefixes))], ValidFrom: datasets.Micros(rng.IntN(50)), SubscriberID: fmt.Sprint(rng.IntN(4)), Provider: "p",
				Origin: datasets.Origin{Line: int64(i)}}
			if rng.IntN(3) > 0 {
				l.ValidTo = l.ValidFrom + 1 + datasets.Micros(rng.IntN(50))
			}
			if rng.IntN(2) == 0 {
				l.PortFrom = int32(rng.IntN(300))
				l.PortTo = l.PortFrom + int32(rng.IntN(200)) + 1
			}
			rows = append(rows, l)
		}
		x, refused := NewIndex(rows)
		if len(refused) > 0 {
			t.Fatal(refused)
		}
		r := x.Resolver()
		for range 100 {
			ip := []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "100.64.0.9", "203.0.113.1"}[rng.IntN(5)]
			port, at := int32(rng.IntN(600)), datasets.Micros(rng.IntN(110))
			who, from, to, ofPort := r.Who(ip, port, at)
			addr := netip.MustParseAddr(ip)
			for _, when := range []datasets.Micros{at, max(from, 0), min(to, 200) - 1} {
				want := x.Lookup(addr, port, when)
				if Key(want, ip) != Key(who, ip) {
					t.Fatalf("round %d: %s:%d at %d, held to be that from %d to %d: got %q, want %q at %d (%+v)", round, ip, port, at, from, to, Key(who, ip), Key(want, ip), when, rows)
				}
				if !ofPort {
					if other := x.Lookup(addr, 65535, when); Key(other, ip) != Key(who, ip) {
						t.Fatalf("round %d: %s: the port matters", round, ip)
					}
				}
			}
		}
	}
}
