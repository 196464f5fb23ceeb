package traffic

import (
	"fmt"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

// Fan looks for servers that are in no list and that several clients use in the
// way of miners and nobody uses otherwise: private pools, and relays in front of
// public ones.
//
// Vendors' clouds have such clients, too, but theirs are asked for by name and
// are many. Measured on the simulator only (datasets/sim), so that the weights
// are a judgement: ln(0.3/0.1) = 1.1 for three clients and no others; ln(0.5/0.2) =
// 0.9 more if none of them uses a server name, since what has a name is somebody's
// service; as much again if one of them holds several equal sessions at once, as
// a shed of devices does.
type Fan struct {
	MinClients int32   // clients with the shape
	MinShare   float64 // of the server's clients
	MaxShare   float64 // of the network's clients; a service of everybody is none
}

var _ Detector = Fan{}

// DefaultFan returns the settings that ship.
func DefaultFan() Fan { return Fan{MinClients: 3, MinShare: 0.8, MaxShare: rareShare} }

// Info describes the detector.
func (Fan) Info() detectors.Info {
	return detectors.Info{
		ID: "traffic/fan", Unit: "clients", Group: "network",
		Source: "idea of prevalence in RITA v5, turned round; weights are a judgement",
		Looks:  "A server that is in no list, with which at least three clients hold sessions shaped like Stratum and hardly anybody else speaks.",
	}
}

// Detect returns a finding for each such server.
func (d Fan) Detect(w Window) []Finding {
	var out []Finding
	for _, p := range w.Profiles {
		shape, ok := ShapeOf(p)
		if !ok || p.Proto != "tcp" || !shape.LikeStratum() || !lasting(p) {
			continue
		}
		fan := w.Network.fan(endpoint{p.ServerIP, p.ServerPort, p.Proto})
		of, all := w.Network.Clients(p.ServerIP, p.ServerPort, p.Proto)
		if fan == nil || fan.clients < d.MinClients || all < minNetwork || float64(fan.clients) < d.MinShare*float64(of) || float64(of) > d.MaxShare*float64(all) {
			continue
		}
		if _, common := lookAlikes[p.ServerPort]; common {
			continue
		}
		out = append(out, d.grade(w, p, fan, of))
	}
	return sortFindings(out)
}

func (d Fan) grade(w Window, p datasets.FlowProfile, fan *fan, of int32) Finding {
	f := w.finding(d.Info(), p)
	f.Family, f.Host, f.Devices = FamilyFan, p.SNI, p.Parallel
	f.Statistic, f.N = float64(fan.clients), of
	f.LogLR = logLR(0.3, 0.1)
	how := "under a server name"
	if fan.named == 0 {
		f.LogLR += logLR(0.5, 0.2)
		how = "without a server name"
	}
	if fan.fleets > 0 {
		f.LogLR += logLR(0.5, 0.2)
		how += fmt.Sprintf(", %d of them with several equal sessions at once", fan.fleets)
	}
	f.Detail = fmt.Sprintf("%d of the %d clients of %s port %d hold steady sessions with it that are shaped like Stratum, %s: it may be a private pool or a relay",
		fan.clients, of, hostOf(p), p.ServerPort, how)
	return f
}
