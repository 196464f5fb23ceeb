package telecom

import (
	"math"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/traffic"
)

const (
	// minEndpoint, minShape and minFan are the weights from which a finding makes
	// its client a suspect and its server a target: below them a curious browser
	// and a common device are as likely.
	minEndpoint, minShape, minFan = 2, 1, 2
	// strongEndpoint is the weight of a listed host and port with a session of at
	// least a minute (traffic.Pool), or of a label: only that is enough for a block.
	strongEndpoint = 4
	// priorLogOdds is ln(1/99): of the endpoints and subscribers that catch the
	// eye, 1 in 100 is taken to be mining before the evidence is read.
	priorLogOdds = -4.595
)

// A weight is the strongest evidence of each family about one target or client.
type weight struct {
	endpoint, shape, fan float64
}

func (w *weight) add(f traffic.Finding) {
	if f.Status != datasets.Spoken {
		return
	}
	switch f.Family {
	case traffic.FamilyEndpoint:
		w.endpoint = max(w.endpoint, f.LogLR)
	case traffic.FamilyShape:
		w.shape = max(w.shape, f.LogLR)
	case traffic.FamilyFan:
		w.fan = max(w.fan, f.LogLR)
	}
}

func (w weight) suspect() bool {
	return w.endpoint >= minEndpoint || w.shape >= minShape || w.fan >= minFan
}

// families is the number of kinds of trait that speak.
func (w weight) families() (n int) {
	for _, v := range []float64{w.endpoint, w.shape, w.fan} {
		if v > 0 {
			n++
		}
	}
	return n
}

// confidence is the probability that the weights give with the prior, where
// each doubling of the suspects of one target adds half a unit of log-odds: a
// private pool has several miners, a private device one server.
func (w weight) confidence(suspects int) float64 {
	logOdds := priorLogOdds + w.endpoint + w.shape + w.fan + 0.5*math.Log2(float64(max(1, suspects)))
	return 1 / (1 + math.Exp(-logOdds))
}
