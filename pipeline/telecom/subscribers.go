package telecom

import (
	"cmp"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/traffic"
)

// MinSubscriberConfidence is the floor below which no subscriber is listed.
const MinSubscriberConfidence = 0.5

// Attributed is a finding with the answer to who it was. Named is false if the
// address was shared or no lease is known; the subscriber is then not read.
type Attributed struct {
	traffic.Finding
	Named      bool
	Subscriber datasets.Subscriber
	SiteID     string // "" if the subscriber is linked to no site
}

// Subscribers returns a row for every named subscriber whose evidence reaches
// the floor, by provider and subscriber, and the number of findings that could
// not be attributed and are in no row.
func Subscribers(findings []Attributed) (rows []datasets.SubscriberSeen, unnamed int) {
	by := map[[2]string][]Attributed{}
	for _, f := range findings {
		switch {
		case f.Status != datasets.Spoken:
		case !f.Named:
			unnamed++
		default:
			key := [2]string{f.Subscriber.Provider, f.Subscriber.SubscriberID}
			by[key] = append(by[key], f)
		}
	}
	for _, list := range by {
		if row := subscriber(list); row.Confidence >= MinSubscriberConfidence {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b datasets.SubscriberSeen) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.SubscriberID, b.SubscriberID))
	})
	return rows, unnamed
}

func subscriber(list []Attributed) datasets.SubscriberSeen {
	slices.SortFunc(list, func(a, b Attributed) int {
		return cmp.Or(cmp.Compare(a.Detector, b.Detector), cmp.Compare(b.LogLR, a.LogLR), cmp.Compare(a.Client, b.Client),
			cmp.Compare(a.ServerIP, b.ServerIP), cmp.Compare(a.ServerPort, b.ServerPort), cmp.Compare(a.Host, b.Host))
	})
	first := list[0]
	row := datasets.SubscriberSeen{
		SubscriberID: first.Subscriber.SubscriberID, Provider: first.Subscriber.Provider, BIN: first.Subscriber.BIN,
		SiteID: first.SiteID, First: first.Start, Last: first.End,
	}
	var w weight
	var pools, servers, evidence []string
	detector := ""
	for _, f := range list {
		w.add(f.Finding)
		row.First, row.Last = min(row.First, f.Start), max(row.Last, f.End)
		row.HoursActive = max(row.HoursActive, f.HoursActive) // hours of several servers may be the same hours
		if f.Pool != "" {
			pools = append(pools, f.Pool)
		} else {
			servers = append(servers, cmp.Or(f.Host, f.ServerIP))
		}
		if f.Detector != detector { // the strongest of each detector
			detector = f.Detector
			evidence = append(evidence, f.Detail)
		}
	}
	if len(pools) == 0 { // else the servers are those of the pools, or lookalikes
		pools = servers
	}
	slices.Sort(pools)
	row.Pools = strings.Join(slices.Compact(pools), ", ")
	row.Evidence = strings.Join(evidence, "; ")
	row.Confidence = w.confidence(1)
	return row
}
