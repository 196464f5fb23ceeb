package pipeline

import (
	"context"
	"math"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// A lake of one size has the same bytes, whatever the number of workers, and is in the
// order that readers ask for.
func TestBenchLake(t *testing.T) {
	size := BenchLake{Sites: 7, Years: 2, Months: 2}
	var sums [2][]string
	for i, workers := range []int{1, 3} {
		ws, err := Init(t.TempDir(), InitOptions{Buckets: 2})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := size.write(ws, workers)
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(7 * 24 * (365 + 31 + 28)); rows != want { // 2021, January and February 2022
			t.Errorf("%d rows, want %d", rows, want)
		}
		groups, err := byBucket(ws.Lake(), "readings")
		if err != nil {
			t.Fatal(err)
		}
		sites := 0
		for _, list := range groups {
			if err := store.Loads(paths(ws.Lake(), list), func(_ string, l *datasets.Load) error {
				sites++
				if l.Len() != int(rows)/7 {
					t.Errorf("%d readings of a site, want %d", l.Len(), rows/7)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		}
		if sites != 7 {
			t.Errorf("%d sites, want 7", sites)
		}
		list, err := store.List(ws.Lake(), "readings")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			sums[i] = append(sums[i], m.Ref())
		}
	}
	if len(sums[0]) != 4 {
		t.Errorf("%d partitions, want 2 buckets of 2 years", len(sums[0]))
	}
	for i := range sums[0] {
		if sums[0][i] != sums[1][i] {
			t.Errorf("%s with one worker, %s with three", sums[0][i], sums[1][i])
		}
	}
}

// Every stage is measured on every number of cores, and sites are read.
func TestStageBench(t *testing.T) {
	b := StageBench{Lake: BenchLake{Sites: 4, Years: 1}, Cores: []int{1, 2}, Rounds: 1, Reads: 3}
	r, err := b.Run(context.Background(), t.TempDir(), func(string, int64, int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Costs) != 10 || r.ReadMS <= 0 || r.LakeBytes == 0 {
		t.Errorf("%d costs, read %v ms, %d bytes", len(r.Costs), r.ReadMS, r.LakeBytes)
	}
	for _, c := range r.Costs {
		if c.Rows != 4*8760 || c.Seconds <= 0 || c.Ratio <= 0 {
			t.Errorf("%+v", c)
		}
	}
}

// One month is run on top of others, and alone; the parts of a cost are all of it.
func TestMonthBench(t *testing.T) {
	r, err := MonthBench{Sites: 2, Years: 1, Rounds: 2}.Run(context.Background(), t.TempDir(), func(string, int64, int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range append(r.Runs[:], MonthCost{All: r.Look, Look: r.Look}) {
		sum := c.Ingest.plus(c.Check).plus(c.Look).plus(c.Score).plus(c.Export)
		if c.All.Seconds <= 0 || c.Look.Seconds <= 0 || math.Abs(sum.Seconds-c.All.Seconds) > 1e-9 {
			t.Errorf("%s: %+v, parts %+v", c.Name, c, sum)
		}
	}
}

// A month that takes 100 s alone may take 150, scoring and export beside them.
func TestMonthLimits(t *testing.T) {
	r := &MonthResult{Look: Cost{140, 280}}
	r.Runs[1] = MonthCost{Score: Cost{7, 8}, Export: Cost{3, 4}}
	r.Runs[2] = MonthCost{All: Cost{100, 200}, Ingest: Cost{60, 120}}
	l := r.Limits()
	if l[0].Allowed != (Cost{160, 312}) || l[1].Allowed != (Cost{310, 612}) {
		t.Errorf("%+v", l)
	}
}
