package ingest

import (
	"cmp"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// chunkRows is the number of rows by which the memory of a partition grows: a
// power of two. A slice that grew by doubling would be copied, and its old
// memory left, again and again.
const chunkRows = 256

// chunks are rows in the order of their lines; all but the last chunk are full.
type chunks[R any] struct{ list [][]R }

func (c *chunks[R]) len() int {
	k := len(c.list)
	if k == 0 {
		return 0
	}
	return (k-1)*chunkRows + len(c.list[k-1])
}

func (c *chunks[R]) at(i int32) *R { return &c.list[i/chunkRows][i%chunkRows] }

// An arranger finds the order of rows without moving them: rows are large, and
// are copied once, into the columns of a file. It keeps its memory.
type arranger[R any] struct {
	order  rowOrder[R]
	perm   []int32 // the rows in their order
	sites  []siteRun
	known  map[string]int32
	siteOf []int32
	byName []int32
	timed  []timedRow
}

// A siteRun is where the rows of one site go.
type siteRun struct {
	name  string
	next  int32 // the site whose row came after one of this site's, the last time
	rows  int32
	start int32 // in perm
}

// A timedRow is a row with the leading column of its key.
type timedRow struct {
	at  datasets.Micros
	row int32
}

// arrange orders the rows by key, then line. perm is nil if they stand so
// already; strict says that no key comes twice.
func (a *arranger[R]) arrange(c *chunks[R]) (perm []int32, strict bool) {
	switch a.state(c, nil) {
	case increasing:
		return nil, true
	case sorted:
		return nil, false
	}
	n := c.len()
	a.perm = slices.Grow(a.perm[:0], n)[:n]
	switch {
	case a.order.site != nil:
		return a.perm, a.bySite(c)
	case a.order.time != nil:
		a.byTime(c)
	default:
		for i := range a.perm {
			a.perm[i] = int32(i)
		}
		a.sort(c, a.perm)
	}
	return a.perm, a.state(c, a.perm) == increasing
}

const (
	unsorted   = iota
	sorted     // a key comes twice
	increasing // no key comes twice
)

// state says how the rows stand, in the order of perm if it is given.
func (a *arranger[R]) state(c *chunks[R], perm []int32) int {
	state := increasing
	row := func(i int) *R {
		if perm == nil {
			return c.at(int32(i))
		}
		return c.at(perm[i])
	}
	n := c.len()
	if perm != nil {
		n = len(perm)
	}
	if n == 0 {
		return state
	}
	last := row(0)
	for i := 1; i < n; i++ {
		next := row(i)
		switch d := a.order.key(last, next); {
		case d > 0:
			return unsorted
		case d == 0:
			state = sorted
		}
		last = next
	}
	return state
}

func (a *arranger[R]) sort(c *chunks[R], perm []int32) {
	slices.SortFunc(perm, func(i, j int32) int { return a.compare(c, i, j) })
}

func (a *arranger[R]) compare(c *chunks[R], i, j int32) int {
	x, y := c.at(i), c.at(j)
	if d := a.order.key(x, y); d != 0 {
		return d
	}
	return cmp.Compare(a.order.line(x), a.order.line(y))
}

// byTime compares whole rows only where their times are equal.
func (a *arranger[R]) byTime(c *chunks[R]) {
	a.timed = a.timed[:0]
	for i := range int32(c.len()) {
		a.timed = append(a.timed, timedRow{a.order.time(c.at(i)), i})
	}
	slices.SortFunc(a.timed, func(x, y timedRow) int {
		if x.at != y.at {
			return cmp.Compare(x.at, y.at)
		}
		return a.compare(c, x.row, y.row)
	})
	for i, t := range a.timed {
		a.perm[i] = t.row
	}
}

// bySite orders rows that come by time, each site's own in order already: they
// are dealt out to the sites, which leaves little to compare. It reports
// whether no key comes twice.
func (a *arranger[R]) bySite(c *chunks[R]) (strict bool) {
	a.findSites(c)
	a.byName = a.byName[:0]
	for i := range a.sites {
		a.byName = append(a.byName, int32(i))
	}
	slices.SortFunc(a.byName, func(i, j int32) int { return cmp.Compare(a.sites[i].name, a.sites[j].name) })
	at := int32(0)
	for _, i := range a.byName {
		a.sites[i].start = at
		at += a.sites[i].rows
	}
	for row, site := range a.siteOf {
		s := &a.sites[site]
		a.perm[s.start] = int32(row)
		s.start++
	}
	strict = true
	for _, s := range a.sites {
		own := a.perm[s.start-s.rows : s.start]
		state := a.state(c, own)
		if state == unsorted {
			a.sort(c, own)
			state = a.state(c, own)
		}
		strict = strict && state == increasing
	}
	return strict
}

// findSites numbers the sites. A file by time names them in the same order
// again and again, so that the next one is most often the one that came next
// before.
func (a *arranger[R]) findSites(c *chunks[R]) {
	a.sites, a.siteOf = a.sites[:0], a.siteOf[:0]
	if a.known == nil {
		a.known = map[string]int32{}
	}
	clear(a.known)
	last, guess := int32(-1), int32(-1)
	for _, chunk := range c.list {
		for i := range chunk {
			name := a.order.site(&chunk[i])
			site := guess
			if site < 0 || a.sites[site].name != name {
				site = a.number(name)
				if last >= 0 {
					a.sites[last].next = site
				}
			}
			a.sites[site].rows++
			a.siteOf = append(a.siteOf, site)
			last, guess = site, a.sites[site].next
		}
	}
}

func (a *arranger[R]) number(name string) int32 {
	site, ok := a.known[name]
	if !ok {
		site = int32(len(a.sites))
		a.sites = append(a.sites, siteRun{name: name, next: site}) // a file by site stays with it
		a.known[name] = site
	}
	return site
}
