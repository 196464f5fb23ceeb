package registry

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/pipeline/linkage"
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

// The ways in which a link is made.
const (
	ByBIN        = "bin"         // the site's BIN is the entry's
	ByHost       = "host"        // the entry rents from the site's BIN
	BySimilarBIN = "similar_bin" // the BINs differ by one digit or two swapped ones
	ByAddress    = "address"     // equal address keys
	ByDistance   = "distance"    // at most NearM apart
	ByRecord     = "record"      // name, place and number together, by package linkage
)

// NearM is the distance in metres up to which two coordinates may mean one place.
const NearM = 250

// elsewhereM is the distance in metres from which on two coordinates mean two
// places; in between, a large centre and rough coordinates explain it.
const elsewhereM = 1000

// A Link is one entry that may answer for a site.
type Link struct {
	Entry   datasets.RegistryEntry
	Outcome Outcome // Match or Possible
	By      string
	Reason  string // in words
	// Probability is that of the two being one holder: 1 by equal BIN, 0 where
	// only the place or a slip of the number was looked at.
	Probability float64
	at          int32 // position in the index
}

// An Answer says who is answerable for a site.
type Answer struct {
	Outcome  Outcome
	Links    []Link   // those of Outcome only, surest first; empty if None
	Standing Standing // of the links; zero unless Outcome is Match
	Note     string   // what is odd about the site's own data, or ""
	// Probability that the first link holds the site; 0 where nothing was
	// reckoned: no link, or one by the place alone.
	Probability float64
}

// BINs returns the distinct BINs of the links in their order.
func (a Answer) BINs() []string {
	var out []string
	for _, l := range a.Links {
		if !slices.Contains(out, l.Entry.BIN) {
			out = append(out, l.Entry.BIN)
		}
	}
	return out
}

type cell struct{ lat, lon int32 }

// cellDeg is the side of a grid cell: above NearM up to 75 degrees of latitude.
const cellDeg = 0.01

func cellOf(lat, lon float64) cell {
	return cell{int32(math.Floor(lat / cellDeg)), int32(math.Floor(lon / cellDeg))}
}

// An Index finds registry entries by BIN, host, address and place.
type Index struct {
	entries   []datasets.RegistryEntry // by BIN, then notice, then licence
	byBIN     map[string][]int32
	byHost    map[string][]int32
	bySlip    map[string][]int32 // BIN with one digit hidden, or two swapped
	byAddress map[string][]int32
	byCell    map[cell][]int32
	notified  ref.Period     // days on which a notice counts
	licensed  ref.Period     // days on which a licence counts
	linked    *linkage.Index // nil before Link
	reader    *linkage.Reader
	// hasLicences is false if no entry names a licence: such a register does
	// not know licences, and their absence says nothing.
	hasLicences bool
}

// NewIndex builds an index. The entries are copied; their order does not matter.
func NewIndex(entries []datasets.RegistryEntry, regimes ref.Regimes) *Index {
	ix := &Index{
		entries: slices.Clone(entries),
		byBIN:   map[string][]int32{}, byHost: map[string][]int32{}, bySlip: map[string][]int32{},
		byAddress: map[string][]int32{}, byCell: map[cell][]int32{},
	}
	// A regime that the table does not know never holds: its period ends before it begins.
	ix.notified, ix.licensed = ref.Period{From: 1, To: -1}, ref.Period{From: 1, To: -1}
	if p, ok := regimes.Span(ref.Notification); ok {
		ix.notified = p
	}
	if p, ok := regimes.Span(ref.Licence); ok {
		ix.licensed = p
	}
	slices.SortStableFunc(ix.entries, func(a, b datasets.RegistryEntry) int {
		return cmp.Or(cmp.Compare(a.BIN, b.BIN), cmp.Compare(a.NotifiedOn, b.NotifiedOn), cmp.Compare(a.LicenseFrom, b.LicenseFrom),
			cmp.Compare(a.LicenseNo, b.LicenseNo), cmp.Compare(a.Address, b.Address))
	})
	for i := range ix.entries {
		ix.add(int32(i))
	}
	return ix
}

func (ix *Index) add(i int32) {
	e := &ix.entries[i]
	e.BIN, e.HostBIN = cleanBIN(e.BIN), cleanBIN(e.HostBIN)
	put := func(m map[string][]int32, k string) {
		if k != "" {
			m[k] = append(m[k], i)
		}
	}
	put(ix.byBIN, e.BIN)
	put(ix.byHost, e.HostBIN)
	put(ix.byAddress, AddressKey(e.Address))
	for _, k := range slips(e.BIN) {
		put(ix.bySlip, k)
	}
	if located(e.Lat, e.Lon) {
		c := cellOf(e.Lat, e.Lon)
		ix.byCell[c] = append(ix.byCell[c], i)
	}
	if hasLicence(*e) {
		ix.hasLicences = true
	}
}

func located(lat, lon float64) bool { return lat != 0 || lon != 0 }

var blanks = strings.NewReplacer(" ", "", "-", "", "\u00a0", "")

// cleanBIN removes blanks and dashes, and puts back leading zeros that a
// spreadsheet dropped, if the number is valid with them.
func cleanBIN(s string) string {
	s = blanks.Replace(s)
	if n := len(s); n >= 9 && n < 12 {
		if padded := strings.Repeat("0", 12-n) + s; datasets.CheckBIN(padded) == nil {
			return padded
		}
	}
	return s
}

// slips returns the keys under which two BINs meet that differ in one digit.
func slips(bin string) []string {
	if len(bin) != 12 {
		return nil
	}
	out := make([]string, 0, len(bin))
	for i := range bin {
		out = append(out, bin[:i]+"?"+bin[i+1:])
	}
	return out
}

// swaps returns bin with each pair of neighbouring digits swapped.
func swaps(bin string) []string {
	var out []string
	for i := 0; i+1 < len(bin); i++ {
		if bin[i] != bin[i+1] {
			out = append(out, bin[:i]+bin[i+1:i+2]+bin[i:i+1]+bin[i+2:])
		}
	}
	return out
}

// Answerable says who is answerable for a site over [from, to]. Entries are
// found whatever their dates: a notice that came too late, or a licence that
// ran out, is for the Standing to say.
func (ix *Index) Answerable(site datasets.Site, from, to datasets.Day) Answer {
	bin := cleanBIN(site.BIN)
	var a Answer
	switch err := datasets.CheckBIN(bin); {
	case bin == "":
		a.Note = "the site's holder has no BIN or IIN in the data"
	case err != nil:
		a.Note = fmt.Sprintf("the site's BIN %s is not valid: %v", bin, err)
	}
	if a.Links = ix.matches(site, bin); len(a.Links) > 0 {
		a.Outcome, a.Probability = Match, 1
		a.Standing = ix.standing(a.Links, from, to)
		return a
	}
	outcome, records := ix.byRecord(site)
	if outcome == linkage.Match {
		a.Outcome, a.Probability = Match, records[0].Probability
		a.Links = ix.ofEntity(site, records[0])
		a.Standing = ix.standing(a.Links, from, to)
		a.Note = joinNotes(a.Note, fmt.Sprintf("linked to the registry entry of %s with probability %.3f: %s", records[0].Entry.BIN, a.Probability, records[0].Reason))
		return a
	}
	a.Links = ix.possible(site, bin, records)
	if len(a.Links) > 0 {
		a.Outcome, a.Probability = Possible, a.Links[0].Probability
	}
	return a
}

func (ix *Index) matches(site datasets.Site, bin string) []Link {
	var out []Link
	if bin == "" {
		return nil
	}
	for _, i := range ix.byBIN[bin] {
		e := ix.entries[i]
		reason := "the same BIN"
		if far := elsewhere(site, e); far != "" {
			reason += "; " + far
		}
		out = append(out, Link{e, Match, ByBIN, reason, 1, i})
	}
	for _, i := range ix.byHost[bin] {
		if e := ix.entries[i]; e.BIN != bin {
			out = append(out, Link{e, Match, ByHost, "rents from the site's holder", 1, i})
		}
	}
	return out
}

// elsewhere says that an entry names another place than the site's, "" if it
// does not or the places cannot be compared.
func elsewhere(site datasets.Site, e datasets.RegistryEntry) string {
	if located(site.Lat, site.Lon) && located(e.Lat, e.Lon) {
		if m := datasets.DistanceM(site.Lat, site.Lon, e.Lat, e.Lon); m > elsewhereM {
			return fmt.Sprintf("registered %.1f km from the site", m/1000)
		}
		return ""
	}
	if a, b := AddressKey(site.Address), AddressKey(e.Address); a != "" && b != "" && a != b {
		return "registered at another address"
	}
	return ""
}

// possible lists who may be answerable: records first, which say how likely
// it is, then slips of the number, equal addresses and neighbours.
func (ix *Index) possible(site datasets.Site, bin string, records []Link) []Link {
	out := records
	seen := map[int32]bool{}
	for _, l := range records {
		seen[l.at] = true
	}
	add := func(i int32, by, reason string) {
		if !seen[i] {
			seen[i] = true
			out = append(out, Link{Entry: ix.entries[i], Outcome: Possible, By: by, Reason: reason, at: i})
		}
	}
	for _, k := range slips(bin) {
		for _, i := range ix.bySlip[k] {
			add(i, BySimilarBIN, fmt.Sprintf("the BINs %s and %s differ in one digit", bin, ix.entries[i].BIN))
		}
	}
	if len(bin) == 12 {
		for _, k := range swaps(bin) {
			for _, i := range ix.byBIN[k] {
				add(i, BySimilarBIN, fmt.Sprintf("the BINs %s and %s differ by two swapped digits", bin, k))
			}
		}
	}
	if k := AddressKey(site.Address); k != "" {
		for _, i := range ix.byAddress[k] {
			if e := ix.entries[i]; len(site.KATO) < 2 || len(e.KATO) < 2 || site.KATO[:2] == e.KATO[:2] {
				add(i, ByAddress, "the same address")
			}
		}
	}
	if ix.linked != nil {
		for _, i := range ix.linked.SameHouse(siteRecord(site)) {
			add(i, ByAddress, "another name in the same house")
		}
	}
	for _, n := range ix.near(site) {
		add(n.entry, ByDistance, fmt.Sprintf("registered %.0f m from the site", n.m))
	}
	return out
}

type neighbour struct {
	entry int32
	m     float64
}

// near returns the entries within NearM, nearest first.
func (ix *Index) near(site datasets.Site) []neighbour {
	if !located(site.Lat, site.Lon) {
		return nil
	}
	var out []neighbour
	c := cellOf(site.Lat, site.Lon)
	for dLat := int32(-1); dLat <= 1; dLat++ {
		for dLon := int32(-1); dLon <= 1; dLon++ {
			for _, i := range ix.byCell[cell{c.lat + dLat, c.lon + dLon}] {
				if m := datasets.DistanceM(site.Lat, site.Lon, ix.entries[i].Lat, ix.entries[i].Lon); m <= NearM {
					out = append(out, neighbour{i, m})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b neighbour) int { return cmp.Or(cmp.Compare(a.m, b.m), cmp.Compare(a.entry, b.entry)) })
	return out
}
