package telecom

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/detectors/traffic"
)

const asOf = datasets.Day(19_500) // 2023-05-23

var seen = datasets.MicrosOf(asOf.Date()) - 3600e6

// The families of evidence that the tests need.
const (
	poolID   = traffic.FamilyEndpoint
	steadyID = traffic.FamilyShape
	fanID    = traffic.FamilyFan
)

func found(family traffic.Family, client, ip string, port int32, host, pool string, logLR float64) traffic.Finding {
	return traffic.Finding{
		Family: family, Client: client, ServerIP: ip, ServerPort: port, Proto: "tcp", Host: host, Pool: pool, HoursActive: 100, Bytes: 1000,
		Evidence: datasets.Evidence{Detector: "traffic/" + string(family), Status: datasets.Spoken, Start: seen - 86400e6, End: seen, LogLR: logLR, PValue: 1, Detail: "evidence"},
	}
}

// miner is a client with both kinds of evidence about a listed host and port.
func miner(client, ip string) []traffic.Finding {
	return []traffic.Finding{found(poolID, client, ip, 3333, "btc.trustpool.cc", "TrustPool", 6.8), found(steadyID, client, ip, 3333, "", "", 1.7)}
}

var (
	pools, _    = ref.NewPools(nil)
	services, _ = ref.NewServices(nil)
)

func builder(t *testing.T, findings []traffic.Finding) *Builder {
	t.Helper()
	return New(Input{AsOf: asOf, Findings: findings, Pools: pools, Services: services})
}

// used is some traffic of a client with a port of the server.
func used(client string, port int32) Use {
	return Use{Client: client, IP: server, Port: port, Proto: "tcp", First: seen - 86400e6, Last: seen, Bytes: 1000}
}

func asked(client, host, ip string, last datasets.Micros) datasets.ServerName {
	return datasets.ServerName{Client: client, ClientIP: client, ServerIP: ip, Host: host, First: last, Last: last, Queries: 1, Days: 1}
}

// at returns the candidate of a target.
func at(t *testing.T, b *Builder, name string) datasets.Candidate {
	t.Helper()
	list, err := b.Candidates()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Target == name {
			return c
		}
	}
	t.Fatalf("no candidate %s in %+v", name, list)
	return datasets.Candidate{}
}

// 93.184.215.14 and its neighbours stand for a server that nobody else uses.
const server = "93.184.215.14"

func TestBlock(t *testing.T) {
	b := builder(t, miner("10.0.0.1", server))
	b.AddUse(used("10.0.0.1", 3333))
	b.AddUse(used("10.0.0.2", 443)) // another port is another target
	b.AddName(asked("10.0.0.1", "btc.trustpool.cc", server, seen))
	b.AddName(asked("10.0.0.1", "eu.trustpool.cc", server, seen)) // the same operator
	c := at(t, b, server)
	// ln-odds -4.595 + 6.8 + 1.7 = 3.905: 1/(1+e^-3.905) = 0.980.
	if c.Action != Block || c.Clients != 1 || c.Collateral != 0 || c.Bytes != 1000 || c.ValidUntil != asOf+6 || c.Confidence < 0.9799 || c.Confidence > 0.9805 {
		t.Errorf("got %+v, want a block for 7 days", c)
	}
	if c := at(t, b, "btc.trustpool.cc"); c.Action != Block || c.TargetKind != "domain" || c.ValidUntil != asOf+29 {
		t.Errorf("got %+v, want a block for 30 days", c)
	}
}

func TestGuardsStop(t *testing.T) {
	two := append(miner("10.0.0.1", server), miner("10.0.0.2", server)...)
	stale := miner("10.0.0.1", server)
	for i := range stale {
		stale[i].Start, stale[i].End = seen-20*86400e6, seen-8*86400e6
	}
	private := func(n int) (list []traffic.Finding) {
		for i := range n {
			list = append(list, found(steadyID, fmt.Sprintf("10.0.0.%d", i+1), server, 9000, "", "", 2))
		}
		return list
	}
	for _, test := range []struct {
		name     string
		findings []traffic.Finding
		profiles []Use
		names    []datasets.ServerName
		target   string
		action   string
		reason   string
	}{
		{"CDN", miner("10.0.0.1", "104.16.1.1"), nil, nil, "104.16.1.1", Monitor, "Cloudflare"},
		{"private range", miner("10.0.0.1", "10.9.9.9"), nil, nil, "10.9.9.9", Monitor, "private use"},
		{"carrier-grade NAT", miner("10.0.0.1", "100.64.9.9"), nil, nil, "100.64.9.9", Monitor, "CGNAT"},
		{"mapped resolver", miner("10.0.0.1", "::ffff:8.8.8.8"), nil, nil, "::ffff:8.8.8.8", Monitor, "resolver"},
		{"not an address", miner("10.0.0.1", "server"), nil, nil, "server", Monitor, "not a plain address"},
		{"one innocent client of three", two, []Use{used("10.0.0.3", 3333)}, nil, server, Review, "1 of 3 clients"},
		{"unrelated names", two, nil, []datasets.ServerName{asked("10.0.0.9", "btc.trustpool.cc", server, seen), asked("10.0.0.9", "shop.example.kz", server, seen)}, server, Review, "unrelated names on this address: example.kz, pool TrustPool"},
		{"stale", stale, nil, nil, server, Monitor, "the last contact was 9 days before 2023-05-23"},
		{"one client, a name that fits badly", []traffic.Finding{found(poolID, "10.0.0.1", server, 9000, "btc.trustpool.cc", "TrustPool", 2.5)}, nil, nil, server, Monitor, "one client with weak evidence"},
		{"fan-in of three", private(3), nil, nil, server, Review, "it may be a private pool"},
		{"one kind of evidence", miner("10.0.0.1", server)[:1], nil, nil, server, Review, "one kind of evidence"},
		{"a web site's name", []traffic.Finding{found(poolID, "10.0.0.1", server, 5555, "trustpool.cc", "TrustPool", 5), found(steadyID, "10.0.0.1", server, 5555, "", "", 2)}, nil, nil, "trustpool.cc", Review, "web site"},
		{"others ask for the name", miner("10.0.0.1", server), nil, []datasets.ServerName{asked("10.0.0.7", "btc.trustpool.cc", "", seen)}, "btc.trustpool.cc", Review, "1 of 2 clients"},
	} {
		b := builder(t, test.findings)
		for _, p := range test.profiles {
			b.AddUse(p)
		}
		for _, n := range test.names {
			b.AddName(n)
		}
		if c := at(t, b, test.target); c.Action != test.action || !strings.Contains(c.Reason, test.reason) {
			t.Errorf("%s: got %s (%s), want %s (… %s …)", test.name, c.Action, c.Reason, test.action, test.reason)
		}
	}
}

// A pool that a registered miner without a finding uses must stay reachable,
// however sure the mining of others is.
func TestRegisteredMinersKeepTheirPool(t *testing.T) {
	findings := append(miner("10.0.0.1", server), miner("10.0.0.2", server)...)
	b := New(Input{AsOf: asOf, Findings: findings, Registered: map[string]bool{"10.0.0.2": true}, Pools: pools, Services: services})
	for _, client := range []string{"10.0.0.1", "10.0.0.2"} {
		b.AddUse(used(client, 3333))
	}
	for _, name := range []string{server, "btc.trustpool.cc"} {
		if c := at(t, b, name); c.Action == Block || !strings.Contains(c.Reason, "1 of 2 clients are registered miners") {
			t.Errorf("%s: %s (%s), want a review", name, c.Action, c.Reason)
		}
	}
}

// A sensor that keeps one session open is nobody's business.
func TestOneSteadyClientIsNotListed(t *testing.T) {
	list, err := builder(t, []traffic.Finding{found(steadyID, "10.0.0.1", server, 9000, "", "", 2)}).Candidates()
	if err != nil || len(list) != 0 {
		t.Errorf("got %+v, %v, want nothing", list, err)
	}
}

// A name last seen 31 days ago says nothing about who is on the address now.
func TestOldNamesAreForgotten(t *testing.T) {
	b := builder(t, miner("10.0.0.1", server))
	b.AddName(asked("10.0.0.9", "shop.example.kz", server, seen-31*86400e6))
	if c := at(t, b, server); c.Action != Block {
		t.Errorf("got %s: %s", c.Action, c.Reason)
	}
}

// Whatever the evidence, no address of a known service is ever blocked, no
// candidate lacks an expiry, and none stands longer than allowed.
func TestServicesAreNeverBlocked(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		addr := netip.AddrFrom4([4]byte{byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))})
		var findings []traffic.Finding
		for i := range 1 + rng.IntN(3) {
			findings = append(findings, miner(fmt.Sprintf("10.0.0.%d", i+1), addr.String())...)
		}
		list, err := builder(t, findings).Candidates()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			_, known := services.Addr(addr)
			limit := datasets.Day(7)
			if c.TargetKind == "domain" {
				limit = 30
			} else if known && c.Action != Monitor {
				t.Fatalf("%s of %s", c.Action, addr)
			}
			if c.ValidFrom != asOf || c.ValidUntil-c.ValidFrom >= limit || c.ValidUntil < c.ValidFrom {
				t.Fatalf("valid from %s until %s", c.ValidFrom, c.ValidUntil)
			}
		}
	}
}

func TestWeakFindingsAreNoTargets(t *testing.T) {
	withheld := found(poolID, "10.0.0.1", server, 1, "a.example", "", 0)
	withheld.Status = datasets.Withheld
	list, err := builder(t, []traffic.Finding{withheld, found(poolID, "10.0.0.1", server, 443, "www.f2pool.com", "F2Pool", 1.1), found(steadyID, "10.0.0.2", server, 9000, "", "", 0.9)}).Candidates()
	if err != nil || len(list) != 0 {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestRegistered(t *testing.T) {
	for host, want := range map[string]string{"a.b.example.kz": "example.kz", "shop.com.kz": "shop.com.kz", "x.shop.com.kz": "shop.com.kz", "example.com": "example.com", "kz": "kz"} {
		if got := registered(host); got != want {
			t.Errorf("registered(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestSubscribers(t *testing.T) {
	by := func(id string, named bool, list ...traffic.Finding) (out []Attributed) {
		for _, f := range list {
			out = append(out, Attributed{f, named, datasets.Subscriber{SubscriberID: id, Provider: "P", BIN: "940140000385"}, "S-" + id})
		}
		return out
	}
	var in []Attributed
	in = append(in, by("2", true, miner("10.0.0.2", server)...)...)
	in = append(in, by("1", true, append(miner("10.0.0.1", server), miner("10.0.0.1", "93.184.215.15")...)...)...)
	in = append(in, by("weak", true, found(steadyID, "10.0.0.3", server, 9000, "", "", 2))...)
	in = append(in, by("shared", false, miner("100.64.0.1", server)...)...)
	rows, unnamed := Subscribers(in)
	if unnamed != 2 || len(rows) != 2 || rows[0].SubscriberID != "1" || rows[1].SubscriberID != "2" {
		t.Fatalf("got %d unnamed, %+v", unnamed, rows)
	}
	if r := rows[0]; r.Pools != "TrustPool" || r.SiteID != "S-1" || r.HoursActive != 100 || r.Confidence < 0.9799 || r.Evidence != "evidence; evidence" {
		t.Errorf("got %+v", r)
	}
}

// More blocks than the breaker lets through are none at all.
func TestCircuitBreaker(t *testing.T) {
	var findings []traffic.Finding
	for i := range 5 {
		findings = append(findings, miner(fmt.Sprintf("10.0.0.%d", i), fmt.Sprintf("93.184.215.%d", 20+i))...)
	}
	for limit, want := range map[int]int{0: 6, 6: 6, 5: 0} { // five addresses and one name
		list, err := New(Input{AsOf: asOf, Findings: findings, Pools: pools, Services: services, MaxBlocks: limit}).Candidates()
		if err != nil {
			t.Fatal(err)
		}
		blocks := 0
		for _, c := range list {
			if c.Action == Block {
				blocks++
			} else if limit == 5 && !strings.Contains(c.Reason, "circuit breaker: 6 blocks in one batch, at most 5") {
				t.Errorf("%s: %s", c.Target, c.Reason)
			}
		}
		if blocks != want {
			t.Errorf("limit %d: %d blocks, want %d", limit, blocks, want)
		}
	}
}

func TestAccreditedPoolsStayReachable(t *testing.T) {
	b := New(Input{AsOf: asOf, Findings: miner("10.0.0.1", server), Pools: pools, Services: services, Accredited: func(pool string) bool { return pool == "TrustPool" }})
	for _, name := range []string{server, "btc.trustpool.cc"} {
		if c := at(t, b, name); c.Action != Monitor || !strings.Contains(c.Reason, "accredited") {
			t.Errorf("%s: %s (%s)", name, c.Action, c.Reason)
		}
	}
}

func TestFewSampledPackets(t *testing.T) {
	findings := miner("10.0.0.1", server)
	for i := range findings {
		findings[i].Sampled = 19
	}
	if c := at(t, builder(t, findings), server); c.Action != Review || !strings.Contains(c.Reason, "fewer than 20 sampled packets") {
		t.Errorf("%s (%s)", c.Action, c.Reason)
	}
}

// Whatever is seen of it, an address is blocked only if it is no known service's, at
// most 5 % of its clients are no suspects, it has one operator's names, its pool is
// not accredited, and no registered miner uses it; and a rule for a subscriber is
// never of a shared address without ports and an end.
func TestGuardsHoldForRandomTraffic(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 8))
	blocks, rules := 0, 0
	for range 2000 {
		ip := []string{server, "104.16.1.1", "8.8.8.8", "100.64.9.9", "224.0.0.1", "95.57.1.1"}[rng.IntN(6)]
		suspects, others := 1+rng.IntN(30), rng.IntN(4)*rng.IntN(2)
		var findings []traffic.Finding
		for i := range suspects {
			findings = append(findings, miner(fmt.Sprintf("s%d", i), ip)...)
		}
		accredited, registered := rng.IntN(8) == 0, rng.IntN(8) == 0
		in := Input{AsOf: asOf, Findings: findings, Pools: pools, Services: services, Accredited: func(string) bool { return accredited }, Registered: map[string]bool{"s0": registered}}
		b := New(in)
		for i := range others {
			u := used(fmt.Sprintf("o%d", i), 3333)
			u.IP = ip
			b.AddUse(u)
		}
		strange := rng.IntN(8) == 0
		if strange {
			b.AddServerName(ip, "shop.example.kz")
		}
		b.AddServerName(ip, "eu.trustpool.cc")
		list, err := b.Candidates()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if c.TargetKind != "ip" || c.Action != Block {
				continue
			}
			blocks++
			addr := netip.MustParseAddr(ip)
			if _, known := services.Addr(addr); known || accredited || registered || strange || float64(others) > 0.05*float64(others+suspects) ||
				int(c.Clients) != others+suspects || int(c.Collateral) != others || c.ValidUntil != asOf+6 || c.Port != 3333 {
				t.Fatalf("block of %s: accredited %v, registered %v, strange name %v, %d of %d others: %+v", ip, accredited, registered, strange, others, others+suspects, c)
			}
		}
		leases := make([]datasets.Subscriber, 20)
		for i := range leases {
			l := &leases[i]
			*l = datasets.Subscriber{IPPrefix: []string{"95.56.0.7", "100.64.0.7", "10.0.0.7", "95.56.0.0/24", "2a00::7"}[rng.IntN(5)], SubscriberID: fmt.Sprint(rng.IntN(5)), Provider: "P",
				ValidFrom: datasets.MicrosOf((asOf + datasets.Day(rng.IntN(4)-2)).Date())}
			if rng.IntN(2) == 0 {
				l.ValidTo = datasets.MicrosOf((asOf + datasets.Day(rng.IntN(4)-1)).Date())
			}
			if rng.IntN(2) == 0 {
				l.PortFrom, l.PortTo = 1024, 2047
			}
		}
		var named []Attributed
		for i, f := range findings {
			named = append(named, Attributed{Finding: f, Named: rng.IntN(2) == 0, Subscriber: datasets.Subscriber{SubscriberID: fmt.Sprint(i % 5), Provider: "P"}})
		}
		for _, r := range FlowRules(list, named, leases, asOf) {
			rules++
			addr, err := netip.ParseAddr(r.SourceIP)
			if err != nil || addr.IsPrivate() || sharedSpace.Contains(addr) || r.PortTo > 0 && r.LeaseTo == 0 || r.ServerPort == 0 || r.ValidUntil != asOf+6 {
				t.Fatalf("rule %+v", r)
			}
		}
	}
	if blocks < 100 || rules < 100 {
		t.Errorf("%d blocks and %d rules: the property was hardly tried", blocks, rules)
	}
}

// Timing is for the meter to confirm: whoever sends when a block is found, nothing is
// proposed for it, and a weak contact becomes no block by it.
func TestTimingAloneRestrictsNothing(t *testing.T) {
	list, err := builder(t, []traffic.Finding{found(traffic.FamilyTiming, "10.0.0.1", server, 443, "decoy.example", "", 4), found(traffic.FamilyTiming, "10.0.0.2", server, 443, "", "", 4)}).Candidates()
	if err != nil || len(list) != 0 {
		t.Errorf("got %+v, %v, want nothing", list, err)
	}
	one := []traffic.Finding{found(poolID, "10.0.0.1", server, 3333, "btc.trustpool.cc", "TrustPool", 6.8), found(traffic.FamilyTiming, "10.0.0.1", server, 3333, "", "", 4)}
	if c := at(t, builder(t, one), server); c.Action == Block {
		t.Errorf("got %+v, want no block: who mines by name and beat alone is to be looked at", c)
	}
}

// Every address of every service that must stay reachable (delivery networks,
// resolvers, clouds, special ranges, shared space), the ends of its ranges and addresses drawn from
// them, and every port: never a block, never a rule for a subscriber, however many miners
// meet there and whatever kinds of evidence they have.
func TestNoServiceIsEverRestricted(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 13))
	tried := map[string]int{}
	for _, prefix := range services.Prefixes() {
		for range 4 {
			addr := addrIn(rng, prefix)
			s, _ := services.Addr(addr)
			port := []int32{53, 80, 443, 853, 3333, 8333, 1 + rng.Int32N(65535)}[rng.IntN(7)]
			var findings []traffic.Finding
			var named []Attributed
			for i := range 1 + rng.IntN(20) {
				client := fmt.Sprintf("c%d", i)
				for _, f := range append(miner(client, addr.String()), found(fanID, client, addr.String(), port, "", "", 3), found(traffic.FamilyTiming, client, addr.String(), port, "", "", 4)) {
					f.ServerPort = port
					findings = append(findings, f)
					named = append(named, Attributed{Finding: f, Named: true, Subscriber: datasets.Subscriber{SubscriberID: client, Provider: "P"}})
				}
			}
			list, err := builder(t, findings).Candidates()
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				if c.TargetKind == "ip" && c.Action != Monitor {
					t.Fatalf("%s of %s port %d (%s)", c.Action, addr, port, s.Name)
				}
			}
			lease := datasets.Subscriber{IPPrefix: "95.56.0.7", SubscriberID: "c0", Provider: "P", ValidFrom: 1}
			if rules := FlowRules(list, named, []datasets.Subscriber{lease}, asOf); len(rules) != 0 {
				t.Fatalf("a rule for %s: %+v", addr, rules)
			}
			tried[s.Why]++
		}
	}
	for _, why := range []string{"delivery network", "resolver", "special-purpose"} {
		n := 0
		for k, v := range tried {
			if strings.Contains(k, why) {
				n += v
			}
		}
		if n == 0 {
			t.Errorf("no service is a %s: %v", why, tried)
		}
	}
}

// addrIn returns an end of a prefix, or an address drawn from it.
func addrIn(rng *rand.Rand, p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	kind := rng.IntN(3)
	for i := p.Bits(); i < len(b)*8; i++ {
		if kind == 1 || kind == 2 && rng.IntN(2) == 1 {
			b[i/8] |= 1 << (7 - i%8)
		}
	}
	addr, _ := netip.AddrFromSlice(b) // of 4 or 16 bytes
	return addr
}

// An address of a carrier's NAT gives a rule only with a block of ports and an end of the
// lease, and no subscriber is named without them.
func TestSharedAddressesNeedPortsAndTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 34))
	block := datasets.Candidate{Target: server, TargetKind: "ip", Port: 3333, Proto: "tcp", Action: Block, Confidence: 0.9, ValidUntil: asOf + 6}
	f := Attributed{Finding: miner("P/1", server)[0], Named: true, Subscriber: datasets.Subscriber{SubscriberID: "1", Provider: "P"}}
	rules := 0
	for range 5000 {
		l := datasets.Subscriber{SubscriberID: "1", Provider: "P", ValidFrom: datasets.MicrosOf((asOf - 1).Date())}
		l.IPPrefix = []string{"95.56.0.7", "95.56.0.7/32", "95.56.0.0/24", "100.64.0.7", "100.127.255.255", "10.1.2.3", "fd00::7", "2a00::7", "2a00::/64"}[rng.IntN(9)]
		if rng.IntN(2) == 0 {
			l.PortFrom, l.PortTo = 1024, 2047
		}
		if rng.IntN(2) == 0 {
			l.ValidTo = datasets.MicrosOf((asOf + datasets.Day(rng.IntN(3)-1)).Date())
		}
		for _, r := range FlowRules([]datasets.Candidate{block}, []Attributed{f}, []datasets.Subscriber{l}, asOf) {
			rules++
			addr, err := netip.ParseAddr(r.SourceIP)
			if err != nil || sharedSpace.Contains(addr) || addr.IsPrivate() || r.PortTo != 0 && (r.PortFrom == 0 || r.LeaseTo <= datasets.MicrosOf(asOf.Date())) {
				t.Fatalf("rule %+v of lease %+v", r, l)
			}
		}
	}
	if rules == 0 {
		t.Error("no rule at all: the property was not tried")
	}
}

func TestProposals(t *testing.T) {
	fan := func(client string) traffic.Finding {
		return found(fanID, client, "93.184.215.30", 7777, "", "", 2.9)
	}
	findings := append(miner("10.0.0.1", server), // a listed host and port: nothing to learn
		fan("10.0.0.1"), fan("10.0.0.2"),
		found(steadyID, "10.0.0.1", "93.184.215.31", 9000, "relay.example", "", 1.5),  // of a known miner
		found(steadyID, "10.0.0.9", "93.184.215.32", 9000, "sensor.example", "", 1.5), // of somebody
		found(steadyID, "10.0.0.8", "93.184.215.33", 7000, "", "", 1.4),               // of a miner whom a visit found
		found(traffic.FamilyTiming, "10.0.0.8", "104.16.1.2", 443, "", "", 4),         // the same, at an address of a CDN
		found(traffic.FamilyTiming, "10.0.0.8", "104.16.1.2", 443, "decoy.example", "", 3),
		found(poolID, "10.0.0.3", server, 25, "kz7.trustpool.cc", "TrustPool", 6.8),
		found(fanID, "10.0.0.4", "104.16.1.1", 443, "", "", 2.9), // an address of a CDN
		found(fanID, "10.0.0.4", "104.16.1.1", 443, "ws.relay.example", "", 2.0))
	var got []string
	for _, p := range Proposals(findings, map[string]bool{"10.0.0.8": true}, pools, services) {
		got = append(got, fmt.Sprintf("%s %s %s, %s, %d clients, %d miners", p.Pool, p.Host, p.Ports, p.Vouched, p.Clients, p.Known))
	}
	want := []string{
		"TrustPool kz7.trustpool.cc 25, traffic: host or port of a listed pool, 1 clients, 1 miners",
		"unknown 93.184.215.30 7777, traffic: fan-in, 2 clients, 1 miners",
		"unknown decoy.example 443, traffic: contact of a miner whom a visit found, 1 clients, 1 miners",
		"unknown ws.relay.example 443, traffic: fan-in, 1 clients, 0 miners",
		"unknown relay.example 9000, traffic: contact of a known miner, 1 clients, 1 miners",
		"unknown 93.184.215.33 7000, traffic: contact of a miner whom a visit found, 1 clients, 1 miners",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
