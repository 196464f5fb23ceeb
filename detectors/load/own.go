package load

import (
	"math"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/score"
)

// Rescale gives evidence of load/block and load/group, and the faults that take it away,
// the worth that the meters of a workspace give to its log-likelihood ratio before it was
// bent by [addedLimit]; the result is bent again, and not below that of [Added]. An empty
// curve changes nothing.
func Rescale(e *datasets.Evidence, worth score.Curve) {
	if len(worth) == 0 || e.Status != datasets.Spoken {
		return
	}
	scaled := func(lr float64) float64 {
		lr = max(-0.999*addedLimit, min(0.999*addedLimit, lr))
		return max(leastAdded, bent(worth.At(addedLimit*math.Atanh(lr/addedLimit))))
	}
	switch {
	case e.Group == (Added{}).Info().Group:
		e.LogLR = scaled(e.LogLR)
	case FaultExplains(*e):
		e.LogLR = min(0, -scaled(-e.LogLR))
	}
}
