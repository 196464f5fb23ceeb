package sql

import (
	"context"
	"os"
	"path/filepath"
	"slices"
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

// A subscriber with one address in the morning and another from noon on, and two
// devices at once: by hand.
func TestFlowProfile(t *testing.T) {
	db := open(t)
	day := datasets.FlowDay{Bucket: 16, Client: "A/1", ClientIP: "10.0.0.1", ServerIP: "192.0.2.1", ServerPort: 3333, Proto: "tcp", Day: datasets.DayOf(midnight.Time()),
		First: midnight, Last: midnight + 12*hour, Sessions: 2, LongestUS: int64(12 * hour), ActiveUS: int64(24 * hour), OpenUS: int64(12 * hour),
		OrigBytes: 100, RespBytes: 50, OrigPkts: 10, RespPkts: 5, CountedPkts: 15, Hours: 0xfff, NightHours: 4, UnitSum: 120, SquareSum: 1200, MaxRecordUS: int64(60 * second)}
	noon := day
	noon.ClientIP, noon.First, noon.Last, noon.Hours, noon.NightHours, noon.App = "10.0.0.9", midnight+11*hour, midnight+20*hour, 0xff800, 0, "Mining"
	session := func(from, to datasets.Micros, bytes int64) datasets.FlowSession {
		return datasets.FlowSession{Client: "A/1", ClientIP: "10.0.0.1", ServerIP: "192.0.2.1", ServerPort: 3333, Proto: "tcp", Start: midnight + from, End: midnight + to, OrigBytes: bytes}
	}
	view(t, db, "flow_day", []datasets.FlowDay{day, noon})
	// Two of equal rate at once; a reconnection at 12:00; a video of another rate; half an hour.
	view(t, db, "flow_session", []datasets.FlowSession{session(0, 12*hour, 12_000), session(0, 12*hour, 12_500), session(12*hour, 20*hour, 8_000),
		session(hour, 3*hour, 9_000_000), session(hour, hour+hour/2, 500)})
	got := derive[datasets.FlowProfile](t, db, "flow_profile", FlowProfiles())
	want := datasets.FlowProfile{Client: "A/1", ServerIP: "192.0.2.1", ServerPort: 3333, Proto: "tcp", App: "Mining", First: midnight, Last: midnight + 20*hour,
		Sessions: 4, LongestS: 12 * 3600, HoursActive: 20, NightHours: 4, Days: 1, SpanH: 21, Parallel: 2,
		OrigBytes: 200, RespBytes: 100, OrigPkts: 20, RespPkts: 10, CountedPkts: 30, ActiveS: 48 * 3600, OpenS: 24 * 3600,
		// 20 hours, sum 240, squares 2,400: sqrt(20 x 2400 - 240^2) is of a negative number, so 0.
		HourlyBytesCV: 0}
	if d := cmp.Diff([]datasets.FlowProfile{want}, got); d != "" {
		t.Error(d)
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
		return datasets.ServerName{Bucket: 16, Client: "10.0.0.1", ClientIP: "10.0.0.1", ServerIP: ip, Host: host, First: first, Last: last, Queries: queries, Days: days}
	}
	want := []datasets.ServerName{
		name("feed.example", "", midnight, midnight, 1, 1),
		name("gone.example", "", midnight, midnight, 1, 1),
		name("pool.example", "192.0.2.1", midnight, midnight, 1, 1),
		name("pool.example", "192.0.2.1", midnight+25*hour, midnight+25*hour, 1, 1),
		name("pool.example", "192.0.2.2", midnight, midnight, 1, 1),
		name("pool.example", "2001:db8::1", midnight+25*hour, midnight+25*hour, 1, 1),
	}
	if d := cmp.Diff(want, derive[datasets.ServerName](t, db, "server_name", ServerNames())); d != "" {
		t.Error(d)
	}
}

// rowsOf makes a day and a session of each flow, which is enough for the SQL.
func rowsOf(flows []datasets.Flow) (sessions []datasets.FlowSession, days []datasets.FlowDay) {
	for _, f := range flows {
		end := f.TS + datasets.Micros(f.DurationS*1e6)
		sessions = append(sessions, datasets.FlowSession{Client: f.SrcIP, ClientIP: f.SrcIP, ClientPort: f.SrcPort, ServerIP: f.DstIP, ServerPort: f.DstPort, Proto: f.Proto,
			Start: f.TS, End: end + hour, OrigBytes: f.OrigBytes, RespBytes: f.RespBytes})
		days = append(days, datasets.FlowDay{Client: f.SrcIP, ClientIP: f.SrcIP, ServerIP: f.DstIP, ServerPort: f.DstPort, Proto: f.Proto, Day: datasets.DayOf(f.TS.Time()),
			First: f.TS, Last: end, Sessions: 1, Hours: 1, OrigBytes: f.OrigBytes, RespBytes: f.RespBytes, UnitSum: f.OrigBytes / 64, SquareSum: f.OrigBytes})
	}
	return sessions, days
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
	sessions, days := rowsOf(all.Flows)
	var addresses []string
	for i := range all.Flows {
		f := &all.Flows[i]
		f.Sampling = 100
		addresses = append(addresses, f.DstIP)
	}
	addresses = slices.Compact(slices.Sorted(slices.Values(addresses)))
	var sums [2][3]string
	for i, threads := range []int{1, 4} {
		ctx, dir := context.Background(), t.TempDir()
		db, err := Open(ctx, Options{Threads: threads, MemoryMiB: 256, TempDir: dir, Dirs: []string{os.TempDir()}})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		view(t, db, "flows", all.Flows)
		view(t, db, "dns", all.DNS)
		if err := db.List(ctx, "pool_address", addresses); err != nil {
			t.Fatal(err)
		}
		view(t, db, "flow_session", sessions)
		view(t, db, "flow_day", days)
		for j, table := range []struct{ name, query string }{{"flow_profile", FlowProfiles()}, {"server_name", ServerNames()}, {"flows", LargePackets()}} {
			path := filepath.Join(dir, table.name+".parquet")
			if n, err := db.Copy(ctx, table.query, path); err != nil || n == 0 {
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
