package traffic

import (
	"fmt"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

// MiningLabel reports whether the label of a DPI system or an intrusion
// detection system names mining: nDPI's "Mining" (alone or behind "TLS."),
// "Stratum" as other systems call it, the ET COINMINER rules of Suricata, Zeek's
// cryptomining notices. Labels of coins do not: a node of a coin's network moves
// blocks and mines nothing.
func MiningLabel(app string) bool {
	a := strings.ToLower(app)
	for _, part := range strings.FieldsFunc(a, func(r rune) bool { return r == '.' || r == ':' || r == '/' || r == ',' }) {
		if strings.TrimSpace(part) == "mining" {
			return true
		}
	}
	for _, word := range []string{"stratum", "coinminer", "coin miner", "cryptomining", "crypto mining", "cryptomine", "cryptojack"} {
		if strings.Contains(a, word) {
			return true
		}
	}
	return false
}

// Label looks for connections in which a DPI system or an intrusion detection
// system read a mining protocol.
//
// Its weight is that of [Pool] for a listed host and port: of about 930
// conversations of hard-negative captures none was labelled, which bounds the
// share of others by 3/930 = 0.32 % (rule of three); hours of it are taken to be
// three times rarer. The systems err, too: nDPI once labelled any JSON-RPC call
// (its issue 2216), so that a label counts less if nothing came back or it was
// over within a second and came once.
type Label struct {
	PersistentH int32 // active hours from which a contact is persistent
}

var _ Detector = Label{}

// DefaultLabel returns the settings that ship.
func DefaultLabel() Label { return Label{PersistentH: 6} }

// Info describes the detector.
func (Label) Info() detectors.Info {
	return detectors.Info{
		ID: "traffic/label", Unit: "h", Group: "session",
		Source: "rule of three on nDPI's hard-negative captures; nDPI issue 2216",
		Looks:  "Connections that a DPI system or an intrusion detection system has labelled as mining (column app of flows).",
	}
}

// Detect returns a finding for each server with a labelled connection, nothing
// if there is none: most networks have no labels at all.
func (d Label) Detect(w Window) []Finding {
	var out []Finding
	for _, p := range w.Profiles {
		if !MiningLabel(p.App) {
			continue
		}
		f := w.finding(d.Info(), p)
		f.Host = p.SNI
		f.Statistic = float64(p.HoursActive)
		f.Family = FamilyEndpoint
		switch {
		case p.OrigPkts == 0 || p.RespPkts == 0:
			f.LogLR = logLR(0.5, 0.05)
		case p.HoursActive >= d.PersistentH:
			f.LogLR = logLR(0.9, 1e-3)
			f.Devices = p.Parallel
			f.MiningKW = float64(f.Devices) * ASICKW
		default:
			f.LogLR = logLR(0.9, 3.2e-3)
		}
		f.Detail = fmt.Sprintf("traffic labelled as mining (%s) with %s port %d: %d h with traffic from %s to %s UTC, %d connections, the longest of %.1f h",
			p.App, hostOf(p), p.ServerPort, p.HoursActive, stamp(p.First), stamp(p.Last), p.Sessions, p.LongestS/3600)
		out = append(out, f)
	}
	return sortFindings(out)
}

// hostOf names the server of a profile: address, and name where it is known.
func hostOf(p datasets.FlowProfile) string {
	if p.SNI != "" {
		return p.ServerIP + " (" + p.SNI + ")"
	}
	return p.ServerIP
}
