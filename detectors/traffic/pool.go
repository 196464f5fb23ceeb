package traffic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

// A Catalogue knows the pools. Match returns the entry that fits a host name
// (or an address) and a port, of Kind NoPool if there is none.
type Catalogue interface {
	Match(host string, port int32) datasets.PoolMatch
}

// Pool looks for contact with a known pool: a session with an address that was
// answered for a listed name, or whose TLS server name is listed, on a fitting
// port.
//
// Weights are ln(share of miners / share of others). Nobody has published the
// shares for whole subscribers, so they are set on the careful side of what is
// known: no false hit of Stratum in about 930 conversations of hard-negative
// captures bounds the share of others by 3/930 = 0.32 % (rule of three) for one
// contact, and hours of it are taken to be three times rarer, 0.1 %.
//
// A contact by day only, of one device, or with a pool of a coin that ordinary processors
// mine, is mining, and rather malware than a farm: of 4,502 addresses that mined in Jiangsu
// in 2021, 21 % were of hacked bodies. Where 2 % of sites mine that is 1 site
// in 200; one farm in 20 is taken to look so (judgement).
//
// A pool's domain also carries its web site. On a web port (80, 443, 8080,
// 8443) a contact counts only if it is a single session of hours with the shape
// of Stratum, and then less; without a listed host and port it must also be
// open at night. A browser's short bursts count nothing.
type Pool struct {
	Pools         Catalogue
	PersistentH   int32   // active hours from which a contact is persistent
	BriefS        float64 // longest session from which a contact is a connection at all
	WebSessionS   float64 // longest session from which a contact on a web port counts
	LowConfidence float64 // taken off for an entry of low confidence: old, closed or unverified
}

var _ Detector = Pool{}

// DefaultPool returns the settings that ship. 6 h, 1 min and 4 h: no rig is
// switched on for less than a night tariff, a scan is over within a minute, and
// 4 h is RITA's medium band of long connections.
func DefaultPool(pools Catalogue) Pool {
	return Pool{Pools: pools, PersistentH: 6, BriefS: 60, WebSessionS: 4 * 3600, LowConfidence: 1}
}

// Info describes the detector.
func (Pool) Info() detectors.Info {
	return detectors.Info{
		ID: "traffic/pool", Unit: "h", Group: "session",
		Source: "list of pools (datasets/ref/pools.csv); rule of three on nDPI's hard-negative captures",
		Looks:  "A session with a known pool by DNS answer or TLS server name, with a fitting port; hours with traffic. Web ports count only with hours of Stratum-like shape. Withheld if there are neither flows nor names.",
	}
}

// Detect returns a finding for each server of a pool, and for each listed name
// that was looked up without any session.
func (d Pool) Detect(w Window) []Finding {
	if len(w.Profiles) == 0 && len(w.Names) == 0 {
		return w.withheld(d.Info(), "no flows and no DNS queries of this client")
	}
	names := w.namesByAddr()
	var profiles []datasets.FlowProfile
	var contacts []contact
	for _, p := range w.Profiles {
		if p.Proto != "tcp" { // Stratum, in all its versions, runs over TCP
			continue
		}
		if c := d.contact(w, p, names[p.ServerIP]); c.match.Kind != datasets.NoPool {
			profiles, contacts = append(profiles, p), append(contacts, c)
		}
	}
	computer := likeComputer(profiles)
	var out []Finding
	for i, p := range profiles {
		if f, ok := d.grade(w, p, contacts[i], computer); ok {
			out = append(out, f)
		}
	}
	return sortFindings(append(out, d.namesOnly(w)...))
}

// namesByAddr groups what was looked up by the address answered.
func (w Window) namesByAddr() map[string][]datasets.ServerName {
	by := map[string][]datasets.ServerName{}
	for _, n := range w.Names {
		by[n.ServerIP] = append(by[n.ServerIP], n)
	}
	return by
}

// A contact is the best fitting entry for a server, and how it was found.
type contact struct {
	host  string
	how   string
	match datasets.PoolMatch
}

func (d Pool) contact(w Window, p datasets.FlowProfile, names []datasets.ServerName) contact {
	var best contact
	try := func(host, how string) {
		m := d.Pools.Match(host, p.ServerPort)
		if m.Kind > best.match.Kind || m.Kind != datasets.NoPool && m.Kind == best.match.Kind && host < best.host {
			best = contact{host, how, m}
		}
	}
	for _, n := range names {
		if n.First <= p.Last { // asked before the last packet
			try(n.Host, "DNS answer")
		}
	}
	if p.SNI != "" {
		try(p.SNI, "TLS server name")
	}
	if best.match.Kind == datasets.NoPool {
		try(p.ServerIP, "listed address")
	}
	if best.match.Kind == datasets.NoPool && p.SNI == "" && !slices.Contains(webPorts, p.ServerPort) {
		// A client whose own queries are not seen: what others were answered for this
		// address says what it is, on a port that browsers do not use.
		for _, n := range w.Network.hosts(p.ServerIP) {
			if d.Pools.Match(n.host, p.ServerPort).Kind == datasets.PoolHostPort {
				try(n.host, fmt.Sprintf("DNS answer to %d others", n.clients))
			}
		}
	}
	return best
}

// minPowerLogLR is the weight from which a contact also speaks of a power.
const minPowerLogLR = 2

var webPorts = []int32{80, 443, 8080, 8443}

// grade weighs a contact; false if it says nothing about mining.
func (d Pool) grade(w Window, p datasets.FlowProfile, c contact, computer bool) (Finding, bool) {
	shape, ok := ShapeOf(p)
	stratum := ok && shape.LikeStratum()
	persistent := p.HoursActive >= d.PersistentH
	nights := nightToDay(p) >= 0.5
	weight := d.weight(p, c.match, stratum, persistent, nights)
	if c.match.Confidence == "low" {
		weight = max(0, weight-d.LowConfidence)
	}
	processor := isOf(c.match.Algorithm, processorAlgorithms)
	if computer || processor {
		weight = min(weight, ofComputer())
	}
	if weight == 0 {
		return Finding{}, false
	}
	f := w.finding(d.Info(), p)
	f.Family, f.Host, f.Pool = FamilyEndpoint, c.host, c.match.Pool
	f.Statistic, f.LogLR = float64(p.HoursActive), weight
	if persistent && weight >= minPowerLogLR && !computer {
		f.Devices = p.Parallel
		f.MiningKW = float64(f.Devices) * DeviceKW(c.match.Algorithm)
	}
	f.Detail = fmt.Sprintf("traffic consistent with mining at %s: %s (%s) port %d, %s; %s",
		c.match.Pool, c.host, c.how, p.ServerPort, fit(c.match), d.describe(p, shape, ok, f))
	if computer {
		f.Detail += "; by day only and one device: rather a private or infected computer than a farm"
	}
	if processor {
		f.Detail += "; a coin of ordinary processors: rather an infected computer than a farm"
	}
	return f, true
}

func (d Pool) weight(p datasets.FlowProfile, m datasets.PoolMatch, stratum, persistent, nights bool) float64 {
	web := slices.Contains(webPorts, p.ServerPort)
	long := p.LongestS >= d.WebSessionS || p.Sampling > 1 && nights // sampled sessions have no length
	answered := p.OrigPkts > 0 && p.RespPkts > 0
	exact := m.Kind == datasets.PoolHostPort
	// DeCrypto reads only flows of at least 8 packets in each direction; a scan has fewer.
	talked := stratum && p.OrigPkts >= 8 && p.RespPkts >= 8
	switch {
	case !answered: // tried, in vain; or half of the traffic was not exported
		return 0
	case web && (!stratum || !persistent || !long):
		return 0
	case web && exact:
		return logLR(0.5, 3.2e-3) // 5.1: a listed port, yet one on which browsers live
	case web && nights:
		return logLR(0.3, 0.1) // 1.1: a dashboard that nobody closes looks the same
	case web: // a dashboard left open by day
		return 0
	case exact && persistent:
		return logLR(0.9, 1e-3) // 6.8
	case exact && (p.LongestS >= d.BriefS || talked):
		return logLR(0.5, 3.2e-3) // 5.1
	case exact:
		return logLR(0.5, 0.05) // 2.3: a test of whether the port answers, a scan
	case m.PoolPort && persistent && stratum:
		return logLR(0.9, 1e-3) // a host below the pool's domain, on a port of miners
	case m.PoolPort && talked:
		return logLR(0.5, 3.2e-3) // 5.1
	case persistent && stratum:
		return logLR(0.3, 5e-3) // 4.1: an unlisted port of a listed name
	case persistent:
		return logLR(0.3, 0.03) // 2.3
	case p.LongestS >= d.BriefS:
		return logLR(0.3, 0.1) // 1.1
	}
	return 0
}

func fit(m datasets.PoolMatch) string {
	if m.PoolPort && m.Kind != datasets.PoolHostPort {
		return "a host of the pool on a port of miners"
	}
	switch m.Kind {
	case datasets.PoolHostPort:
		return "a listed host and port"
	case datasets.PoolOtherPort:
		return "a listed host on a port that is not listed"
	case datasets.PoolHost:
		return "a listed host, ports not known"
	}
	return "below the pool's domain"
}

func (Pool) describe(p datasets.FlowProfile, shape Shape, shaped bool, f Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d h with traffic from %s to %s UTC, longest session %.1f h", p.HoursActive, stamp(p.First), stamp(p.Last), p.LongestS/3600)
	if shaped {
		fmt.Fprintf(&b, ", %.0f B/s", shape.BytesPerS)
	}
	if f.Devices > 1 {
		fmt.Fprintf(&b, ", %d equal sessions at once", f.Devices)
	}
	if f.MiningKW > 0 {
		fmt.Fprintf(&b, ", at least %.2f kW", f.MiningKW)
	}
	return b.String()
}

// namesOnly speaks of listed hosts that were looked up though no session with
// an answered address is known: the flows are incomplete, or the miner is
// behind a tunnel. ln(0.3/0.05) = 1.8 from the third day on, ln(0.3/0.15) = 0.7
// before: curiosity is seldom daily.
func (d Pool) namesOnly(w Window) []Finding {
	reached := map[string]bool{}
	for _, p := range w.Profiles {
		reached[p.ServerIP] = true
	}
	visited := map[string]bool{}
	byHost := map[string]datasets.ServerName{}
	for _, n := range w.Names {
		if n.ServerIP != "" && reached[n.ServerIP] {
			visited[n.Host] = true
		}
		m, ok := byHost[n.Host]
		if !ok {
			m = n
		}
		m.First, m.Last = min(m.First, n.First), max(m.Last, n.Last)
		m.Queries, m.Days = max(m.Queries, n.Queries), max(m.Days, n.Days)
		byHost[n.Host] = m
	}
	var out []Finding
	for host, n := range byHost { // ordered by the caller
		m := d.Pools.Match(host, 0)
		if visited[host] || m.Kind < datasets.PoolHost || m.Confidence == "low" {
			continue
		}
		weight := logLR(0.3, 0.15)
		if n.Days >= 3 {
			weight = logLR(0.3, 0.05)
		}
		info := d.Info()
		out = append(out, Finding{Family: FamilyEndpoint, Client: w.Client, Host: host, Pool: m.Pool, Evidence: datasets.Evidence{
			Detector: info.ID, Group: info.Group, Start: n.First, End: n.Last + 1, Status: datasets.Spoken,
			N: int32(min(n.Queries, 1<<31-1)), PValue: 1, LogLR: weight,
			Detail: fmt.Sprintf("name of a pool looked up: %s (%s), %d queries on %d days, but no session with it in the flows", host, m.Pool, n.Queries, n.Days),
		}})
	}
	return out
}

func stamp(m datasets.Micros) string { return m.Time().Format("2006-01-02 15:04") }
