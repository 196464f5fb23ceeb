// Package floorstep is the worked example of the notebook "Write a detector":
// a detector that is complete but deliberately in no list of the program.
//
//  1. [Floors] reduces the hourly series to one floor for every four weeks.
//  2. [Step] looks for the rise of the floor above the year before.
//  3. [Detector.Detect] says it as evidence.
package floorstep

import (
	"fmt"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/stat"
)

const (
	blockHours = 28 * 24 // whole weeks, so that every block has as many Sundays
	yearBlocks = 13      // 364 days: the same season and the same days of the week
	minBefore  = 3       // blocks with a year before them that must precede a step
	stay       = 3       // blocks for which a step must stay
)

// Detector looks for a rise of the base load above that of the year before.
type Detector struct{}

var _ load.Detector = Detector{}

// Info implements [load.Detector].
func (Detector) Info() detectors.Info {
	return detectors.Info{
		ID: "load/floorstep", Unit: "rise by the usual change of the floor", Group: "onset",
		Source: "the rule of practice that detectors/BENCHMARK.md calls floor step, year-ago corrected",
		Looks: `Looks for a rise of the base load (10th percentile of hourly power in four weeks) above the same weeks of the year before that stays
for twelve weeks, by its usual change. Withheld below 76 weeks of data.`,
	}
}

// Detect implements [load.Detector]. The evidence adds nothing to a score: what
// a statistic is worth is for calibration to say, not for its author.
func (d Detector) Detect(s *load.Sight) datasets.Evidence {
	e := datasets.Evidence{SiteID: s.SiteID, Detector: d.Info().ID, Group: d.Info().Group, Start: s.Start, End: s.End(), PValue: 1}
	floors := Floors(s.KW)
	best, ok := Step(floors)
	if !ok {
		e.Detail = "fewer than 76 weeks of hourly data"
		return e
	}
	e.Status = datasets.Spoken
	e.Start = s.At(best.Block * blockHours)
	e.N = int32(len(floors))
	e.Statistic, e.MiningKW = best.Size, best.KW
	e.Detail = fmt.Sprintf("the base load rose by %.1f kW above the year before, %.1f times its usual change", best.KW, best.Size)
	return e
}

// Floors returns the 10th percentile of each four weeks of hourly power, in kW.
// It is NaN where less than half of the hours are known; the last, broken block
// is left out.
func Floors(kw []float64) []float64 {
	var floors []float64
	for block := range slices.Chunk(kw, blockHours) {
		if len(block) < blockHours {
			break
		}
		known := slices.DeleteFunc(slices.Clone(block), math.IsNaN)
		if len(known) < blockHours/2 {
			floors = append(floors, math.NaN())
			continue
		}
		floors = append(floors, stat.Select(known, len(known)/10))
	}
	return floors
}

// A Rise is a step of the floor.
type Rise struct {
	Block int     // four weeks in which it begins, from 0
	KW    float64 // above the year before, corrected by what had changed already
	Size  float64 // KW by the usual change of the floor
}

// Step returns the largest step of the floor above the year before. A step
// cannot be sought in the first 16 blocks, nor across one without a floor.
func Step(floors []float64) (best Rise, ok bool) {
	var change []float64 // of block yearBlocks+i over the year before
	for i := yearBlocks; i < len(floors) && !math.IsNaN(floors[i]-floors[i-yearBlocks]); i++ {
		change = append(change, floors[i]-floors[i-yearBlocks])
	}
	for m := minBefore; m+stay <= len(change); m++ {
		before := stat.Median(slices.Clone(change[:m]))
		kw := stat.Median(slices.Clone(change[m:m+stay])) - before
		// A floor that never changed would make any rise infinite.
		usual := max(stat.MAD(slices.Clone(change[:m]), before), 0.05*mean(floors[:yearBlocks+m]))
		if usual > 0 && (!ok || kw/usual > best.Size) {
			best, ok = Rise{yearBlocks + m, kw, kw / usual}, true
		}
	}
	return best, ok
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
