package pipeline

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sim"
)

// Environment variables that make the benchmark of the crowd as large as the
// figures of detectors/traffic/BENCHMARK.md: MINEWATCH_CROWD=10000,14,10 for
// subscribers, days and miners of each form, MINEWATCH_SEEDS=101,102 for the seeds.
func crowdSize() (n, days, perForm int, seeds []uint64) {
	n, days, perForm, seeds = 600, 4, 3, []uint64{1}
	if parts := strings.Split(os.Getenv("MINEWATCH_CROWD"), ","); len(parts) == 3 {
		n, _ = strconv.Atoi(parts[0])
		days, _ = strconv.Atoi(parts[1])
		perForm, _ = strconv.Atoi(parts[2])
	}
	if s := os.Getenv("MINEWATCH_SEEDS"); s != "" {
		seeds = nil
		for _, p := range strings.Split(s, ",") {
			v, _ := strconv.ParseUint(p, 10, 64)
			seeds = append(seeds, v)
		}
	}
	return n, days, perForm, seeds
}

// BenchmarkCrowd finds miners in a crowd of simulated subscribers, by form and by
// sampling rate, with traffic alone and with a simulated meter.
func BenchmarkCrowd(b *testing.B) {
	n, days, perForm, seeds := crowdSize()
	rates := []int32{1, 100, 1000}
	for b.Loop() {
		alone, both := map[int32]tally{}, map[int32]tally{}
		for _, r := range rates {
			alone[r], both[r] = newTally(), newTally()
		}
		var rows int64
		all := map[int32][]judgement{}
		for i, seed := range seeds {
			c := newCrowd(b, seed, n, days, perForm, rates...)
			rows += c.rows
			for _, v := range c.views {
				list := c.judge(c.detect(b, v))
				alone[v.sampling].add(list, false)
				both[v.sampling].add(list, true)
				all[v.sampling] = append(all[v.sampling], list...)
			}
			b.Logf("after %d of %d seeds, %d records:", i+1, len(seeds), rows)
			for _, r := range rates {
				b.Logf("1:%d traffic alone: %s", r, alone[r])
				b.Logf("1:%d with the meter: %s", r, both[r])
				b.Logf("1:%d average precision: traffic alone %.3f, with the meter %.3f", r,
					averagePrecision(all[r], func(j judgement) float64 { s, _ := j.logOdds(false); return s }),
					averagePrecision(all[r], func(j judgement) float64 { s, _ := j.logOdds(true); return s }))
			}
		}
		b.ReportMetric(both[1].recall(), "recall")
		b.ReportMetric(float64(both[1].found[sim.NotMining]), "false")
		b.ReportMetric(float64(rows), "records")
	}
}

// BenchmarkOpponent ranks the same subscribers by RITA's scores on Zeek's logs (one
// record a connection) and by ours, on traffic alone.
func BenchmarkOpponent(b *testing.B) {
	n, days, perForm, seeds := crowdSize()
	for b.Loop() {
		var ours []judgement
		var best []float64
		for _, seed := range seeds {
			c := newCrowd(b, seed, n, days, perForm, 1)
			ours = append(ours, c.judge(c.detect(b, c.views[0]))...)
			best = append(best, c.rita()...)
		}
		theirs := slices.Clone(ours)
		for i := range theirs {
			theirs[i].meter = best[i] // carried along
		}
		us := averagePrecision(ours, func(j judgement) float64 { s, _ := j.logOdds(false); return s })
		them := averagePrecision(theirs, func(j judgement) float64 { return j.meter })
		b.Logf("average precision at a prevalence of 1 in 1,000: %.3f, RITA's scores %.4f", us, them)
		for _, at := range []float64{0.5, 0.7, 0.9, 1, 1.15} {
			hit := newTally()
			for _, j := range theirs {
				hit.all[j.form]++
				if j.meter >= at {
					hit.found[j.form]++
				}
			}
			b.Logf("RITA's score from %.2f: recall %.3f, false %d of %d", at, hit.recall(), hit.found[sim.NotMining], hit.all[sim.NotMining])
		}
		b.ReportMetric(us, "AP")
		b.ReportMetric(them, "RITA_AP")
	}
}

// rita returns the highest score of each subscriber, over its servers and days.
func (c *crowd) rita() []float64 {
	logs := c.traffic
	logs.ActiveTimeoutS = 0
	v := c.views[0]
	byIP := map[string]int32{}
	for k, clients := range v.used {
		byIP[k.ip] = max(byIP[k.ip], clients)
	}
	best := make([]float64, len(c.clients))
	for i, client := range c.clients {
		pairs := map[string]map[int][]datasets.Flow{}
		for _, f := range logs.Client(client).Flows {
			day := int(f.TS / 86400e6)
			if pairs[f.DstIP] == nil {
				pairs[f.DstIP] = map[int][]datasets.Flow{}
			}
			pairs[f.DstIP][day] = append(pairs[f.DstIP][day], f)
		}
		for ip, perDay := range pairs {
			for _, day := range perDay {
				best[i] = max(best[i], ritaScore(day, float64(byIP[ip])/float64(len(c.clients))))
			}
		}
	}
	return best
}
