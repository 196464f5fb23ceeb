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
	Client   string          // subscriber, or address
	From, To datasets.Micros // the period that the flows of the whole network cover
	Zone     *time.Location  // of the times in sentences; nil is UTC
	Profiles []datasets.FlowProfile
	Names    []datasets.ServerName // looked up; those of listed hosts at least
	Network  *Network              // nil knows nothing
}

// Hours returns the length of the period in hours.
func (w Window) Hours() float64 { return float64(w.To-w.From) / 3600e6 }

// A Family is a kind of trait. Traits of one family rest on the same
// observation, those of two can fail apart: a lone shape is never enough.
type Family string

// The families.
const (
	FamilyEndpoint Family = "endpoint" // a name, an address or a label that says mining
	FamilyShape    Family = "shape"    // how the connection looks and lasts
	FamilyFan      Family = "fan-in"   // who else uses the server
	FamilyTiming   Family = "timing"   // when the server speaks
)

// Families lists them.
func Families() []Family { return []Family{FamilyEndpoint, FamilyShape, FamilyFan, FamilyTiming} }

// A Finding is evidence about one server that one client speaks with. Its
// SiteID is empty until somebody says whose client it is, see [ForSite].
type Finding struct {
	datasets.Evidence
	Family      Family
	Client      string
	ServerIP    string // "" if only a name was looked up
	ServerPort  int32
	Proto       string
	Host        string // name that the client used, where known
	Pool        string // operator, where known
	HoursActive int32  // distinct clock hours with traffic
	Bytes       int64  // both directions
	Devices     int32  // lower bound, 0 if it cannot be stated
	Sampled     int64  // packets counted if the flows were sampled, 0 if all were
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
	return []Detector{DefaultPool(pools), DefaultLabel(), DefaultSteady(), DefaultFan(), DefaultTunnel(), DefaultBlocks()}
}

func (w Window) withheld(info detectors.Info, why string) []Finding {
	return []Finding{{Client: w.Client, Evidence: datasets.Evidence{
		Detector: info.ID, Group: info.Group, Start: w.From, End: w.To, PValue: 1, Detail: why,
	}}}
}

// finding fills in what is the same for every detector that speaks of p. No
// p-value can be stated without traffic known to be free of mining: it is 1.
func (w Window) finding(info detectors.Info, p datasets.FlowProfile) Finding {
	f := Finding{
		Client: w.Client, ServerIP: p.ServerIP, ServerPort: p.ServerPort, Proto: p.Proto,
		HoursActive: p.HoursActive, Bytes: p.OrigBytes + p.RespBytes,
		Evidence: datasets.Evidence{
			Detector: info.ID, Group: info.Group, Start: p.First, End: p.Last + 1,
			Status: datasets.Spoken, N: int32(min(p.Sessions, 1<<31-1)), PValue: 1,
		},
	}
	if p.Sampling > 1 {
		f.Sampled = p.CountedPkts
	}
	return f
}

// add adds points, and says so.
func (f *Finding) add(points []point) {
	for _, x := range points {
		f.LogLR += x.add
		f.Detail += "; " + x.String()
	}
}

func sortFindings(list []Finding) []Finding {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.ServerIP, b.ServerIP), cmp.Compare(a.ServerPort, b.ServerPort),
			cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Host, b.Host))
	})
	return list
}
