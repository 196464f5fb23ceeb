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
	port       int32
	refreshed  []int // jobs that refresh all blocks before each
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
	jobs       bool    // the server tells of blocks
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
			s.rows.TLS = append(s.rows.TLS, datasets.TLS{TS: datasets.MicrosOf(k.start.Add(80 * time.Millisecond)), SrcIP: client, DstIP: k.addr.String(), DstPort: k.port, SNI: k.host})
		}
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
	if k.jobs {
		for range s.jobs(at, at.Add(length)) {
			orig++
			b := 1200 + s.rng.Int64N(800)
			jobs, jobBytes = jobs+1+b/1448, jobBytes+b // 1448: payload of a packet on Ethernet
		}
	}
	if orig+resp+jobs == 0 {
		return
	}
	// The first packet of a record comes with the record, the last a moment before its end.
	if length > time.Second {
		length -= time.Duration(s.rng.Int64N(int64(time.Second)))
	}
	s.rows.Flows = append(s.rows.Flows, datasets.Flow{
		TS: datasets.MicrosOf(at), SrcIP: s.c.Addr.String(), SrcPort: s.port, DstIP: k.addr.String(), DstPort: k.port, Proto: k.proto,
		DurationS: float64(length.Microseconds()) / 1e6,
		OrigPkts:  orig, RespPkts: resp + jobs,
		OrigBytes: s.size(orig, k.bytesPkt), RespBytes: s.size(resp, k.respPkt) + jobBytes,
	})
}

// jobs counts the jobs in [from, to): one a block, and those that refresh it.
func (s *sim) jobs(from, to time.Time) int {
	return s.jobsBefore(to) - s.jobsBefore(from)
}

func (s *sim) jobsBefore(t time.Time) int {
	i, _ := slices.BinarySearchFunc(s.t.Blocks, t, time.Time.Compare)
	if s.t.RefreshS == 0 || i == 0 {
		return i
	}
	for len(s.refreshed) < i { // jobs that refresh the block before each
		k := len(s.refreshed)
		n := 0
		if k > 0 {
			n = s.refreshed[k-1] + s.refreshes(s.t.Blocks[k-1], s.t.Blocks[k])
		}
		s.refreshed = append(s.refreshed, n)
	}
	return i + s.refreshed[i-1] + s.refreshes(s.t.Blocks[i-1], t)
}

// refreshes counts the jobs after that of a block and before an instant.
func (s *sim) refreshes(block, before time.Time) int {
	return max(0, int((before.Sub(block)-1)/(time.Duration(s.t.RefreshS)*time.Second)))
}

// size is the bytes of n packets of a mean size, never below 40 a packet.
func (s *sim) size(n int64, mean float64) int64 {
	if n == 0 {
		return 0
	}
	b := float64(n)*mean + s.rng.NormFloat64()*mean*0.4*math.Sqrt(float64(n))
	return max(int64(b), 40*n)
}

// poisson draws a count, by the normal law above 50.
func (s *sim) poisson(mean float64) int64 {
	if mean > 50 {
		return max(0, int64(math.Round(mean+s.rng.NormFloat64()*math.Sqrt(mean))))
	}
	n, p, limit := int64(0), s.rng.Float64(), math.Exp(-mean)
	for p > limit {
		n++
		p *= s.rng.Float64()
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
