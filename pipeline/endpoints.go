package pipeline

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// endpointStage counts the clients of each server port in the whole network.
var endpointStage = &Stage{
	Name:   "endpoints",
	Tables: []string{"server_endpoint"},
	After:  []*Stage{contactStage},
	Plan:   func(env *Env) ([]Task, error) { return env.wholeTask("endpoints", "flow_profile", "flows") },
	Apply: func(ctx context.Context, env *Env, t Task) (int64, error) {
		e, err := newEndpoints(env.WS.Lake())
		if err != nil {
			return 0, err
		}
		if err := e.countAll(ctx, env, t.In); err != nil {
			return 0, err
		}
		m, err := store.CommitRows(env.WS.Lake(), e.rows, t.manifest("server_endpoint"))
		return m.Rows, err
	},
}

// endpoints are the server ports that some client has a row of flow_profile with.
type endpoints struct {
	rows    []datasets.ServerEndpoint
	at      map[endpointNumbers]int32 // in rows
	servers map[string]int32          // numbers from 1 on
	protos  map[string]int32
}

type endpointNumbers struct{ server, port, proto int32 }

func newEndpoints(lake string) (*endpoints, error) {
	e := &endpoints{at: map[endpointNumbers]int32{}, servers: map[string]int32{}, protos: map[string]int32{}}
	last, clients := "", int32(0)
	err := eachPart(lake, "flow_profile", func(p datasets.FlowProfile) { // ordered by client
		if p.Client != last {
			last = strings.Clone(p.Client)
			clients++
		}
		k := endpointNumbers{enter(e.servers, p.ServerIP), p.ServerPort, enter(e.protos, p.Proto)}
		if _, ok := e.at[k]; !ok {
			e.at[k] = int32(len(e.rows))
			e.rows = append(e.rows, datasets.ServerEndpoint{ServerIP: strings.Clone(p.ServerIP), ServerPort: p.ServerPort, Proto: strings.Clone(p.Proto)})
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(e.rows, func(a, b datasets.ServerEndpoint) int {
		return cmp.Or(cmp.Compare(a.ServerIP, b.ServerIP), cmp.Compare(a.ServerPort, b.ServerPort), cmp.Compare(a.Proto, b.Proto))
	})
	for i := range e.rows {
		r := &e.rows[i]
		r.NetworkClients = clients
		e.at[endpointNumbers{e.servers[r.ServerIP], r.ServerPort, e.protos[r.Proto]}] = int32(i)
	}
	return e, nil
}

// enter returns the number of a text, a new one if it has none.
func enter(numbers map[string]int32, text string) int32 {
	n, ok := numbers[text]
	if !ok {
		n = int32(len(numbers)) + 1
		numbers[strings.Clone(text)] = n
	}
	return n
}

// countAll counts bucket by bucket: an address is in one only, so that counts add up.
func (e *endpoints) countAll(ctx context.Context, env *Env, parts []store.Manifest) error {
	files, records := map[int32][]string{}, map[int32]int64{}
	for _, m := range parts {
		if m.Table == "flows" {
			files[m.Bucket] = append(files[m.Bucket], m.Path(env.WS.Lake()))
			records[m.Bucket] += m.Rows
		}
	}
	counts := make(chan []int32, env.Workers)
	for range env.Workers {
		counts <- make([]int32, len(e.rows))
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(env.Workers)
	for bucket, paths := range files {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := <-counts
			defer func() { counts <- n }()
			k := env.slices(records[bucket])
			for slice := range k {
				if err := e.count(paths, slicer{k, slice, env.WS.Config.Buckets}, n); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for range env.Workers {
		for i, n := range <-counts {
			e.rows[i].Clients += n
		}
	}
	e.rows = slices.DeleteFunc(e.rows, func(r datasets.ServerEndpoint) bool { return r.Clients == 0 })
	return nil
}

// count adds the addresses of a slice that use each server port.
func (e *endpoints) count(paths []string, of slicer, counts []int32) error {
	type use struct {
		endpointNumbers
		src int32
	}
	clients, seen := map[string]int32{}, map[use]struct{}{}
	read := store.FlowReader{
		Src:  of.only(func(ip string) int32 { return enter(clients, ip) }),
		Dst:  func(ip string) int32 { return e.servers[ip] },
		Text: func(text string) int32 { return e.protos[text] },
	}
	var recent [1 << 12]use // lasting contacts come again and again
	for _, path := range paths {
		err := read.Ends(path, func(src, dst, dstPort, proto int32) {
			u := use{endpointNumbers{dst, dstPort, proto}, src}
			if r := &recent[(uint32(src)*0x9e3779b1^uint32(dst)*0x85ebca6b^uint32(dstPort))>>7%(1<<12)]; *r != u {
				*r, seen[u] = u, struct{}{}
			}
		})
		if err != nil {
			return err
		}
	}
	for u := range seen {
		if at, ok := e.at[u.endpointNumbers]; ok {
			counts[at]++
		}
	}
	return nil
}
