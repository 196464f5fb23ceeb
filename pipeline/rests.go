package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/counter"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/traffic"
)

// rests holds the hours in which suspicious contacts of a site's clients were silent
// against the load of the site.
func (n *network) rests(env *Env) ([]datasets.Evidence, error) {
	bySite := map[string]*presence{}
	for _, f := range n.findings {
		if f.SiteID == "" || f.Status != datasets.Spoken || f.ServerIP == "" {
			continue
		}
		p := bySite[f.SiteID]
		if p == nil {
			p = newPresence(n.from, n.to)
			bySite[f.SiteID] = p
		}
		p.candidate(f.Finding)
	}
	if len(bySite) == 0 {
		return nil, nil
	}
	sites := map[string]*presence{} // by client
	for client, s := range n.subscribers {
		if p := bySite[n.sites.Link(s).SiteID]; p != nil {
			sites[client] = p
		}
	}
	err := eachPart(env.WS.Lake(), "flow_day", func(d datasets.FlowDay) {
		if p := sites[d.Client]; p != nil {
			p.add(d)
		}
	})
	if err != nil {
		return nil, err
	}
	var out []datasets.Evidence
	for _, site := range slices.Sorted(maps.Keys(bySite)) {
		s, ok, err := env.siteSeries(site)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		p := bySite[site]
		if e, ok := counter.Rests(site, s, env.Zone, datasets.Micros(p.from)*features.MicrosPerHour, p.contacts()); ok {
			out = append(out, e)
		}
	}
	return out, nil
}

// A presence is the hours in which a site's clients had traffic with each server port.
type presence struct {
	from, n    int // hours since 1970, and their number
	of         map[endpointKey][]bool
	candidates map[endpointKey]bool
}

// An endpointKey is one server port.
type endpointKey struct {
	ip    string
	port  int32
	proto string
}

// newPresence begins a period from the first whole hour on.
func newPresence(from, to datasets.Micros) *presence {
	first := int((from + features.MicrosPerHour - 1) / features.MicrosPerHour)
	return &presence{first, max(0, int(to/features.MicrosPerHour)-first), map[endpointKey][]bool{}, map[endpointKey]bool{}}
}

// candidate notes the server port of a finding.
func (p *presence) candidate(f traffic.Finding) {
	p.candidates[endpointKey{f.ServerIP, f.ServerPort, f.Proto}] = true
}

// add enters the hours of a day.
func (p *presence) add(d datasets.FlowDay) {
	k := endpointKey{d.ServerIP, d.ServerPort, d.Proto}
	hours := p.of[k]
	if hours == nil {
		hours = make([]bool, p.n)
		p.of[endpointKey{strings.Clone(k.ip), k.port, strings.Clone(k.proto)}] = hours
	}
	for h := range 24 {
		if i := int(d.Day)*24 + h - p.from; d.Hours&(1<<h) != 0 && i >= 0 && i < p.n {
			hours[i] = true
		}
	}
}

// contacts returns the contacts, ordered by server.
func (p *presence) contacts() []counter.Contact {
	keys := slices.SortedFunc(maps.Keys(p.of), func(a, b endpointKey) int {
		return cmp.Or(strings.Compare(a.ip, b.ip), cmp.Compare(a.port, b.port), strings.Compare(a.proto, b.proto))
	})
	out := make([]counter.Contact, len(keys))
	for i, k := range keys {
		out[i] = counter.Contact{Server: fmt.Sprintf("%s port %d", k.ip, k.port), Candidate: p.candidates[k], Present: p.of[k]}
	}
	return out
}
