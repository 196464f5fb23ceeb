package traffic

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/minewatch/minewatch/datasets"
)

const (
	hour     = datasets.Micros(3600e6)
	midnight = datasets.Micros(1_641_168_000_000_000) // 2022-01-03T00:00:00Z
)

// list is a Catalogue of one host.
type list struct{}

func (list) Match(host string, port int32) datasets.PoolMatch {
	m := datasets.PoolMatch{Pool: "P", Host: host, Algorithm: "sha256d", Confidence: "high", PoolPort: port == 4444}
	switch {
	case host == "xmr.pool.example" && port == 3333:
		m.Kind, m.Algorithm = datasets.PoolHostPort, "randomx"
	case host == "old.pool.example" && port == 3333:
		m.Kind, m.Confidence = datasets.PoolHostPort, "low"
	case host == "btc.pool.example" && (port == 3333 || port == 443), host == "192.0.2.9":
		m.Kind = datasets.PoolHostPort
	case host == "btc.pool.example":
		m.Kind = datasets.PoolOtherPort
	case host == "pool.example" || strings.HasSuffix(host, ".pool.example"):
		m.Kind = datasets.PoolSuffix
	default:
		return datasets.PoolMatch{}
	}
	return m
}

// client returns a week of one client's sessions with one server: pkts packets
// a minute each way of bytes bytes.
func client(port int32, sni string, pkts, bytes float64, spans ...[2]datasets.Micros) Window {
	w := Window{Client: "10.0.0.1", From: midnight, To: midnight + 7*24*hour, Zone: time.UTC}
	p := datasets.FlowProfile{Client: w.Client, ServerIP: "192.0.2.1", ServerPort: port, Proto: "tcp", SNI: sni, First: midnight + spans[0][0], HourlyBytesCV: -1}
	hours := map[datasets.Micros]bool{}
	var reached datasets.Micros
	for _, span := range spans {
		start, end := midnight+span[0], midnight+span[1]
		seconds := float64(end-start) / 1e6
		n := int64(pkts * seconds / 60)
		p.Sessions++
		p.Last = max(p.Last, end)
		p.LongestS, p.ActiveS = max(p.LongestS, seconds), p.ActiveS+seconds
		p.OpenS += float64(max(0, end-max(start, reached))) / 1e6
		reached = max(reached, end)
		p.OrigPkts, p.RespPkts, p.OrigBytes, p.RespBytes = p.OrigPkts+n, p.RespPkts+n, p.OrigBytes+int64(float64(n)*bytes), p.RespBytes+int64(float64(n)*bytes)
		for h := start / hour; h*hour < end; h++ {
			hours[h] = true
		}
		if seconds >= minFleetS && span == spans[0] { // all are of one rate
			p.Parallel++
		}
	}
	days := map[datasets.Micros]bool{}
	for h := range hours {
		days[h/24] = true
		if h%24 >= 1 && h%24 < 5 {
			p.NightHours++
		}
	}
	p.HoursActive, p.Days, p.SpanH = int32(len(hours)), int32(len(days)), int32((p.Last-1)/hour-p.First/hour+1)
	w.Profiles = []datasets.FlowProfile{p}
	return w
}

func asked(w Window, host, ip string, days int32) Window {
	w.Names = append(w.Names, datasets.ServerName{Client: w.Client, ClientIP: w.Client, ServerIP: ip, Host: host, First: midnight, Last: midnight + hour, Queries: 3, Days: days})
	return w
}

func TestPool(t *testing.T) {
	day := [2]datasets.Micros{0, 24 * hour}
	officeHours := [][2]datasets.Micros{{9 * hour, 18 * hour}, {33 * hour, 42 * hour}, {57 * hour, 66 * hour}}
	minute := [2]datasets.Micros{0, hour / 60}
	unanswered := asked(client(3333, "", 6, 100, day), "btc.pool.example", "192.0.2.1", 1)
	unanswered.Profiles[0].RespPkts, unanswered.Profiles[0].RespBytes = 0, 0
	late := asked(client(3333, "", 6, 100, minute), "btc.pool.example", "192.0.2.1", 1)
	late.Names[0].First, late.Names[0].Last = midnight+5*hour, midnight+6*hour
	udp := asked(client(443, "", 6, 100, day), "btc.pool.example", "192.0.2.1", 1)
	udp.Profiles[0].Proto = "udp"
	ip := client(3333, "", 6, 100, day)
	ip.Profiles[0].ServerIP = "192.0.2.9"
	for _, test := range []struct {
		name  string
		w     Window
		logLR float64 // 0: no finding
		kw    float64
	}{
		{"a day at a listed host and port, by DNS", asked(client(3333, "", 6, 100, day), "btc.pool.example", "192.0.2.1", 1), math.Log(0.9 / 1e-3), 3.25},
		// One device, by day only: a computer, which is no farm and whose power says nothing.
		{"a computer's days at a listed host and port", asked(client(3333, "", 6, 100, officeHours...), "btc.pool.example", "192.0.2.1", 1), math.Log(0.05 / 5e-3), 0},
		{"a computer's days, once late in the evening", asked(client(3333, "", 6, 100, append(officeHours, [2]datasets.Micros{87 * hour, 98 * hour})...), "btc.pool.example", "192.0.2.1", 1), math.Log(0.05 / 5e-3), 0},
		{"two of a computer's days tell too little", asked(client(3333, "", 6, 100, officeHours[:2]...), "btc.pool.example", "192.0.2.1", 1), math.Log(0.9 / 1e-3), 3.25},
		{"nights only", asked(client(3333, "", 6, 100, [2]datasets.Micros{0, 8 * hour}, [2]datasets.Micros{24 * hour, 32 * hour}, [2]datasets.Micros{48 * hour, 56 * hour}), "btc.pool.example", "192.0.2.1", 1), math.Log(0.9 / 1e-3), 3.25},
		{"a day at a pool of a coin for processors", asked(client(3333, "", 6, 100, day), "xmr.pool.example", "192.0.2.1", 1), math.Log(0.05 / 5e-3), 0},
		{"by TLS name", client(3333, "btc.pool.example", 6, 100, day), math.Log(0.9 / 1e-3), 3.25},
		{"a listed address", ip, math.Log(0.9 / 1e-3), 3.25},
		{"three rigs", asked(client(3333, "", 6, 100, day, day, day), "btc.pool.example", "192.0.2.1", 1), math.Log(0.9 / 1e-3), 9.75},
		{"a minute", asked(client(3333, "", 6, 100, minute), "btc.pool.example", "192.0.2.1", 1), math.Log(0.5 / 3.2e-3), 0},
		{"a second", asked(client(3333, "", 600, 100, [2]datasets.Micros{0, 1e6}), "btc.pool.example", "192.0.2.1", 1), math.Log(0.5 / 0.05), 0},
		{"an old entry", asked(client(3333, "", 6, 100, day), "old.pool.example", "192.0.2.1", 1), math.Log(0.9/1e-3) - 1, 3.25},
		{"another port", asked(client(7777, "", 6, 100, day), "btc.pool.example", "192.0.2.1", 1), math.Log(0.3 / 5e-3), 3.25},
		{"another port, a download", asked(client(7777, "", 600, 1000, day), "btc.pool.example", "192.0.2.1", 1), math.Log(0.3 / 0.03), 3.25},
		{"a listed web port, steady for a day", client(443, "btc.pool.example", 6, 100, day), math.Log(0.5 / 3.2e-3), 3.25},
		{"a listed web port, a browser's visits", client(443, "btc.pool.example", 200, 600, minute, [2]datasets.Micros{hour, hour + hour/30}), 0, 0},
		{"the web site, visited", client(443, "www.pool.example", 200, 600, minute, [2]datasets.Micros{hour, hour + hour/30}), 0, 0},
		{"the web site's dashboard by day", client(443, "www.pool.example", 3, 120, officeHours...), 0, 0},
		{"the web site's dashboard for two days and nights", client(443, "www.pool.example", 3, 120, [2]datasets.Micros{0, 48 * hour}), math.Log(0.3 / 0.1), 0},
		{"a host below the pool's domain on a port of miners", asked(client(4444, "", 6, 100, day), "new.pool.example", "192.0.2.1", 1), math.Log(0.9 / 1e-3), 3.25},
		{"the same for a minute, with 10 packets each way", asked(client(4444, "", 10, 100, minute), "new.pool.example", "192.0.2.1", 1), math.Log(0.5 / 3.2e-3), 0},
		{"the same with 6 packets each way", asked(client(4444, "", 6, 100, minute), "new.pool.example", "192.0.2.1", 1), math.Log(3), 0},
		{"no answer", unanswered, 0, 0},
		{"asked only after the last packet", late, 0, 0},
		{"over UDP, as browsers do", udp, 0, 0},
		{"another site", client(3333, "shop.example", 6, 100, day), 0, 0},
		{"looked up once, no session", asked(client(443, "shop.example", 60, 600, minute), "btc.pool.example", "192.0.2.77", 1), math.Log(2), 0},
		{"looked up on three days, no session", asked(client(443, "shop.example", 60, 600, minute), "btc.pool.example", "", 3), math.Log(6), 0},
		{"the web site's name looked up", asked(client(443, "shop.example", 60, 600, minute), "www.pool.example", "", 3), 0, 0},
	} {
		got := DefaultPool(list{}).Detect(test.w)
		if test.logLR == 0 {
			if len(got) > 0 {
				t.Errorf("%s: got %+v, want nothing", test.name, got)
			}
			continue
		}
		if len(got) != 1 || math.Abs(got[0].LogLR-test.logLR) > 1e-9 || math.Abs(got[0].MiningKW-test.kw) > 1e-9 ||
			got[0].Status != datasets.Spoken || got[0].PValue != 1 || got[0].Detail == "" {
			t.Errorf("%s: got %+v, want log_lr %.3f and %.2f kW", test.name, got, test.logLR, test.kw)
		}
	}
}

// Malware goes from pool to pool; none of them alone spans three days.
func TestComputerAtSeveralPools(t *testing.T) {
	var w Window
	for i, port := range []int32{3333, 443, 4444} {
		at := datasets.Micros(48 * i)
		next := asked(client(port, "", 6, 100, [2]datasets.Micros{(at + 9) * hour, (at + 18) * hour}, [2]datasets.Micros{(at + 33) * hour, (at + 42) * hour}), "btc.pool.example", "192.0.2.1", 1)
		next.Profiles = append(w.Profiles, next.Profiles...)
		w = next
	}
	for _, f := range DefaultPool(list{}).Detect(w) {
		if f.LogLR > math.Log(10)+1e-9 || f.MiningKW > 0 {
			t.Errorf("port %d: log_lr %.2f and %.2f kW of a computer by day", f.ServerPort, f.LogLR, f.MiningKW)
		}
	}
	night := client(3334, "btc.pool.example", 6, 100, [2]datasets.Micros{0, 70 * hour})
	w.Profiles = append(w.Profiles, night.Profiles...)
	for _, f := range DefaultPool(list{}).Detect(w) {
		if f.ServerPort == 3333 && f.LogLR < 6 {
			t.Errorf("log_lr %.2f beside a session that never sleeps", f.LogLR)
		}
	}
}

func TestSteady(t *testing.T) {
	week := [2]datasets.Micros{0, 7 * 24 * hour}
	network := func(clients int32) *Network {
		return NewNetwork([]datasets.ServerEndpoint{{ServerIP: "192.0.2.1", ServerPort: 3333, Proto: "tcp", Clients: clients, NetworkClients: 1000}}, list{})
	}
	with := func(w Window, change func(*Window)) Window {
		change(&w)
		return w
	}
	named := func(names ...string) *Network {
		n := NewNetwork([]datasets.ServerEndpoint{{ServerIP: "192.0.2.1", ServerPort: 443, Proto: "tcp", Clients: 20, NetworkClients: 1000}}, list{})
		for i, name := range names {
			n.AddProfile(datasets.FlowProfile{Client: fmt.Sprint(i), ServerIP: "192.0.2.1", ServerPort: 443, Proto: "tcp", SNI: name})
		}
		return n
	}
	sampled := func(hours int32) Window {
		return with(client(3333, "", 6, 100, week), func(w *Window) {
			p := &w.Profiles[0]
			p.Sampling, p.CountedPkts, p.HoursActive, p.NightHours = 1000, 168, hours, hours/6
		})
	}
	for _, test := range []struct {
		name  string
		w     Window
		logLR float64
	}{
		// 0.4 shape + 0.4 for 12 h + 0.3 active throughout + 0.2 by day and night.
		{"a week", client(3333, "", 6, 100, week), 1.3},
		{"a week, a rare server", with(client(3333, "", 6, 100, week), func(w *Window) { w.Network = network(2) }), 1.7},
		{"a week, a server of 20 in 1000", with(client(3333, "", 6, 100, week), func(w *Window) { w.Network = network(20) }), 1.45},
		{"a week, a server of everybody", with(client(3333, "", 6, 100, week), func(w *Window) { w.Network = network(500) }), 0},
		{"all points, capped", with(client(3333, "", 6, 100, week, week, week), func(w *Window) { w.Network, w.Profiles[0].HourlyBytesCV = network(1), 0.05 }), 2},
		// 0.4 shape + 0.8 for days and nights + 0.4 as 168 packets of an even session show in 168 h x (1 - 1/e) = 106 h.
		{"sampled", sampled(106), 1.6},
		{"sampled, in nine tenths of these hours", sampled(96), 1.6},
		{"sampled, in fewer", sampled(95), 1.2},
		{"sampled, by night", with(sampled(56), func(w *Window) { w.Profiles[0].NightHours = 28 }), 1.2},    // 23:00 to 07:00
		{"sampled, more by night", with(sampled(56), func(w *Window) { w.Profiles[0].NightHours = 14 }), 0}, // 1.67
		{"uneven", with(client(3333, "", 6, 100, week), func(w *Window) { w.Profiles[0].HourlyBytesCV = 1.5 }), 0.8},
		// The name that three others have there, 0.4 + 0.9 - 1 in all: somebody's service. Not a pool's, or one of several.
		{"a service that others name", with(client(443, "", 6, 100, week), func(w *Window) { w.Network = named("a.example", "a.example", "a.example") }), 0},
		{"named by two", with(client(443, "", 6, 100, week), func(w *Window) { w.Network = named("a.example", "a.example") }), 1.45},
		{"one of several names", with(client(443, "", 6, 100, week), func(w *Window) { w.Network = named("a.example", "a.example", "a.example", "b.example") }), 1.45},
		{"a pool that others name", with(client(443, "", 6, 100, week), func(w *Window) { w.Network = named("btc.pool.example", "btc.pool.example", "btc.pool.example") }), 1.45},
		{"MQTT's port", client(8883, "", 6, 100, week), 0.5},
		{"SSH in office hours", client(22, "", 6, 100, [2]datasets.Micros{9 * hour, 18 * hour}, [2]datasets.Micros{33 * hour, 42 * hour}), 0},
		{"a video", client(3333, "", 3000, 1000, week), 0},
		{"a push service: too slow", client(5223, "", 0.2, 90, week), 0},
		{"half an hour", client(3333, "", 6, 100, [2]datasets.Micros{0, hour / 2}), 0},
	} {
		got := DefaultSteady().Detect(test.w)
		switch {
		case test.logLR == 0 && len(got) > 0:
			t.Errorf("%s: got %+v, want nothing", test.name, got)
		case test.logLR > 0 && (len(got) != 1 || math.Abs(got[0].LogLR-test.logLR) > 1e-9 || got[0].Status != datasets.Spoken):
			t.Errorf("%s: got %+v, want log_lr %v", test.name, got, test.logLR)
		}
	}
}

func TestLabel(t *testing.T) {
	day := [2]datasets.Micros{0, 24 * hour}
	labelled := func(app string, spans ...[2]datasets.Micros) Window {
		w := client(3333, "", 6, 100, spans...)
		w.Profiles[0].App = app
		return w
	}
	unanswered := labelled("Mining", day)
	unanswered.Profiles[0].RespPkts = 0
	for _, test := range []struct {
		name  string
		w     Window
		logLR float64
	}{
		{"a day", labelled("Mining", day), math.Log(0.9 / 1e-3)},
		{"ten seconds", labelled("ET COINMINER W32/BitCoinMiner.MultiThreat Stratum Protocol Mining.Notify", [2]datasets.Micros{0, 10e6}), math.Log(0.9 / 3.2e-3)},
		{"behind TLS", labelled("TLS.Mining", day), math.Log(0.9 / 1e-3)},
		{"nobody answered", unanswered, math.Log(10)},
		{"a node of a coin's network", labelled("Bitcoin", day), 0},
		{"data mining", labelled("Datamining", day), 0},
		{"none", labelled("", day), 0},
	} {
		got := DefaultLabel().Detect(test.w)
		if (test.logLR > 0) != (len(got) == 1) || len(got) == 1 && math.Abs(got[0].LogLR-test.logLR) > 1e-9 {
			t.Errorf("%s: got %+v, want log_lr %v", test.name, got, test.logLR)
		}
	}
}

// Three clients with the shape and nobody else: a private pool or a relay.
func TestFan(t *testing.T) {
	week := [2]datasets.Micros{0, 7 * 24 * hour}
	network := func(steady int, all int32, sni string) Window {
		n := NewNetwork([]datasets.ServerEndpoint{{ServerIP: "192.0.2.1", ServerPort: 7777, Proto: "tcp", Clients: all, NetworkClients: 1000}}, list{})
		w := client(7777, sni, 6, 100, week)
		for i := range steady {
			p := w.Profiles[0]
			p.Client = string(rune('a' + i))
			n.AddProfile(p)
			n.AddProfile(p) // another port of the server
		}
		w.Network = n
		return w
	}
	fleet, listed := network(2, 3, ""), network(3, 3, "")
	rigs := fleet.Profiles[0]
	rigs.Client, rigs.Parallel = "rigs", 5
	fleet.Network.AddProfile(rigs)
	listed.Network.AddName(datasets.ServerName{Client: "b", ServerIP: "192.0.2.1", Host: "btc.pool.example"})
	mqtt := network(5, 5, "")
	mqtt.Profiles[0].ServerPort = 8883
	for _, test := range []struct {
		name  string
		w     Window
		logLR float64
	}{
		{"three of three, by address", network(3, 3, ""), math.Log(3 * 2.5)},
		{"three of three with several devices", fleet, math.Log(3 * 2.5 * 2.5)},
		{"three of three, by name", network(3, 3, "relay.example"), 0},
		{"a listed pool", listed, 0},
		{"two", network(2, 2, ""), 0},
		{"three of four: others use it otherwise", network(3, 4, ""), 0},
		{"a service of a fiftieth of all", network(30, 30, ""), 0},
		{"a port of others", mqtt, 0},
	} {
		got := DefaultFan().Detect(test.w)
		if (test.logLR > 0) != (len(got) == 1) || len(got) == 1 && math.Abs(got[0].LogLR-test.logLR) > 1e-9 {
			t.Errorf("%s: got %+v, want log_lr %v", test.name, got, test.logLR)
		}
	}
}

func TestTunnel(t *testing.T) {
	week := [2]datasets.Micros{0, 7 * 24 * hour}
	tunnel := func(change func(p *datasets.FlowProfile)) Window {
		w := client(51820, "", 6, 180, week)
		w.Profiles[0].Proto, w.Profiles[0].HourlyBytesCV = "udp", 0.1
		change(&w.Profiles[0])
		return w
	}
	for _, test := range []struct {
		name  string
		w     Window
		logLR float64
	}{
		{"even, day and night", tunnel(func(*datasets.FlowProfile) {}), math.Log(0.5 / 0.15)},
		{"people in it", tunnel(func(p *datasets.FlowProfile) { p.HourlyBytesCV = 1.5 }), 0},
		{"by day only", tunnel(func(p *datasets.FlowProfile) { p.NightHours = 0 }), 0},
		{"in the hours of a night tariff", tunnel(func(p *datasets.FlowProfile) { p.HoursActive, p.NightHours = 7*8, 7*4 }), math.Log(0.5 / 0.15)},
		{"sampled, a few packets", tunnel(func(p *datasets.FlowProfile) { p.Sampling = 100 }), 0},
		{"sampled", tunnel(func(p *datasets.FlowProfile) { p.Sampling, p.CountedPkts, p.HourlyBytesCV = 100, 1000, -1 }), math.Log(0.5 / 0.2)},
		{"sampled, by day only", tunnel(func(p *datasets.FlowProfile) { p.Sampling, p.CountedPkts, p.NightHours = 100, 1000, 0 }), 0},
		{"a backup", tunnel(func(p *datasets.FlowProfile) { p.OrigBytes *= 100 }), 0},
		{"another port", tunnel(func(p *datasets.FlowProfile) { p.ServerPort = 5000 }), 0},
	} {
		got := DefaultTunnel().Detect(test.w)
		if (test.logLR > 0) != (len(got) == 1) || len(got) == 1 && math.Abs(got[0].LogLR-test.logLR) > 1e-9 {
			t.Errorf("%s: got %+v, want log_lr %v", test.name, got, test.logLR)
		}
	}
}

func TestTooLittleData(t *testing.T) {
	short := client(3333, "", 6, 100, [2]datasets.Micros{0, 5 * hour})
	short.To = short.From + 23*hour
	for _, test := range []struct {
		d    Detector
		w    Window
		want string
	}{
		{DefaultSteady(), short, "the flows cover 23 h, fewer than 24 h"},
		{DefaultSteady(), Window{}, "no flows of this client"},
		{DefaultPool(list{}), Window{}, "no flows and no DNS queries of this client"},
	} {
		got := test.d.Detect(test.w)
		if len(got) != 1 || got[0].Status != datasets.Withheld || got[0].LogLR != 0 || got[0].PValue != 1 || got[0].Detail != test.want {
			t.Errorf("%s: got %+v, want withheld: %s", test.d.Info().ID, got, test.want)
		}
	}
}

// Figures of the labelled sessions of at least 30 s, as bytes on the wire.
// Source: the captures of nDPI (mining.pcapng) and of the NCSA package
// zeek-cryptomining, read packet by packet. The getwork session over HTTP is not
// in the captures; its figures are from the same reading of a third source.
func TestShapeOfCapturedMiners(t *testing.T) {
	for _, test := range []struct {
		name                 string
		seconds              float64
		origPkts, respPkts   int64
		origBytes, respBytes int64
		want                 bool
	}{
		{"ETH ethproxy 9999", 295.926, 112, 97, 9373, 19267, true},
		{"XMR 9050", 1154.543, 83, 62, 10623, 7991, true},
		{"ZEC 3333", 1091.419, 159, 113, 140929, 11622, true},
		{"ETH Stratum 3333", 1065.160, 24, 23, 4119, 5516, true},
		{"BTC Stratum 3333, no shares", 202.506, 31, 31, 2070, 12732, true},
		{"BTC Stratum 3333, in progress", 33.160, 10, 11, 646, 4517, true},
		{"XMR CryptoNote 3333", 57.622, 10, 9, 744, 1746, true},
		{"ETH getwork over HTTP 80", 46, 129, 87, 29025, 30972, false},
		// Of the same captures, sessions without mining evidence.
		{"idle HTTP keep-alive", 30.719, 4, 4, 160, 160, false},
		{"web page over TLS", 57.747, 44, 45, 2399, 75898, false},
	} {
		s, ok := ShapeOf(datasets.FlowProfile{ActiveS: test.seconds, OrigPkts: test.origPkts, RespPkts: test.respPkts, OrigBytes: test.origBytes, RespBytes: test.respBytes})
		if !ok || s.LikeStratum() != test.want {
			t.Errorf("%s: %+v is like Stratum: %v, want %v", test.name, s, s.LikeStratum(), test.want)
		}
	}
	if _, ok := ShapeOf(datasets.FlowProfile{OrigPkts: 1, RespPkts: 1}); ok {
		t.Error("a session without duration has a shape")
	}
}

// Twice the traffic in twice the time has the same shape.
func TestShapeDoesNotDependOnLength(t *testing.T) {
	once := datasets.FlowProfile{ActiveS: 1000, OrigPkts: 100, RespPkts: 80, OrigBytes: 9000, RespBytes: 16000}
	twice := datasets.FlowProfile{ActiveS: 2000, OrigPkts: 200, RespPkts: 160, OrigBytes: 18000, RespBytes: 32000}
	a, _ := ShapeOf(once)
	b, _ := ShapeOf(twice)
	if d := cmp.Diff(a, b, cmpopts.EquateApprox(1e-12, 0)); d != "" {
		t.Error(d)
	}
}

func TestNightToDay(t *testing.T) {
	for _, test := range []struct {
		name string
		p    datasets.FlowProfile
		want float64
	}{
		{"two days and nights", datasets.FlowProfile{SpanH: 48, HoursActive: 48, NightHours: 8}, 1},
		{"under two days", datasets.FlowProfile{SpanH: 47, HoursActive: 47, NightHours: 8}, -1},
		{"office hours", datasets.FlowProfile{SpanH: 100, HoursActive: 45}, 0},
		// (8/4)/(8/20) = 5.
		{"nights", datasets.FlowProfile{SpanH: 48, HoursActive: 16, NightHours: 8}, 5},
		{"only nights", datasets.FlowProfile{SpanH: 48, HoursActive: 8, NightHours: 8}, -1},
	} {
		if got := nightToDay(test.p); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestDeviceKW(t *testing.T) {
	for algorithm, want := range map[string]float64{"": 3.25, "sha256d": 3.25, "Ethash": 0.7, "kawpow": 0.7, "RandomX": 0, "cryptonight-lite": 0} {
		if got := DeviceKW(algorithm); got != want {
			t.Errorf("DeviceKW(%q) = %v, want %v", algorithm, got, want)
		}
	}
}

func TestForSite(t *testing.T) {
	f := func(detector string, status datasets.Status, logLR, kw float64, start datasets.Micros, detail string) Finding {
		return Finding{Evidence: datasets.Evidence{Detector: detector, Status: status, LogLR: logLR, MiningKW: kw, Start: start, End: start + 5, Detail: detail}}
	}
	got := ForSite("S1", []Finding{
		f("traffic/steady", datasets.Withheld, 0, 0, 1, "thin"),
		f("traffic/pool", datasets.Spoken, 5, 9, 10, "second"), f("traffic/pool", datasets.Spoken, 6.8, 3, 20, "first"), f("traffic/pool", datasets.Withheld, 0, 0, 1, "none"),
	})
	want := []datasets.Evidence{
		{SiteID: "S1", Detector: "traffic/pool", Status: datasets.Spoken, LogLR: 6.8, MiningKW: 9, Start: 10, End: 25, Detail: "first; and 1 more like it"},
		{SiteID: "S1", Detector: "traffic/steady", Start: 1, End: 6, Detail: "thin"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
