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
