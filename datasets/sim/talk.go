package sim

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// sim is the state of the simulation of one client.
type sim struct {
	t          Traffic
	c          Client
	zone       *time.Location
	begin, end time.Time
	rng        *rand.Rand
	inside     *rand.Rand // of when within a record packets come, so that rows do not depend on it
	port       int32
	rows       Rows
}

// A talk is one connection.
type talk struct {
	addr       netip.Addr
	port       int32
	proto      string
	host       string  // name looked up before; "" if the client knows the address
	tls        bool    // the name also stands in a TLS handshake
	pktsMin    float64 // packets a minute from the client
	respMin    float64 // and from the server
	bytesPkt   float64 // bytes a packet from the client, with headers
	respPkt    float64 // and from the server
	news       *news   // what the server sends when it hears of a block; nil: nothing
	large      float64 // share of the server's other packets that are of full size, see [Traffic.Packets]
	burst      float64 // standard deviation of the log of the rate from record to record; 0 is even
	start, end time.Time
}

// connect writes the records of a connection, and the query and the handshake
// before it. It is cut to the period.
func (s *sim) connect(k talk) {
	if k.start.Before(s.begin) {
		k.start = s.begin
	}
	if k.end.After(s.end) {
		k.end = s.end
	}
	if !k.end.After(k.start) {
		return
	}
	if s.port++; s.port < 32768 || s.port > 60999 { // the range of Linux
		s.port = 32768 + s.rng.Int32N(20000)
	}
	client := s.c.Addr.String()
	if k.host != "" {
		at := datasets.MicrosOf(k.start.Add(-time.Duration(20+s.rng.IntN(180)) * time.Millisecond))
		s.rows.DNS = append(s.rows.DNS, datasets.DNS{TS: max(at, datasets.MicrosOf(s.begin)), ClientIP: client, Query: k.host, Answers: k.addr.String()})
		if k.tls {
			s.rows.TLS = append(s.rows.TLS, datasets.TLS{TS: datasets.MicrosOf(k.start.Add(80 * time.Millisecond)), SrcIP: client, SrcPort: s.port, DstIP: k.addr.String(), DstPort: k.port, SNI: k.host})
		}
	}
	if s.t.Packets && (k.news == nil || k.news == header) {
		k.large = largeShare(client, k)
	}
	step := k.end.Sub(k.start)
	if s.t.ActiveTimeoutS > 0 {
		step = time.Duration(s.t.ActiveTimeoutS) * time.Second
	}
	for at := k.start; at.Before(k.end); at = at.Add(step) {
		length := min(step, k.end.Sub(at))
		s.record(k, at, length)
	}
}

// record writes one record, none if no packet fell into it.
func (s *sim) record(k talk, at time.Time, length time.Duration) {
	factor := length.Minutes()
	if k.burst > 0 {
		factor *= math.Exp(k.burst*s.rng.NormFloat64() - k.burst*k.burst/2)
	}
	orig, resp := s.poisson(k.pktsMin*factor), s.poisson(k.respMin*factor)
	var jobs, jobBytes int64
	var told []job
	if k.news != nil {
		for _, t := range s.newsAt(k.news, at, at.Add(length)) {
			orig++
			b := k.news.least + s.rng.Int64N(k.news.most-k.news.least)
			jobs, jobBytes = jobs+1+b/fullSize, jobBytes+b
			told = append(told, job{t, b})
		}
	}
	if orig+resp+jobs == 0 {
		return
	}
	// The first packet of a record comes with the record, the last a moment before its end.
	if length > time.Second {
		length -= time.Duration(s.rng.Int64N(int64(time.Second)))
	}
	f := datasets.Flow{
		TS: datasets.MicrosOf(at), SrcIP: s.c.Addr.String(), SrcPort: s.port, DstIP: k.addr.String(), DstPort: k.port, Proto: k.proto,
		DurationS: float64(length.Microseconds()) / 1e6,
		OrigPkts:  orig, RespPkts: resp + jobs,
		OrigBytes: s.size(orig, k.bytesPkt), RespBytes: s.size(resp, k.respPkt) + jobBytes,
	}
	s.rows.Flows = append(s.rows.Flows, f)
	if s.t.Packets {
		s.packets(k, f, at.Equal(k.start), told, resp)
	}
}

// fullSize is the payload of a full packet on Ethernet.
const fullSize = 1448

// news is how many bytes a server sends of a block.
type news struct{ least, most int64 }

// What is told of a block. A header is that of Electrum's blockchain.headers.subscribe: 160
// characters of the header in a message of 265 B, with TLS and IP 340 to 360 B. An API that
// is asked for blocks alone sends more of each (judgement).
var (
	poolJob = &news{1200, 2000}
	header  = &news{340, 360}
	block   = &news{1000, 3000}
)

// ofBlocks returns what a server sends, nothing if nobody knows of blocks.
func (s *sim) ofBlocks(n *news) *news {
	if len(s.t.Blocks) == 0 {
		return nil
	}
	return n
}

// A job is what a pool sends at an instant.
type job struct {
	at    time.Time
	bytes int64
}

// newsAt returns when a server sends something in [from, to): once a block, and pools to refresh a job.
func (s *sim) newsAt(what *news, from, to time.Time) (out []time.Time) {
	first, _ := slices.BinarySearchFunc(s.t.Blocks, from, time.Time.Compare)
	every := time.Duration(0)
	if what == poolJob {
		every = time.Duration(s.t.RefreshS) * time.Second
	}
	for i := max(0, first-1); i < len(s.t.Blocks) && s.t.Blocks[i].Before(to); i++ {
		b, until := s.t.Blocks[i], to
		if !b.Before(from) {
			out = append(out, b)
		}
		if every == 0 {
			continue
		}
		if i+1 < len(s.t.Blocks) && s.t.Blocks[i+1].Before(to) {
			until = s.t.Blocks[i+1]
		}
		n := max(1, (from.Sub(b)+every-1)/every)
		for at := b.Add(n * every); at.Before(until); at = at.Add(every) {
			out = append(out, at)
		}
	}
	return out
}

// size is the bytes of n packets of a mean size, never below 40 a packet.
func (s *sim) size(n int64, mean float64) int64 {
	if n == 0 {
		return 0
	}
	b := float64(n)*mean + s.rng.NormFloat64()*mean*0.4*math.Sqrt(float64(n))
	return max(int64(b), 40*n)
}

func (s *sim) poisson(mean float64) int64 { return poisson(s.rng, mean) }

// poisson draws a count, by the normal law above 50.
func poisson(rng *rand.Rand, mean float64) int64 {
	if mean > 50 {
		return max(0, int64(math.Round(mean+rng.NormFloat64()*math.Sqrt(mean))))
	}
	n, p, limit := int64(0), rng.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= rng.Float64()
	}
	return n
}

// keep holds a connection open in [from, to): when it ends, after a time with
// the mean of lifeH hours, it is begun anew within two minutes.
func (s *sim) keep(k talk, from, to time.Time, lifeH float64) {
	for at := from; at.Before(to); {
		k.start, k.end = at, at.Add(time.Duration((0.2+s.rng.ExpFloat64())/1.2*lifeH*float64(time.Hour)))
		if k.end.After(to) {
			k.end = to
		}
		s.connect(k)
		at = k.end.Add(time.Duration(5+s.rng.IntN(115)) * time.Second)
	}
}

// between draws evenly from [low, high).
func (s *sim) between(low, high float64) float64 { return low + s.rng.Float64()*(high-low) }

// eachDay calls f with local midnight of every day of the period.
func (s *sim) eachDay(f func(midnight time.Time)) {
	y, m, d := s.begin.In(s.zone).Date()
	for i := 0; ; i++ {
		day := time.Date(y, m, d+i, 0, 0, 0, 0, s.zone)
		if !day.Before(s.end) {
			return
		}
		f(day)
	}
}

// at returns an instant between two hours of a local day.
func (s *sim) at(midnight time.Time, fromH, toH float64) time.Time {
	return midnight.Add(time.Duration(s.between(fromH, toH) * float64(time.Hour)))
}
