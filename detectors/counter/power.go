package counter

import (
	"fmt"
	"math"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

const (
	// powerSpeaks is the log-likelihood ratio from which evidence of a power is held
	// against the other kind's.
	powerSpeaks = 0.7

	// The block of the meter is said to agree with the devices of the network from 0.7 to
	// 1.6 times their power: 3.0 to 3.6 kW a device, 2 to 10 % for fans, one device in
	// six without a session. Below 0.5 it is too small for them.
	agreeFrom, agreeTo, tooSmall = 0.7, 1.6, 0.5
)

// Judgement, as no site with both is published: six in ten mines agree; of blocks that
// have nothing to do with the network, evenly over two decades of the logarithm, ln(1.6/0.7)/ln(100)
// = 0.18 do. Devices that the meter does not show may have another meter.
var (
	agrees    = math.Log(0.6 / 0.18)
	disagrees = math.Log(0.1 / 0.3)
)

// PowerInfo describes the evidence of two powers.
func PowerInfo() detectors.Info {
	return detectors.Info{
		ID: "power/fleet", Unit: "kW of the meter's block / kW of the devices", Group: "power", Source: "power of machines: nameplates of the S19 and M30 generations; weights by judgement",
		Looks: `Holds the devices that the network counts (equal sessions at once, 3.25 kW each, a lower bound) against the block that the meter shows. About as much
speaks for mining (e^1.2), less than half against it (e^-1.1); more says nothing, as a proxy hides devices. Speaks only where both do.`,
	}
}

// Power holds the strongest block of a site's meter against the strongest count of devices
// in its network; ok is false unless both speak of a power.
func Power(siteID string, evidence []datasets.Evidence) (e datasets.Evidence, ok bool) {
	var block, fleet datasets.Evidence
	for _, x := range evidence {
		if x.Status != datasets.Spoken || x.MiningKW <= 0 || x.LogLR < powerSpeaks {
			continue
		}
		switch kind, _, _ := strings.Cut(x.Detector, "/"); {
		case kind == "load" && x.LogLR > block.LogLR:
			block = x
		case kind == "traffic" && x.LogLR > fleet.LogLR:
			fleet = x
		}
	}
	if block.LogLR == 0 || fleet.LogLR == 0 || block.Start >= fleet.End || fleet.Start >= block.End {
		return e, false
	}
	ratio := block.MiningKW / fleet.MiningKW
	info := PowerInfo()
	e = datasets.Evidence{
		SiteID: siteID, Detector: info.ID, Group: info.Group, Status: datasets.Spoken, PValue: 1, N: 1, Statistic: ratio,
		Start: max(block.Start, fleet.Start), End: min(block.End, fleet.End),
	}
	says := "a proxy may hide more devices"
	switch {
	case ratio < tooSmall:
		e.LogLR, says = disagrees, "too little for them"
	case ratio >= agreeFrom && ratio <= agreeTo:
		e.LogLR, says = agrees, "they agree"
	case ratio < agreeFrom:
		says = "rather little for them"
	}
	e.Detail = fmt.Sprintf("the meter's block of %.1f kW against at least %.1f kW of devices in the network: %s", block.MiningKW, fleet.MiningKW, says)
	return e, true
}
