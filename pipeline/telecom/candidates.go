package telecom

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/geo"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/detectors/traffic"
)

// Actions, the strictest first.
const (
	Block   = "block"
	Review  = "review"  // a person has to look
	Monitor = "monitor" // must not be blocked, or is too weak to be
)

// A target is one thing that could be restricted: an address with port and
// protocol, or a name.
type target struct {
	host  string // "" for an address
	ip    string
	port  int32
	proto string
}

// use is what was seen of a target.
type use struct {
	weight   weight
	suspects map[string]bool // clients with findings about it
	clients  map[string]bool // all of them
	pool     string
	bytes    int64
	first    datasets.Micros
	last     datasets.Micros
	best     traffic.Finding
	seen     bool // some finding rests on more than a few sampled packets
}

// Input is what the targets are judged by.
type Input struct {
	AsOf     datasets.Day // first day of the proposals; nothing is read from a clock
	Findings []traffic.Finding
	// Registered holds the clients of registered miners without a finding:
	// what they use is not blocked.
	Registered map[string]bool
	Pools      traffic.Catalogue
	Services   *ref.Services
	Places     *geo.DB                // nil if no database was named
	Accredited func(pool string) bool // pools that licensed miners may use; nil: none is known
	MaxBlocks  int                    // circuit breaker: more blocks than this are none
}

// A Use is what one client had with one address, port and protocol in a day.
type Use struct {
	Client      string
	IP          string
	Port        int32
	Proto       string
	First, Last datasets.Micros
	Bytes       int64
}

// A Builder gathers what is known of the targets.
type Builder struct {
	in       Input
	targets  map[target]*use
	suspects map[string]weight          // by client
	names    map[string]map[string]bool // operators of the names seen on an address
}

// New takes the findings. Targets are those with a finding that makes its client
// a suspect.
func New(in Input) *Builder {
	b := &Builder{in, map[target]*use{}, map[string]weight{}, map[string]map[string]bool{}}
	for _, f := range in.Findings {
		w := b.suspects[f.Client]
		w.add(f)
		b.suspects[f.Client] = w
		var own weight
		if own.add(f); !own.suspect() && f.Family != traffic.FamilyFan {
			continue
		}
		if f.ServerIP != "" {
			b.find(target{ip: f.ServerIP, port: f.ServerPort, proto: f.Proto}, f)
			b.names[f.ServerIP] = map[string]bool{}
		}
		if _, err := netip.ParseAddr(f.Host); f.Host != "" && err != nil && own.endpoint > 0 {
			b.find(target{host: f.Host}, f)
		}
	}
	b.shapeOfNames()
	return b
}

// shapeOfNames gives a name the shape of the sessions that were held under it:
// detectors of shape speak of addresses.
func (b *Builder) shapeOfNames() {
	type session struct {
		client, ip string
		port       int32
	}
	shape := map[session]traffic.Finding{}
	for _, f := range b.in.Findings {
		if f.Family == traffic.FamilyShape && f.Status == datasets.Spoken {
			shape[session{f.Client, f.ServerIP, f.ServerPort}] = f
		}
	}
	for _, f := range b.in.Findings {
		u := b.targets[target{host: f.Host}]
		if s, ok := shape[session{f.Client, f.ServerIP, f.ServerPort}]; ok && u != nil && f.Family == traffic.FamilyEndpoint {
			u.weight.add(s)
		}
	}
}

func (b *Builder) find(t target, f traffic.Finding) {
	u := b.targets[t]
	if u == nil {
		u = &use{suspects: map[string]bool{}, clients: map[string]bool{}, first: f.Start, last: f.End}
		b.targets[t] = u
	}
	u.weight.add(f)
	u.suspects[f.Client], u.clients[f.Client] = true, true
	if f.Sampled == 0 || f.Sampled >= minSampledPackets {
		u.seen = true
	}
	u.first, u.last = min(u.first, f.Start), max(u.last, f.End)
	if cmp.Or(cmp.Compare(f.LogLR, u.best.LogLR), cmp.Compare(f.Pool, u.best.Pool), cmp.Compare(u.best.Client, f.Client)) > 0 {
		u.best = f
	}
	if u.pool == "" || f.Pool != "" && f.Pool < u.pool {
		u.pool = f.Pool
	}
	if t.host != "" {
		u.bytes += f.Bytes
	}
}

// Addresses returns the addresses of the targets, in order.
func (b *Builder) Addresses() []string {
	return slices.Sorted(maps.Keys(b.names))
}

// AddUse counts one client's traffic with a target, be it a suspect or not.
// Every flow of the network with one of [Builder.Addresses] must be in some Use.
func (b *Builder) AddUse(v Use) {
	u := b.targets[target{ip: v.IP, port: v.Port, proto: v.Proto}]
	if u == nil {
		return
	}
	u.clients[v.Client] = true
	u.bytes += v.Bytes
	u.first, u.last = min(u.first, v.First), max(u.last, v.Last)
}

// AddServerName notes a name under which an address was spoken with over TLS in
// the last 30 days.
func (b *Builder) AddServerName(ip, host string) { b.operator(ip, host) }

// AddName counts one client's look-ups of a target, and what else is on an
// address. Names last looked up more than 30 days before AsOf are left out.
func (b *Builder) AddName(n datasets.ServerName) {
	if b.in.AsOf-datasets.DayOf(n.Last.Time()) > nameDays {
		return
	}
	if u := b.targets[target{host: n.Host}]; u != nil {
		u.clients[n.Client] = true
		u.first, u.last = min(u.first, n.First), max(u.last, n.Last)
	}
	b.operator(n.ServerIP, n.Host)
}

// operator notes who stands behind a name on an address: the pool, or else the
// registered domain.
func (b *Builder) operator(ip, host string) {
	seen, ok := b.names[ip]
	if !ok {
		return
	}
	if m := b.in.Pools.Match(host, 0); m.Kind != datasets.NoPool {
		seen["pool "+m.Pool] = true
	} else {
		seen[registered(host)] = true
	}
}

// registered returns the last two labels of a name, three where the second
// level is a public one (com.kz, co.uk). A shorter suffix than the true one
// would join strangers and let a block through, so short second labels count
// as public.
func registered(host string) string {
	labels := strings.Split(host, ".")
	n := 2
	if len(labels) > 2 && len(labels[len(labels)-2]) <= 3 && len(labels[len(labels)-1]) == 2 {
		n = 3
	}
	return strings.Join(labels[max(0, len(labels)-n):], ".")
}

// listFrom is the confidence from which an endpoint is listed at all; those
// that several suspects share are listed in any case.
const listFrom = 0.1

// Candidates returns a row for every target that is worth a look: blocks first, then by confidence,
// kind, target, port and protocol.
func (b *Builder) Candidates() ([]datasets.Candidate, error) {
	var out []datasets.Candidate
	for t, u := range b.targets {
		c, err := b.candidate(t, u)
		if err != nil {
			return nil, err
		}
		// One client with a steady habit is nobody's business: most such servers
		// are sensors, tills and terminals.
		if c.Confidence < listFrom && u.weight.fan == 0 {
			continue
		}
		out = append(out, c)
	}
	b.breaker(out)
	order := []string{Block, Review, Monitor}
	slices.SortFunc(out, func(x, y datasets.Candidate) int {
		return cmp.Or(cmp.Compare(slices.Index(order, x.Action), slices.Index(order, y.Action)), cmp.Compare(y.Confidence, x.Confidence),
			cmp.Compare(x.TargetKind, y.TargetKind), cmp.Compare(x.Target, y.Target), cmp.Compare(x.Port, y.Port), cmp.Compare(x.Proto, y.Proto))
	})
	return out, nil
}

func (b *Builder) candidate(t target, u *use) (datasets.Candidate, error) {
	c := datasets.Candidate{
		Target: t.host, TargetKind: "domain", Pool: u.pool, Confidence: u.weight.confidence(len(u.suspects)),
		First: u.first, Last: u.last, Clients: int32(len(u.clients)), Bytes: u.bytes,
		ValidFrom: b.in.AsOf, ValidUntil: b.in.AsOf + nameDays - 1,
	}
	for client := range u.clients {
		if !b.suspects[client].suspect() {
			c.Collateral++
		}
	}
	if t.host == "" {
		c.Target, c.TargetKind, c.Port, c.Proto = t.ip, "ip", t.port, t.proto
		c.ValidUntil = b.in.AsOf + addressDays - 1
		addr, err := netip.ParseAddr(t.ip)
		if err == nil {
			place, err := b.in.Places.Lookup(addr)
			if err != nil {
				return c, fmt.Errorf("candidates: %w", err)
			}
			c.ASN, c.ASOrg, c.Country = place.ASN, place.Org, place.Country
		}
	}
	stops := b.guards(t, u, c)
	c.Action = Block
	reasons := []string{u.best.Detail}
	for _, s := range stops {
		if s.action == Monitor || c.Action == Block {
			c.Action = s.action
		}
		reasons = append(reasons, s.action+": "+s.why)
	}
	c.Reason = strings.Join(reasons, "; ")
	return c, nil
}
