package telecom

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

const (
	// addressDays and nameDays are how long a proposal may stand: an address
	// changes hands within weeks, a name is the pool's own.
	addressDays, nameDays = 7, 30
	// maxCollateralShare is the share of a target's clients without mining
	// evidence above which a block is stopped. Precedent: in Austria in 2022 the
	// blocking of 11 addresses of a CDN, meant for 14 sites, took thousands down.
	maxCollateralShare = 0.05
	// minBlockConfidence is the confidence from which a block may be proposed.
	minBlockConfidence = 0.8
)

// minSampledPackets is the number of sampled packets below which nothing is
// proposed on account of a session alone.
const minSampledPackets = 20

// breaker stops a batch that is larger than anybody could have checked: a wrong
// list or a broken feed proposes thousands at once.
func (b *Builder) breaker(rows []datasets.Candidate) {
	blocks := 0
	for _, c := range rows {
		if c.Action == Block {
			blocks++
		}
	}
	if b.in.MaxBlocks <= 0 || blocks <= b.in.MaxBlocks {
		return
	}
	for i := range rows {
		if rows[i].Action == Block {
			rows[i].Action = Review
			rows[i].Reason += fmt.Sprintf("; %s: circuit breaker: %d blocks in one batch, at most %d are let through", Review, blocks, b.in.MaxBlocks)
		}
	}
}

// A stop is a guard that fired.
type stop struct {
	action string // Monitor or Review
	why    string
}

// guards returns every guard that stops the block of a target.
func (b *Builder) guards(t target, u *use, c datasets.Candidate) []stop {
	var stops []stop
	if t.host == "" {
		stops = b.addressGuards(t)
	} else {
		stops = b.nameGuards(t)
	}
	if share := float64(c.Collateral) / float64(max(1, c.Clients)); share > maxCollateralShare {
		stops = append(stops, stop{Review, fmt.Sprintf("%d of %d clients have no mining evidence and would be cut off", c.Collateral, c.Clients)})
	}
	registered := 0
	for client := range u.clients {
		if b.in.Registered[client] {
			registered++
		}
	}
	if registered > 0 {
		stops = append(stops, stop{Review, fmt.Sprintf("%d of %d clients are registered miners without a finding", registered, c.Clients)})
	}
	if u.pool != "" && b.in.Accredited != nil && b.in.Accredited(u.pool) {
		stops = append(stops, stop{Monitor, u.pool + " is an accredited pool, which licensed miners may use"})
	}
	if !u.seen {
		stops = append(stops, stop{Review, fmt.Sprintf("fewer than %d sampled packets", minSampledPackets)})
	}
	switch {
	case u.weight.endpoint < strongEndpoint && len(u.suspects) == 1:
		stops = append(stops, stop{Monitor, "one client with weak evidence"})
	case u.weight.endpoint < strongEndpoint:
		stops = append(stops, stop{Review, "no contact with a listed host and port; it may be a private pool"})
	case u.weight.families() < 2:
		stops = append(stops, stop{Review, "one kind of evidence"})
	case c.Confidence < minBlockConfidence:
		stops = append(stops, stop{Review, fmt.Sprintf("confidence %.2f is below %.2f", c.Confidence, minBlockConfidence)})
	}
	days := datasets.Day(addressDays)
	if t.host != "" {
		days = nameDays
	}
	if age := b.in.AsOf - datasets.DayOf(c.Last.Time()); age > days {
		stops = append(stops, stop{Monitor, fmt.Sprintf("the last contact was %d days before %s", age, b.in.AsOf)})
	}
	return stops
}

func (b *Builder) addressGuards(t target) []stop {
	addr, err := netip.ParseAddr(t.ip)
	if err != nil || addr.Zone() != "" {
		return []stop{{Monitor, "not a plain address"}}
	}
	var stops []stop
	if s, ok := b.in.Services.Addr(addr); ok {
		stops = append(stops, stop{Monitor, s.Name + ", " + s.Why})
	}
	if t.port == 53 || t.port == 853 {
		stops = append(stops, stop{Monitor, "a port of name resolution"})
	}
	if names := b.names[t.ip]; len(names) > 1 {
		list := make([]string, 0, len(names))
		for n := range names {
			list = append(list, n)
		}
		slices.Sort(list)
		more := ""
		if len(list) > 3 {
			list, more = list[:3], fmt.Sprintf(" and %d more", len(list)-3)
		}
		stops = append(stops, stop{Review, "unrelated names on this address: " + strings.Join(list, ", ") + more})
	}
	return stops
}

func (b *Builder) nameGuards(t target) []stop {
	if s, ok := b.in.Services.Host(t.host); ok {
		return []stop{{Monitor, s.Name + ", " + s.Why}}
	}
	if b.in.Pools.Match(t.host, 0).Kind == datasets.PoolSuffix {
		return []stop{{Review, "below the pool's domain, which also carries its web site"}}
	}
	return nil
}
