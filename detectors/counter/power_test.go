package counter

import (
	"math"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func TestPower(t *testing.T) {
	said := func(detector string, kw, logLR float64, from, to datasets.Micros) datasets.Evidence {
		return datasets.Evidence{Detector: detector, Status: datasets.Spoken, MiningKW: kw, LogLR: logLR, Start: from, End: to}
	}
	fleet := said("traffic/pool", 10, 6, 100, 200)
	for _, test := range []struct {
		name  string
		list  []datasets.Evidence
		ok    bool
		logLR float64
	}{
		{"as much", []datasets.Evidence{fleet, said("load/block", 11, 3, 0, 1000)}, true, math.Log(0.6 / 0.18)},
		{"at the lower edge", []datasets.Evidence{fleet, said("load/block", 7, 3, 0, 1000)}, true, math.Log(0.6 / 0.18)},
		{"rather little", []datasets.Evidence{fleet, said("load/block", 5, 3, 0, 1000)}, true, 0},
		{"too little", []datasets.Evidence{fleet, said("load/block", 4.9, 3, 0, 1000)}, true, math.Log(0.1 / 0.3)},
		{"behind a proxy", []datasets.Evidence{fleet, said("load/block", 100, 3, 0, 1000)}, true, 0},
		{"the stronger of two blocks", []datasets.Evidence{fleet, said("load/bypass", 100, 1, 0, 1000), said("load/block", 10, 3, 0, 1000)}, true, math.Log(0.6 / 0.18)},
		{"at other times", []datasets.Evidence{fleet, said("load/block", 11, 3, 200, 1000)}, false, 0},
		{"no block", []datasets.Evidence{fleet, said("load/block", 11, 0.5, 0, 1000)}, false, 0},
		{"no devices", []datasets.Evidence{said("traffic/blocks", 0, 4, 0, 200), said("load/block", 11, 3, 0, 1000)}, false, 0},
	} {
		e, ok := Power("s", test.list)
		if ok != test.ok || math.Abs(e.LogLR-test.logLR) > 1e-12 || ok && (e.SiteID != "s" || e.Start >= e.End) {
			t.Errorf("%s: %+v, %v", test.name, e, ok)
		}
	}
}
