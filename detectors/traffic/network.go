package traffic

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/minewatch/minewatch/datasets"
)

// An endpoint is one server port.
type endpoint struct {
	ip    string
	port  int32
	proto string
}

// A Network says who else uses a server. It is filled by [NewNetwork],
// [Network.AddProfile] and [Network.AddName] with the rows of all clients, and
// read afterwards.
type Network struct {
	clients int32
	used    map[endpoint]int32
	byAddr  map[string]int32       // clients by address, counted once for each of its ports
	steady  map[string]*fan        // by address: a pool has several ports
	names   map[string]int32       // clients with a lasting contact under a server name
	sole    map[string]string      // the name at an address; "" if there are several
	asked   map[string][]nameAsked // listed hosts answered with an address, by address
	servers map[server]*sent       // what servers sent all their clients
	pools   Catalogue

	small  datasets.Lags // single small packets of all, by lag from a block
	clock  *jobClock
	clocks sync.Once
}

// A server is known by the name that clients gave it, or by its address if they gave none, and by its port: another
// port of a rented machine may be somebody else's.
type server struct {
	name, addr string
	port       int32
}

// A sent is large packets of a server, of sampled records, and how many there would be at least, on average, if
// each of its lasting contacts were a miner of Bitcoin's.
type sent struct {
	large datasets.Lags
	jobs  float64
}

func (x *sent) plus(y *sent) sent {
	if y == nil {
		return *x
	}
	return sent{x.large.Plus(y.large), x.jobs + y.jobs}
}

// A fan is the clients whose traffic with an address has the shape.
type fan struct {
	clients int32
	fleets  int32         // of them, with several equal sessions at once
	named   int32         // of their contacts, under a server name
	listed  datasets.Lags // large packets under the name of a listed pool
	large   datasets.Lags // and under any
	small   datasets.Lags
	last    string // client counted last; profiles come client by client
}

// A nameAsked is a listed host that clients were answered an address for.
type nameAsked struct {
	host    string
	clients int32
	first   datasets.Micros
}

// NewNetwork takes the server_endpoint rows.
func NewNetwork(rows []datasets.ServerEndpoint, pools Catalogue) *Network {
	n := &Network{used: make(map[endpoint]int32, len(rows)), byAddr: map[string]int32{}, steady: map[string]*fan{}, names: map[string]int32{}, sole: map[string]string{}, asked: map[string][]nameAsked{}, servers: map[server]*sent{}, pools: pools}
	for _, r := range rows {
		n.clients = max(n.clients, r.NetworkClients)
		ip := strings.Clone(r.ServerIP)
		n.used[endpoint{ip, r.ServerPort, r.Proto}] = r.Clients
		n.byAddr[ip] += r.Clients
	}
	return n
}

// AddProfile counts one client's traffic with a server. Profiles must come client by
// client.
func (n *Network) AddProfile(p datasets.FlowProfile) {
	if p.SNI != "" {
		name := strings.Clone(p.SNI)
		n.names[name]++
		if known, ok := n.sole[p.ServerIP]; !ok {
			n.sole[strings.Clone(p.ServerIP)] = name
		} else if known != name {
			n.sole[p.ServerIP] = ""
		}
	}
	n.small = n.small.Plus(p.Pulse.Small())
	if own := sentTo(p); own != (sent{}) && !mixed(p) {
		k := serverOf(p)
		all := n.servers[k]
		if all == nil {
			all = &sent{}
			n.servers[server{strings.Clone(k.name), strings.Clone(k.addr), k.port}] = all
		}
		*all = all.plus(&own)
	}
	if !lasting(p) {
		return
	}
	if s, ok := ShapeOf(p); !ok || !s.LikeStratum() {
		return
	}
	f := n.steady[p.ServerIP]
	if f == nil {
		f = &fan{}
		n.steady[strings.Clone(p.ServerIP)] = f
	}
	if f.clients == 0 || f.last != p.Client {
		f.clients++
		f.last = strings.Clone(p.Client)
	}
	if p.Parallel >= minFleet {
		f.fleets++
	}
	if p.SNI != "" {
		f.named++
	}
	large := p.Pulse.Large()
	f.large, f.small = f.large.Plus(large), f.small.Plus(p.Pulse.Small())
	if n.listed(p.SNI) {
		f.listed = f.listed.Plus(large)
	}
}

// AddName notes a listed host that a client was answered an address for.
func (n *Network) AddName(s datasets.ServerName) {
	if s.ServerIP == "" || n.pools.Match(s.Host, 0).Kind == datasets.NoPool {
		return
	}
	list := n.asked[s.ServerIP]
	for i := range list {
		if list[i].host == s.Host {
			list[i].clients++
			list[i].first = min(list[i].first, s.First)
			return
		}
	}
	n.asked[s.ServerIP] = append(list, nameAsked{s.Host, 1, s.First})
}

// Clients returns the number of clients of an endpoint and of the whole
// network; 0, 0 if nothing is known of it.
func (n *Network) Clients(serverIP string, port int32, proto string) (of, all int32) {
	if n == nil {
		return 0, 0
	}
	of = n.used[endpoint{serverIP, port, proto}]
	if of == 0 {
		return 0, 0
	}
	return of, n.clients
}

// hosts returns the listed hosts that anybody was answered an address for, by name.
func (n *Network) hosts(addr string) []nameAsked {
	if n == nil {
		return nil
	}
	list := n.asked[addr]
	slices.SortFunc(list, func(a, b nameAsked) int { return strings.Compare(a.host, b.host) })
	return list
}

// fan returns who has the shape at an address, nil if nobody has, and how many
// clients its ports have, at most.
func (n *Network) fan(addr string) (f *fan, clients int32) {
	if n == nil {
		return nil, 0
	}
	return n.steady[addr], n.byAddr[addr]
}

// jobClock returns how lags of jobs are told from chance, learnt once from all that was added.
func (n *Network) jobClock() *jobClock {
	if n == nil {
		return newJobClock(datasets.Lags{}, datasets.Lags{})
	}
	n.clocks.Do(func() {
		var jobs datasets.Lags
		small := n.small // what pools send when a block is found is not by chance
		for addr, f := range n.steady {
			if len(n.asked[addr]) > 0 {
				jobs, small = jobs.Plus(f.large), small.Minus(f.small)
			} else {
				jobs = jobs.Plus(f.listed)
			}
		}
		n.clock = newJobClock(small, jobs)
	})
	return n.clock
}

// TellsBlocks reports whether what a name and a port match is a pool of Bitcoin's algorithm, or
// of one that is not known, which sends its jobs there and nothing else.
func TellsBlocks(m datasets.PoolMatch, port int32) bool {
	return m.Kind == datasets.PoolHostPort && m.Confidence != "low" && !slices.Contains(webPorts, port) &&
		(m.Algorithm == "" || isOf(m.Algorithm, []string{"sha256"}))
}

// listed reports whether a name is a pool's.
func (n *Network) listed(name string) bool {
	return n != nil && n.pools.Match(name, 0).Kind != datasets.NoPool
}

// serverOf returns the server of a contact.
func serverOf(p datasets.FlowProfile) server {
	if p.SNI != "" {
		return server{name: p.SNI, port: p.ServerPort}
	}
	return server{addr: p.ServerIP, port: p.ServerPort}
}

// sentTo returns what a contact's server sent this client. A pool sends each session a job for each block; what an
// exporter put into longer records has no instant and is left out of what is expected, too.
func sentTo(p datasets.FlowProfile) sent {
	x := sent{large: p.Pulse.Large()}
	if p.Sampling > 1 && p.RespPkts > 0 && lasting(p) {
		small := p.Pulse.Small()
		seen := min(1, float64(small.Sum()+x.large.Sum())*float64(p.Sampling)/float64(p.RespPkts))
		x.jobs = seen * p.OpenS / blockEveryS / float64(p.Sampling)
	}
	return x
}

// mixed reports whether a server passes on what others send its clients, each something else.
func mixed(p datasets.FlowProfile) bool {
	_, tunnel := tunnelPorts[p.ServerPort]
	return p.Proto != "tcp" || tunnel
}

// sent returns what the server of a contact sent all its clients, under its name
// if it has one. An address of several names is several servers, and a tunnel's tells each something else:
// of those it is what this client was sent.
func (n *Network) sent(p datasets.FlowProfile) sent {
	own := sentTo(p)
	if n == nil || mixed(p) {
		return own
	}
	sole, named := n.sole[p.ServerIP]
	name := cmp.Or(p.SNI, sole)
	if name == "" && named {
		return own
	}
	var all sent
	if name != "" {
		all = all.plus(n.servers[server{name: name, port: p.ServerPort}])
	}
	if name == sole {
		all = all.plus(n.servers[server{addr: p.ServerIP, port: p.ServerPort}])
	}
	return all
}

// service returns how many clients had lasting contacts under the name at an address, if there is
// one and it is no pool's; else 0. Of sampled connections the handshake is seldom seen.
func (n *Network) service(addr string) int32 {
	if n == nil || n.sole[addr] == "" || n.listed(n.sole[addr]) {
		return 0
	}
	return n.names[n.sole[addr]]
}

// NameClients returns how many clients had a lasting contact under a server name.
func (n *Network) NameClients(sni string) int32 {
	if n == nil {
		return 0
	}
	return n.names[sni]
}
