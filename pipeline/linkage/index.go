package linkage

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// An Outcome says how surely a site and an entry belong together.
type Outcome int

// The outcomes of linkage.
const (
	None     Outcome = iota // nobody in the registry
	Possible                // somebody perhaps: a person has to look
	Match                   // somebody
)

func (o Outcome) String() string { return [...]string{"none", "possible", "match"}[o] }

// Probabilities from which a pair counts. Chosen on the labelled set with seed
// 1 and measured on others (labelled_test.go).
const (
	MatchAt    = 0.85
	PossibleAt = 0.02
)

// An Index finds the entries that may be a site's holder. Answers of one
// index may be asked for by several goroutines, once Learn has returned.
type Index struct {
	reader  *Reader
	entries []Key
	model   Model
	weights [fields][5]float64 // of the model
	blocks  [rules]map[token][]int32
	houses  map[Address][]int32 // by town, street and house, all known
	plans   []RulePlan
	common  map[string]float64 // share of the sites that have this name, of names in the registry
	scratch sync.Pool          // of *scratch
}

// scratch is what one question needs.
type scratch struct {
	stamp []uint32 // by entry: the question in which it was last met
	now   uint32
	found []int32
}

// NewIndex indexes the entries, whose positions name them in answers.
func NewIndex(r *Reader, entries []Record) *Index {
	ix := &Index{reader: r, entries: make([]Key, len(entries)), common: map[string]float64{}, houses: map[Address][]int32{}}
	ix.use(DefaultModel())
	for rule := range rules {
		ix.blocks[rule] = map[token][]int32{}
	}
	for i, e := range entries {
		k := &ix.entries[i]
		*k = r.Read(e)
		if h, ok := k.houseKey(); ok {
			ix.houses[h] = append(ix.houses[h], int32(i))
		}
		for rule := range rules {
			k.tokens(rule, false, func(t token) {
				b := ix.blocks[rule][t]
				if len(b) == 0 || b[len(b)-1] != int32(i) {
					ix.blocks[rule][t] = append(b, int32(i))
				}
			})
		}
	}
	ix.scratch.New = func() any { return &scratch{stamp: make([]uint32, len(ix.entries))} }
	return ix
}

// SameHouse returns the entries in the site's town, street and house, whatever
// their names, in their order; none if its address does not go down to a house.
func (ix *Index) SameHouse(site Record) []int32 {
	if site.Address == "" {
		return nil
	}
	k := ix.reader.Read(site)
	h, ok := k.houseKey()
	if !ok {
		return nil
	}
	return ix.houses[h]
}

// houseKey is the address without its region, which many leave out and the
// reform of 2022 changed; false if a part of it is missing.
func (k *Key) houseKey() (Address, bool) {
	h := k.Address
	h.Region = ""
	return h, h.Town != "" && h.Street != "" && h.House != ""
}

// Model returns the model in use.
func (ix *Index) Model() Model { return ix.model }

// Plan returns what each blocking rule asks for and keeps; nil before Learn.
func (ix *Index) Plan() []RulePlan { return ix.plans }

// Sizes of the samples from which Learn learns.
const (
	sampleSites = 20_000
	randomPairs = 200_000
)

// Learn plans the blocking and fits the model to n sites, of which site gives
// the i-th. Sites beyond the sample size are sampled at even steps. Random
// pairs are drawn from the seed.
func (ix *Index) Learn(n int, site func(i int) Record, seed uint64) {
	sample := make([]Key, 0, min(n, sampleSites))
	for i := range min(n, sampleSites) {
		at := i
		if n > sampleSites {
			at = int(float64(i) * float64(n) / sampleSites)
		}
		sample = append(sample, ix.reader.Read(site(at)))
	}
	ix.plans = ix.plan(sample)
	if len(sample) == 0 || len(ix.entries) == 0 {
		return
	}
	ix.countNames(sample)
	var blocked, random Counts
	for i := range sample {
		for _, e := range ix.candidates(&sample[i]) {
			blocked.Add(ix.reader.Compare(&sample[i], &ix.entries[e]))
		}
	}
	draw := rand.New(rand.NewPCG(seed, 0x6c696e6b))
	for range min(randomPairs, len(sample)*len(ix.entries)) {
		p := ix.reader.Compare(&sample[draw.IntN(len(sample))], &ix.entries[draw.IntN(len(ix.entries))])
		if p[FieldBIN] < BINSlip {
			random.Add(p)
		}
	}
	start := ix.model
	// A registry has many more sites to belong to than a small delivery shows.
	start.Prior = 0.5 / math.Max(float64(n), 1000)
	// The sample stands for all sites, whose matches it holds in proportion.
	ix.use(start.Fit(&blocked, &random, float64(len(sample))*float64(len(ix.entries))))
}

func (ix *Index) use(m Model) {
	ix.model = m
	for f := range fields {
		for l := 1; l < levels[f]; l++ {
			ix.weights[f][l] = m.Weight(f, uint8(l))
		}
	}
}

// countNames counts how common the names of the registry are among the sites
// and in the registry itself.
func (ix *Index) countNames(sample []Key) {
	n := map[string]int{}
	total := float64(len(sample) + len(ix.entries))
	for i := range ix.entries {
		n[ix.entries[i].Name.sorted]++
	}
	for i := range sample {
		if name := sample[i].Name.sorted; n[name] > 0 {
			n[name]++
		}
	}
	for name, k := range n {
		// Without the entry and the site themselves; half a holder for those not seen.
		ix.common[name] = (math.Max(float64(k-2), 0) + 0.5) / total
	}
}

// candidates returns the entries that share a block with k, in their order.
func (ix *Index) candidates(k *Key) []int32 {
	s := ix.scratch.Get().(*scratch)
	defer ix.scratch.Put(s)
	s.now++
	if s.now == 0 { // the counter went round
		clear(s.stamp)
		s.now = 1
	}
	s.found = s.found[:0]
	for rule := range rules {
		k.tokens(rule, true, func(t token) {
			for _, e := range ix.blocks[rule][t] {
				if s.stamp[e] != s.now {
					s.stamp[e] = s.now
					s.found = append(s.found, e)
				}
			}
		})
	}
	out := slices.Clone(s.found)
	slices.Sort(out)
	return out
}

// A Link is an entry that may be the site's holder.
type Link struct {
	Entry       int // position in the entries
	Pattern     Pattern
	LogOdds     float64
	Probability float64
}

// mayMatch reports whether a pair can be a match at all: not with two valid
// BINs that differ, which are two entities, and not by part of a name and a
// place, which sister companies and neighbours share.
func (l Link) mayMatch() bool {
	return l.Pattern[FieldBIN] != BINDifferent && (l.Pattern[FieldName] >= NameClose || l.Pattern[FieldBIN] >= BINSlip)
}

// Links returns the entries with a probability of at least PossibleAt, the most
// probable first.
func (ix *Index) Links(site Record) []Link {
	k := ix.reader.Read(site)
	if k.BIN == "" && k.Name.empty() {
		return nil // a place alone names nobody
	}
	var out []Link
	for _, e := range ix.candidates(&k) {
		if l := ix.weigh(&k, e); l.Probability >= PossibleAt {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b Link) int {
		return cmp.Or(cmp.Compare(b.LogOdds, a.LogOdds), cmp.Compare(a.Entry, b.Entry))
	})
	return out
}

// weigh compares one pair. The names, which cost most, are left alone where
// even equal and rare ones would not make the pair possible.
func (ix *Index) weigh(k *Key, entry int32) Link {
	e := &ix.entries[entry]
	p := Pattern{
		FieldForm: uint8(compareForms(k.Name, e.Name)), FieldBIN: uint8(CompareBINs(k, e)), FieldPlace: uint8(ix.reader.ComparePlaces(k, e)),
	}
	z := math.Log(ix.model.Prior / (1 - ix.model.Prior))
	for f, l := range p {
		z += ix.weights[f][l]
	}
	if logistic(z+ix.weights[FieldName][NameEqual]+mostRare) < PossibleAt {
		return Link{}
	}
	p[FieldName] = uint8(CompareNames(k.Name, e.Name))
	z += ix.weights[FieldName][p[FieldName]] + ix.rarity(p, e)
	l := Link{int(entry), p, z, logistic(z)}
	if !l.mayMatch() {
		l.Probability = min(l.Probability, atMostPossible)
	}
	return l
}

// atMostPossible bounds the probability of a pair that cannot be a match:
// sister companies share name and house more often than independent fields
// allow. On the labelled sets one in five of such pairs belongs together.
const atMostPossible = 0.2

// mostRare and mostCommon bound what rarity adds.
const mostRare, mostCommon = 2, -3

// rarity is what an equal or close name adds because it is rarer than names
// are on average, or takes because it is more common: ln(u / share of the name),
// bounded so that the estimate of one share decides nothing.
func (ix *Index) rarity(p Pattern, e *Key) float64 {
	if p[FieldName] < NameClose {
		return 0
	}
	share, ok := ix.common[e.Name.sorted]
	if !ok {
		return 0
	}
	u := ix.model.U[FieldName][NameEqual]
	return max(mostCommon, min(mostRare, math.Log(u/share)))
}

// Decide returns the outcome of links that are sorted as Links sorts them, and
// how many of them it rests on: for a match the first ones of one entity.
func (ix *Index) Decide(links []Link) (Outcome, []Link) {
	if len(links) == 0 {
		return None, nil
	}
	first := links[0]
	var same []Link
	rival := math.Inf(-1)
	for _, l := range links {
		switch {
		case ix.entries[l.Entry].BIN != ix.entries[first.Entry].BIN:
			rival = max(rival, l.LogOdds)
		case l.mayMatch():
			same = append(same, l)
		}
	}
	if first.Probability >= MatchAt && first.mayMatch() && rival < first.LogOdds-rivalLogOdds {
		return Match, same
	}
	return Possible, links
}

// rivalLogOdds is by how much the first entity must be ahead of any other: a
// hundred to one.
const rivalLogOdds = 4.6

// Reason says in words what a pattern rests on.
func (p Pattern) Reason() string {
	parts := [fields][]string{
		FieldName:  {"no name to compare", "other name", "partly the same name", "almost the same name", "the same name"},
		FieldBIN:   {"", "another valid BIN", "a BIN that one slip explains", "the same BIN"},
		FieldPlace: {"no place to compare", "elsewhere", "the same town", "the same street or house number, or within 1 km", "the same house, or within 250 m"},
	}
	s := parts[FieldName][p[FieldName]] + ", " + parts[FieldPlace][p[FieldPlace]]
	if b := parts[FieldBIN][p[FieldBIN]]; b != "" {
		s += ", " + b
	}
	return s
}
