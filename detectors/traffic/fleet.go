package traffic

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

const (
	// minFleetS is the shortest session that stands for a device: RITA's lowest
	// band of long connections.
	minFleetS = 3600
	// maxRateFactor is how far the rate of a session may lie from the median of
	// its siblings. Pools hold the rate of shares constant, so that equal devices
	// have equal rates.
	maxRateFactor = 1.5
)

// FleetOf returns how many devices were connected at once: the most sessions
// open at one instant among those of at least one hour whose byte rate is that
// of the others. It is a lower bound: a proxy on the site joins many devices in
// one session. sessions are those with one server.
func FleetOf(sessions []datasets.FlowSession) int32 {
	var rates []float64
	var long []datasets.FlowSession
	for _, s := range sessions {
		if seconds := float64(s.End-s.Start) / 1e6; seconds >= minFleetS {
			long = append(long, s)
			rates = append(rates, float64(s.OrigBytes+s.RespBytes)/seconds)
		}
	}
	if len(long) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(rates))
	median := sorted[len(sorted)/2]
	type edge struct {
		at   datasets.Micros
		step int32
	}
	var edges []edge
	for i, s := range long {
		if rates[i] <= median*maxRateFactor && rates[i] >= median/maxRateFactor {
			edges = append(edges, edge{s.Start, 1}, edge{s.End, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { // an end before a beginning: a reconnection
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step))
	})
	var open, most int32
	for _, e := range edges {
		open += e.step
		most = max(most, open)
	}
	return most
}

// Power of one device in kW, low on purpose: it is used as a lower bound.
const (
	// ASICKW is the middle of 3.0 to 3.5 kW of the Antminer S19 and Whatsminer M30
	// generations.
	ASICKW = 3.25
	// GPURigKW is the lower end of 0.7 to 2 kW of a rig of 6 to 8 cards.
	GPURigKW = 0.7
)

var gpuAlgorithms = []string{"ethash", "etchash", "kawpow", "autolykos", "octopus", "firopow", "progpow", "cuckatoo", "cuckaroo", "beamhash", "verthash", "nexapow", "dynex", "fishhash", "karlsenhash", "pyrinhash"}

// DeviceKW returns the power of one device that mines with an algorithm, that
// of an ASIC if nothing is known. It is 0 for algorithms of ordinary
// processors, whose power says nothing about a farm.
func DeviceKW(algorithm string) float64 {
	a := strings.ToLower(algorithm)
	if strings.HasPrefix(a, "randomx") || strings.HasPrefix(a, "cryptonight") || strings.HasPrefix(a, "yespower") || strings.HasPrefix(a, "ghostrider") {
		return 0
	}
	for _, g := range gpuAlgorithms {
		if strings.HasPrefix(a, g) {
			return GPURigKW
		}
	}
	return ASICKW
}

// logLR returns the natural log of a likelihood ratio, given the share of miners
// and the share of others that show a trait.
func logLR(miners, others float64) float64 { return math.Log(miners / others) }
