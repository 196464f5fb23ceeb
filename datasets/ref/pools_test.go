package ref

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func TestPoolsMatch(t *testing.T) {
	pools, refused := NewPools([]datasets.Pool{
		{Pool: "ours", Host: "relay.example", Ports: "7000,7001"},
		{Pool: "ours", Host: "*.mine.example", Ports: "9000"},
		{Pool: "ours", Host: "192.0.2.7", Ports: "25"},
		{Pool: "renamed", Host: "btc.f2pool.com", Ports: "4444"}, // replaces the shipped row
		{Pool: "bad", Host: "a.example", Ports: "none"},
		{Pool: "bad", Host: "*.com"},
		{Pool: "bad", Host: ""},
	})
	if len(refused) != 3 {
		t.Errorf("refused %v, want 3 rows", refused)
	}
	for _, test := range []struct {
		host string
		port int32
		kind datasets.PoolMatchKind
		pool string
	}{
		{"btc.trustpool.cc", 3333, datasets.PoolHostPort, "TrustPool"},
		{"BTC.TrustPool.CC.", 443, datasets.PoolHostPort, "TrustPool"},
		{"btc.trustpool.cc", 8333, datasets.PoolOtherPort, "TrustPool"},
		{"www.trustpool.cc", 443, datasets.PoolSuffix, "TrustPool"},
		{"trustpool.cc", 443, datasets.PoolSuffix, "TrustPool"},
		{"nottrustpool.cc", 3333, datasets.NoPool, ""},
		{"btm.antpool.com", 3333, datasets.PoolHost, "AntPool"},
		{"btc.f2pool.com", 3333, datasets.PoolOtherPort, "renamed"},
		{"btc.f2pool.com", 4444, datasets.PoolHostPort, "renamed"},
		{"relay.example", 7001, datasets.PoolHostPort, "ours"},
		{"deep.in.mine.example", 9000, datasets.PoolHostPort, "ours"},
		{"192.0.2.7", 25, datasets.PoolHostPort, "ours"},
		{"192.0.2.8", 25, datasets.NoPool, ""},
		{"", 3333, datasets.NoPool, ""},
	} {
		if got := pools.Match(test.host, test.port); got.Kind != test.kind || got.Pool != test.pool {
			t.Errorf("Match(%q, %d) = %+v, want kind %d of %q", test.host, test.port, got, test.kind, test.pool)
		}
	}
}

// The list holds no address, no port 0, no name of a public suffix, and no
// operator's name is missing.
func TestShippedPools(t *testing.T) {
	if _, refused := NewPools(nil); refused != nil {
		t.Fatal(refused)
	}
	rows := ShippedPools()
	if len(rows) < 400 {
		t.Errorf("%d rows", len(rows))
	}
	seen := map[string]bool{}
	for _, r := range rows {
		if _, err := netip.ParseAddr(r.Host); err == nil || r.Pool == "" || r.Vouched == "" || seen[r.Host] || r.Host != strings.ToLower(r.Host) {
			t.Errorf("bad or repeated row %+v", r)
		}
		seen[r.Host] = true
	}
	// Names under which visitors of a web site were made to mine must not come back.
	for _, h := range []string{"hdrezka.kz", "coinhive.com"} {
		if seen[h] {
			t.Errorf("%s is a web site, not a pool", h)
		}
	}
}

func TestServices(t *testing.T) {
	services, refused := NewServices([]datasets.KnownService{
		{Prefix: "93.184.216.0/24", Name: "ours", Why: "payroll"},
		{Prefix: "104.16.1.1", Host: "pay.example", Name: "narrow", Why: "payroll"},
		{Prefix: "300.1.1.1", Name: "bad", Why: "bad"},
		{Name: "bad", Why: "neither"},
	})
	if len(refused) != 2 {
		t.Errorf("refused %v, want 2 rows", refused)
	}
	for addr, want := range map[string]string{
		"10.1.2.3": "private use", "100.64.0.1": "shared address space (CGNAT)", "104.16.9.9": "Cloudflare", "104.16.1.1": "narrow",
		"::ffff:8.8.8.8": "Google Public DNS", "2606:4700::1": "Cloudflare", "2606:4700:4700::1111": "Cloudflare DNS",
		"93.184.216.34": "ours", "93.184.217.1": "", "fe80::1%eth0": "link local",
	} {
		if got, ok := services.Addr(netip.MustParseAddr(addr)); got.Name != want || ok != (want != "") {
			t.Errorf("Addr(%s) = %q, %v, want %q", addr, got.Name, ok, want)
		}
	}
	if _, ok := services.Addr(netip.Addr{}); ok {
		t.Error("the zero address is a service")
	}
	for host, want := range map[string]bool{"pay.example": true, "x.pay.example": false, "cabinet.gov.kz": true, "gov.kz": true, "notgov.kz": false, "": false} {
		if _, ok := services.Host(host); ok != want {
			t.Errorf("Host(%q) = %v, want %v", host, ok, want)
		}
	}
}

func FuzzParsePrefix(f *testing.F) {
	for _, s := range []string{"192.0.2.1", "192.0.2.1/24", "::ffff:192.0.2.1/120", "fe80::1%eth0", "2001:db8::/32", "/", "1.2.3.4/99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePrefix(s)
		if err == nil && p != p.Masked() {
			t.Errorf("ParsePrefix(%q) = %v, not masked", s, p)
		}
	})
}
