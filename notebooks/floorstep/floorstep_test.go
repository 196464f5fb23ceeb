package floorstep_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/notebooks/floorstep"
)

// sight is days of an invented shop: 12 kW at night, up to 28 by day, 2 more in
// winter, and added kW round the clock from day 600 on.
func sight(days int, added float64) *load.Sight {
	start := time.Date(2021, 1, 4, 0, 0, 0, 0, time.UTC)
	kw := make([]float64, days*24)
	for h := range kw {
		kw[h] = 12
		if hour := h % 24; hour >= 8 && hour < 20 {
			kw[h] += 16
		}
		if day := h / 24 % 364; day < 60 || day > 300 {
			kw[h] += 2
		}
		if h >= 600*24 {
			kw[h] += added
		}
	}
	series := &features.Series{SiteID: "SHOP", Start: datasets.MicrosOf(start), KW: kw}
	return &load.Sight{Window: load.NewWindow(series, time.UTC), Zone: time.UTC}
}

// The block in which the machines began holds twelve days at the old floor, so
// the rise is dated a block late.
func Example() {
	for _, addedKW := range []float64{10, 0} {
		e := floorstep.Detector{}.Detect(sight(900, addedKW))
		fmt.Printf("%s at %.0f kW added: %.1f, %.1f kW from %s\n", e.Detector, addedKW, e.Statistic, e.MiningKW, e.Start.Time().UTC().Format(time.DateOnly))
	}
	// Output:
	// load/floorstep at 10 kW added: 15.9, 10.0 kW from 2022-09-12
	// load/floorstep at 0 kW added: 0.0, 0.0 kW from 2022-03-28
}

func TestWithheld(t *testing.T) {
	// 76 weeks hold 13 blocks of a year, 3 before the step and 3 after it.
	for days, want := range map[int]datasets.Status{76*7 - 1: datasets.Withheld, 76 * 7: datasets.Spoken} {
		if e := (floorstep.Detector{}).Detect(sight(days, 0)); e.Status != want {
			t.Errorf("%d days: status %d, want %d: %s", days, e.Status, want, e.Detail)
		}
	}
}

// Twice the load is the same shape: the statistic stays, the power doubles.
func TestScale(t *testing.T) {
	one, two := sight(900, 10), sight(900, 10)
	for i := range two.KW {
		two.KW[i] *= 2
	}
	a, b := floorstep.Detector{}.Detect(one), floorstep.Detector{}.Detect(two)
	if a.Statistic != b.Statistic || 2*a.MiningKW != b.MiningKW {
		t.Errorf("%v kW at %v, doubled %v kW at %v", a.MiningKW, a.Statistic, b.MiningKW, b.Statistic)
	}
}
