package telecom

import (
	"math"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/traffic"
)

const (
	// minPool and minSteady are the weights from which a finding makes its client
	// a suspect and its server a target: below them a curious browser and a
	// common device are as likely.
	minPool, minSteady = 2, 1
	// strongPool is the weight of a listed host and port with a session of at
	// least a minute (traffic.Pool): only that is enough for a block.
	strongPool = 4
	// priorLogOdds is ln(1/99): of the endpoints and subscribers that catch the
	// eye, 1 in 100 is taken to be mining before the evidence is read.
	priorLogOdds = -4.595
)

var poolID, steadyID = traffic.Pool{}.Info().ID, traffic.Steady{}.Info().ID

// A weight is the strongest evidence of each kind about one target or client.
type weight struct {
	pool, steady float64
}

func (w *weight) add(f traffic.Finding) {
	if f.Status != datasets.Spoken {
		return
	}
	switch f.Detector {
	case poolID:
		w.pool = max(w.pool, f.LogLR)
	case steadyID:
		w.steady = max(w.steady, f.LogLR)
	}
}

func (w weight) suspect() bool { return w.pool >= minPool || w.steady >= minSteady }

// confidence is the probability that the weights give with the prior, where
// each doubling of the suspects of one target adds half a unit of log-odds: a
// private pool has several miners, a private device one server.
func (w weight) confidence(suspects int) float64 {
	logOdds := priorLogOdds + w.pool + w.steady + 0.5*math.Log2(float64(max(1, suspects)))
	return 1 / (1 + math.Exp(-logOdds))
}
