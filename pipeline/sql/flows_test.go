package sql

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/datasets/store"
)

const (
	second = datasets.Micros(1_000_000)
	hour   = 3600 * second
	// midnight is 2022-01-03T00:00:00Z, a whole hour and a whole day.
	midnight = datasets.Micros(1_641_168_000_000_000)
)

// flow is a record from 10.0.0.1:port to 192.0.2.1:3333.
func flow(port int32, start datasets.Micros, seconds float64, orig, resp int64) datasets.Flow {
	return datasets.Flow{Bucket: 16, TS: start, SrcIP: "10.0.0.1", SrcPort: port, DstIP: "192.0.2.1", DstPort: 3333, Proto: "tcp",
		DurationS: seconds, OrigBytes: orig, RespBytes: resp, OrigPkts: 2, RespPkts: 1}
}

// view writes rows to a file and names them.
func view[R any](t *testing.T, db *DB, name string, rows []R) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".parquet")
	if err := store.WriteRows(path, rows); err != nil {
		t.Fatal(err)
	}
	if err := db.View(context.Background(), name, datasets.Lookup(name), []string{path}); err != nil {
		t.Fatal(err)
	}
}

// derive runs a SELECT, names its rows and returns them.
func derive[R any](t *testing.T, db *DB, name, query string, args ...any) []R {
	t.Helper()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), name+".parquet")
	if _, err := db.Copy(ctx, query, path, args...); err != nil {
		t.Fatal(err)
	}
	if err := db.View(ctx, name, datasets.Lookup(name), []string{path}); err != nil {
		t.Fatal(err)
	}
	rows, err := store.ReadFile[R](path)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func sessions(t *testing.T, db *DB, flows []datasets.Flow, tls []datasets.TLS) []datasets.FlowSession {
	t.Helper()
	view(t, db, "flows", flows)
	view(t, db, "tls", tls)
	query, args, err := FlowSessions(DefaultSessionGapS)
	if err != nil {
		t.Fatal(err)
	}
	return derive[datasets.FlowSession](t, db, "flow_session", query, args...)
}

// A session of 24 h exported in 24 records of 3599 s is one session.
func cutDay() []datasets.Flow {
	var flows []datasets.Flow
	for h := range 24 {
		flows = append(flows, flow(50000, midnight+datasets.Micros(h)*hour, 3599, 100, 50))
	}
	return flows
}

func TestFlowSession(t *testing.T) {
	base := datasets.FlowSession{Bucket: 16, ClientIP: "10.0.0.1", ClientPort: 50000, ServerIP: "192.0.2.1", ServerPort: 3333, Proto: "tcp"}
	session := func(port int32, start, end datasets.Micros, records, orig, resp int64, sni string, maxRecordS float64) datasets.FlowSession {
		s := base
		s.ClientPort, s.Start, s.End, s.Records, s.OrigBytes, s.RespBytes, s.SNI, s.MaxRecordS = port, start, end, records, orig, resp, sni, maxRecordS
		s.OrigPkts, s.RespPkts = 2*records, records
		return s
	}
	named := flow(50000, midnight, 10, 1, 1)
	named.SNI = "b.example"
	handshake := func(at datasets.Micros, sni string) datasets.TLS {
		return datasets.TLS{TS: at, SrcIP: "10.0.0.1", DstIP: "192.0.2.1", DstPort: 3333, SNI: sni}
	}
	for _, test := range []struct {
		name  string
		flows []datasets.Flow
		tls   []datasets.TLS
		want  []datasets.FlowSession
	}{
		{"one session cut into 24 records", cutDay(), nil,
			[]datasets.FlowSession{session(50000, midnight, midnight+24*hour-second, 24, 2400, 1200, "", 3599)}},
		{"a pause equal to the setting joins, a longer one parts", []datasets.Flow{
			flow(50000, midnight, 60, 10, 5),
			flow(50000, midnight+360*second, 60, 10, 5),
			flow(50000, midnight+720*second+1, 60, 10, 5),
		}, nil, []datasets.FlowSession{
			session(50000, midnight, midnight+420*second, 2, 20, 10, "", 60),
			session(50000, midnight+720*second+1, midnight+780*second+1, 1, 10, 5, "", 60),
		}},
		{"a reconnection from another port is another session", []datasets.Flow{
			flow(50001, midnight+70*second, 60, 10, 5), flow(50000, midnight, 60, 10, 5),
		}, nil, []datasets.FlowSession{
			session(50000, midnight, midnight+60*second, 1, 10, 5, "", 60),
			session(50001, midnight+70*second, midnight+130*second, 1, 10, 5, "", 60),
		}},
		{"a short record inside a long one does not end it", []datasets.Flow{
			flow(50000, midnight, 7200, 10, 5),
			flow(50000, midnight+60*second, 1, 10, 5),
			flow(50000, midnight+2*hour+60*second, 60, 10, 5),
		}, nil, []datasets.FlowSession{session(50000, midnight, midnight+2*hour+120*second, 3, 30, 15, "", 7200)}},
		{"all day in one record", []datasets.Flow{flow(50000, midnight, 86400, 10, 5)}, nil,
			[]datasets.FlowSession{session(50000, midnight, midnight+24*hour, 1, 10, 5, "", 86400)}},
		{"the nearest handshake inside the session names it", []datasets.Flow{flow(50000, midnight, 600, 10, 5), flow(50001, midnight+2*hour, 60, 10, 5)},
			[]datasets.TLS{handshake(midnight+second, "pool.example"), handshake(midnight+500*second, "a.example"), handshake(midnight+hour, "late.example")},
			[]datasets.FlowSession{
				session(50000, midnight, midnight+600*second, 1, 10, 5, "pool.example", 600),
				session(50001, midnight+2*hour, midnight+2*hour+60*second, 1, 10, 5, "", 60),
			}},
		{"the exporter's name stands before the log's", []datasets.Flow{named}, []datasets.TLS{handshake(midnight, "a.example")},
			[]datasets.FlowSession{session(50000, midnight, midnight+10*second, 1, 1, 1, "b.example", 10)}},
		{"no flows", nil, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(test.want, sessions(t, open(t), test.flows, test.tls)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFlowSessionsRefusesNoGap(t *testing.T) {
	if _, _, err := FlowSessions(0); err == nil {
		t.Error("FlowSessions(0) gave no error")
	}
}

func TestFlowProfile(t *testing.T) {
	twoHosts := []datasets.Flow{flow(1, midnight, 60, 10, 5), flow(2, midnight+hour, 60, 10, 5), flow(3, midnight+2*hour, 60, 10, 5)}
	twoHosts[0].SNI, twoHosts[1].SNI = "b.example", "a.example"
	for _, test := range []struct {
		name  string
		flows []datasets.Flow
		want  datasets.FlowProfile // of what the case is about
	}{
		// 24 h of 150 B each: no spread at all.
		{"one session cut into 24 records", cutDay(), datasets.FlowProfile{Sessions: 1, LongestS: 86399, HoursActive: 24, Days: 1, SpanH: 24, Parallel: 1,
			OrigBytes: 2400, RespBytes: 1200, OrigPkts: 48, RespPkts: 24, ActiveS: 86399, HourlyBytesCV: 0, Last: midnight + 24*hour - second}},
		// One record covers 24 h and the instant at which the 25th begins; nothing is known of its hours.
		{"all day in one record", []datasets.Flow{flow(1, midnight, 86400, 4800, 0)}, datasets.FlowProfile{Sessions: 1, LongestS: 86400, HoursActive: 25, Days: 2, SpanH: 25,
			Parallel: 1, OrigBytes: 4800, OrigPkts: 2, RespPkts: 1, ActiveS: 86400, HourlyBytesCV: -1, Last: midnight + 24*hour}},
		// Sessions 0:00-2:00, 1:00-2:30 and 2:00-3:30 (the first has ended when
		// the third begins): at most two at once. Five clock hours would be too few for a CV.
		{"overlap and reconnection", []datasets.Flow{flow(1, midnight, 7200, 10, 0), flow(2, midnight+hour, 5400, 10, 0), flow(3, midnight+2*hour, 5400, 10, 0)},
			datasets.FlowProfile{Sessions: 3, LongestS: 7200, HoursActive: 4, Days: 1, SpanH: 4, Parallel: 2, OrigBytes: 30, OrigPkts: 6, RespPkts: 3,
				ActiveS: 18000, HourlyBytesCV: -1, Last: midnight + 3*hour + 1800*second}},
		// Under one hour each: none of them is open "in parallel".
		{"names", twoHosts, datasets.FlowProfile{SNI: "a.example", SNICount: 2, Sessions: 3, LongestS: 60, HoursActive: 3, Days: 1, SpanH: 3,
			OrigBytes: 30, RespBytes: 15, OrigPkts: 6, RespPkts: 3, ActiveS: 180, HourlyBytesCV: -1, Last: midnight + 2*hour + 60*second}},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := open(t)
			sessions(t, db, test.flows, nil)
			got := derive[datasets.FlowProfile](t, db, "flow_profile", FlowProfiles())
			want := test.want
			want.Bucket, want.ClientIP, want.ServerIP, want.ServerPort, want.Proto, want.First = 16, "10.0.0.1", "192.0.2.1", 3333, "tcp", midnight
			if d := cmp.Diff([]datasets.FlowProfile{want}, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// Six records of 3600 s that begin at half past carry 600 B each. By hand: the
// first and the last clock hour hold 300 B, the five between 600 B; mean
// 3600/7, sum of squares 2 x 90,000 + 5 x 360,000 = 1,980,000,
// CV = sqrt(7 x 1,980,000 - 3600^2)/3600 = sqrt(900,000)/3600 = 0.26352.
func TestHourlySpread(t *testing.T) {
	db := open(t)
	var flows []datasets.Flow
	for h := range 6 {
		flows = append(flows, flow(1, midnight+datasets.Micros(h)*hour+hour/2, 3600, 400, 200))
	}
	sessions(t, db, flows, nil)
	got := derive[datasets.FlowProfile](t, db, "flow_profile", FlowProfiles())
	if len(got) != 1 || got[0].HoursActive != 7 || math.Abs(got[0].HourlyBytesCV-0.263523) > 1e-6 {
		t.Errorf("got %+v, want 7 hours and a CV of 0.263523", got)
	}
}

func TestServerNameAndEndpoint(t *testing.T) {
	db := open(t)
	view(t, db, "dns", []datasets.DNS{
		{Bucket: 16, TS: midnight, ClientIP: "10.0.0.1", Query: "pool.example", Answers: "edge.pool.example 192.0.2.1 192.0.2.2"},
		{Bucket: 16, TS: midnight + 25*hour, ClientIP: "10.0.0.1", Query: "pool.example", Answers: "192.0.2.1 2001:db8::1"},
		{Bucket: 16, TS: midnight, ClientIP: "10.0.0.1", Query: "gone.example"},
		{Bucket: 16, TS: midnight, ClientIP: "10.0.0.1", Query: "feed.example", Answers: "add.bed"}, // letters of hexadecimal digits, yet a name
	})
	name := func(host, ip string, first, last datasets.Micros, queries int64, days int32) datasets.ServerName {
		return datasets.ServerName{Bucket: 16, ClientIP: "10.0.0.1", ServerIP: ip, Host: host, First: first, Last: last, Queries: queries, Days: days}
	}
	want := []datasets.ServerName{
		name("feed.example", "", midnight, midnight, 1, 1),
		name("gone.example", "", midnight, midnight, 1, 1),
		name("pool.example", "192.0.2.1", midnight, midnight+25*hour, 2, 2),
		name("pool.example", "192.0.2.2", midnight, midnight, 1, 1),
		name("pool.example", "2001:db8::1", midnight+25*hour, midnight+25*hour, 1, 1),
	}
	if d := cmp.Diff(want, derive[datasets.ServerName](t, db, "server_name", ServerNames())); d != "" {
		t.Error(d)
	}

	other := flow(1, midnight, 30, 1, 1)
	other.SrcIP = "10.0.0.2"
	brief := flow(1, midnight, 30, 1, 1)
	brief.DstPort = 443
	sessions(t, db, append(cutDay(), other, brief), nil)
	derive[datasets.FlowProfile](t, db, "flow_profile", FlowProfiles())
	got := derive[datasets.ServerEndpoint](t, db, "server_endpoint", ServerEndpoints())
	if d := cmp.Diff([]datasets.ServerEndpoint{{ServerIP: "192.0.2.1", ServerPort: 3333, Proto: "tcp", Clients: 2, NetworkClients: 2}}, got); d != "" {
		t.Error(d)
	}
}

// Files are the same bytes whatever the number of threads.
func TestFlowTablesDoNotDependOnThreads(t *testing.T) {
	traffic := sim.DefaultTraffic(time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC))
	traffic.Days, traffic.ActiveTimeoutS = 2, 300
	clients, err := traffic.Draw(40, map[sim.Form]int{sim.Plain: 2, sim.Rigs: 2})
	if err != nil {
		t.Fatal(err)
	}
	var all sim.Rows
	for _, c := range clients {
		rows := traffic.Client(c)
		all.Flows, all.TLS, all.DNS = append(all.Flows, rows.Flows...), append(all.TLS, rows.TLS...), append(all.DNS, rows.DNS...)
	}
	var sums [2][4]string
	for i, threads := range []int{1, 4} {
		ctx, dir := context.Background(), t.TempDir()
		db, err := Open(ctx, Options{Threads: threads, MemoryMiB: 256, TempDir: dir, Dirs: []string{os.TempDir()}})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		view(t, db, "flows", all.Flows)
		view(t, db, "tls", all.TLS)
		view(t, db, "dns", all.DNS)
		sessions, args, err := FlowSessions(DefaultSessionGapS)
		if err != nil {
			t.Fatal(err)
		}
		for j, table := range []struct {
			name, query string
			args        []any
		}{{"flow_session", sessions, args}, {"flow_profile", FlowProfiles(), nil}, {"server_name", ServerNames(), nil}, {"server_endpoint", ServerEndpoints(), nil}} {
			path := filepath.Join(dir, table.name+".parquet")
			if n, err := db.Copy(ctx, table.query, path, table.args...); err != nil || n == 0 {
				t.Fatalf("%s: %d rows, %v", table.name, n, err)
			}
			if err := db.View(ctx, table.name, datasets.Lookup(table.name), []string{path}); err != nil {
				t.Fatal(err)
			}
			if sums[i][j], err = store.HashFile(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if sums[0] != sums[1] {
		t.Errorf("1 thread: %v\n4 threads: %v", sums[0], sums[1])
	}
}
