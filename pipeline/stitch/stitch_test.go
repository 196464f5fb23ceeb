package stitch

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/minewatch/minewatch/datasets"
)

// midnight is 2022-01-03T00:00:00Z, a whole hour and a whole day.
const midnight = datasets.Micros(1_641_168_000_000_000)

// byAddress takes every address for a client of its own.
type byAddress struct{}

func (byAddress) Client(ip string, _ int32, _ datasets.Micros) (client string, from, to datasets.Micros, ofPort bool) {
	return ip, math.MinInt64, math.MaxInt64, false
}

// flow is a record from 10.0.0.1:port to 192.0.2.1:3333.
func flow(port int32, start datasets.Micros, seconds float64, orig, resp int64) datasets.Flow {
	return datasets.Flow{TS: midnight + start, SrcIP: "10.0.0.1", SrcPort: port, DstIP: "192.0.2.1", DstPort: 3333, Proto: "tcp",
		DurationS: seconds, OrigBytes: orig, RespBytes: resp, OrigPkts: 2, RespPkts: 1}
}

// stitched runs records through a stitcher with a gap of 300 s that keeps all contacts.
func stitched(who Resolver, tls []datasets.TLS, flows ...datasets.Flow) *Stitcher {
	x := New(Settings{Gap: 300 * time.Second, Keep: func(string, int32, string) bool { return true }, Mining: func(app string) bool { return app == "Mining" }}, who, tls)
	for _, f := range flows {
		x.Add(&f)
	}
	x.Close()
	return x
}

func TestSessions(t *testing.T) {
	session := func(port int32, start, end datasets.Micros, records, orig, resp int64, maxRecordS float64) datasets.FlowSession {
		return datasets.FlowSession{Client: "10.0.0.1", ClientIP: "10.0.0.1", ClientPort: port, ServerIP: "192.0.2.1", ServerPort: 3333, Proto: "tcp",
			Start: midnight + start, End: midnight + end, Records: records, OrigBytes: orig, RespBytes: resp, OrigPkts: 2 * records, RespPkts: records, MaxRecordS: maxRecordS}
	}
	var cut []datasets.Flow // a day in 24 records of 3599 s
	for h := range 24 {
		cut = append(cut, flow(50000, datasets.Micros(h)*hour, 3599, 100, 50))
	}
	for _, test := range []struct {
		name  string
		flows []datasets.Flow
		want  []datasets.FlowSession
	}{
		{"one session cut into 24 records", cut, []datasets.FlowSession{session(50000, 0, 24*hour-second, 24, 2400, 1200, 3599)}},
		{"a pause equal to the setting joins, a longer one parts", []datasets.Flow{
			flow(50000, 0, 3600, 10, 5),
			flow(50000, hour+300*second, 60, 10, 5),
			flow(50000, hour+660*second+1, 3600, 10, 5),
		}, []datasets.FlowSession{
			session(50000, 0, hour+360*second, 2, 20, 10, 3600),
			session(50000, hour+660*second+1, 2*hour+660*second+1, 1, 10, 5, 3600),
		}},
		{"a reconnection from another port is another session", []datasets.Flow{flow(50000, 0, 3600, 10, 5), flow(50001, 3670*second, 3600, 10, 5)},
			[]datasets.FlowSession{session(50000, 0, hour, 1, 10, 5, 3600), session(50001, 3670*second, 7270*second, 1, 10, 5, 3600)}},
		{"a short record inside a long one does not end it", []datasets.Flow{
			flow(50000, 0, 7200, 10, 5), flow(50000, 60*second, 1, 10, 5), flow(50000, 2*hour+60*second, 60, 10, 5),
		}, []datasets.FlowSession{session(50000, 0, 2*hour+120*second, 3, 30, 15, 7200)}},
		{"half an hour is kept, less is not", []datasets.Flow{flow(50000, 0, 1800, 10, 5), flow(50001, 0, 1799, 10, 5)},
			[]datasets.FlowSession{session(50000, 0, 1800*second, 1, 10, 5, 1800)}},
		{"no flows", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if d := cmp.Diff(test.want, stitched(byAddress{}, nil, test.flows...).Sessions); d != "" {
				t.Error(d)
			}
		})
	}
}

// A day of single packets, one in three hours, as one in 1,000 of a session of 10
// a minute in each direction leaves: one session. Unsampled, each is its own.
func TestSampledSessions(t *testing.T) {
	var sampled, whole []datasets.Flow
	for i := range 8 {
		f := flow(50000, datasets.Micros(i)*3*hour, 0, 100_000, 0)
		f.OrigPkts, f.RespPkts = 1000, 0
		whole = append(whole, f)
		f.Sampling = 1000
		sampled = append(sampled, f)
	}
	x := stitched(byAddress{}, nil, sampled...)
	if len(x.Sessions) != 1 || x.Sessions[0].End-x.Sessions[0].Start != 21*hour || x.Sessions[0].Sampling != 1000 {
		t.Errorf("got %+v, want one session of 21 h", x.Sessions)
	}
	if d := x.Days[0]; d.CountedPkts != 8 || d.OrigPkts != 8000 || bits.OnesCount32(uint32(d.Hours)) != 8 {
		t.Errorf("got %+v, want 8 packets counted in 8 hours", d)
	}
	if x := stitched(byAddress{}, nil, whole...); len(x.Sessions) != 0 || x.Days[0].Sessions != 8 {
		t.Errorf("got %+v, want 8 sessions too short to keep", x.Days)
	}
}

func TestNames(t *testing.T) {
	hello := func(at datasets.Micros, sni string) datasets.TLS {
		return datasets.TLS{TS: midnight + at, SrcIP: "10.0.0.1", DstIP: "192.0.2.1", DstPort: 3333, SNI: sni}
	}
	named, labelled := flow(50003, 3*hour, 10, 1, 1), flow(50004, 4*hour, 10, 1, 1)
	named.SNI = "b.example"
	labelled.App = "Mining"
	x := stitched(byAddress{}, []datasets.TLS{hello(second, "pool.example"), hello(500*second, "a.example"), hello(hour, "late.example"), hello(3*hour, "c.example")},
		flow(50000, 0, 600, 10, 5), flow(50001, 2*hour, 60, 10, 5), named, labelled)
	got := map[string]string{}
	for _, d := range x.Days {
		got[d.SNI] = fmt.Sprintf("%d s, %s", d.OpenUS/1e6, d.App)
	}
	// The first by its handshake, not a later one; the third by what the exporter says
	// once it has said so; the others under no name.
	want := map[string]string{"pool.example": "600 s, ", "": "70 s, Mining", "c.example": "10 s, "}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Six records of 3600 s that begin at half past carry 640 B each. By hand, in
// units of 64 B: the first and the last clock hour hold 5, the five between 10;
// sum 60, sum of squares 2 x 25 + 5 x 100 = 550.
func TestHours(t *testing.T) {
	var flows []datasets.Flow
	for h := range 6 {
		flows = append(flows, flow(1, datasets.Micros(h)*hour+hour/2, 3600, 400, 240))
	}
	d := stitched(byAddress{}, nil, flows...).Days
	if len(d) != 1 || d[0].Hours != 0x7f || d[0].UnitSum != 60 || d[0].SquareSum != 550 || d[0].NightHours != 4 || d[0].OpenUS != int64(6*hour) {
		t.Errorf("got %+v", d)
	}
}

// A record of two days is in three UTC days, with the bytes of each in its hours.
func TestRecordOverDays(t *testing.T) {
	d := stitched(byAddress{}, nil, flow(1, 12*hour, 48*3600, 48*6400, 0)).Days
	if len(d) != 3 {
		t.Fatalf("got %d days", len(d))
	}
	for i, want := range []int{12, 24, 12} {
		if got := bits.OnesCount32(uint32(d[i].Hours)); got != want || d[i].UnitSum != int64(want)*100 || d[i].OpenUS != int64(want)*int64(hour) {
			t.Errorf("day %d: %+v, want %d hours of 100 units", i, d[i], want)
		}
	}
	if d[0].OrigBytes != 48*6400 || d[1].OrigBytes != 0 || d[0].Sessions != 1 || d[1].Sessions != 0 || d[2].LongestUS != int64(48*hour) {
		t.Errorf("got %+v", d)
	}
}

// halves gives ports below 50,000 to one subscriber and the others to another,
// both anew at noon.
type halves struct{}

func (halves) Client(_ string, port int32, at datasets.Micros) (client string, from, to datasets.Micros, ofPort bool) {
	client = "p/low"
	if port >= 50000 {
		client = "p/high"
	}
	const noon = midnight + 12*hour
	if at < noon {
		return client + "-am", math.MinInt64, noon, true
	}
	return client + "-pm", noon, math.MaxInt64, true
}

func TestSubscribers(t *testing.T) {
	var flows []datasets.Flow
	for h := range 24 {
		flows = append(flows, flow(40000, datasets.Micros(h)*hour, 3599, 10, 5), flow(50000, datasets.Micros(h)*hour, 3599, 10, 5))
	}
	x := stitched(halves{}, nil, flows...)
	got := map[string]int64{}
	for _, d := range x.Days {
		got[d.Client] += d.OrigBytes
	}
	if d := cmp.Diff(map[string]int64{"p/low-am": 120, "p/low-pm": 120, "p/high-am": 120, "p/high-pm": 120}, got); d != "" {
		t.Error(d)
	}
	if len(x.Sessions) != 4 {
		t.Errorf("got %d sessions, want 4: a session ends with the lease", len(x.Sessions))
	}
	// One record over the change of the lease: nobody can say whose it was.
	if x := stitched(halves{}, nil, flow(40000, 0, 86000, 10, 5)); len(x.Sessions) != 1 || x.Sessions[0].Client != "10.0.0.1"+SharedMark {
		t.Errorf("got %+v, want a shared client", x.Sessions)
	}
}

func TestOnlyWhatMattersIsKept(t *testing.T) {
	run := func(flows ...datasets.Flow) int {
		x := New(Settings{Gap: 300 * time.Second}, byAddress{}, nil)
		for _, f := range flows {
			x.Add(&f)
		}
		x.Close()
		return len(x.Days)
	}
	var many []datasets.Flow
	for i := range 100 {
		many = append(many, flow(int32(1000+i), datasets.Micros(i)*second, 1, 10, 5))
	}
	for _, test := range []struct {
		name  string
		flows []datasets.Flow
		want  int
	}{
		{"599 s", []datasets.Flow{flow(1, 0, 599, 1, 1)}, 0},
		{"600 s", []datasets.Flow{flow(1, 0, 600, 1, 1)}, 1},
		{"600 s at once are 300", []datasets.Flow{flow(1, 0, 300, 1, 1), flow(2, 0, 300, 1, 1)}, 0},
		{"99 connections", many[1:], 0},
		{"100 connections", many, 1},
	} {
		if got := run(test.flows...); got != test.want {
			t.Errorf("%s: kept %d, want %d", test.name, got, test.want)
		}
	}
}

// Bytes of the hours add up to those of the records, whatever their lengths.
func TestNothingIsLost(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	var flows []datasets.Flow
	var bytes, seconds int64
	at := datasets.Micros(0)
	for i := range 2000 {
		at += datasets.Micros(rng.Int64N(int64(hour)))
		length := rng.Int64N(100_000)
		f := flow(int32(i), at, float64(length), 64*rng.Int64N(1000)*max(1, length), 0)
		flows = append(flows, f)
		bytes += f.OrigBytes
		seconds += length
	}
	x := stitched(byAddress{}, nil, flows...)
	var gotBytes, units, active int64
	for _, d := range x.Days {
		gotBytes += d.OrigBytes
		units += d.UnitSum
		active += d.ActiveUS
		if d.OpenUS > int64(day) || d.OpenUS > d.ActiveUS {
			t.Errorf("open for %d us of a day", d.OpenUS)
		}
	}
	if gotBytes != bytes || active != seconds*1_000_000 {
		t.Errorf("%d B in %d us, want %d and %d", gotBytes, active, bytes, seconds*1_000_000)
	}
	if lost := bytes/64 - units; lost < 0 || lost > int64(24*len(x.Days)) { // an hour is rounded down to units
		t.Errorf("%d units of %d are lost", lost, bytes/64)
	}
}

// Blocks count for the record that they fall into, its begin included, its end not.
// Sampled records, and those of more than an hour, are not held against them.
func TestBeat(t *testing.T) {
	sampled := flow(50002, 10*second, 60, 100, 50)
	sampled.Sampling = 10
	x := New(Settings{Gap: 300 * time.Second, Blocks: []datasets.Micros{midnight, midnight + 59*second, midnight + 60*second, midnight + 200*second}, Keep: func(string, int32, string) bool { return true }}, byAddress{}, nil)
	for _, f := range []datasets.Flow{flow(50000, 0, 60, 100, 50), flow(50001, 0, 3601, 100, 50), sampled, flow(50000, 60*second, 60, 100, 50), flow(50000, 120*second, 60, 100, 50)} {
		x.Add(&f)
	}
	x.Close()
	// Records of 60 s with 2 packets and 50 bytes, and 2, 1 and 0 blocks.
	want := datasets.Beat{N: 3, TT: 3 * 3600, TB: 180, TO: 360, TR: 9000, BB: 5, BO: 6, BR: 150, OO: 12, OR: 300, RR: 7500}
	if len(x.Days) != 1 || x.Days[0].Beat != want {
		t.Errorf("got %+v, want %+v", x.Days, want)
	}
}

// Of a connection that is sampled the first packet counted comes long after its
// handshake: its name is known if it was the only one meanwhile.
func TestNamesOfSampledConnections(t *testing.T) {
	on := func(port int32, at datasets.Micros, sni string) datasets.TLS {
		return datasets.TLS{TS: midnight + at, SrcIP: "10.0.0.1", SrcPort: port, DstIP: "192.0.2.1", DstPort: 3333, SNI: sni}
	}
	hello := func(at datasets.Micros, sni string) datasets.TLS { return on(0, at, sni) }
	for _, test := range []struct {
		name string
		tls  []datasets.TLS
		at   datasets.Micros
		want string
	}{
		{"half an hour ago", []datasets.TLS{hello(0, "a.example")}, 1800 * second, "a.example"}, // 18 s x 100
		{"longer ago", []datasets.TLS{hello(0, "a.example")}, 1801 * second, ""},
		{"twice the same", []datasets.TLS{hello(0, "a.example"), hello(second, "a.example")}, 600 * second, "a.example"},
		{"two names", []datasets.TLS{hello(0, "a.example"), hello(second, "b.example")}, 600 * second, ""},
		{"two names, with ports", []datasets.TLS{on(50000, 0, "a.example"), on(50001, second, "b.example")}, 5 * 24 * hour, "a.example"},
		{"a port used again", []datasets.TLS{on(50000, 0, "a.example"), on(50000, hour, "b.example"), on(50000, 2*hour, "c.example")}, hour, "b.example"},
		{"another port", []datasets.TLS{on(50001, 0, "a.example")}, 600 * second, ""},
		{"ports of some", []datasets.TLS{on(50001, 0, "a.example"), hello(0, "b.example")}, 600 * second, "b.example"},
	} {
		f := flow(50000, test.at, 60, 100, 50)
		f.Sampling = 100
		if x := stitched(byAddress{}, test.tls, f); len(x.Days) != 1 || x.Days[0].SNI != test.want {
			t.Errorf("%s: %+v, want the name %q", test.name, x.Days, test.want)
		}
	}
}
