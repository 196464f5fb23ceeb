package sim

import (
	"fmt"
	"math"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// A Packet is one packet from a server whose instant and size are known.
type Packet struct {
	TS      datasets.Micros
	SrcPort int32 // of the client
	DstIP   string
	Bytes   int64
}

// packets keeps the packets of a record whose instants are known: jobs, when the block has reached the
// pool and the job the miner, and what servers send in full packets otherwise. These are taken
// from the record's bytes, so that its other packets are the smaller.
//
// A block reaches half of the network within a second, and a pool sends at once: 0.2 s and
// an exponential of 0.8 s (judgement). Certificates come with a TLS handshake.
func (s *sim) packets(k talk, f datasets.Flow, begins bool, told []job, others int64) {
	end := f.TS + datasets.Micros(f.DurationS*1e6)
	add := func(at datasets.Micros, bytes int64) {
		s.rows.Large = append(s.rows.Large, Packet{TS: max(f.TS, min(at, end)), SrcPort: f.SrcPort, DstIP: f.DstIP, Bytes: bytes})
	}
	spare := f.RespBytes
	for _, j := range told {
		at := datasets.MicrosOf(j.at.Add(time.Duration((0.2 + 0.8*s.inside.ExpFloat64()) * float64(time.Second))))
		spare -= j.bytes
		for range j.bytes / fullSize {
			add(at, fullSize)
		}
		if rest := j.bytes % fullSize; rest > 0 {
			add(at, rest)
		}
	}
	spare -= 45 * others
	room := min(others, spare/(fullSize-45))
	if begins && k.tls {
		for range min(room, 2+s.inside.Int64N(2)) {
			add(f.TS+datasets.Micros(100_000), fullSize)
			room--
		}
	}
	for n := poisson(s.inside, k.large*float64(others)); n > 0 && room > 0; {
		at := f.TS + datasets.Micros(s.inside.Float64()*float64(end-f.TS))
		for range min(n, room, 1+s.inside.Int64N(12)) { // a message
			add(at, fullSize)
			n, room = n-1, room-1
		}
	}
}

// largeShare is the share of a server's packets that are full ones: settings, lists,
// pictures and programs are longer than a message. It is drawn evenly on a log scale from
// 1 in 10,000 to 3 in 100 for each client and server port: miners' jobs are 2 in 100.
func largeShare(client string, k talk) float64 {
	u := float64(hash(fmt.Sprint("large ", client, k.addr, k.port))>>11) / (1 << 53)
	return 1e-4 * math.Exp(u*math.Log(300))
}
