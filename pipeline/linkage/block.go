package linkage

import (
	"cmp"
	"math"
	"slices"
)

// The blocking rules: two keys are compared if they share a value under any of
// them. Together they leave room for a slip in any single field.
const (
	RuleBIN      = iota // the number, with one digit hidden or two swapped
	RuleName            // a word of the name
	RuleSkeleton        // the first or the last four consonants of the name
	RuleAddress         // town, street and house; or town, house and begin of the name
	RuleCell            // a cell of the map, or one beside it
	rules
)

// RuleNames are the rules in words, for reports.
var RuleNames = [rules]string{"BIN", "word of the name", "consonants of the name", "address", "map cell"}

// A token is the hash of a rule and a value. Two values of one hash only cost
// a comparison.
type token uint64

const fnvOffset, fnvPrime = 14695981039346656037, 1099511628211

func hashOf(rule int, parts ...string) token {
	h := (uint64(fnvOffset) ^ uint64(rule)) * fnvPrime
	for _, s := range parts {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * fnvPrime
		}
		h = (h ^ 0xff) * fnvPrime
	}
	return token(h)
}

// cellDeg is the side of a map cell: at least NearM up to 60 degrees of
// latitude, so that cells beside each other hold all neighbours.
const cellDeg = 0.0045

func cellToken(lat, lon int64) token {
	return token(((uint64(lat)*fnvPrime ^ uint64(lon)) * fnvPrime) ^ RuleCell)
}

// tokens calls add for every value of a key under a rule. asked is true for the
// side that looks for the other: it gives the variants of which one must meet.
func (k *Key) tokens(rule int, asked bool, add func(token)) {
	switch rule {
	case RuleBIN:
		k.binTokens(asked, add)
	case RuleName:
		for _, w := range k.Name.Words {
			if len(w) >= 3 {
				add(hashOf(rule, w))
			}
		}
		if len(k.Name.Words) > 1 {
			add(hashOf(rule, k.Name.flat))
		}
	case RuleSkeleton:
		if s := skeleton(k.Name.flat); len(s) >= 4 {
			add(hashOf(rule, s[:4]))
			add(hashOf(rule, "-", s[len(s)-4:]))
		}
	case RuleAddress:
		if k.Town == "" || k.House == "" {
			return
		}
		if k.Street != "" {
			add(hashOf(rule, k.Town, k.Street, k.House))
		}
		if s := skeleton(k.Name.flat); len(s) >= 2 {
			add(hashOf(rule, k.Town, k.House, "", s[:2]))
		}
	case RuleCell:
		if k.located() {
			k.cellTokens(asked, add)
		}
	}
}

func (k *Key) binTokens(asked bool, add func(token)) {
	if len(k.BIN) != 12 {
		return
	}
	var b [12]byte
	for i := range 12 {
		copy(b[:], k.BIN)
		b[i] = '?'
		add(hashOf(RuleBIN, string(b[:])))
	}
	if !asked {
		add(hashOf(RuleBIN, k.BIN))
		return
	}
	for i := range 11 {
		copy(b[:], k.BIN)
		if b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			add(hashOf(RuleBIN, string(b[:])))
		}
	}
}

func (k *Key) cellTokens(asked bool, add func(token)) {
	lat, lon := int64(math.Floor(k.Lat/cellDeg)), int64(math.Floor(k.Lon/cellDeg))
	if !asked {
		add(cellToken(lat, lon))
		return
	}
	for dLat := int64(-1); dLat <= 1; dLat++ {
		for dLon := int64(-1); dLon <= 1; dLon++ {
			add(cellToken(lat+dLat, lon+dLon))
		}
	}
}

// skeleton drops the vowels, in which transliterations and slips differ most.
func skeleton(s string) string {
	out := make([]byte, 0, 16)
	for i := range len(s) {
		switch s[i] {
		case 'a', 'e', 'i', 'o', 'u':
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}

// PairsPerSite is the pair budget: comparisons for each site, on average. 40
// take about 20 microseconds.
const PairsPerSite = 40

// shareOf is the part of the budget that each rule may take.
var shareOf = [rules]float64{RuleBIN: 0.1, RuleName: 0.35, RuleSkeleton: 0.25, RuleAddress: 0.15, RuleCell: 0.15}

// A RulePlan is what a rule asks for, counted before it runs.
type RulePlan struct {
	Rule     string
	Asked    float64 // pairs for each site, as the rule stands
	Pairs    float64 // pairs for each site after the cut
	CutBlock int     // blocks of entries left out because they were too large
}

// plan counts the pairs of each rule over a sample of sites and removes the
// rule's most expensive blocks until it keeps its share of the budget.
func (ix *Index) plan(sample []Key) []RulePlan {
	var out []RulePlan
	for rule := range rules {
		sites := map[token]int{}
		for i := range sample {
			sample[i].tokens(rule, true, func(t token) {
				if len(ix.blocks[rule][t]) > 0 {
					sites[t]++
				}
			})
		}
		p := RulePlan{Rule: RuleNames[rule]}
		type block struct {
			t    token
			cost float64
		}
		var blocks []block
		for t, n := range sites {
			cost := float64(n) * float64(len(ix.blocks[rule][t])) / float64(max(1, len(sample)))
			blocks = append(blocks, block{t, cost})
		}
		slices.SortFunc(blocks, func(a, b block) int { return cmp.Or(cmp.Compare(b.cost, a.cost), cmp.Compare(a.t, b.t)) })
		for i := len(blocks) - 1; i >= 0; i-- { // small ones first, in a fixed order
			p.Asked += blocks[i].cost
		}
		p.Pairs = p.Asked
		for _, b := range blocks {
			if p.Pairs <= shareOf[rule]*PairsPerSite {
				break
			}
			p.Pairs -= b.cost
			p.CutBlock++
			delete(ix.blocks[rule], b.t)
		}
		out = append(out, p)
	}
	return out
}
