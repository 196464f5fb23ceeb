package pipeline

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sim"
	"github.com/minewatch/minewatch/detectors/traffic"
)

// An oracle knows what no detector can: the law by which the crowd was made. Of each contact it
// is told when it was open, how many full packets servers send of themselves (evenly on a log
// scale from 1 in 10,000 to 3 in 100, [sim.Traffic.Packets]), that a pool sends one large packet a block and session and none
// besides, and how far the list is off. What remains is chance: which packets were counted.
//
// With large packets at t[j] and sampling of 1 in n, a pool's rate is that of the listed blocks b
// under the law of the clock, of k sessions: k/n Σ φ(t-b); others' is even. Wallets
// that are always on are one in 1,000: no ratio is worth more.
type oracle struct {
	blocks []datasets.Micros // as listed
	clockS float64
	oneIn  float64
}

// mostOracle is ln 1000.
const mostOracle = 6.9

// An oracleContact is what an oracle is told of one contact.
type oracleContact struct {
	large  []datasets.Micros
	server float64         // packets from it that were counted
	openS  float64         // sum over its sessions
	spans  []datasets.Flow // records as they were before sampling
}

// ratio returns the log of the likelihood ratio of a client's contacts, one of which may be
// a pool's.
func (o oracle) ratio(rows sim.Rows, sampled []datasets.Flow) float64 {
	by := map[endpointKey]*oracleContact{}
	for _, f := range rows.Flows {
		k := endpointKey{f.DstIP, f.DstPort, f.Proto}
		if by[k] == nil {
			by[k] = &oracleContact{}
		}
		by[k].openS += f.DurationS
		by[k].spans = append(by[k].spans, f)
	}
	for _, f := range sampled {
		c := by[endpointKey{f.DstIP, f.DstPort, f.Proto}]
		c.server += float64(f.RespPkts) / o.oneIn
		if f.RespPkts > 0 && f.RespBytes >= 1000*f.RespPkts && f.DurationS <= 2 {
			c.large = append(c.large, f.TS)
		}
	}
	var terms []float64
	for _, c := range by {
		if perMin := c.server * o.oneIn / c.openS * 60; c.openS >= 12*3600 && perMin >= 1 && perMin <= 60 {
			terms = append(terms, min(mostOracle, o.pool(c)-o.other(c)))
		}
	}
	if len(terms) == 0 {
		return 0
	}
	slices.Sort(terms) // the sum must not depend on the map
	return floats.LogSumExp(terms) - math.Log(float64(len(terms)))
}

// pool is the log of the likelihood of a pool's.
func (o oracle) pool(c *oracleContact) float64 {
	jobs := 0.0 // that were sent
	for _, f := range c.spans {
		from, _ := slices.BinarySearch(o.blocks, f.TS)
		to, _ := slices.BinarySearch(o.blocks, f.TS+datasets.Micros(f.DurationS*1e6))
		jobs += float64(to - from)
	}
	sessions := c.sessions()
	out := -jobs / o.oneIn
	for _, t := range c.large {
		sum := 1e-12
		first, _ := slices.BinarySearch(o.blocks, t-600e6)
		for _, b := range o.blocks[first:] {
			if b > t+600e6 {
				break
			}
			z := (float64(t-b)/1e6 - 1) / o.clockS // jobs come a second after the block
			sum += math.Exp(-z*z/2) / o.clockS / math.Sqrt(2*math.Pi)
		}
		out += math.Log(sessions * sum / o.oneIn)
	}
	return out
}

// sessions is how many are open at once.
func (c *oracleContact) sessions() float64 {
	open, reached := 0.0, datasets.Micros(0)
	for _, f := range c.spans {
		end := f.TS + datasets.Micros(f.DurationS*1e6)
		open += float64(max(0, end-max(f.TS, reached))) / 1e6
		reached = max(reached, end)
	}
	return max(1, math.Round(c.openS/open))
}

// other is that of somebody else's.
func (o oracle) other(c *oracleContact) float64 {
	const shares = 60
	var terms [shares]float64
	for i := range terms {
		share := 1e-4 * math.Exp((float64(i)+0.5)/shares*math.Log(300))
		terms[i] = -share*c.server + float64(len(c.large))*math.Log(share*max(1, c.server)/c.openS)
	}
	return floats.LogSumExp(terms[:]) - math.Log(shares)
}

// instead puts what the oracle says in the place of what was found by timing.
func instead(found []traffic.Finding, logLR float64) []traffic.Finding {
	found = slices.DeleteFunc(slices.Clone(found), func(f traffic.Finding) bool { return f.Family == traffic.FamilyTiming })
	if logLR > 0 {
		info := traffic.DefaultBlocks().Info()
		found = append(found, traffic.Finding{Family: traffic.FamilyTiming, Evidence: datasets.Evidence{
			Detector: info.ID, Group: info.Group, Status: datasets.Spoken, LogLR: logLR, Start: 0, End: math.MaxInt64,
		}})
	}
	return found
}
