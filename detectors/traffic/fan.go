package traffic

import (
	"fmt"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

// Fan looks for servers that are in no list, have no name, and that several
// clients use in the way of miners and nobody uses otherwise: private pools, and
// relays in front of public ones.
//
// Vendors' clouds have such clients, too, but are asked for by name: what has a name
// is somebody's service, and is left to the other detectors. Servers that devices
// call by address remain, such as those of payment terminals and of a company's
// sensors. Weights are a judgement: ln(0.3/0.1) = 1.1 for three clients and no
// others, ln(0.5/0.2) = 0.9 more as nobody uses a name, and as much again if one of
// the clients holds several equal sessions at once, as a shed of devices does.
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
		ID: "traffic/fan", Unit: "clients", Group: "session", // it rests on the shape of the same sessions
		Source: "idea of prevalence in RITA v5, turned round; weights are a judgement",
		Looks:  "A server without a name and in no list, with which at least three clients hold sessions shaped like Stratum and hardly anybody else speaks.",
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
		fan, of := w.Network.fan(p.ServerIP)
		_, all := w.Network.Clients(p.ServerIP, p.ServerPort, p.Proto)
		if fan == nil || fan.named > 0 || fan.clients < d.MinClients || all < minNetwork || float64(fan.clients) < d.MinShare*float64(of) || float64(of) > d.MaxShare*float64(all) {
			continue
		}
		if len(w.Network.hosts(p.ServerIP)) > 0 { // a listed pool is found by its name
			continue
		}
		if _, common := lookAlikes[p.ServerPort]; common {
			continue
		}
		if f := d.grade(w, p, fan, of); f.LogLR > 0 {
			out = append(out, f)
		}
	}
	return sortFindings(out)
}

func (d Fan) grade(w Window, p datasets.FlowProfile, fan *fan, of int32) Finding {
	f := w.finding(d.Info(), p)
	f.Family, f.Host, f.Devices = FamilyFan, p.SNI, p.Parallel
	f.Statistic, f.N = float64(fan.clients), of
	f.LogLR = logLR(0.3, 0.1) + logLR(0.5, 0.2)
	how := ""
	if fan.fleets > 0 {
		f.LogLR += logLR(0.5, 0.2)
		how = fmt.Sprintf(", %d of them with several equal sessions at once", fan.fleets)
	}
	f.Detail = fmt.Sprintf("%d of the %d clients of %s hold steady sessions with it that are shaped like Stratum, without a name%s: it may be a private pool or a relay",
		fan.clients, of, p.ServerIP, how)
	f.add(w.untold(p))
	return f
}
