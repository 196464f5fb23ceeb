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
	"github.com/minewatch/minewatch/pipeline/sql"
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
	for _, s := range []*Stage{nameStage, jobStage, flowStage, contactStage, endpointStage} {
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
		rests, err := r.network.rests(r.env)
		if err != nil {
			return 0, err
		}
		r.traffic.evidence = append(r.traffic.evidence, rests...)
		return int64(len(r.network.findings)), nil
	})
}

// A network holds the findings of all clients and what is needed to place them.
type network struct {
	pools       *ref.Pools
	services    *ref.Services
	leases      *link.Index
	subscribers map[string]datasets.Subscriber // by key of the client
	sites       *link.Sites
	others      *traffic.Network
	names       map[string][]datasets.ServerName // of listed hosts, by client
	from, to    datasets.Micros
	findings    []telecom.Attributed
	seen        map[string]counter.Watched // by site
	notes       []string
}

func (r *runner) newNetwork() (*network, error) {
	lake := r.env.WS.Lake()
	n := &network{names: map[string][]datasets.ServerName{}}
	who, err := r.env.who()
	if err != nil {
		return nil, err
	}
	interest, err := r.env.interest()
	if err != nil {
		return nil, err
	}
	n.leases, n.subscribers, n.pools = who.leases, who.leases.Subscribers(), interest.pools
	n.notes = slices.Clone(r.env.traffic.notes)
	known, err := store.ReadTable[datasets.KnownService](lake, "known_services")
	if err != nil {
		return nil, err
	}
	services, refused := ref.NewServices(known)
	n.services = services
	n.refused("known_services", refused)
	sites := slices.Collect(maps.Values(r.env.around.sites))
	slices.SortFunc(sites, func(a, b datasets.Site) int { return cmp.Compare(a.SiteID, b.SiteID) })
	n.sites = link.NewSites(sites, registry.AddressKey)
	rows, err := store.ReadTable[datasets.ServerEndpoint](lake, "server_endpoint")
	if err != nil {
		return nil, err
	}
	n.others = traffic.NewNetwork(rows, n.pools)
	return n, n.look(lake)
}

func (n *network) refused(table string, errs []error) {
	if len(errs) > 0 {
		n.notes = append(n.notes, fmt.Sprintf("%s: %d rows are of no use, the first: %v.", table, len(errs), errs[0]))
	}
}

// look goes over all clients once, before any is judged: the period of the flows,
// who shares a server, and the listed hosts that were looked up.
func (n *network) look(lake string) error {
	err := eachPart(lake, "flow_profile", func(p datasets.FlowProfile) {
		n.from, n.to = earliest(n.from, p.First), max(n.to, p.Last+1)
		n.others.AddProfile(p)
	})
	if err != nil {
		return err
	}
	return eachPart(lake, "server_name", func(s datasets.ServerName) {
		if n.pools.Match(s.Host, 0).Kind != datasets.NoPool {
			n.names[s.Client] = append(n.names[s.Client], s)
			n.others.AddName(s)
		}
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

// detect runs the detectors over the clients one by one: memory is one client's
// profiles, and the findings.
func (n *network) detect(env *Env) error {
	all := traffic.All(n.pools)
	w := traffic.Window{From: n.from, To: n.to, Zone: env.Zone, Network: n.others}
	judge := func() {
		if w.Client == "" {
			return
		}
		w.Names = n.names[w.Client]
		delete(n.names, w.Client)
		n.see(w)
		for _, d := range all {
			for _, f := range d.Detect(w) {
				// Why nothing can be said is of interest where a site is at stake.
				if a := n.attribute(f); f.Status == datasets.Spoken || a.SiteID != "" {
					n.findings = append(n.findings, a)
				}
			}
		}
		w.Profiles = nil
	}
	err := eachPart(env.WS.Lake(), "flow_profile", func(p datasets.FlowProfile) { // ordered by client
		if p.Client != w.Client {
			judge()
			w.Client = p.Client
		}
		w.Profiles = append(w.Profiles, p)
	})
	if err != nil {
		return err
	}
	judge()
	for _, client := range slices.Sorted(maps.Keys(n.names)) { // looked up, and no lasting contact with anything
		w.Client = client
		judge()
	}
	return nil
}

func (n *network) attribute(f traffic.Finding) telecom.Attributed {
	a := telecom.Attributed{Finding: f}
	if a.Subscriber, a.Named = n.subscribers[f.Client]; a.Named {
		a.SiteID = n.sites.Link(a.Subscriber).SiteID
	}
	return a
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
func (n *network) candidates(ctx context.Context, env *Env, asOf datasets.Day, cases []*siteCase) (rows []datasets.Candidate, err error) {
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
	b := telecom.New(telecom.Input{
		AsOf: asOf, Findings: findings, Registered: registered, Pools: n.pools, Services: n.services, Places: places,
		Accredited: func(pool string) bool { return env.tables.Accredited.On(pool, asOf) },
		MaxBlocks:  env.WS.Config.Traffic.MaxBlocks,
	})
	if err := n.uses(ctx, env, asOf, b); err != nil {
		return nil, err
	}
	if err := eachPart(env.WS.Lake(), "server_name", b.AddName); err != nil {
		return nil, err
	}
	return b.Candidates()
}

// uses counts everybody who uses a target: flow_profile has only those who do so
// for long.
func (n *network) uses(ctx context.Context, env *Env, asOf datasets.Day, b *telecom.Builder) error {
	targets := b.Addresses()
	if len(targets) == 0 {
		return nil
	}
	var parts []store.Manifest
	for _, table := range []string{"flows", "tls"} {
		list, err := store.List(env.WS.Lake(), table)
		if err != nil {
			return err
		}
		parts = append(parts, list...)
	}
	_, err := env.inDuckDB(ctx, env.Workers, func(db *sql.DB) (int64, error) {
		err := errors.Join(env.views(ctx, db, parts, "flows", "tls"), db.List(ctx, "target", targets), db.List(ctx, "shared_address", n.leases.Blocks()))
		if err != nil {
			return 0, err
		}
		if err := n.targetUses(ctx, db, b); err != nil {
			return 0, err
		}
		return 0, targetNames(ctx, db, asOf, b)
	})
	return err
}

func (n *network) targetUses(ctx context.Context, db *sql.DB, b *telecom.Builder) error {
	rows, err := db.Query(ctx, sql.TargetUse())
	if err != nil {
		return err
	}
	defer rows.Close()
	who := n.leases.Resolver()
	for rows.Next() {
		var u telecom.Use
		var srcIP string
		var port int32
		if err := rows.Scan(&u.IP, &u.Port, &u.Proto, &srcIP, &port, &u.First, &u.Last, &u.Bytes); err != nil {
			return err
		}
		u.Client, _, _, _ = who.Client(srcIP, port, u.First)
		b.AddUse(u)
		// A lease that changed on the day: both are clients.
		if last, _, _, _ := who.Client(srcIP, port, u.Last); last != u.Client {
			u.Client, u.Bytes = last, 0
			b.AddUse(u)
		}
	}
	return rows.Err()
}

// nameDays is for how long a name on an address counts.
const nameDays = 30

func targetNames(ctx context.Context, db *sql.DB, asOf datasets.Day, b *telecom.Builder) error {
	rows, err := db.Query(ctx, sql.TargetNames(), int64(datasets.MicrosOf((asOf - nameDays).Date())))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var ip, sni string
		if err := rows.Scan(&ip, &sni); err != nil {
			return err
		}
		b.AddServerName(ip, sni)
	}
	return rows.Err()
}
