package pipeline

import (
	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/counter"
	"github.com/minewatch/minewatch/detectors/traffic"
)

// see remembers that the client of a window is one of a site.
func (n *network) see(w traffic.Window) {
	subscriber, named := n.subscribers[w.Client]
	if !named || len(w.Profiles) == 0 {
		return
	}
	site := n.sites.Link(subscriber).SiteID
	if site == "" {
		return
	}
	if n.seen == nil {
		n.seen = map[string]counter.Watched{}
	}
	seen := n.seen[site]
	for _, p := range w.Profiles {
		seen.From, seen.To = earliest(seen.From, p.First), max(seen.To, p.Last)
		seen.Hours = max(seen.Hours, p.HoursActive) // clients and servers overlap: the most of one of them
	}
	n.seen[site] = seen
}

// quiet is the evidence of the sites that were seen and of which no detector spoke.
func (n *network) quiet(spoken []datasets.Evidence) []datasets.Evidence {
	found := map[string]bool{}
	for _, e := range spoken {
		if e.Status == datasets.Spoken {
			found[e.SiteID] = true
		}
	}
	var out []datasets.Evidence
	for site, w := range n.seen { // ordered by whoever gathers the evidence
		if !found[site] {
			out = append(out, counter.Quiet(site, w))
		}
	}
	return out
}
