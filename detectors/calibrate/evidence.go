package calibrate

import (
	"math"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
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
