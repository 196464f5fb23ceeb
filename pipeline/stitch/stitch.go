package stitch

import (
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// A Resolver says who it was.
type Resolver interface {
	// Client names who used an address and a port at an instant, and in which
	// time [from, to) the answer holds. If ofPort is false it holds for every port
	// of the address.
	Client(ip string, port int32, at datasets.Micros) (client string, from, to datasets.Micros, ofPort bool)
}

// Settings of a [Stitcher].
type Settings struct {
	// Gap is the longest pause inside a connection. Of sampled records it is
	// longer, see [sampledGap].
	Gap time.Duration
	// Keep reports whether a contact is kept however short it was. nil: none.
	Keep func(serverIP string, port int32, sni string) bool
	// Mining reports whether the label of a DPI system names mining; such contacts
	// are kept, too. nil: none does.
	Mining func(app string) bool
	Zone   *time.Location // decides what is night; nil is UTC
	// Blocks are the instants at which pools learnt of a new block, in order. nil:
	// contacts are not held against them.
	Blocks []datasets.Micros
	// Jobs are what listed pools sent, in order. Packets are held against those
	// of other clients: nobody vouches for himself.
	Jobs []datasets.PoolJob
}

const (
	second = datasets.Micros(1_000_000)
	hour   = 3600 * second
	day    = 24 * hour
	// minOpen is how long a contact must have been open in a day to be kept, and
	// minBegun how often it must have been begun: getwork over HTTP comes in many
	// short connections.
	minOpen, minBegun = 600 * second, 100
	// minSession is the shortest session that is kept. Devices are counted by
	// sessions of an hour and more.
	minSession = 1800 * second
	// clockSlack is by how much clocks of the logs may differ.
	clockSlack = 5 * second
)

// sampledGap is the longest pause between records of one connection if one
// packet in n was counted. A miner sends and gets 10 packets a minute, so that a
// sampled one comes every 6 s x n on average, and within 7 times that in all but
// 1 of 1,100 cases (exp(-7)). Ports of clients come again after 28,000
// connections, so that a long gap joins no strangers. At most a day.
func sampledGap(gap datasets.Micros, n int32) datasets.Micros {
	if n <= 1 {
		return gap
	}
	return max(gap, min(day, 42*second*datasets.Micros(n)))
}

// A tuple is one connection's addresses and ports; addresses and protocol by number.
type tuple struct {
	src, dst, proto int32
	sport, dport    uint16
}

func (k *tuple) hash() uint32 {
	return hashOf(uint64(uint32(k.src))<<32|uint64(uint32(k.dst)), uint64(k.sport)<<16|uint64(k.dport), uint64(uint32(k.proto)))
}

// A session is a connection that is open; one without records is free.
type session struct {
	tuple
	client      int32
	until       datasets.Micros // the client is known up to here
	start, end  datasets.Micros
	records     int64
	bytes, pkts [2]int64 // from the client, from the server
	sni, app    int32    // numbers, 0 is none
	maxRecord   datasets.Micros
	sampling    int32
	day         int32 // of contact
	contact     *contact
}

// blockRows is how many sessions or contacts are made at once.
const blockRows = 4096

// A Stitcher joins the records of one bucket.
type Stitcher struct {
	set    Settings
	gap    datasets.Micros
	who    Resolver
	names  names
	hello  map[helloKey][]hello
	open   index           // places in sessions
	owners map[int32]owner // by address, where all ports have one
	days   map[int32]*table
	idle   []*table // of days that are over
	today  int32
	swept  datasets.Micros
	block  int // first of Blocks not before the latest record
	job    int // first of Jobs that is not too far before it

	vouching []int32 // clients of Jobs

	sessions [][]session // in blocks, so that they stay where they are
	free     []int32     // places

	Sessions []datasets.FlowSession
	Days     []datasets.FlowDay
}

type owner struct {
	client   int32
	from, to datasets.Micros
}

// New returns a stitcher. tls are the handshakes of the same clients.
func New(set Settings, who Resolver, tls []datasets.TLS) *Stitcher {
	if set.Keep == nil {
		set.Keep = func(string, int32, string) bool { return false }
	}
	if set.Mining == nil {
		set.Mining = func(string) bool { return false }
	}
	if set.Zone == nil {
		set.Zone = time.UTC
	}
	x := &Stitcher{set: set, who: who, gap: datasets.Micros(set.Gap.Microseconds()), names: newNames(), hello: map[helloKey][]hello{},
		owners: map[int32]owner{}, days: map[int32]*table{}}
	for _, j := range set.Jobs {
		x.vouching = append(x.vouching, x.names.number(j.Client))
	}
	x.learn(tls)
	return x
}

// Number returns the number by which a record that is added names a text.
func (x *Stitcher) Number(text string) int32 { return x.names.number(text) }

// Add takes a record. Records must come in order of their time.
func (x *Stitcher) Add(f *datasets.Flow) {
	x.AddNumbered(&datasets.NumberedFlow{
		TS: f.TS, Src: x.Number(f.SrcIP), Dst: x.Number(f.DstIP), SrcPort: f.SrcPort, DstPort: f.DstPort,
		Proto: x.Number(f.Proto), SNI: x.Number(f.SNI), App: x.Number(f.App), Sampling: f.Sampling, DurationS: f.DurationS,
		OrigBytes: f.OrigBytes, RespBytes: f.RespBytes, OrigPkts: f.OrigPkts, RespPkts: f.RespPkts,
	})
}

// AddNumbered takes a record with numbers of [Stitcher.Number]. Records must come in
// order of their time.
func (x *Stitcher) AddNumbered(f *datasets.NumberedFlow) {
	x.tick(f.TS)
	k := tuple{src: f.Src, dst: f.Dst, proto: f.Proto, sport: uint16(f.SrcPort), dport: uint16(f.DstPort)}
	end := f.TS + datasets.Micros(f.DurationS*1e6+0.5)
	hash := k.hash()
	var s *session
	if place := x.open.find(hash, func(place int32) bool { return x.session(place).tuple == k }); place >= 0 {
		s = x.session(place)
		if f.TS-s.end > sampledGap(x.gap, max(s.sampling, f.Sampling)) || f.TS >= s.until {
			x.end(place)
			s = nil
		}
	}
	if s == nil {
		s = x.begin(k, hash, f, end)
	}
	s.records++
	s.sampling = max(s.sampling, f.Sampling)
	s.bytes[0] += f.OrigBytes
	s.bytes[1] += f.RespBytes
	s.pkts[0] += f.OrigPkts
	s.pkts[1] += f.RespPkts
	s.maxRecord = max(s.maxRecord, end-f.TS)
	if f.SNI != 0 && s.sni == 0 {
		s.sni, s.contact = f.SNI, nil
	}
	if f.App != 0 && f.App != s.app {
		x.label(s, f.App)
	}
	s.end = max(s.end, end)
	x.count(s, f, end)
}

func (x *Stitcher) session(place int32) *session {
	return &x.sessions[place/blockRows][place%blockRows]
}

// label keeps a label of mining, else the first.
func (x *Stitcher) label(s *session, app int32) {
	if s.app == 0 || x.set.Mining(x.names.text(app)) && !x.set.Mining(x.names.text(s.app)) {
		s.app = app
	}
}

func (x *Stitcher) begin(k tuple, hash uint32, f *datasets.NumberedFlow, end datasets.Micros) *session {
	at := f.TS
	if len(x.free) == 0 {
		first := int32(len(x.sessions)) * blockRows
		x.sessions = append(x.sessions, make([]session, blockRows))
		for i := range int32(blockRows) {
			x.free = append(x.free, first+blockRows-1-i)
		}
	}
	n := len(x.free) - 1
	place := x.free[n]
	x.free = x.free[:n]
	s := x.session(place)
	*s = session{tuple: k, start: at, end: at, sni: x.helloOf(k, at, f.Sampling)}
	s.client, s.until = x.client(k, at)
	if end-300*second > s.until {
		// One record over a change of lease: exporters may be late by minutes, but
		// a connection does not outlive its address.
		if next, _ := x.client(k, end); next != s.client {
			s.client = x.names.number(x.names.text(k.src) + SharedMark)
		}
		s.until = end
	}
	x.open.add(hash, place)
	return s
}

// SharedMark follows the address in the name of a client if several subscribers
// may have used it.
const SharedMark = " (shared)"

func (x *Stitcher) client(k tuple, at datasets.Micros) (client int32, until datasets.Micros) {
	if o, ok := x.owners[k.src]; ok && o.from <= at && at < o.to {
		return o.client, o.to
	}
	name, from, to, ofPort := x.who.Client(x.names.text(k.src), int32(k.sport), at)
	client = x.names.number(name)
	if !ofPort {
		x.owners[k.src] = owner{client, from, to}
	}
	return client, to
}

// end writes a session that is over.
func (x *Stitcher) end(place int32) {
	s := x.session(place)
	x.open.remove(s.hash(), place)
	if s.end-s.start >= minSession {
		x.Sessions = append(x.Sessions, datasets.FlowSession{
			Client: x.names.text(s.client), ClientIP: x.names.text(s.src), ClientPort: int32(s.sport),
			ServerIP: x.names.text(s.dst), ServerPort: int32(s.dport), Proto: x.names.text(s.proto),
			Start: s.start, End: s.end, Records: s.records, OrigBytes: s.bytes[0], RespBytes: s.bytes[1], OrigPkts: s.pkts[0], RespPkts: s.pkts[1],
			SNI: x.names.text(s.sni), App: x.names.text(s.app), MaxRecordS: float64(s.maxRecord) / 1e6, Sampling: s.sampling,
		})
	}
	s.records, s.contact = 0, nil
	x.free = append(x.free, place)
}

// tick ends what is over at an instant: days gone by, once a day; sessions that
// paused too long, once an hour of the data.
func (x *Stitcher) tick(now datasets.Micros) {
	if today := int32(now / day); today != x.today {
		for d := range x.days {
			if d < today {
				x.close(d)
			}
		}
		x.today = today
	}
	if now-x.swept < hour {
		return
	}
	x.swept = now
	x.endAll(func(s *session) bool { return now-s.end > sampledGap(x.gap, s.sampling) })
}

// endAll ends the open sessions that are over.
func (x *Stitcher) endAll(over func(*session) bool) {
	for b, block := range x.sessions {
		for i := range block {
			if s := &block[i]; s.records > 0 && over(s) {
				x.end(int32(b*blockRows + i))
			}
		}
	}
}

// Close ends everything that is open, and orders the rows.
func (x *Stitcher) Close() {
	x.endAll(func(*session) bool { return true })
	for d := range x.days {
		x.close(d)
	}
	sortRows(x.Sessions, x.Days)
}
