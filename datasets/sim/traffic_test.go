package sim

import (
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

func weekOf(t *testing.T) (Traffic, []Client) {
	t.Helper()
	tr := DefaultTraffic(time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC))
	miners := map[Form]int{}
	for _, f := range Forms() {
		miners[f] = 2
	}
	clients, err := tr.Draw(60, miners)
	if err != nil {
		t.Fatal(err)
	}
	return tr, clients
}

func TestDraw(t *testing.T) {
	tr, clients := weekOf(t)
	count := map[Form]int{}
	for _, c := range clients {
		count[c.Form]++
		if !tr.Clients.Contains(c.Addr) || (c.Form != NotMining) != (c.Devices > 0) {
			t.Errorf("client %+v", c)
		}
	}
	for _, f := range Forms() {
		if count[f] != 2 {
			t.Errorf("%d of form %q, want 2", count[f], f)
		}
	}
	if _, err := tr.Draw(1, map[Form]int{Plain: 2}); err == nil {
		t.Error("more miners than clients gave no error")
	}
}

func TestClientRows(t *testing.T) {
	tr, clients := weekOf(t)
	tr.ActiveTimeoutS = 1800
	begin, end := datasets.MicrosOf(tr.Start), datasets.MicrosOf(tr.Start.AddDate(0, 0, tr.Days))
	for _, c := range clients {
		rows := tr.Client(c)
		if !reflect.DeepEqual(rows, tr.Client(c)) {
			t.Fatalf("%s: equal settings gave other rows", c.Addr)
		}
		if len(rows.Flows) == 0 || len(rows.DNS) == 0 || len(rows.TLS) == 0 {
			t.Fatalf("%s: %d flows, %d queries, %d handshakes", c.Addr, len(rows.Flows), len(rows.DNS), len(rows.TLS))
		}
		last := begin
		for _, f := range rows.Flows {
			stop := f.TS + datasets.Micros(f.DurationS*1e6)
			server := netip.MustParseAddr(f.DstIP)
			if f.TS < last || stop > end || f.DurationS > 1800 || f.OrigPkts+f.RespPkts == 0 || f.OrigBytes < 40*f.OrigPkts ||
				f.RespBytes < 40*f.RespPkts || f.SrcIP != c.Addr.String() || !tr.Servers.Contains(server) {
				t.Fatalf("%s: bad record %+v", c.Addr, f)
			}
			last = f.TS
		}
	}
}

// A night-only miner of two rigs holds sessions at night and never by day.
func TestNightOnly(t *testing.T) {
	tr := DefaultTraffic(time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC))
	tr.WebPerDay = 0
	rows := tr.Client(Client{Addr: netip.MustParseAddr("10.16.0.9"), Form: Rigs, Devices: 2, NightOnly: true, From: tr.Start.AddDate(0, 0, 2)})
	var seconds float64
	for _, f := range rows.Flows {
		from, to := f.TS.Time(), (f.TS + datasets.Micros(f.DurationS*1e6)).Time()
		if h := from.Add(time.Hour).Hour(); h > 8 || from.Before(tr.Start.AddDate(0, 0, 2)) {
			t.Errorf("a session begins at %v", from)
		}
		if h := to.Add(time.Hour).Hour(); h > 8 {
			t.Errorf("a session ends at %v", to)
		}
		seconds += f.DurationS
	}
	// From 00:00 on the third day to the end of the seventh: 7 h, 4 x 8 h, 1 h, twice.
	if want := 2 * 40 * 3600.0; seconds < 0.97*want || seconds > want {
		t.Errorf("%.0f s of sessions, want a little below %.0f", seconds, want)
	}
}

func TestResolve(t *testing.T) {
	tr := DefaultTraffic(time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC))
	tr.WebPerDay = 0
	want := netip.MustParseAddr("203.0.113.7")
	tr.Resolve = func(host string) netip.Addr {
		if host == tr.Pools[0].Host {
			return want
		}
		return netip.Addr{}
	}
	tr.Pools = tr.Pools[:1]
	for _, f := range tr.Client(Client{Addr: netip.MustParseAddr("10.16.0.9"), Form: Plain, Devices: 1}).Flows {
		if f.DstIP != want.String() {
			t.Errorf("server %s, want %s", f.DstIP, want)
		}
	}
}

// A pool that refreshes jobs after 31 s sends, of blocks at 0 and 100 s, jobs at 0, 31, 62, 93, 100 and
// 131 s: by hand.
func TestRefreshedJobs(t *testing.T) {
	start := time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC)
	s := &sim{t: Traffic{Blocks: []time.Time{start, start.Add(100 * time.Second)}, RefreshS: 31}}
	for _, test := range []struct{ from, to, want int }{{-10, 0, 0}, {0, 1, 1}, {0, 31, 1}, {0, 32, 2}, {1, 94, 3}, {94, 100, 0}, {94, 132, 2}, {-10, 140, 6}} {
		at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
		if got := s.newsAt(poolJob, at(test.from), at(test.to)); len(got) != test.want || !slices.IsSortedFunc(got, time.Time.Compare) {
			t.Errorf("from %d to %d s: jobs at %v, want %d", test.from, test.to, got, test.want)
		}
	}
	s.t.RefreshS = 0
	if got := s.newsAt(poolJob, start, start.Add(time.Hour)); len(got) != 2 {
		t.Errorf("%v: jobs without refreshing", got)
	}
}
