package stitch

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// A contactKey is a subscriber at an address, a server port, and the name it is
// known by.
type contactKey struct {
	client, src, dst, sni, proto int32
	port                         uint16
}

func (k *contactKey) hash() uint32 {
	return hashOf(uint64(uint32(k.src))<<32|uint64(uint32(k.dst)), uint64(uint32(k.proto))<<32|uint64(k.port), uint64(uint32(k.client))<<32|uint64(uint32(k.sni)))
}

// A contact is what one subscriber had with one server port in a UTC day.
type contact struct {
	contactKey
	app         int32
	first, last datasets.Micros
	begun       int64
	longest     datasets.Micros
	active      datasets.Micros // sum of the records' lengths, cut to the day
	open        datasets.Micros // of which not at the same time
	reached     datasets.Micros // end of the latest record
	bytes, pkts [2]int64
	counted     int64 // packets as counted, before sampling was made up for
	hours       uint32
	sampling    int32
	maxRecord   datasets.Micros
	hourBytes   *[24]int64 // nil while there is one hour at most, with hourOne
	hourOne     int64
	beat        *datasets.Beat // nil if no record was held against block times
	pulse       *pulse         // nil if no packet was
}

// carry adds bytes to an hour of the day. Most contacts are over within one.
func (c *contact) carry(h int, bytes int64) {
	bit := uint32(1) << h
	if c.hourBytes == nil {
		if c.hours&^bit == 0 {
			c.hours |= bit
			c.hourOne += bytes
			return
		}
		c.hourBytes = new([24]int64)
		c.hourBytes[bits.TrailingZeros32(c.hours)] = c.hourOne
	}
	c.hours |= bit
	c.hourBytes[h] += bytes
}

// units returns the sum of the bytes of the hours in squareUnit, and of its squares.
func (c *contact) units() (sum, squares int64) {
	if c.hourBytes == nil {
		u := min(c.hourOne/squareUnit, mostUnits)
		return u, u * u
	}
	for _, b := range c.hourBytes {
		u := min(b/squareUnit, mostUnits)
		sum += u
		squares += u * u
	}
	return sum, squares
}

// A table holds the contacts of one day. They are made in blocks, which a day that
// is over hands to the next.
type table struct {
	of     index // places in blocks
	blocks [][]contact
}

func (x *Stitcher) newTable() *table {
	if n := len(x.idle); n > 0 {
		t := x.idle[n-1]
		x.idle = x.idle[:n-1]
		return t
	}
	return &table{}
}

func (t *table) at(place int32) *contact { return &t.blocks[place/blockRows][place%blockRows] }

// contact returns the contact of a key, a new one with that label if there is none.
func (t *table) contact(k contactKey, app int32) *contact {
	hash := k.hash()
	if place := t.of.find(hash, func(place int32) bool { return t.at(place).contactKey == k }); place >= 0 {
		return t.at(place)
	}
	place := int32(t.of.n)
	if int(place)/blockRows == len(t.blocks) {
		t.blocks = append(t.blocks, make([]contact, blockRows))
	}
	t.of.add(hash, place)
	c := t.at(place)
	*c = contact{contactKey: k, app: app, first: 1 << 62}
	return c
}

// count puts a record of a session into the contacts of the days that it covers.
func (x *Stitcher) count(s *session, f *datasets.NumberedFlow, end datasets.Micros) {
	d := int32(f.TS / day)
	if s.contact == nil || s.day != d {
		s.contact, s.day = x.contact(s, d), d
	}
	c := s.contact
	if s.records == 1 {
		c.begun++
	}
	if s.app != 0 && c.app != s.app && (c.app == 0 || x.set.Mining(x.names.text(s.app))) {
		c.app = s.app
	}
	length := end - f.TS
	for at, first := f.TS, true; ; first = false {
		dayEnd := datasets.Micros(d+1) * day
		to := min(end, dayEnd)
		c.cover(at, to)
		c.longest = max(c.longest, to-s.start)
		c.maxRecord = max(c.maxRecord, length)
		c.sampling = max(c.sampling, f.Sampling)
		if first { // counts belong to the day in which the record began
			c.bytes[0] += f.OrigBytes
			c.bytes[1] += f.RespBytes
			c.pkts[0] += f.OrigPkts
			c.pkts[1] += f.RespPkts
			c.counted += (f.OrigPkts + f.RespPkts) / int64(max(1, f.Sampling))
			switch listed := len(x.set.Blocks) > 0; {
			case f.Sampling > 1 && (listed || len(x.set.Jobs) > 0):
				x.pulse(s, c, f, end)
			case f.Sampling <= 1 && listed:
				x.beat(c, f, end)
			}
		}
		c.spread(f, at, to, length)
		if end <= dayEnd {
			return
		}
		d++
		at = dayEnd
		c = x.contact(s, d)
		s.contact, s.day = c, d
	}
}

func (x *Stitcher) contact(s *session, d int32) *contact {
	t := x.days[d]
	if t == nil {
		t = x.newTable()
		x.days[d] = t
	}
	return t.contact(contactKey{client: s.client, src: s.src, dst: s.dst, sni: s.sni, proto: s.proto, port: s.dport}, s.app)
}

// cover adds [at, to) to the time in which the contact was open.
func (c *contact) cover(at, to datasets.Micros) {
	c.first, c.last = min(c.first, at), max(c.last, to)
	c.active += to - at
	if to > c.reached {
		c.open += to - max(at, c.reached)
		c.reached = to
	}
}

// spread puts the bytes of a record evenly into the hours of [at, to): up to an
// instant it has carried floor(bytes x elapsed / length), so that the hours add
// up to the record.
func (c *contact) spread(f *datasets.NumberedFlow, at, to, length datasets.Micros) {
	total := f.OrigBytes + f.RespBytes
	first, last := at/hour, (to-1)/hour
	if to == at {
		last = first
	}
	if first == last && length == to-at {
		c.carry(int(first%24), total)
		return
	}
	for h := first; h <= last; h++ {
		from, until := max(at, h*hour)-f.TS, min(to, (h+1)*hour)-f.TS
		c.carry(int(h%24), portion(total, until, length)-portion(total, from, length))
	}
}

// portion returns floor(n x part / whole) for part <= whole.
func portion(n int64, part, whole datasets.Micros) int64 {
	high, low := bits.Mul64(uint64(n), uint64(part))
	q, _ := bits.Div64(high, low, uint64(whole))
	return int64(q)
}

// squareUnit is the unit of an hour's bytes in SquareSum: fine enough for the
// slowest miner (5 B/s are 281 units), coarse enough for 2.7 MB/s to fit.
const squareUnit, mostUnits = 64, 150_000_000

// close writes the contacts of a day that are kept.
func (x *Stitcher) close(d int32) {
	t := x.days[d]
	for place := range int32(t.of.n) {
		c := t.at(place)
		server, sni, app := x.names.text(c.dst), x.names.text(c.sni), x.names.text(c.app)
		seldom := c.open < minOpen && c.begun < minBegun && (c.sampling <= 1 || bits.OnesCount32(c.hours) < 2)
		if seldom && !x.set.Mining(app) && !x.set.Keep(server, int32(c.port), sni) {
			continue
		}
		row := datasets.FlowDay{
			Client: x.names.text(c.client), ClientIP: x.names.text(c.src), ServerIP: server, ServerPort: int32(c.port), Proto: x.names.text(c.proto),
			SNI: sni, App: app, Day: datasets.Day(d), First: c.first, Last: c.last, Sessions: c.begun,
			LongestUS: int64(c.longest), ActiveUS: int64(c.active), OpenUS: int64(c.open),
			OrigBytes: c.bytes[0], RespBytes: c.bytes[1], OrigPkts: c.pkts[0], RespPkts: c.pkts[1], CountedPkts: c.counted,
			Hours: int32(c.hours), NightHours: x.nightHours(d, c.hours), MaxRecordUS: int64(c.maxRecord), Sampling: c.sampling,
		}
		row.UnitSum, row.SquareSum = c.units()
		if c.beat != nil {
			row.Beat = *c.beat
		}
		if c.pulse != nil {
			row.Pulse = c.pulse.Pulse
		}
		x.Days = append(x.Days, row)
	}
	delete(x.days, d)
	t.of.clear()
	x.idle = append(x.idle, t)
}

// nightHours counts the hours of a day that begin from 01:00 to 05:00 local.
func (x *Stitcher) nightHours(d int32, hours uint32) (n int32) {
	for h := range 24 {
		if hours&(1<<h) == 0 {
			continue
		}
		if local := (datasets.Micros(d)*day + datasets.Micros(h)*hour).Time().In(x.set.Zone).Hour(); local >= 1 && local < 5 {
			n++
		}
	}
	return n
}

func sortRows(sessions []datasets.FlowSession, days []datasets.FlowDay) {
	slices.SortFunc(sessions, func(a, b datasets.FlowSession) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.ServerIP, b.ServerIP), cmp.Compare(a.ServerPort, b.ServerPort), cmp.Compare(a.Proto, b.Proto),
			cmp.Compare(a.Start, b.Start), cmp.Compare(a.ClientIP, b.ClientIP), cmp.Compare(a.ClientPort, b.ClientPort))
	})
	slices.SortFunc(days, func(a, b datasets.FlowDay) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.ServerIP, b.ServerIP), cmp.Compare(a.ServerPort, b.ServerPort), cmp.Compare(a.Proto, b.Proto),
			cmp.Compare(a.SNI, b.SNI), cmp.Compare(a.Day, b.Day), cmp.Compare(a.ClientIP, b.ClientIP))
	})
}
