package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/geo"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/counter"
	"github.com/minewatch/minewatch/detectors/traffic"
	"github.com/minewatch/minewatch/pipeline/link"
	"github.com/minewatch/minewatch/pipeline/registry"
	"github.com/minewatch/minewatch/pipeline/telecom"
)

// A trafficResult is what the network says.
type trafficResult struct {
	evidence    []datasets.Evidence // by site
	subscribers []datasets.SubscriberSeen
	notes       []string
	watched     bool // whether any client was in the logs
}

// runTraffic derives sessions and profiles, runs the traffic detectors over
// every client, and says whose client it was.
func (r *runner) runTraffic(ctx context.Context) error {
	for _, s := range []*Stage{flowStage, nameStage, endpointStage} {
		if err := r.stage(ctx, s); err != nil {
			return err
		}
	}
	return r.timed("traffic", func() (n int64, err error) {
		if r.network, err = r.newNetwork(); err != nil {
			return 0, err
		}
		if err := r.network.detect(r.env); err != nil {
			return 0, err
		}
		r.traffic = r.network.result()
		return int64(len(r.network.findings)), nil
	})
}

// A network holds the findings of all clients and what is needed to place them.
type network struct {
	pools     *ref.Pools
	services  *ref.Services
	leases    *link.Index
	sites     *link.Sites
	endpoints traffic.Network
	from, to  datasets.Micros
	findings  []telecom.Attributed
	seen      map[string]counter.Watched // by site
	notes     []string
}

func (r *runner) newNetwork() (*network, error) {
	lake := r.env.WS.Lake()
	n := &network{}
	users, err := store.ReadTable[datasets.Pool](lake, "pools")
	if err != nil {
		return nil, err
	}
	var refused []error
	n.pools, refused = ref.NewPools(users)
	n.refused("pools", refused)
	known, err := store.ReadTable[datasets.KnownService](lake, "known_services")
	if err != nil {
		return nil, err
	}
	n.services, refused = ref.NewServices(known)
	n.refused("known_services", refused)
	leases, err := store.ReadTable[datasets.Subscriber](lake, "subscribers")
	if err != nil {
		return nil, err
	}
	n.leases, refused = link.NewIndex(leases)
	n.refused("subscribers", refused)
	sites := slices.Collect(maps.Values(r.env.shared.sites))
	slices.SortFunc(sites, func(a, b datasets.Site) int { return cmp.Compare(a.SiteID, b.SiteID) })
	n.sites = link.NewSites(sites, registry.AddressKey)
	rows, err := store.ReadTable[datasets.ServerEndpoint](lake, "server_endpoint")
	if err != nil {
		return nil, err
	}
	n.endpoints = traffic.NewNetwork(rows)
	return n, n.period(lake)
}

func (n *network) refused(table string, errs []error) {
	if len(errs) > 0 {
		n.notes = append(n.notes, fmt.Sprintf("%s: %d rows are of no use, the first: %v.", table, len(errs), errs[0]))
	}
}

// period is that of all flows.
func (n *network) period(lake string) error {
	return eachPart(lake, "flow_profile", func(p datasets.FlowProfile) {
		n.from, n.to = earliest(n.from, p.First), max(n.to, p.Last+1)
	})
}

func eachPart[R any](lake, table string, each func(R)) error {
	list, err := store.List(lake, table)
	if err != nil {
		return err
	}
	for _, m := range list {
		err := store.Scan(m.Path(lake), func(rows []R) error {
			for _, row := range rows {
				each(row)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// detect runs the detectors over the clients, bucket by bucket: memory is one
// bucket's sessions.
func (n *network) detect(env *Env) error {
	buckets := map[int32]bool{}
	for _, table := range []string{"flow_profile", "server_name"} {
		list, err := store.List(env.WS.Lake(), table)
		if err != nil {
			return err
		}
		for _, m := range list {
			buckets[m.Bucket] = true
		}
	}
	all := traffic.All(n.pools)
	for _, bucket := range slices.Sorted(maps.Keys(buckets)) {
		clients, err := n.clients(env, bucket)
		if err != nil {
			return err
		}
		for _, w := range clients {
			who := link.Sole(n.leases.Attribute(w.Sessions))
			n.see(w, who)
			for _, d := range all {
				for _, f := range d.Detect(w) {
					n.findings = append(n.findings, n.attribute(f, who))
				}
			}
		}
	}
	return nil
}

func (n *network) attribute(f traffic.Finding, who link.Who) telecom.Attributed {
	a := telecom.Attributed{Finding: f, Named: who.Status == link.Known}
	if a.Named {
		a.Subscriber = who.Subscriber
		a.SiteID = n.sites.Link(who.Subscriber).SiteID
	}
	return a
}

// clients gathers what is known of the clients of one bucket, by address.
func (n *network) clients(env *Env, bucket int32) ([]traffic.Window, error) {
	by := map[string]*traffic.Window{}
	get := func(client string) *traffic.Window {
		w := by[client]
		if w == nil {
			w = &traffic.Window{Client: client, From: n.from, To: n.to, Zone: env.Zone, Network: n.endpoints}
			by[client] = w
		}
		return w
	}
	p, errP := bucketRows[datasets.FlowProfile](env, "flow_profile", bucket)
	s, errS := bucketRows[datasets.FlowSession](env, "flow_session", bucket)
	names, errN := bucketRows[datasets.ServerName](env, "server_name", bucket)
	if err := errors.Join(errP, errS, errN); err != nil {
		return nil, err
	}
	for _, row := range p {
		w := get(row.ClientIP)
		w.Profiles = append(w.Profiles, row)
	}
	for _, row := range s {
		w := get(row.ClientIP)
		w.Sessions = append(w.Sessions, row)
	}
	for _, row := range names {
		w := get(row.ClientIP)
		w.Names = append(w.Names, row)
	}
	windows := make([]traffic.Window, 0, len(by))
	for _, client := range slices.Sorted(maps.Keys(by)) {
		windows = append(windows, *by[client])
	}
	return windows, nil
}

func bucketRows[R any](env *Env, table string, bucket int32) ([]R, error) {
	groups, err := byBucket(env.WS.Lake(), table)
	if err != nil {
		return nil, err
	}
	var rows []R
	for _, m := range groups[bucket] {
		part, err := store.ReadFile[R](m.Path(env.WS.Lake()))
		if err != nil {
			return nil, err
		}
		rows = append(rows, part...)
	}
	return rows, nil
}

// result turns the findings into evidence by site, and subscribers.
func (n *network) result() trafficResult {
	out := trafficResult{notes: n.notes, watched: n.to > 0}
	bySite := map[string][]traffic.Finding{}
	for _, f := range n.findings {
		if f.SiteID != "" {
			bySite[f.SiteID] = append(bySite[f.SiteID], f.Finding)
		}
	}
	for _, site := range slices.Sorted(maps.Keys(bySite)) {
		out.evidence = append(out.evidence, traffic.ForSite(site, bySite[site])...)
	}
	out.evidence = append(out.evidence, n.quiet(out.evidence)...)
	var unnamed int
	out.subscribers, unnamed = telecom.Subscribers(n.findings)
	if unnamed > 0 {
		out.notes = append(out.notes, fmt.Sprintf("traffic: %d findings belong to an address that no lease, or more than one, names; they are in no site's evidence.", unnamed))
	}
	return out
}

// candidates weighs what a telecom may do, once the registry has said which of
// the clients may mine: what they use must not be cut off.
func (n *network) candidates(env *Env, asOf datasets.Day, cases []*siteCase) (rows []datasets.Candidate, err error) {
	lawful := map[string]bool{} // sites
	for _, s := range cases {
		lawful[s.site.SiteID] = s.answer.Outcome == registry.Match && s.judged.Finding == ""
	}
	registered := map[string]bool{} // clients
	findings := make([]traffic.Finding, len(n.findings))
	for i, f := range n.findings {
		findings[i] = f.Finding
		if lawful[f.SiteID] {
			registered[f.Client] = true
		}
	}
	var files []string
	for _, name := range env.WS.Config.Traffic.MMDB {
		files = append(files, env.WS.Path(name))
	}
	places, err := geo.Open(files...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, places.Close()) }()
	b := telecom.New(telecom.Input{AsOf: asOf, Findings: findings, Registered: registered, Pools: n.pools, Services: n.services, Places: places})
	if err := eachPart(env.WS.Lake(), "flow_profile", b.AddProfile); err != nil {
		return nil, err
	}
	if err := eachPart(env.WS.Lake(), "server_name", b.AddName); err != nil {
		return nil, err
	}
	return b.Candidates()
}
