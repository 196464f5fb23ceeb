package traffic

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// Least squares of ten records in exact fractions (Python's fractions): the
// coefficient of the blocks is 2.2642, 7.66656 standard errors.
func TestBeatOf(t *testing.T) {
	var x datasets.Beat
	for _, r := range [][4]int64{{60, 0, 10, 9}, {60, 1, 12, 13}, {60, 0, 9, 8}, {60, 0, 11, 11}, {60, 2, 10, 14}, {120, 1, 22, 23}, {30, 0, 5, 4}, {60, 0, 10, 9}, {60, 1, 13, 14}, {60, 0, 9, 9}} {
		x.Add(r[0], r[1], r[2], r[3])
	}
	if got, ok := beatOf(x); !ok || math.Abs(got-7.666562183766) > 1e-6 {
		t.Errorf("got %.9f, %v", got, ok)
	}
	var even datasets.Beat // without blocks there is nothing to tell
	for range 10 {
		even.Add(60, 0, 10, 10)
	}
	if _, ok := beatOf(even); ok {
		t.Error("no blocks, and yet a statistic")
	}
}

// beating is a client's day of minutes with so many packets more for a block.
func beating(r *rand.Rand, more int64) Window {
	w := client(443, "", 6, 150, [2]datasets.Micros{0, 24 * hour})
	w.Profiles[0].Beat = datasets.Beat{}
	for range 1440 {
		b, o := int64(0), int64(3+r.IntN(6))
		if r.Float64() < 0.1 {
			b = 1
		}
		w.Profiles[0].Beat.Add(60, b, o, o+int64(r.IntN(4))+more*b)
	}
	return w
}

func TestBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	list := DefaultBlocks().Detect(beating(r, 1))
	if len(list) != 1 || list[0].LogLR != 5 || list[0].Family != FamilyTiming || list[0].Group != "blocks" || list[0].MiningKW != 0 || !strings.Contains(list[0].Detail, "sends more when a block is found") {
		t.Fatalf("got %+v, want a finding at the cap", list)
	}
	brief := beating(r, 1)
	brief.Profiles[0].LongestS, brief.Profiles[0].OpenS = 1800, 1800
	fast := beating(r, 1)
	fast.Profiles[0].RespBytes *= 100 // a node that moves the blocks themselves
	few := beating(r, 1)
	few.Profiles[0].Beat.N = 99
	for name, w := range map[string]Window{"brief": brief, "fast": fast, "few records": few, "no block times": client(443, "", 6, 150, [2]datasets.Micros{0, 24 * hour})} {
		if got := DefaultBlocks().Detect(w); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Of 2,000 contacts that know nothing of blocks 2 % may speak (MaxP): 40, and more than
// 62 in one case of 1,000 (binomial).
func TestBlocksByChance(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	spoke := 0
	for range 2000 {
		spoke += len(DefaultBlocks().Detect(beating(r, 0)))
	}
	if spoke > 62 {
		t.Errorf("%d of 2000 speak by chance", spoke)
	}
}
