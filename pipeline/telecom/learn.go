package telecom

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/detectors/traffic"
)

// A lesson is what speaks for an endpoint that the list of pools lacks.
type lesson struct {
	pool, how       string
	ports           map[int32]bool
	clients, miners map[string]bool
	first, last     datasets.Micros
	best            traffic.Finding
}

// Proposals returns endpoints that the list of pools lacks, for a person to
// accept, best first. Three things propose one:
//
//   - several clients with the shape and no others (fan-in);
//   - the shape, or the beat of the blocks, of a client that also has a strong contact
//     with a listed pool: a second pool, a relay, a fall-back;
//   - the same of a client at whose site a visit found mining (confirmed), whatever else
//     it speaks with: that is how a pool in nobody's list is learnt;
//   - a host below a pool's domain, or a port of a listed host, that is not listed.
//
// An address of a service that must stay reachable is left out, unless it was
// spoken with under a name: the name is then proposed.
func Proposals(findings []traffic.Finding, confirmed map[string]bool, pools traffic.Catalogue, services *ref.Services) []datasets.ProposedPool {
	miners := maps.Clone(confirmed)
	if miners == nil {
		miners = map[string]bool{}
	}
	listed := map[string]bool{} // addresses of listed hosts, which shapes are found at, too
	for _, f := range findings {
		if f.Status != datasets.Spoken || f.Family != traffic.FamilyEndpoint {
			continue
		}
		if f.LogLR >= strongEndpoint {
			miners[f.Client] = true
		}
		if pools.Match(f.Host, f.ServerPort).Kind != datasets.NoPool {
			listed[f.ServerIP] = true
		}
	}
	by := map[string]*lesson{}
	for _, f := range findings {
		host := cmp.Or(f.Host, f.ServerIP)
		if f.Status != datasets.Spoken || f.ServerIP == "" || host == "" {
			continue
		}
		m := pools.Match(host, f.ServerPort)
		how := ""
		switch {
		case m.Kind == datasets.PoolHostPort || listed[f.ServerIP] && f.Family != traffic.FamilyEndpoint:
		case f.Family == traffic.FamilyFan:
			how = "fan-in"
		case (f.Family == traffic.FamilyShape || f.Family == traffic.FamilyTiming) && f.LogLR >= minShape && miners[f.Client] && m.Kind == datasets.NoPool:
			how = "contact of a known miner"
			if confirmed[f.Client] {
				how = "contact of a miner whom a visit found"
			}
		case f.Family == traffic.FamilyEndpoint && f.LogLR >= strongEndpoint && (m.Kind == datasets.PoolSuffix || m.Kind == datasets.PoolOtherPort):
			how = "host or port of a listed pool"
		case f.Detector == traffic.Label{}.Info().ID && m.Kind == datasets.NoPool:
			how = "label of a DPI system"
		}
		if how != "" && !mustStay(services, host) {
			learn(by, host, m.Pool, how, f, miners[f.Client])
		}
	}
	return proposals(by)
}

func mustStay(services *ref.Services, host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		_, known := services.Addr(addr)
		return known
	}
	_, known := services.Host(host)
	return known
}

func learn(by map[string]*lesson, host, pool, how string, f traffic.Finding, miner bool) {
	l := by[host]
	if l == nil {
		l = &lesson{pool: pool, how: how, ports: map[int32]bool{}, clients: map[string]bool{}, miners: map[string]bool{}, first: f.Start, best: f}
		by[host] = l
	}
	l.ports[f.ServerPort] = true
	l.clients[f.Client] = true
	if miner {
		l.miners[f.Client] = true
	}
	l.first, l.last = min(l.first, f.Start), max(l.last, f.End)
	if cmp.Or(cmp.Compare(f.LogLR, l.best.LogLR), cmp.Compare(l.best.Client, f.Client), cmp.Compare(l.best.Detector, f.Detector)) > 0 {
		l.best, l.how = f, how
	}
}

func proposals(by map[string]*lesson) []datasets.ProposedPool {
	rows := []datasets.ProposedPool{}
	for host, l := range by {
		var ports []string
		for _, p := range sortedPorts(l.ports) {
			ports = append(ports, fmt.Sprint(p))
		}
		rows = append(rows, datasets.ProposedPool{
			Pool: cmp.Or(l.pool, "unknown"), Host: host, Ports: strings.Join(ports, " "), Vouched: "traffic: " + l.how,
			Clients: int32(len(l.clients)), Known: int32(len(l.miners)), First: l.first, Last: l.last,
			Score: l.best.LogLR + 0.5*math.Log2(float64(len(l.clients))), Evidence: l.best.Detail,
		})
	}
	slices.SortFunc(rows, func(a, b datasets.ProposedPool) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Host, b.Host))
	})
	return rows
}

func sortedPorts(set map[int32]bool) []int32 {
	var list []int32
	for p := range set {
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}
