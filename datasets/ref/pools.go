package ref

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	_ "embed"

	"github.com/minewatch/minewatch/datasets"
)

// Starting list of endpoints of mining pools, as of 2026-08. Facts only (names,
// ports, algorithms), from: nesfit/DI-cryptominingdetection, the sMaSheD
// catalogue of May 2018 (MIT); kubescape/node-agent rule R1008 (Apache-2.0);
// SigmaHQ/sigma (DRL 1.1); the pool list of stratum-watcher (MIT);
// stamparm/maltrail (MIT) where another source agrees; strings that recur in
// published miner configurations; and the registered domains of the operators.
// Names that only a malware feed gives are left out: most are sites that made
// their visitors mine, so that a visitor would look like a miner. Addresses are
// left out: they change hands within weeks. Nothing in it was probed.
//
//go:embed pools.csv
var poolsCSV string

// A poolEntry is one listed host with its ports read.
type poolEntry struct {
	pool, listed, algorithm, source, confidence string
	ports                                       []int32
}

// Pools finds the pool that a name belongs to. It is not changed after
// [NewPools] and may be used by several goroutines.
type Pools struct {
	exact  map[string]poolEntry // by host name or address
	suffix map[string]poolEntry // by name without "*."
	usual  map[int32]int        // listed hosts by port
}

// minPoolPort is the number of listed hosts from which a port is one of miners'.
// Ports of web servers are none however often they are listed.
const minPoolPort = 10

var webPorts = []int32{80, 443, 8080, 8443}

// NewPools returns the list that ships with the program with user's rows laid
// over it: a row of the same host replaces the shipped one. A row that cannot
// be used is left out and described in refused.
func NewPools(user []datasets.Pool) (p *Pools, refused []error) {
	p = &Pools{exact: map[string]poolEntry{}, suffix: map[string]poolEntry{}, usual: map[int32]int{}}
	for _, row := range shippedPools() {
		if err := p.add(row.Pool, row.confidence); err != nil {
			panic("ref: pools.csv: " + err.Error()) // the tests load it
		}
	}
	for i, row := range user {
		if err := p.add(row, "user"); err != nil {
			refused = append(refused, fmt.Errorf("pools row %d (line %d): %w", i+1, row.Line, err))
		}
	}
	return p, refused
}

// Len returns the number of listed hosts.
func (p *Pools) Len() int { return len(p.exact) + len(p.suffix) }

// Has reports whether a host name or address, in lower case, is listed as such.
func (p *Pools) Has(host string) bool {
	_, ok := p.exact[host]
	return ok
}

// Addresses returns the addresses that are listed as such, in order.
func (p *Pools) Addresses() []string {
	var out []string
	for host := range p.exact {
		if _, err := netip.ParseAddr(host); err == nil {
			out = append(out, host)
		}
	}
	slices.Sort(out)
	return out
}

// Match returns the entry that fits a host name (or an address) and a port: of
// the entry for this very name and the entries for the domains above it, the
// first. The result's Kind is NoPool if there is none. Names are compared
// without case and final dot.
func (p *Pools) Match(host string, port int32) datasets.PoolMatch {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if e, ok := p.exact[host]; ok {
		kind := datasets.PoolOtherPort
		switch {
		case len(e.ports) == 0:
			kind = datasets.PoolHost
		case slices.Contains(e.ports, port):
			kind = datasets.PoolHostPort
		}
		return p.match(e, kind, port)
	}
	for name := host; name != ""; {
		if e, ok := p.suffix[name]; ok {
			kind := datasets.PoolSuffix
			if slices.Contains(e.ports, port) { // only a user's row names ports for a domain
				kind = datasets.PoolHostPort
			}
			return p.match(e, kind, port)
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return datasets.PoolMatch{}
}

func (p *Pools) match(e poolEntry, kind datasets.PoolMatchKind, port int32) datasets.PoolMatch {
	return datasets.PoolMatch{Kind: kind, PoolPort: p.usual[port] >= minPoolPort && !slices.Contains(webPorts, port), Pool: e.pool, Host: e.listed, Algorithm: e.algorithm, Source: e.source, Confidence: e.confidence}
}

func (p *Pools) add(row datasets.Pool, confidence string) error {
	e := poolEntry{row.Pool, strings.TrimSuffix(strings.ToLower(row.Host), "."), row.Algorithm, row.Vouched, confidence, nil}
	for _, s := range strings.FieldsFunc(row.Ports, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("host %q: ports: want numbers from 1 to 65535 separated by spaces, got %q", row.Host, s)
		}
		e.ports = append(e.ports, int32(n))
	}
	name, below := strings.CutPrefix(e.listed, "*.")
	if name == "" || strings.ContainsAny(name, "*/ ") {
		return fmt.Errorf("host: want a name, an address or *.name, got %q", row.Host)
	}
	for _, port := range e.ports {
		p.usual[port]++
	}
	if below {
		if !strings.Contains(name, ".") {
			return fmt.Errorf("host: %q would cover a whole top-level domain", row.Host)
		}
		p.suffix[name] = e
	} else {
		p.exact[name] = e
	}
	return nil
}

type shippedPool struct {
	datasets.Pool
	confidence string // high, medium or low
}

func shippedPools() []shippedPool {
	records, err := csv.NewReader(strings.NewReader(poolsCSV)).ReadAll()
	if err != nil {
		panic("ref: pools.csv: " + err.Error()) // the tests load it
	}
	rows := make([]shippedPool, 0, len(records))
	for _, r := range records[1:] {
		rows = append(rows, shippedPool{datasets.Pool{Pool: r[0], Host: r[1], Ports: r[2], Algorithm: r[3], Vouched: r[4]}, r[5]})
	}
	return rows
}

// ShippedPools returns the rows that ship with the program, by host.
func ShippedPools() []datasets.Pool {
	var rows []datasets.Pool
	for _, r := range shippedPools() {
		rows = append(rows, r.Pool)
	}
	slices.SortFunc(rows, func(a, b datasets.Pool) int { return cmp.Compare(a.Host, b.Host) })
	return rows
}
