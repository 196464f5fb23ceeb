package sim

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// Sampled returns what an exporter that counts one packet in n, each on its own,
// would have written of the same traffic: records without a counted packet are
// gone, the times are those of the counted packets, and counts are multiplied by
// n as the formats' readers do. n = 1 returns the rows as they are.
func Sampled(flows []datasets.Flow, n int32, seed uint64) []datasets.Flow {
	if n <= 1 {
		return flows
	}
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	var out []datasets.Flow
	for _, f := range flows {
		orig, resp := thinned(rng, f.OrigPkts, n), thinned(rng, f.RespPkts, n)
		if orig+resp == 0 {
			continue
		}
		if f.OrigPkts > 0 {
			f.OrigBytes = orig * f.OrigBytes / f.OrigPkts * int64(n)
		}
		if f.RespPkts > 0 {
			f.RespBytes = resp * f.RespBytes / f.RespPkts * int64(n)
		}
		f.OrigPkts, f.RespPkts, f.Sampling = orig*int64(n), resp*int64(n), n
		first, last := span(rng, orig+resp)
		f.TS += datasets.Micros(first * f.DurationS * 1e6)
		f.DurationS *= last - first
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b datasets.Flow) int { return int(max(-1, min(1, a.TS-b.TS))) })
	return out
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

// span returns the first and the last of k instants drawn from [0, 1).
func span(rng *rand.Rand, k int64) (first, last float64) {
	first, last = 1, 0
	for range min(k, 100) { // of more, both ends are as good as 0 and 1
		x := rng.Float64()
		first, last = min(first, x), max(last, x)
	}
	return first, last
}
