package calibrate

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sample"
	"github.com/minewatch/minewatch/detectors/load"
)

// The 90 % interval of a block is calibrated for its whole energy; quarters
// take over its factors. On mines drawn anew both hold about as often as they
// say, and the quarters' estimates add up to the whole.
func TestQuarterIntervals(t *testing.T) {
	if testing.Short() {
		t.Skip("scans 190 two-year windows")
	}
	meters, err := sample.Meters()
	if err != nil {
		t.Fatal(err)
	}
	temps, err := sample.CambridgeTempC()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(77, 0x71756172))
	scanner := load.NewScanner()
	var whole, quarters coverage
	for _, m := range sample.Select(meters, sample.University) {
		kw := m.Hourly()
		for first := 0; first+windowDays*24 <= len(kw); first += 182 * 24 {
			start := m.Start.Add(time.Duration(first) * time.Hour)
			base, t2 := kw[first:first+windowDays*24], temps[first:first+windowDays*24]
			for _, size := range Sizes {
				p := place{start, len(base), t2, mean(positive(base))}
				families := Families[ModelA]
				mine, ok := p.addA(r, families[r.IntN(len(families))], size*p.meanKW)
				if !ok {
					continue
				}
				rows, truth, energy := quartersOf(scanner, m.ID, start, base, mine.kw)
				whole.add(t, rows, truth, energy, &quarters)
			}
		}
	}
	t.Logf("whole %+v, quarters %+v", whole, quarters)
	if whole.share() < 0.82 || quarters.share() < 0.80 {
		t.Errorf("90 %% intervals hold for %.2f of the mines and %.2f of the quarters", whole.share(), quarters.share())
	}
}

type coverage struct{ in, n int }

func (c coverage) share() float64 { return float64(c.in) / float64(c.n) }

func (c *coverage) count(in bool) {
	c.n++
	if in {
		c.in++
	}
}

// add counts one mine and its quarters.
func (c *coverage) add(t *testing.T, rows []datasets.MiningEnergy, truth map[datasets.Quarter]float64, energy float64, quarters *coverage) {
	if rows == nil {
		return
	}
	var low, mid, high datasets.Wh
	sum := 0.0
	for _, v := range truth {
		sum += v
	}
	for _, q := range rows {
		low, mid, high = low+q.WhLow, mid+q.Wh, high+q.WhHigh
		if q.Wh > 0 {
			quarters.count(truth[q.Quarter] >= q.WhLow.KWh() && truth[q.Quarter] <= q.WhHigh.KWh())
		}
	}
	c.count(sum >= low.KWh() && sum <= high.KWh())
	// Each quarter rounds to a Wh.
	if d := mid.KWh() - energy; d > 0.001*float64(len(rows)) || d < -0.001*float64(len(rows)) {
		t.Errorf("quarters add up to %.3f kWh, the whole is %.3f", mid.KWh(), energy)
	}
}

// quartersOf returns the estimated quarters of an added mine with their truth,
// nil if it was not found.
func quartersOf(s *load.Scanner, id string, start time.Time, base, added []float64) ([]datasets.MiningEnergy, map[datasets.Quarter]float64, float64) {
	quarter := func(at datasets.Micros) datasets.Quarter { return datasets.QuarterOf(at.Time().UTC()) }
	kw := slices.Clone(base)
	truth := map[datasets.Quarter]float64{}
	for i := range kw {
		if kw[i] > 0 {
			kw[i] += added[i]
			truth[quarter(datasets.MicrosOf(start.Add(time.Duration(i)*time.Hour)))] += added[i]
		}
	}
	w := load.NewWindow(series(id, start, kw, nil), time.UTC)
	b, _ := s.Scan(w)
	if b == nil || b.LogLR <= foundLR {
		return nil, nil, 0
	}
	return load.Quarters(w, b, quarter), truth, load.Energy(w, b)
}
