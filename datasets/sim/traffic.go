package sim

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// Traffic simulates what a telecom exports of its subscribers: flow records,
// DNS queries and TLS handshakes. It is a model and not a measurement:
//
//   - A miner holds a session that carries few small packets day and night. Its
//     packet rates and sizes are drawn around those of the public captures of
//     BTC, ETH, XMR and ZEC miners: 1.4 to 27 packets a minute from the client
//     and as many back, 58 to 225 bytes a packet (886 for Equihash), 9 to 160 B/s.
//   - Hidden miners share three private pools, three relays and eight tunnels by
//     address, or stand behind a decoy name of their own at a content delivery network.
//     An infected computer mines while it is on, with one pool after the other, an infected
//     server day and night; half are servers, and nine in ten mine Monero, which processors
//     still can (judgement: of malware's wallets most are Monero's, Pastrana and
//     Suarez-Tangil, IMC 2019).
//   - Everybody browses, and draws from the look-alikes: push services, chats, MQTT
//     sensors, cameras, terminals of shops that share the servers of a few banks,
//     telemetry of a company's branches, smart homes, SSH, VPN with people or sensors
//     in it, remote desktops, telephones, games, video, exchange prices, and browsers
//     on the web sites of pools, wallets that are told the header of every block (Electrum's
//     blockchain.headers.subscribe), pages of explorers that are sent everything, and one display or bot in 10,000 that is
//     sent each block and nothing else (judgement). Their figures are plausible, not measured. Three in ten
//     devices are told more than acknowledgements, and then look like miners.
//   - Pools tell all their miners at once of a new block (mining.notify of Stratum with
//     clean_jobs): a job of coinbase and 10 to 13 Merkle branches, 1.2 to 2 kB, which is one
//     or two packets more than otherwise, and an acknowledgement. Blocks come at random,
//     every ten minutes on average; Blocks says when. Jobs pass through proxies, relays,
//     tunnels and TLS as they are.
//   - Sessions end at random and are begun anew. An exporter with an active
//     timeout cuts them into records.
//
// Equal settings give equal rows, and a client's rows do not depend on the
// other clients.
type Traffic struct {
	Seed           uint64
	Start          time.Time // begin of the period, a whole hour
	Days           int
	Zone           *time.Location // of the subscribers' days and nights; nil is UTC
	ActiveTimeoutS int            // longest record of the exporter; 0: one record a connection
	WebPerDay      int            // browsing connections of a client a day
	Clients        netip.Prefix   // addresses of clients drawn by Draw
	Servers        netip.Prefix   // addresses of servers
	// Resolve gives the address of a host; nil draws it from Servers by its name.
	Resolve func(host string) netip.Addr
	Pools   []PoolServer // pools that miners use, at least one
	Malware []PoolServer // pools that malware uses besides, of coins for processors
	Blocks  []time.Time  // in which pools learn of a block, in order; nil: jobs come evenly
	// RefreshS is after how many seconds without a job a pool sends another; 0: never. The
	// captured pool of BTC (bitminter, zeek-cryptomining) did so after 31.
	RefreshS int
	// Packets has packets of servers kept with their instants, what they tell of a block and full ones, which [Exporter.Sampled]
	// needs. The other rows do not depend on it.
	Packets bool
}

// Blocks draws the instants of blocks in days from start: a Poisson process of one in ten
// minutes, which is what the difficulty is set for.
func Blocks(seed uint64, start time.Time, days int) []time.Time {
	rng := rand.New(rand.NewPCG(seed, 600))
	var out []time.Time
	for at := 0.0; ; {
		at += 600 * rng.ExpFloat64()
		if at >= float64(days)*86400 {
			return out
		}
		out = append(out, start.Add(time.Duration(at*float64(time.Second))))
	}
}

// A PoolServer is a pool's host with its plain and its TLS port, and its web site.
type PoolServer struct {
	Host    string
	Port    int32
	TLSPort int32
	Site    string // e.g. "www.pool.example"
}

// DefaultTraffic returns settings for one week. Servers are in the range for
// benchmarks (RFC 2544), which belongs to nobody; only names are of real pools.
func DefaultTraffic(start time.Time) Traffic {
	return Traffic{
		Seed: 1, Start: start, Days: 7, ActiveTimeoutS: 0, WebPerDay: 40,
		Clients: netip.MustParsePrefix("10.16.0.0/12"), Servers: netip.MustParsePrefix("198.18.0.0/15"),
		Pools: []PoolServer{
			{"btc.trustpool.cc", 3333, 443, "trustpool.cc"},
			{"btc.viabtc.io", 3333, 443, "www.viabtc.com"},
			{"kz.emcd.network", 3333, 3434, "emcd.io"},
			{"btc.f2pool.com", 3333, 1314, "www.f2pool.com"},
		},
		Malware: []PoolServer{
			{"xmr-eu1.nanopool.org", 10300, 10343, "xmr.nanopool.org"},
			{"xmr-asia1.nanopool.org", 10300, 10343, "xmr.nanopool.org"},
			{"fr01.supportxmr.com", 3333, 443, "supportxmr.com"},
		},
	}
}

// A Form is a way to mine.
type Form string

// The forms. Plain, TLS and Rigs reach a known pool by name; the others hide.
const (
	NotMining Form = ""
	Plain     Form = "plain stratum"
	TLS       Form = "tls stratum"
	Rigs      Form = "several rigs"
	Private   Form = "private pool by address"
	FarmProxy Form = "farm proxy"
	WebSocket Form = "websocket behind a cdn"
	Tunnel    Form = "vpn tunnel"
	Relay     Form = "relay by address" // TCP to a rented server that passes on to a pool
	Infected  Form = "infected computer"
)

// Forms lists the ways to mine.
func Forms() []Form {
	return []Form{Plain, TLS, Rigs, Private, FarmProxy, WebSocket, Tunnel, Relay, Infected}
}

// A LookAlike is a harmless habit that keeps sessions open or meets a pool.
type LookAlike string

// The look-alikes.
const (
	Push      LookAlike = "push service"
	Chat      LookAlike = "chat"
	MQTT      LookAlike = "mqtt sensor"
	Camera    LookAlike = "camera"
	Terminal  LookAlike = "payment terminal"
	Telemetry LookAlike = "telemetry"
	SSH       LookAlike = "ssh keep-alive"
	VPN       LookAlike = "vpn"
	Game      LookAlike = "game"
	Video     LookAlike = "video"
	PoolSite  LookAlike = "pool web site"
	Dashboard LookAlike = "pool dashboard left open"
	Ticker    LookAlike = "exchange prices by websocket"
	SmartHome LookAlike = "smart home"
	SiteVPN   LookAlike = "sensors behind a vpn"
	Remote    LookAlike = "remote desktop"
	Phone     LookAlike = "sip phone"
	Wallet    LookAlike = "wallet that hears of blocks"
	Explorer  LookAlike = "block explorer left open"
	Display   LookAlike = "display of blocks"
	Machine   LookAlike = "machine that reports while it runs"
)

// LookAlikes lists them but for Wallet, Explorer and Display, which are drawn apart so that what earlier seeds drew
// stays, and Machine, which runs when a meter says so and is given by whoever has one.
func LookAlikes() []LookAlike {
	return []LookAlike{Push, Chat, MQTT, Camera, Terminal, Telemetry, SSH, VPN, Game, Video, PoolSite, Dashboard, Ticker, SmartHome, SiteVPN, Remote, Phone}
}

// habits is the share of clients that have each look-alike.
var habits = map[LookAlike]float64{Push: 0.9, Chat: 0.7, MQTT: 0.1, Camera: 0.08, Terminal: 0.03, Telemetry: 0.02, SSH: 0.03, VPN: 0.1, Game: 0.2, Video: 0.6, PoolSite: 0.02, Dashboard: 0.003,
	Ticker: 0.01, SmartHome: 0.15, SiteVPN: 0.005, Remote: 0.02, Phone: 0.03, Wallet: 0.005, Explorer: 0.001, Display: 0.0001}

// A Client is one subscriber and what it does.
type Client struct {
	Addr       netip.Addr
	Form       Form
	Devices    int       // of a miner; at least 1
	From, To   time.Time // when it mines; zero values are the whole period
	NightOnly  bool      // mines from 23:00 to 07:00 local
	Rests      []Span    // in which it does not mine, in order, or its [Machine] stands
	LookAlikes []LookAlike
}

// A Span is a time [From, To).
type Span struct{ From, To time.Time }

// Rows is what was exported of one client, each list ordered by time.
type Rows struct {
	Flows []datasets.Flow
	DNS   []datasets.DNS
	TLS   []datasets.TLS
	Large []Packet // none without Traffic.Packets; Flows count them, too
}

// Draw returns n clients. Every form has miners[form] of them, spread at random
// but fixed by the seed; the rest do not mine.
func (t Traffic) Draw(n int, miners map[Form]int) ([]Client, error) {
	var forms []Form
	for _, f := range Forms() {
		forms = append(forms, slices.Repeat([]Form{f}, miners[f])...)
	}
	if len(forms) > n || n >= 1<<(t.Clients.Addr().BitLen()-t.Clients.Bits()) {
		return nil, fmt.Errorf("draw %d clients with %d miners from %s: too many", n, len(forms), t.Clients)
	}
	rng := rand.New(rand.NewPCG(t.Seed, 0))
	apart := []struct {
		LookAlike
		rng *rand.Rand
	}{{Wallet, rand.New(rand.NewPCG(t.Seed, 50002))}, {Explorer, rand.New(rand.NewPCG(t.Seed, 50003))}, {Display, rand.New(rand.NewPCG(t.Seed, 50004))}}
	order := rng.Perm(n)
	clients := make([]Client, n)
	addr := t.Clients.Masked().Addr()
	for i := range clients {
		addr = addr.Next()
		clients[i].Addr = addr
	}
	for i, f := range forms {
		clients[order[i]].Form = f
	}
	for i := range clients {
		c := &clients[i]
		for _, l := range LookAlikes() {
			if rng.Float64() < habits[l] {
				c.LookAlikes = append(c.LookAlikes, l)
			}
		}
		for _, l := range apart {
			if l.rng.Float64() < habits[l.LookAlike] {
				c.LookAlikes = append(c.LookAlikes, l.LookAlike)
			}
		}
		switch c.Form {
		case NotMining:
			continue
		case Rigs:
			c.Devices = 2 + rng.IntN(6)
		case FarmProxy, Relay:
			c.Devices = 20 + rng.IntN(80)
		default:
			c.Devices = 1
		}
		c.NightOnly = rng.Float64() < 0.15
	}
	return clients, nil
}

// Client simulates one client.
func (t Traffic) Client(c Client) Rows {
	s := &sim{t: t, c: c, zone: t.Zone, begin: t.Start.UTC(), end: t.Start.UTC().AddDate(0, 0, t.Days),
		rng: rand.New(rand.NewPCG(t.Seed, hash(c.Addr.String()))), inside: rand.New(rand.NewPCG(t.Seed, hash("inside "+c.Addr.String())))}
	if s.zone == nil {
		s.zone = time.UTC
	}
	s.browse()
	for _, l := range c.LookAlikes {
		s.lookAlike(l)
	}
	s.mine()
	slices.SortFunc(s.rows.Flows, func(a, b datasets.Flow) int {
		return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.SrcPort, b.SrcPort), cmp.Compare(a.DstIP, b.DstIP), cmp.Compare(a.DstPort, b.DstPort))
	})
	slices.SortStableFunc(s.rows.Large, func(a, b Packet) int { return cmp.Compare(a.TS, b.TS) })
	slices.SortFunc(s.rows.DNS, func(a, b datasets.DNS) int {
		return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.Query, b.Query))
	})
	slices.SortFunc(s.rows.TLS, func(a, b datasets.TLS) int {
		return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.SNI, b.SNI), cmp.Compare(a.DstIP, b.DstIP))
	})
	return s.rows
}

// addr returns the address of a host, or of any other key.
func (t Traffic) addr(key string) netip.Addr {
	if t.Resolve != nil {
		if a := t.Resolve(key); a.IsValid() {
			return a
		}
	}
	b := t.Servers.Masked().Addr().As4() // Servers is an IPv4 prefix
	n := uint32(hash(key)) & (1<<(32-t.Servers.Bits()) - 1)
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]) | n
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s)) // never fails
	v := h.Sum64()
	return v ^ v>>29
}
