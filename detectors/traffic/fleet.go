package traffic

import (
	"math"
	"slices"
	"strings"
)

// Power of one device in kW, low on purpose: it is used as a lower bound.
const (
	// ASICKW is the middle of 3.0 to 3.5 kW of the Antminer S19 and Whatsminer M30
	// generations.
	ASICKW = 3.25
	// GPURigKW is the lower end of 0.7 to 2 kW of a rig of 6 to 8 cards.
	GPURigKW = 0.7
)

var processorAlgorithms = []string{"randomx", "cryptonight", "yespower", "ghostrider"}

var gpuAlgorithms = []string{"ethash", "etchash", "kawpow", "autolykos", "octopus", "firopow", "progpow", "cuckatoo", "cuckaroo", "beamhash", "verthash", "nexapow", "dynex", "fishhash", "karlsenhash", "pyrinhash"}

// DeviceKW returns the power of one device that mines with an algorithm, that
// of an ASIC if nothing is known. It is 0 for algorithms of ordinary
// processors, whose power says nothing about a farm.
func DeviceKW(algorithm string) float64 {
	switch {
	case isOf(algorithm, processorAlgorithms):
		return 0
	case isOf(algorithm, gpuAlgorithms):
		return GPURigKW
	}
	return ASICKW
}

func isOf(algorithm string, prefixes []string) bool {
	a := strings.ToLower(algorithm)
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(a, p) })
}

// logLR returns the natural log of a likelihood ratio, given the share of miners
// and the share of others that show a trait.
func logLR(miners, others float64) float64 { return math.Log(miners / others) }
