package calibrate

import (
	"math"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/score"
)

// Evidence is what load/block would say of a window with this verdict.
func (v Verdict) Evidence() datasets.Evidence {
	var block load.Block
	if v.Look != nil {
		block = v.Look.Block
	}
	block.LogLR = v.LogLR
	if block.Duty == nil {
		block.Duty = &load.Duties[0]
	}
	w := &load.Window{Series: &features.Series{SiteID: "s", KW: []float64{math.NaN()}}}
	return load.Added{}.Detect(&load.Sight{Window: w, Block: &block, Zone: time.UTC})
}

// Said is all that the electricity detectors would say of a window with this verdict: the
// block, and the fault of the meter that it rests on.
func (v Verdict) Said() []datasets.Evidence {
	e := v.Evidence()
	list := []datasets.Evidence{e}
	if v.Look != nil && v.Look.Fault != nil && e.LogLR > 0 {
		info := load.Meter{}.Info()
		list = append(list, datasets.Evidence{SiteID: e.SiteID, Detector: info.ID, Group: info.Group, Status: datasets.Spoken, LogLR: -e.LogLR})
	}
	return list
}

// A run's defaults: settings score.prior and score.propose_at.
const (
	defaultPrior     = 0.02
	defaultProposeAt = 0.5
)

// proposed reports whether a run would propose a site that has hourly readings and
// nothing else to be judged by: by the evidence as it counts, and the shipped weights.
func (v Verdict) proposed() bool {
	m := score.NewModel(defaultPrior, score.Shipped())
	return m.Sum(score.Site{Hourly: true}, v.Said()).Probability >= defaultProposeAt
}
