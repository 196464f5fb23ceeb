package traffic

import "github.com/minewatch/minewatch/datasets"

// Shape is how one session of a client with a server looks on average. Bytes
// are bytes on the wire with IP headers, as flow exporters count them.
type Shape struct {
	BytesPerS     float64 // both directions
	OrigPktsMin   float64 // packets a minute from the client
	RespPktsMin   float64 // and from the server
	OrigBytesPkt  float64 // bytes a packet from the client
	RespBytesPkt  float64 // and from the server
	MessagesRatio float64 // packets from the server for one from the client
}

// ShapeOf returns the shape of p; false if p has no duration or no packets in
// one direction, so that a ratio does not exist.
func ShapeOf(p datasets.FlowProfile) (Shape, bool) {
	if p.ActiveS <= 0 || p.OrigPkts == 0 || p.RespPkts == 0 {
		return Shape{}, false
	}
	minutes := p.ActiveS / 60
	return Shape{
		BytesPerS:     float64(p.OrigBytes+p.RespBytes) / p.ActiveS,
		OrigPktsMin:   float64(p.OrigPkts) / minutes,
		RespPktsMin:   float64(p.RespPkts) / minutes,
		OrigBytesPkt:  float64(p.OrigBytes) / float64(p.OrigPkts),
		RespBytesPkt:  float64(p.RespBytes) / float64(p.RespPkts),
		MessagesRatio: float64(p.RespPkts) / float64(p.OrigPkts),
	}, true
}

// paced reports whether there are as many packets as a miner has: 1 to 60 a minute, either
// way. The miners whose packets were read had 1.4 to 27.
func (s Shape) paced() bool {
	return s.OrigPktsMin >= 1 && s.OrigPktsMin <= 60 && s.RespPktsMin >= 1 && s.RespPktsMin <= 60
}

// ackBytes is a packet that only acknowledges, with timestamps; leastSaidMin is how many bytes a client that
// submits shares says a minute besides at least. Pools set the difficulty for several shares a minute of
// 100 B and more; of the captured miners with shares the slowest says 168 (ETH, 1.4 packets of 172 B). Pings are 60 or so.
const ackBytes, leastSaidMin = 52, 100

// submits reports whether the client says as much as one that submits shares.
func (s Shape) submits() bool { return (s.OrigBytesPkt-ackBytes)*s.OrigPktsMin >= leastSaidMin }

// LikeStratum reports whether a shape lies in the ranges of the miners whose
// packets were read: 14 of 16 sessions of at least 30 s, of BTC, ETH, XMR and
// ZEC, ran at 9 to 160 B/s in total; those with a solution of 1.3 kB (Equihash)
// send 350 to 900 B a packet and get at most 110 B back. A session whose pool
// keeps a rarely successful device waiting reaches down to 5 B/s. HTTP getwork
// (1.3 kB/s) is outside, and is left to the list of pools.
//
// A pool sends jobs: its packets are larger than acknowledgements, which have 40
// to 66 bytes. Of the captured pools none had a mean below 103. A server that only
// acknowledges what a sensor tells it is none.
func (s Shape) LikeStratum() bool {
	client := s.OrigBytesPkt >= 55 && s.OrigBytesPkt <= 240
	equihash := s.OrigBytesPkt >= 350 && s.OrigBytesPkt <= 900 && s.RespBytesPkt <= 110
	return (client || equihash) &&
		s.RespBytesPkt >= 80 && s.BytesPerS >= 5 && s.BytesPerS <= 400 &&
		s.paced() &&
		s.MessagesRatio >= 0.3 && s.MessagesRatio <= 4
}
