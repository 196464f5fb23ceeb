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
// subscribers, days and miners of each form, MINEWATCH_SEEDS=101,102 for the seeds;
// MINEWATCH_RATES=1 for one rate of sampling, MINEWATCH_ACTIVE_S=60 for the exporter's
// active timeout, MINEWATCH_INACTIVE_S=60 for its inactive
// timeout, MINEWATCH_CLOCK_S=2 for how far the list of block times is off, MINEWATCH_REFRESH_S=31 for pools that refresh jobs,
// MINEWATCH_FARM=3000 for the machines of the registered farm beside the crowd (0: none),
// and MINEWATCH_WEB=0 to leave out browsing, which never lasts and is most of the records.
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
// sampling rate, with traffic alone, with a real meter that carries the mine, and with
// the meter alone.
func BenchmarkCrowd(b *testing.B) {
	n, days, perForm, seeds := crowdSize()
	rates := []int32{1, 100, 1000}
	if v, err := strconv.ParseInt(os.Getenv("MINEWATCH_RATES"), 10, 32); err == nil {
		rates = []int32{int32(v)}
	}
	for b.Loop() {
		var rows int64
		all := map[int32][]judgement{}
		for i, seed := range seeds {
			c := newCrowd(b, seed, n, days, perForm, rates...)
			rows += c.rows
			for _, v := range c.views {
				all[v.sampling] = append(all[v.sampling], c.judge(b, v)...)
			}
			b.Logf("after %d of %d seeds, %d records:", i+1, len(seeds), rows)
			for _, r := range rates {
				report(b, r, all[r])
			}
		}
		both := newTally()
		both.add(all[1], called(anyTwo))
		b.ReportMetric(both.recall(), "recall")
		b.ReportMetric(float64(both.found[sim.NotMining]), "false")
		b.ReportMetric(float64(rows), "records")
	}
}

// report prints how the rules and the rankings do.
func report(b *testing.B, rate int32, list []judgement) {
	b.Helper()
	for _, r := range rules {
		t := newTally()
		t.add(list, r.called)
		b.Logf("1:%d %s: %s", rate, r.name, t)
	}
	for _, low := range []float64{0, 0.2, 0.4, 0.8, 1.5} {
		of := slices.DeleteFunc(slices.Clone(list), func(j judgement) bool { return j.form == sim.NotMining || j.size < low })
		t := newTally()
		t.add(of, called(anyTwo))
		b.Logf("1:%d any two kinds, mines from %.1f of the host's load: recall %.3f of %d", rate, low, t.recall(), len(of))
	}
	for cut := -4.0; cut <= 0; cut++ {
		t := newTally()
		t.add(list, func(j judgement) bool { return j.kinds() >= 2 && j.fused.LogOdds >= cut })
		b.Logf("1:%d any two kinds, log-odds from %.1f: %s", rate, cut, t)
	}
	for name, score := range map[string]func(judgement) float64{
		"traffic alone": func(j judgement) float64 { s, _ := j.alone(); return s },
		"any two kinds": twoKinds,
	} {
		p, low := precisionAt(list, 0.9, score)
		b.Logf("1:%d ranked by %s: average precision %.3f; precision %.3f (at least %.3f) at a recall of 0.9", rate, name, averagePrecision(list, score), p, low)
	}
}

// twoKinds ranks those for whom two kinds of evidence speak before all others.
func twoKinds(j judgement) float64 {
	if j.kinds() < 2 {
		return j.fused.LogOdds - 100
	}
	return j.fused.LogOdds
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
			ours = append(ours, c.judge(b, c.views[0])...)
			best = append(best, c.rita()...)
		}
		theirs := slices.Clone(ours)
		for i := range theirs {
			theirs[i].rita = best[i]
		}
		us := averagePrecision(ours, func(j judgement) float64 { s, _ := j.alone(); return s })
		them := averagePrecision(theirs, func(j judgement) float64 { return j.rita })
		b.Logf("average precision at a prevalence of 1 in 1,000: %.3f, RITA's scores %.4f", us, them)
		for _, at := range []float64{0.5, 0.7, 0.9, 1, 1.15} {
			hit := newTally()
			for _, j := range theirs {
				hit.all[j.form]++
				if j.rita >= at {
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
