package sim

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// An Exporter counts one packet in OneIn, each on its own, and writes a record of what
// it counted of a connection in one direction when it has counted nothing more for
// InactiveS seconds.
type Exporter struct {
	OneIn     int32
	InactiveS float64
	Seed      uint64
}

// DefaultInactiveS is the inactive timeout that ships with Cisco IOS, JUNOSe and FortiOS ("default
// is 15sec", Catalyst 4500 Software Configuration Guide OL-7659, Configuring NetFlow Aging
// Parameters; "ip flow-cache timeout inactive", JUNOSe IP Services; "config system netflow",
// FortiOS CLI Reference). Junos has 60.
const DefaultInactiveS = 15

// Sampled returns what the exporter would have written of the same traffic. Records without a
// counted packet are gone; times are those of the counted packets, so that a miner's are
// mostly of one packet with its instant and its size; counts are multiplied by OneIn as
// the formats' readers do. OneIn = 1 returns the rows as they are.
//
// Large packets come when rows say, the others at any instant of their record, with sizes
// that scatter by 0.4 of the mean (log-normal), less where that is near a full packet.
func (e Exporter) Sampled(rows Rows) []datasets.Flow {
	if e.OneIn <= 1 {
		return rows.Flows
	}
	x := exporting{Exporter: e, rng: rand.New(rand.NewPCG(e.Seed, uint64(e.OneIn))), large: map[talkKey][]Packet{}}
	for _, p := range rows.Large {
		k := talkKey{p.SrcPort, p.DstIP}
		x.large[k] = append(x.large[k], p)
	}
	for _, f := range rows.Flows {
		x.record(f)
	}
	slices.SortStableFunc(x.out, func(a, b datasets.Flow) int { return cmp.Compare(a.TS, b.TS) })
	return x.out
}

// A talkKey tells the connections of a client that are open at once.
type talkKey struct {
	port int32
	ip   string
}

type exporting struct {
	Exporter
	rng   *rand.Rand
	large map[talkKey][]Packet // that have not come yet
	out   []datasets.Flow
}

// counted is a packet that was counted.
type counted struct {
	at    datasets.Micros
	bytes int64
}

func (x *exporting) record(f datasets.Flow) {
	k := talkKey{f.SrcPort, f.DstIP}
	end := f.TS + datasets.Micros(f.DurationS*1e6)
	list := x.large[k]
	for len(list) > 0 && list[0].TS < f.TS { // of records that are gone
		list = list[1:]
	}
	var told []counted
	small, smallBytes := f.RespPkts, f.RespBytes
	for len(list) > 0 && list[0].TS <= end {
		if x.rng.Int32N(x.OneIn) == 0 {
			told = append(told, counted{list[0].TS, list[0].Bytes})
		}
		small, smallBytes = small-1, smallBytes-list[0].Bytes
		list = list[1:]
	}
	x.large[k] = list
	x.direction(f, x.drawn(f, f.OrigPkts, f.OrigBytes, nil), func(r *datasets.Flow, n, b int64) {
		r.Direction, r.OrigPkts, r.OrigBytes = "orig", n, b
	})
	x.direction(f, x.drawn(f, small, smallBytes, told), func(r *datasets.Flow, n, b int64) {
		r.Direction, r.RespPkts, r.RespBytes = "resp", n, b
	})
}

// drawn adds the counted ones of pkts packets of a record to those that are known, in the
// order of time.
func (x *exporting) drawn(f datasets.Flow, pkts, bytes int64, known []counted) []counted {
	if pkts <= 0 {
		return known
	}
	mean := float64(bytes) / float64(pkts)
	spread := max(0, min(0.4, (1500-mean)/mean/2)) // below a full packet
	sigma := math.Sqrt(math.Log1p(spread * spread))
	for range thinned(x.rng, pkts, x.OneIn) {
		size := mean * math.Exp(sigma*x.rng.NormFloat64()-sigma*sigma/2)
		known = append(known, counted{f.TS + datasets.Micros(x.rng.Float64()*f.DurationS*1e6), int64(max(40, min(1500, size)))})
	}
	slices.SortFunc(known, func(a, b counted) int { return cmp.Compare(a.at, b.at) })
	return known
}

// direction writes the records of one direction.
func (x *exporting) direction(f datasets.Flow, list []counted, set func(r *datasets.Flow, pkts, bytes int64)) {
	inactive := datasets.Micros(x.InactiveS * 1e6)
	for i := 0; i < len(list); {
		j, bytes := i, int64(0)
		for ; j < len(list) && (j == i || list[j].at-list[j-1].at <= inactive); j++ {
			bytes += list[j].bytes
		}
		r := f
		r.TS, r.DurationS, r.Sampling = list[i].at, float64(list[j-1].at-list[i].at)/1e6, x.OneIn
		r.OrigPkts, r.RespPkts, r.OrigBytes, r.RespBytes = 0, 0, 0, 0
		set(&r, int64(j-i)*int64(x.OneIn), bytes*int64(x.OneIn))
		x.out = append(x.out, r)
		i = j
	}
}

// thinned draws how many of k packets are counted.
func thinned(rng *rand.Rand, k int64, n int32) int64 {
	p := 1 / float64(n)
	mean := float64(k) * p
	if mean > 50 { // the normal law is near enough
		return min(k, max(0, int64(math.Round(mean+rng.NormFloat64()*math.Sqrt(mean*(1-p))))))
	}
	var c int64
	// Gaps between counted packets are geometric.
	for at := gap(rng, p); at <= k; at += gap(rng, p) {
		c++
	}
	return c
}

func gap(rng *rand.Rand, p float64) int64 {
	return 1 + int64(math.Log(1-rng.Float64())/math.Log(1-p))
}
