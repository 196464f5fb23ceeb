package pipeline

import (
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/detectors"
	"github.com/minewatch/minewatch/detectors/counter"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/traffic"
	"github.com/minewatch/minewatch/detectors/visit"
)

// Detectors lists the detectors in the order in which their evidence is added.
func Detectors() []detectors.Info {
	var list []detectors.Info
	for _, d := range load.All() {
		list = append(list, d.Info())
	}
	list = append(list, load.Group{}.Info(), load.Bypass{}.Info(), load.Billing{}.Info(), load.Meter{}.Info())
	pools, _ := ref.NewPools(nil) // only rows of a user can be refused
	for _, d := range traffic.All(pools) {
		list = append(list, d.Info())
	}
	return append(list, counter.QuietInfo(), counter.KnownInfo(), counter.PowerInfo(), counter.RestsInfo(), visit.Info())
}
