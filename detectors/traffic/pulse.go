package traffic

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/minewatch/minewatch/datasets"
)

// Of sampled records a large packet is one by itself, and its instant is known. What is
// looked at is how far from it a listed pool sent another client a job, and if none did
// how far the nearest block is, in classes ([datasets.Pulse]).
//
// By chance a packet falls into class k with probability q[k], that of the small packets of
// the whole network but those with listed pools. A share s of a pool's large packets are jobs. Of
// these a share c was counted with others, too, by a law of Laplace with scale τ: all pools hear of a block
// within seconds. The lag of the rest is that of the
// list's clock: normal, with a standard deviation d. The nearest listed block may be another one, so
// that a job is further than r from any with probability (1-F(r))(1-Q(r)), F the normal law's
// and Q that of chance. With n[k] packets the ratio of the likelihoods is
//
//	B = mean over s, c, τ and d of the product of (1 - s + s p[k]/q[k])^n[k],
//
// s and c even on (0, 1), c 0 if no job of others is known, τ even on scalesS, d on clocks and "of
// another coin" (as chance), weighted by how well the contacts with listed pools in the same data
// agree with it; and of this mean and that in which s, c and τ are weighted so, too, half each: other
// pools need not be like the listed, and who vouches for most has few to vouch for him.
// By chance B is 1 on average whatever n is, so that B/m for the best of m
// contacts is above x in at most one of x windows (Markov): it is exact for few packets.

// classes is how many classes of lag there are, jobClasses how many of them are near a job.
const (
	classes    = len(datasets.Lags{})
	jobClasses = len(datasets.JobS)
)

// clocks are standard deviations in s by which a list of block times may be off: an own
// node's clock, and those in the headers of blocks.
var clocks = [...]float64{2, 5, 10, 20, 30, 45, 60}

// scalesS are scales of the time in s between two jobs of a block (judgement): half of all nodes
// knew of a block within 3.3 s in 2014 (bitcoinstats.com, after Decker and Wattenhofer, P2P 2013), and
// pools, which lose by every second, are faster.
var scalesS = [...]float64{0.5, 1, 2, 4}

const (
	// sharesOfJobs is at how many shares s the mean is taken, and coverages at how many c.
	sharesOfJobs, coverages = 32, 5
	// blockEveryS is the mean time between blocks, and chancePrior how many small packets
	// it is worth where the network has few.
	blockEveryS, chancePrior = 600, 200
	// mostLearnt bounds the packets of listed pools that the clock is learnt from: more say no
	// more, and a product of as many ratios stays a number.
	mostLearnt = 5000
	// mixedServers is the share of servers that tell their clients different things without being known
	// for it, such as a rented relay (judgement).
	mixedServers = 0.02
	// noJobs is the share of farms that are sent no large packet with a block of Bitcoin's: 2 % in Kazakhstan mine
	// another coin (eenergy.media 25291), and jobs of Stratum V2 are short (judgement).
	noJobs = 0.1
	// leastSilence is the weight below which a silence is not worth telling.
	leastSilence = 0.1
)

// A jobClock says how likely lags are for chance and for jobs.
type jobClock struct {
	chance [classes]float64
	laws   []jobLaw
	known  sync.Map // sums by what they are of
}

// A jobLaw is one law of the lags of jobs.
type jobLaw struct {
	weights [sharesOfJobs]float64          // log, of the shares
	terms   [sharesOfJobs][classes]float64 // log of 1 - s + s p/q
}

// newJobClock learns from the small packets of all, and the large ones of listed pools.
func newJobClock(small, listed datasets.Lags) *jobClock {
	c := &jobClock{}
	known := small.NearJobs()+listed.NearJobs() > 0
	c.chance = chanceOf(small, known)
	far := 0.0 // chance of not being near a job
	for _, q := range c.chance[jobClasses:] {
		far += q
	}
	nears := nearLaws(known)
	var learnt []float64 // of each law and share
	for _, law := range c.clockLaws(far) {
		var alone [classes]float64 // given that no job is near
		for k := jobClasses; k < classes; k++ {
			alone[k] = law[k] * far / c.chance[k]
		}
		ofClock := newJobLaw(alone)
		weight := ofClock.logB(mostOf(listed.Far())) - math.Log(float64(len(nears)*sharesOfJobs))
		for _, near := range nears {
			l := newJobLaw(c.ratio(near, law))
			sums := l.sums(mostOf(listed))
			learnt = append(learnt, sums[:]...)
			for i := range l.weights {
				l.weights[i] = weight
			}
			c.laws = append(c.laws, l)
		}
	}
	c.weigh(learnt)
	return c
}

// ratio returns the ratio of the likelihoods of a job's lag.
func (c *jobClock) ratio(near [jobClasses]float64, law [classes]float64) (out [classes]float64) {
	left := 1.0
	for k, p := range near {
		left -= p
		if p > 0 {
			out[k] = p / c.chance[k]
		}
	}
	for k := jobClasses; k < classes; k++ {
		out[k] = left * law[k] / c.chance[k]
	}
	return out
}

// weigh makes the weights of all laws and shares sum to 1, and half of them what was learnt.
func (c *jobClock) weigh(learnt []float64) {
	var even []float64
	for _, l := range c.laws {
		even = append(even, l.weights[:]...)
	}
	all, allLearnt := floats.LogSumExp(even), floats.LogSumExp(learnt)
	for i := range c.laws {
		for k := range c.laws[i].weights {
			at := i*sharesOfJobs + k
			c.laws[i].weights[k] = floats.LogSumExp([]float64{even[at] - all, learnt[at] - allLearnt}) - math.Ln2
		}
	}
}

// chanceOf returns how likely each class is by chance: blocks and jobs come at random.
func chanceOf(small datasets.Lags, known bool) (chance [classes]float64) {
	far := 1.0
	if known {
		before := 0.0
		for k, r := range datasets.JobS {
			at := 1 - math.Exp(-2*float64(r)/blockEveryS)
			chance[k], before = at-before, at
		}
		far = 1 - before
	}
	before := 0.0
	for k, r := range datasets.PulseS {
		at := 1 - math.Exp(-2*float64(r)/blockEveryS)
		chance[jobClasses+k], before = far*(at-before), at
	}
	chance[classes-1] = far * (1 - before)
	all := float64(small.Sum()) + chancePrior
	for k := range chance {
		chance[k] = (float64(small[k]) + chancePrior*chance[k]) / all
	}
	return chance
}

// clockLaws returns the laws of the lag of a job from the nearest listed block, given that
// no other job is near. The last is of a list of another coin, or none.
func (c *jobClock) clockLaws(far float64) (laws [][classes]float64) {
	for _, d := range clocks {
		var law [classes]float64
		sum, before := 0.0, 0.0
		for k, r := range datasets.PulseS {
			sum += c.chance[jobClasses+k] / far
			at := 1 - (1-math.Erf(float64(r)/d/math.Sqrt2))*(1-sum)
			law[jobClasses+k], before = at-before, at
		}
		law[classes-1] = 1 - before
		laws = append(laws, law)
	}
	var other [classes]float64
	for k := jobClasses; k < classes; k++ {
		other[k] = c.chance[k] / far
	}
	return append(laws, other)
}

// nearLaws returns the chances of a job to be near one of somebody else, by class.
func nearLaws(known bool) (laws [][jobClasses]float64) {
	if !known {
		return make([][jobClasses]float64, 1)
	}
	for i := range coverages {
		covered := (float64(i) + 0.5) / coverages
		for _, scale := range scalesS {
			var law [jobClasses]float64
			before := 0.0
			for k, r := range datasets.JobS {
				at := covered * (1 - math.Exp(-float64(r)/scale))
				law[k], before = at-before, at
			}
			laws = append(laws, law)
		}
	}
	return laws
}

// mostOf returns at most mostLearnt packets, in the same shares.
func mostOf(listed datasets.Lags) datasets.Lags {
	if n := listed.Sum(); n > mostLearnt {
		for k := range listed {
			listed[k] = listed[k] * mostLearnt / n
		}
	}
	return listed
}

func newJobLaw(ratio [classes]float64) (l jobLaw) {
	for i := range l.terms {
		s := (float64(i) + 0.5) / sharesOfJobs
		for k, r := range ratio {
			l.terms[i][k] = math.Log(1 - s + s*r)
		}
	}
	return l
}

// sums returns the log of the product for each share.
func (l *jobLaw) sums(n datasets.Lags) (out [sharesOfJobs]float64) {
	for i := range out {
		for k, count := range n {
			if count > 0 {
				out[i] += float64(count) * l.terms[i][k]
			}
		}
	}
	return out
}

// logB is the log of the mean over the shares by their weights.
func (l *jobLaw) logB(n datasets.Lags) float64 {
	sums := l.sums(n)
	floats.Add(sums[:], l.weights[:])
	return floats.LogSumExp(sums[:])
}

// logLR is ln B.
func (c *jobClock) logLR(n datasets.Lags) float64 {
	return c.sum(n, func(l *jobLaw) float64 { return l.logB(n) })
}

// logLRAt is ln B where the share of jobs is known.
func (c *jobClock) logLRAt(n datasets.Lags, share float64) float64 {
	i := int(share * sharesOfJobs)
	return c.sum(lagsAt{n, i}, func(l *jobLaw) float64 {
		sums := l.sums(n)
		return floats.LogSumExp(l.weights[:]) + sums[i]
	})
}

// lagsAt are lags of which a share are jobs.
type lagsAt struct {
	lags  datasets.Lags
	share int // index
}

// sum adds up what all laws say, and keeps it by a key: most contacts have as few packets as others.
func (c *jobClock) sum(key any, of func(l *jobLaw) float64) float64 {
	if v, ok := c.known.Load(key); ok {
		return v.(float64)
	}
	terms := make([]float64, len(c.laws))
	for i := range c.laws {
		terms[i] = of(&c.laws[i])
	}
	out := floats.LogSumExp(terms)
	c.known.Store(key, out)
	return out
}

// shared returns the log of a likelihood ratio of a contact: that of what its server sent all its
// clients, and with a chance of mixedServers that of what it sent this client.
func shared(own, all float64) float64 {
	return floats.LogSumExp([]float64{math.Log1p(-mixedServers) + all, math.Log(mixedServers) + own})
}

// told is the log of the likelihood ratio of the instants of a server's large packets, and, of those it sent all
// its clients, of their number, if that is below the median of a pool's: a few by chance are no jobs of many.
func (c *jobClock) told(p datasets.FlowProfile, all sent) float64 {
	own := sentTo(p)
	if all == own {
		return c.logLR(own.large)
	}
	return shared(c.logLR(own.large), c.logLR(mostOf(all.large))+min(0, math.Ln2+all.few()))
}

// few is the log of the chance that no more packets than these are counted of as many jobs as are expected.
func (x sent) few() float64 {
	return math.Log(distuv.Poisson{Lambda: x.jobs}.CDF(float64(x.large.Sum())))
}

// silent is the log of the likelihood ratio of a contact whose server does not send jobs, at most 0: of as few
// large packets as were counted where of a pool of Bitcoin's it would be all.jobs on average, and of their
// instants. Of miners noJobs are sent none.
func (c *jobClock) silent(p datasets.FlowProfile, all sent) float64 {
	own := sentTo(p)
	out := c.silence(all)
	if all != own {
		out = shared(c.silence(own), out)
	}
	if out > -leastSilence {
		return 0
	}
	return out
}

// silence takes it that half of the jobs expected are among the large packets at least, however many others there are.
func (c *jobClock) silence(x sent) float64 {
	if x.jobs == 0 {
		return 0
	}
	jobs := x.few()
	if n := float64(x.large.Sum()); n > 0 {
		jobs += c.logLRAt(mostOf(x.large), min(1, x.jobs/n)/2)
	}
	return floats.LogSumExp([]float64{math.Log1p(-noJobs) + jobs, math.Log(noJobs)})
}

// untold is what it takes off that a server does not tell its clients of blocks, of sampled records; nothing if it
// may.
func (w Window) untold(p datasets.FlowProfile) []point {
	if p.Sampling <= 1 {
		return nil
	}
	sent := w.Network.sent(p)
	add := w.Network.jobClock().silent(p, sent)
	if add == 0 {
		return nil
	}
	return []point{{add, fmt.Sprintf("%d large packets from its server where a pool of Bitcoin's sends %.0f when blocks are found", sent.large.Sum(), sent.jobs)}}
}

// within returns how many of the packets are near a job or less than 30 s from a block, and how many
// would be by chance.
func (c *jobClock) within(n datasets.Lags) (near int64, chance float64) {
	share := 0.0
	for k := range jobClasses + 3 {
		near += n[k]
		share += c.chance[k]
	}
	return near, share * float64(n.Sum())
}

// sampled returns the findings in sampled records.
func (d Blocks) sampled(w Window) []Finding {
	type contact struct {
		p    datasets.FlowProfile
		sent sent
		most float64
	}
	var list []contact
	tested := 0
	for _, p := range w.Profiles {
		if p.Sampling <= 1 || !d.mayMine(p) {
			continue
		}
		shape, _ := ShapeOf(p)
		if !shape.paced() {
			continue
		}
		if sent := w.Network.sent(p); sent.large.Sum() > 0 {
			most := d.Cap
			if shape.submits() {
				most = d.CapLarge
			}
			list = append(list, contact{p, sent, mostOfContact(p, most)})
		}
		if p.Pulse.Large().Sum() > 0 {
			tested++
		}
	}
	if len(list) == 0 {
		return nil
	}
	tested = max(1, tested)
	c := w.Network.jobClock()
	var out []Finding
	for _, x := range list {
		p, large := x.p, x.sent.large
		weight := c.told(p, x.sent) - math.Log(float64(tested))
		if weight < math.Log(d.MinLR) {
			continue
		}
		near, chance := c.within(large)
		n := large.Sum()
		f := w.finding(d.Info(), p)
		f.Family, f.Host = FamilyTiming, p.SNI
		f.Statistic = (float64(near) - chance) / math.Sqrt(chance*(1-chance/float64(n)))
		f.PValue, f.N, f.LogLR = math.Exp(-weight), int32(min(n, math.MaxInt32)), min(x.most, weight)
		to := ""
		if others := n - p.Pulse.Large().Sum(); others > 0 {
			to = fmt.Sprintf(" (%d to other clients)", others)
		}
		f.Detail = fmt.Sprintf("%s port %d sends large packets when a block is found: %d of %d sampled ones%s within 30 s of one or 5 s of a job that a listed pool sent another client, by chance %.1f (p %.4f for the best of %d contacts); pools do, and some displays and bots",
			hostOf(p), p.ServerPort, near, n, to, chance, max(f.PValue, 0.0001), tested)
		out = append(out, f)
	}
	return out
}
