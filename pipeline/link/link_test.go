package link

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

const day = datasets.Micros(86_400_000_000)

func index(t *testing.T, rows ...datasets.Subscriber) *Index {
	t.Helper()
	x, refused := NewIndex(rows)
	if len(refused) > 0 {
		t.Fatal(refused)
	}
	return x
}

func lease(prefix string, from, to datasets.Micros, id string) datasets.Subscriber {
	return datasets.Subscriber{IPPrefix: prefix, ValidFrom: from, ValidTo: to, SubscriberID: id}
}

func block(prefix string, low, high int32, id string) datasets.Subscriber {
	return datasets.Subscriber{IPPrefix: prefix, PortFrom: low, PortTo: high, ValidFrom: 1, SubscriberID: id}
}

func TestLookup(t *testing.T) {
	x := index(t,
		lease("95.56.0.0/24", 1, 0, "office"),
		lease("95.56.0.7", 10*day, 20*day, "tenant"),                         // inside the office's prefix
		lease("95.57.0.1", 1, 5*day, "a"), lease("95.57.0.1", 5*day, 0, "b"), // dynamic, one after the other
		lease("95.57.0.2", 1, 0, "c"), lease("95.57.0.2", 3*day, 0, "d"), // overlap
		lease("95.57.0.3", 1, 4*day, "e"), lease("95.57.0.3", 3*day, 0, "e"), // overlap of one and the same
		block("95.58.0.1", 1024, 2047, "n1"), block("95.58.0.1", 2048, 3071, "n2"), block("95.58.0.1", 3000, 4000, "n3"),
		lease("100.64.0.5", 1, 0, "private"), block("100.64.0.6", 1024, 2047, "named"),
		lease("2001:db8:1::/48", 1, 0, "six"),
	)
	for _, test := range []struct {
		name   string
		addr   string
		port   int32
		at     datasets.Micros
		status Status
		id     string
	}{
		{"a prefix", "95.56.0.9", 5, day, Known, "office"},
		{"before the inner lease", "95.56.0.7", 5, 9 * day, Known, "office"},
		{"inside the inner lease", "95.56.0.7", 5, 10 * day, Known, "tenant"},
		{"the end is exclusive", "95.56.0.7", 5, 20 * day, Known, "office"},
		{"before any lease", "95.56.0.7", 5, 0, Unknown, ""},
		{"the day before the change", "95.57.0.1", 5, 5*day - 1, Known, "a"},
		{"the change", "95.57.0.1", 5, 5 * day, Known, "b"},
		{"before the overlap", "95.57.0.2", 5, 2 * day, Known, "c"},
		{"overlap", "95.57.0.2", 5, 3 * day, Shared, ""},
		{"overlap of one subscriber", "95.57.0.3", 5, 3 * day, Known, "e"},
		{"block", "95.58.0.1", 2047, day, Known, "n1"},
		{"next block", "95.58.0.1", 2048, day, Known, "n2"},
		{"two blocks", "95.58.0.1", 3001, day, Shared, ""},
		{"no block", "95.58.0.1", 5000, day, Unknown, ""},
		{"block and no port", "95.58.0.1", 0, day, Shared, ""},
		{"shared address space", "100.64.0.5", 1500, day, Shared, ""},
		{"shared address space with a block", "100.64.0.6", 1500, day, Known, "named"},
		{"mapped", "::ffff:95.56.0.9", 5, day, Known, "office"},
		{"IPv6", "2001:db8:1:2::3", 5, day, Known, "six"},
		{"nobody", "8.8.8.8", 5, day, Unknown, ""},
	} {
		got := x.Lookup(netip.MustParseAddr(test.addr), test.port, test.at)
		if got.Status != test.status || got.Subscriber.SubscriberID != test.id || (got.Status != Known) != (got.Why != "") {
			t.Errorf("%s: got %v %q (%s), want %v %q", test.name, got.Status, got.Subscriber.SubscriberID, got.Why, test.status, test.id)
		}
	}
	if got := x.Lookup(netip.Addr{}, 1, day); got.Status != Unknown {
		t.Errorf("the zero address is %v", got.Status)
	}
}

// Without ports, no set of leases makes Lookup name a subscriber for an address
// that two of them hold at that instant, nor for an address in 100.64.0.0/10.
func FuzzSharedIsNeverNamed(f *testing.F) {
	f.Add(int64(1), int64(5), int64(3), int64(9), int64(4), uint8(1))
	f.Add(int64(0), int64(0), int64(0), int64(0), int64(0), uint8(0))
	f.Fuzz(func(t *testing.T, from1, to1, from2, to2, at int64, last uint8) {
		m := func(v int64) datasets.Micros { return datasets.Micros(v & 0xffff) }
		for _, base := range []netip.Addr{netip.AddrFrom4([4]byte{95, 1, 1, last}), netip.AddrFrom4([4]byte{100, 64, 1, last})} {
			x, _ := NewIndex([]datasets.Subscriber{lease(base.String(), m(from1), m(to1), "a"), lease(base.String(), m(from2), m(to2), "b")})
			who := x.Lookup(base, 4000, m(at))
			in := func(from, to int64) bool {
				return (m(to) == 0 || m(to) > m(from)) && m(from) <= m(at) && (m(to) == 0 || m(at) < m(to))
			}
			if both := in(from1, to1) && in(from2, to2); who.Status == Known && (both || cgnat.Contains(base)) {
				t.Errorf("named %q at %d", who.Subscriber.SubscriberID, m(at))
			}
		}
	})
}

func TestNewIndexRefuses(t *testing.T) {
	_, refused := NewIndex([]datasets.Subscriber{lease("95.56.0.300", 1, 0, "a"), lease("95.56.0.1", 9, 9, "a"), block("95.56.0.1", 9, 8, "a")})
	if len(refused) != 3 {
		t.Errorf("refused %v, want 3 rows", refused)
	}
}

func TestLink(t *testing.T) {
	sites := NewSites([]datasets.Site{
		{SiteID: "S1", BIN: "940140000385", Address: "Алматы, Абая 10"},
		{SiteID: "S2", BIN: "950341000052", Address: "Алматы, Сатпаева 22/5"},
		{SiteID: "S3", BIN: "950341000052", Address: "Астана, Кабанбай батыра 1", Lat: 51.1, Lon: 71.4},
		{SiteID: "S4", Address: "Караганда, Ермекова 5"}, {SiteID: "S5", Address: "КАРАГАНДА, Ермекова 5"},
		{SiteID: "S6", Lat: 43.2, Lon: 76.9}, {SiteID: "S7", Lat: 43.2, Lon: 76.91}, {SiteID: "S8", Lat: 43.2, Lon: 76.9101},
	}, func(address string) string { // lower case, and only with a number
		if !strings.ContainsAny(address, "0123456789") {
			return ""
		}
		return strings.ToLower(address)
	})
	for _, test := range []struct {
		name        string
		sub         datasets.Subscriber
		site, basis string
	}{
		{"named", datasets.Subscriber{SiteID: "S4", BIN: "940140000385"}, "S4", "site_id"},
		{"named, but there is no such site", datasets.Subscriber{SiteID: "S99", BIN: "940140000385"}, "", ""},
		{"only site of the BIN", datasets.Subscriber{BIN: "940140000385", Address: "elsewhere 5"}, "S1", "bin"},
		{"BIN and address", datasets.Subscriber{BIN: "950341000052", Address: "алматы, Сатпаева 22/5"}, "S2", "bin and address"},
		{"BIN and place", datasets.Subscriber{BIN: "950341000052", Lat: 51.1001, Lon: 71.4001}, "S3", "bin and address"},
		{"BIN with two sites", datasets.Subscriber{BIN: "950341000052"}, "", ""},
		{"address", datasets.Subscriber{BIN: "961141000023", Address: "АЛМАТЫ, АБАЯ 10"}, "S1", "address"},
		{"address of two sites", datasets.Subscriber{Address: "Караганда, Ермекова 5"}, "", ""},
		{"no house number", datasets.Subscriber{Address: "Караганда"}, "", ""},
		// 0.0004 degrees of latitude are 44 m, 0.0005 are 56 m.
		{"44 m", datasets.Subscriber{Lat: 43.2004, Lon: 76.9}, "S6", "distance"},
		{"56 m", datasets.Subscriber{Lat: 43.2005, Lon: 76.9}, "", ""},
		{"two sites nearby", datasets.Subscriber{Lat: 43.2, Lon: 76.91005}, "", ""},
		{"nothing", datasets.Subscriber{}, "", ""},
	} {
		got := sites.Link(test.sub)
		if got.SiteID != test.site || got.Basis != test.basis || (got.SiteID == "") != (got.Why != "") {
			t.Errorf("%s: got %+v, want %q by %q", test.name, got, test.site, test.basis)
		}
	}
}
