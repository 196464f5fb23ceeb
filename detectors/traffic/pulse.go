package traffic

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/minewatch/minewatch/datasets"
)

// Of sampled records a large packet is one by itself, and its instant is known. What is
// looked at is how far the nearest block is, in classes ([datasets.Pulse]).
//
// By chance a packet falls into class k with probability q[k], that of the small packets of
// the whole network. A share s of a pool's large packets are jobs, whose lag is that of the
// list's clock: normal, with a standard deviation d. The nearest listed block may be another one, so
// that a job is further than r from any with probability (1-F(r))(1-Q(r)), F the normal law's
// and Q that of chance. With n[k] packets the ratio of the likelihoods is
//
//	B = mean over s and d of the product of (1 - s + s p[k]/q[k])^n[k],
//
// s even on (0, 1), d on clocks, weighted by how well the contacts with listed pools in the same data
// agree with it. By chance B is 1 on average whatever n is, so that B/m for the best of m
// contacts is above x in at most one of x windows (Markov): it is exact for few packets.

// clocks are standard deviations in s by which a list of block times may be off: an own
// node's clock, and those in the headers of blocks.
var clocks = [...]float64{2, 5, 10, 20, 30, 45, 60}

const (
	// sharesOfJobs is at how many shares s the mean is taken.
	sharesOfJobs = 32
	// blockEveryS is the mean time between blocks, and chancePrior how many small packets
	// it is worth where the network has few.
	blockEveryS, chancePrior = 600, 200
	// mostLearnt bounds the packets of listed pools that the clock is learnt from: more say no
	// more, and a product of as many ratios stays a number.
	mostLearnt = 5000
)

// A jobClock says how likely lags are for chance and for jobs.
type jobClock struct {
	chance [len(datasets.PulseS) + 1]float64
	ratio  [len(clocks)][len(datasets.PulseS) + 1]float64 // of a job's to chance
	weight [len(clocks)]float64                           // log
}

// newJobClock learns from the small packets of all, and the large ones of listed pools.
func newJobClock(small, listed datasets.Lags) *jobClock {
	c := &jobClock{}
	all := float64(small.Sum()) + chancePrior
	by := func(f func(r float64) float64) (out [len(datasets.PulseS) + 1]float64) {
		before := 0.0
		for k, r := range datasets.PulseS {
			at := f(float64(r))
			out[k], before = at-before, at
		}
		out[len(out)-1] = 1 - before
		return out
	}
	prior := by(func(r float64) float64 { return 1 - math.Exp(-2*r/blockEveryS) })
	for k := range c.chance {
		c.chance[k] = (float64(small[k]) + chancePrior*prior[k]) / all
	}
	for i, d := range clocks {
		sum, k := 0.0, -1
		job := by(func(r float64) float64 {
			k++
			sum += c.chance[k]
			return 1 - (1-math.Erf(r/d/math.Sqrt2))*(1-sum)
		})
		for k := range job {
			c.ratio[i][k] = job[k] / c.chance[k]
		}
	}
	if n := listed.Sum(); n > mostLearnt {
		for k := range listed {
			listed[k] = listed[k] * mostLearnt / n
		}
	}
	for i := range clocks {
		c.weight[i] = c.logB(i, listed)
	}
	floats.AddConst(-floats.LogSumExp(c.weight[:]), c.weight[:])
	return c
}

// logB is the log of the mean over the shares for one clock.
func (c *jobClock) logB(clock int, n datasets.Lags) float64 {
	var terms [sharesOfJobs]float64
	for i := range terms {
		s := (float64(i) + 0.5) / sharesOfJobs
		for k, count := range n {
			if count > 0 {
				terms[i] += float64(count) * math.Log(1-s+s*c.ratio[clock][k])
			}
		}
	}
	return floats.LogSumExp(terms[:]) - math.Log(sharesOfJobs)
}

// logLR is ln B.
func (c *jobClock) logLR(n datasets.Lags) float64 {
	var terms [len(clocks)]float64
	for i := range terms {
		terms[i] = c.weight[i] + c.logB(i, n)
	}
	return floats.LogSumExp(terms[:])
}

// within returns how many of the packets are less than 30 s from a block, and how many
// would be by chance.
func (c *jobClock) within(n datasets.Lags) (near int64, chance float64) {
	share := 0.0
	for k := range 3 {
		near += n[k]
		share += c.chance[k]
	}
	return near, share * float64(n.Sum())
}

// sampled returns the findings in sampled records.
func (d Blocks) sampled(w Window) []Finding {
	var list []datasets.FlowProfile
	for _, p := range w.Profiles {
		large := p.Pulse.Large()
		if shape, ok := ShapeOf(p); large.Sum() == 0 || !d.mayMine(p) || !ok || !shape.paced() {
			continue
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil
	}
	c := w.Network.jobClock()
	var out []Finding
	for _, p := range list {
		large := p.Pulse.Large()
		weight := c.logLR(large) - math.Log(float64(len(list)))
		if weight < math.Log(d.MinLR) {
			continue
		}
		near, chance := c.within(large)
		n := large.Sum()
		f := w.finding(d.Info(), p)
		f.Family, f.Host = FamilyTiming, p.SNI
		f.Statistic = (float64(near) - chance) / math.Sqrt(chance*(1-chance/float64(n)))
		f.PValue, f.N, f.LogLR = math.Exp(-weight), int32(min(n, math.MaxInt32)), min(d.Cap, weight)
		f.Detail = fmt.Sprintf("%s port %d sends large packets when a block is found: %d of %d sampled ones within 30 s of one, by chance %.1f (p %.4f for the best of %d contacts); pools do, and wallets and explorers",
			hostOf(p), p.ServerPort, near, n, chance, max(f.PValue, 0.0001), len(list))
		out = append(out, f)
	}
	return out
}
