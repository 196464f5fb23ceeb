package pipeline

import (
	"os"
	"strconv"
	"strings"
	"testing"

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
		for _, seed := range seeds {
			c := newCrowd(b, seed, n, days, perForm, rates...)
			rows += c.rows
			for _, v := range c.views {
				list := c.judge(c.detect(b, v))
				alone[v.sampling].add(list, false)
				both[v.sampling].add(list, true)
				all[v.sampling] = append(all[v.sampling], list...)
			}
		}
		for _, r := range rates {
			b.Logf("1:%d traffic alone: %s", r, alone[r])
			b.Logf("1:%d with the meter: %s", r, both[r])
			b.Logf("1:%d average precision: traffic alone %.3f, with the meter %.3f", r,
				averagePrecision(all[r], func(j judgement) float64 { s, _ := j.logOdds(false); return s }),
				averagePrecision(all[r], func(j judgement) float64 { s, _ := j.logOdds(true); return s }))
		}
		b.ReportMetric(both[1].recall(), "recall")
		b.ReportMetric(float64(both[1].found[sim.NotMining]), "false")
		b.ReportMetric(float64(rows), "records")
	}
}
