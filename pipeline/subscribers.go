package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/link"
)

// trafficShared is what the stages of the network logs share. It is read when
// it is asked for, once, so that a task can run anywhere.
type trafficShared struct {
	mu     sync.Mutex
	who    *subscribers
	pools  *ref.Pools
	looks  *interest
	blocks *blockTimes
	jobs   *poolJobs
	notes  []string
}

// subscribers says who had an address.
type subscribers struct {
	leases *link.Index
	digest string // of the table, for fingerprints
}

func (e *Env) who() (*subscribers, error) {
	s := &e.traffic
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.who != nil {
		return s.who, nil
	}
	list, err := store.List(e.WS.Lake(), "subscribers")
	if err != nil {
		return nil, err
	}
	rows, err := store.ReadTable[datasets.Subscriber](e.WS.Lake(), "subscribers")
	if err != nil {
		return nil, err
	}
	leases, refused := link.NewIndex(rows)
	s.refused("subscribers", refused)
	s.who = &subscribers{leases, store.Fingerprint(refs(list)...)}
	return s.who, nil
}

// refused notes rows of a table that are of no use.
func (s *trafficShared) refused(table string, errs []error) {
	if len(errs) > 0 {
		s.notes = append(s.notes, fmt.Sprintf("%s: %d rows are of no use, the first: %v.", table, len(errs), errs[0]))
	}
}

// listed returns the list of pools. The caller holds the lock.
func (e *Env) listed() (*ref.Pools, error) {
	s := &e.traffic
	if s.pools != nil {
		return s.pools, nil
	}
	users, err := store.ReadTable[datasets.Pool](e.WS.Lake(), "pools")
	if err != nil {
		return nil, err
	}
	pools, refused := ref.NewPools(users)
	s.refused("pools", refused)
	s.pools = pools
	return pools, nil
}

// interest says which contacts are kept however short they were: those with a
// listed name, or with an address that anybody in the network was answered for one.
type interest struct {
	pools  *ref.Pools
	hosts  map[string][]string // listed, by address answered
	digest string
}

// interest reads server_name, which must be current.
func (e *Env) interest() (*interest, error) {
	s := &e.traffic
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looks != nil {
		return s.looks, nil
	}
	pools, err := e.listed()
	if err != nil {
		return nil, err
	}
	in := &interest{pools: pools, hosts: map[string][]string{}}
	err = eachPart(e.WS.Lake(), "server_name", func(n datasets.ServerName) {
		if n.ServerIP != "" && pools.Match(n.Host, 0).Kind != datasets.NoPool {
			if list := in.hosts[n.ServerIP]; !slices.Contains(list, n.Host) {
				in.hosts[strings.Clone(n.ServerIP)] = append(list, strings.Clone(n.Host))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	var list []string
	for a, hosts := range in.hosts {
		slices.Sort(hosts)
		list = append(list, a+" "+strings.Join(hosts, " "))
	}
	slices.Sort(list)
	users, err := store.List(e.WS.Lake(), "pools")
	if err != nil {
		return nil, err
	}
	in.digest = store.Fingerprint(append(list, refs(users)...)...)
	s.looks = in
	return in, nil
}

func (in *interest) keep(serverIP string, port int32, sni string) bool {
	if len(in.hosts[serverIP]) > 0 || in.pools.Has(serverIP) {
		return true
	}
	return sni != "" && in.pools.Match(sni, port).Kind != datasets.NoPool
}
