package stitch

import "github.com/minewatch/minewatch/datasets"

const (
	// longestPulse bounds a record whose packets came at one instant.
	longestPulse = 2 * second
	// largePulse is the size in B from which a packet is a large one: jobs of Bitcoin's
	// pools have 1.2 to 2 kB, in packets of at most 1.5 kB.
	largePulse = 1000
	// MessageGap parts large packets of a contact: what comes together is one message.
	MessageGap = 60 * second
	// listGap is the longest time from a listed block to a packet that is held against the
	// list: a pause of Bitcoin is longer in one of 160,000 (exp(-12)), so that the list has one.
	listGap = 7200 * second
)

// Large reports whether a sampled record is a large packet from the server, or several of one instant.
func Large(f *datasets.Flow) bool {
	return f.Sampling > 1 && f.RespPkts > 0 && f.DurationS*1e6 <= float64(longestPulse) && large(f.RespPkts, f.RespBytes)
}

func large(pkts, bytes int64) bool { return bytes/pkts >= largePulse }

// farJob is from where on a job says nothing of a packet.
var farJob = datasets.Micros(datasets.JobS[len(datasets.JobS)-1]) * second

// A pulse is what is known of how a contact's single packets follow the blocks.
type pulse struct {
	datasets.Pulse
	large datasets.Micros // instant of the latest large packet that was counted
}

// pulse adds a sampled record of one instant.
func (x *Stitcher) pulse(s *session, c *contact, f *datasets.NumberedFlow, end datasets.Micros) {
	if f.RespPkts <= 0 || end-f.TS > longestPulse {
		return
	}
	job, block := x.jobLag(s, f.TS), x.lag(f.TS)
	if len(x.set.Blocks) > 0 && block > listGap {
		return
	}
	if c.pulse == nil {
		c.pulse = &pulse{large: -MessageGap}
	}
	big := large(f.RespPkts, f.RespBytes)
	if big {
		if f.TS-c.pulse.large < MessageGap {
			return
		}
		c.pulse.large = f.TS
	}
	c.pulse.Add(big, job, block)
}

// jobLag returns how far the nearest job of another client is; beyond farJob it is
// not looked for. Records come in order.
func (x *Stitcher) jobLag(s *session, at datasets.Micros) datasets.Micros {
	for x.job < len(x.set.Jobs) && x.set.Jobs[x.job].At <= at-farJob {
		x.job++
	}
	lag := farJob
	for i := x.job; i < len(x.set.Jobs) && x.set.Jobs[i].At < at+farJob; i++ {
		if x.vouching[i] != s.client {
			lag = min(lag, max(at-x.set.Jobs[i].At, x.set.Jobs[i].At-at))
		}
	}
	return lag
}

// lag returns how far the nearest block is. Records come in order.
func (x *Stitcher) lag(at datasets.Micros) datasets.Micros {
	x.pass(at)
	lag := datasets.Micros(1 << 62)
	if x.block < len(x.set.Blocks) {
		lag = x.set.Blocks[x.block] - at
	}
	if x.block > 0 {
		lag = min(lag, at-x.set.Blocks[x.block-1])
	}
	return lag
}

// pass goes to the first block not before an instant.
func (x *Stitcher) pass(at datasets.Micros) {
	for x.block < len(x.set.Blocks) && x.set.Blocks[x.block] < at {
		x.block++
	}
}
