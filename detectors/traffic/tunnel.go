package traffic

import (
	"fmt"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

// Tunnel looks for a tunnel that carries little, evenly, day and night: a VPN
// whose only traffic may be that of miners.
//
// People in a tunnel browse: their hours differ by factors. Keep-alives alone are
// slower than any miner: WireGuard's are one packet of 148 B in 25 s, 6 B/s, from
// one side. Backups, cameras and remote sensors in a tunnel look as a miner does, so
// that the weight is small: ln(0.5/0.15) = 1.2, and 0.4 more if hardly anybody else
// uses the server. Sampled records show no hours, only days: then it is ln(0.5/0.2) = 0.9,
// as people's tunnels pass, too. It says nothing alone, and is for the meter to confirm.
type Tunnel struct {
	MinOpenH float64 // hours in which it was open
	MaxCV    float64 // of the hourly bytes
}

var _ Detector = Tunnel{}

// DefaultTunnel returns the settings that ship. 0.5 is above what the randomness
// of shares gives (ten packets a minute: 0.04) and below people's days.
func DefaultTunnel() Tunnel { return Tunnel{MinOpenH: 24, MaxCV: 0.5} }

// Info describes the detector.
func (Tunnel) Info() detectors.Info {
	return detectors.Info{
		ID: "traffic/tunnel", Unit: "h", Group: "session",
		Source: "WireGuard's keep-alive interval; shape of captured miners with 60 B of headers more; weights are a judgement",
		Looks:  "A VPN (UDP 51820, 1194, 500, 4500, 1701; IPsec, GRE) with 8 to 600 B/s in both directions, evenly, by day and night. Small evidence: it asks for the meter.",
	}
}

// tunnelPorts are the UDP ports of tunnels.
var tunnelPorts = map[int32]string{51820: "WireGuard", 1194: "OpenVPN", 500: "IPsec", 4500: "IPsec", 1701: "L2TP"}

// tunnelProtos are protocols that are tunnels themselves.
var tunnelProtos = map[string]string{"47": "GRE", "50": "IPsec"}

// Detect returns a finding for each such tunnel.
func (d Tunnel) Detect(w Window) []Finding {
	var out []Finding
	for _, p := range w.Profiles {
		kind, ok := tunnelPorts[p.ServerPort]
		if !ok || p.Proto != "udp" {
			if kind, ok = tunnelProtos[p.Proto]; !ok {
				continue
			}
		}
		if f, ok := d.grade(w, p, kind); ok {
			out = append(out, f)
		}
	}
	return sortFindings(out)
}

func (d Tunnel) grade(w Window, p datasets.FlowProfile, kind string) (Finding, bool) {
	shape, ok := ShapeOf(p)
	if !ok || !d.even(p) {
		return Finding{}, false
	}
	// The rates of miners, with 60 B of headers a packet more.
	if shape.BytesPerS < 8 || shape.BytesPerS > 600 || shape.OrigBytesPkt < 100 || shape.OrigBytesPkt > 400 || shape.RespBytesPkt < 130 ||
		shape.OrigPktsMin < 1 || shape.OrigPktsMin > 60 || shape.MessagesRatio < 0.3 || shape.MessagesRatio > 4 {
		return Finding{}, false
	}
	f := w.finding(d.Info(), p)
	f.Family, f.Statistic = FamilyShape, p.OpenS/3600
	f.LogLR = logLR(0.5, 0.15)
	even := fmt.Sprintf("hourly variation %.2f, ", p.HourlyBytesCV)
	if p.Sampling > 1 {
		f.LogLR, even = logLR(0.5, 0.2), fmt.Sprintf("sampled packets on %d days, ", p.Days)
	}
	if of, all := w.Network.Clients(p.ServerIP, p.ServerPort, p.Proto); all >= minNetwork && of <= 2 {
		f.LogLR += 0.4
	}
	f.Detail = fmt.Sprintf("%s tunnel to %s port %d that carries %.0f B/s evenly (%snight to day %.2f) for %.0f h: miners behind a VPN look like this",
		kind, p.ServerIP, p.ServerPort, shape.BytesPerS, even, nightToDay(p), f.Statistic)
	f.add(w.untold(p))
	return f, f.LogLR > 0
}

// even reports whether a tunnel is used day and night alike, or in the hours of a night
// tariff, when people sleep.
func (d Tunnel) even(p datasets.FlowProfile) bool {
	night := nightToDay(p)
	if p.Sampling > 1 {
		return lasting(p) && p.Days >= 5 && (night >= 0.7 && night <= 1.4 || night >= 2)
	}
	return p.OpenS >= d.MinOpenH*3600 && p.HourlyBytesCV >= 0 && p.HourlyBytesCV <= d.MaxCV && (night >= 0.8 && night <= 1.25 || night >= 2)
}
