package traffic

import (
	"cmp"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors"
)

// A Window is what is known of the traffic of one client in [From, To).
type Window struct {
	Client   string          // address, or subscriber
	From, To datasets.Micros // the period that the flows of the whole network cover
	Zone     *time.Location  // decides what is night; nil is UTC
	Profiles []datasets.FlowProfile
	Sessions []datasets.FlowSession
	Names    []datasets.ServerName
	Network  Network
}

// Hours returns the length of the period in hours.
func (w Window) Hours() float64 { return float64(w.To-w.From) / 3600e6 }

// A Finding is evidence about one server that one client speaks with. Its
// SiteID is empty until somebody says whose client it is, see [ForSite].
type Finding struct {
	datasets.Evidence
	Client      string
	ServerIP    string // "" if only a name was looked up
	ServerPort  int32
	Proto       string
	Host        string // name that the client used, where known
	Pool        string // operator, where known
	HoursActive int32  // distinct clock hours with traffic
	Bytes       int64  // both directions
	Devices     int32  // lower bound, 0 if it cannot be stated
}

// A Detector is a pure function of one window. Too little data is not an error:
// it returns one withheld finding whose Detail says why. Findings are ordered
// by server, port and host.
type Detector interface {
	Info() detectors.Info
	Detect(w Window) []Finding
}

// All returns the traffic detectors in the order in which they are listed.
func All(pools Catalogue) []Detector {
	return []Detector{DefaultPool(pools), DefaultSteady()}
}

// An endpoint is one server port.
type endpoint struct {
	ip    string
	port  int32
	proto string
}

// A Network says how many clients use an endpoint. The zero value knows nothing.
type Network struct {
	clients int32
	used    map[endpoint]int32
}

// NewNetwork takes the server_endpoint rows.
func NewNetwork(rows []datasets.ServerEndpoint) Network {
	n := Network{used: make(map[endpoint]int32, len(rows))}
	for _, r := range rows {
		n.clients = max(n.clients, r.NetworkClients)
		n.used[endpoint{r.ServerIP, r.ServerPort, r.Proto}] = r.Clients
	}
	return n
}

// Clients returns the number of clients of an endpoint and of the whole
// network; 0, 0 if nothing is known of it.
func (n Network) Clients(serverIP string, port int32, proto string) (of, all int32) {
	of = n.used[endpoint{serverIP, port, proto}]
	if of == 0 {
		return 0, 0
	}
	return of, n.clients
}

// sessionsOf groups the sessions by endpoint, each ordered by start and port.
func (w Window) sessionsOf() map[endpoint][]datasets.FlowSession {
	by := map[endpoint][]datasets.FlowSession{}
	for _, s := range w.Sessions {
		e := endpoint{s.ServerIP, s.ServerPort, s.Proto}
		by[e] = append(by[e], s)
	}
	for _, list := range by {
		slices.SortFunc(list, func(a, b datasets.FlowSession) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ClientPort, b.ClientPort))
		})
	}
	return by
}

func (w Window) withheld(info detectors.Info, why string) []Finding {
	return []Finding{{Client: w.Client, Evidence: datasets.Evidence{
		Detector: info.ID, Group: info.Group, Start: w.From, End: w.To, PValue: 1, Detail: why,
	}}}
}

// finding fills in what is the same for every detector that speaks of p. No
// p-value can be stated without traffic known to be free of mining: it is 1.
func (w Window) finding(info detectors.Info, p datasets.FlowProfile) Finding {
	return Finding{
		Client: w.Client, ServerIP: p.ServerIP, ServerPort: p.ServerPort, Proto: p.Proto,
		HoursActive: p.HoursActive, Bytes: p.OrigBytes + p.RespBytes,
		Evidence: datasets.Evidence{
			Detector: info.ID, Group: info.Group, Start: p.First, End: p.Last + 1,
			Status: datasets.Spoken, N: int32(min(p.Sessions, 1<<31-1)), PValue: 1,
		},
	}
}

func sortFindings(list []Finding) []Finding {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.ServerIP, b.ServerIP), cmp.Compare(a.ServerPort, b.ServerPort),
			cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Host, b.Host))
	})
	return list
}
