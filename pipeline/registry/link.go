package registry

import (
	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline/linkage"
)

// Link adds linkage by name and place to an index that knows exact keys, and
// fits it to the sites; seed draws its random pairs. Call it once, before
// questions are asked.
func (ix *Index) Link(r *linkage.Reader, sites []datasets.Site, seed uint64) {
	entries := make([]linkage.Record, len(ix.entries))
	for i, e := range ix.entries {
		entries[i] = entryRecord(e)
	}
	ix.reader = r
	ix.linked = linkage.NewIndex(r, entries)
	ix.linked.Learn(len(sites), func(i int) linkage.Record { return siteRecord(sites[i]) }, seed)
}

// Linkage returns the fitted linkage, nil before Link.
func (ix *Index) Linkage() *linkage.Index { return ix.linked }

func entryRecord(e datasets.RegistryEntry) linkage.Record {
	return linkage.Record{BIN: e.BIN, Name: e.Name, KATO: e.KATO, Address: e.Address, Lat: e.Lat, Lon: e.Lon}
}

func siteRecord(s datasets.Site) linkage.Record {
	return linkage.Record{BIN: cleanBIN(s.BIN), Name: s.Name, Region: s.Region, KATO: s.KATO, Address: s.Address, Lat: s.Lat, Lon: s.Lon}
}

// byRecord asks linkage for the entries that the site's record fits.
func (ix *Index) byRecord(site datasets.Site) (linkage.Outcome, []Link) {
	if ix.linked == nil {
		return linkage.None, nil
	}
	outcome, links := ix.linked.Decide(ix.linked.Links(siteRecord(site)))
	out := make([]Link, len(links))
	for i, l := range links {
		out[i] = Link{
			Entry: ix.entries[l.Entry], Outcome: Possible, By: ByRecord, Reason: l.Pattern.Reason(),
			Probability: l.Probability, at: int32(l.Entry),
		}
	}
	return outcome, out
}

// ofEntity returns all entries of the entity that a record was matched to, and
// those of its tenants, as a match by BIN would.
func (ix *Index) ofEntity(site datasets.Site, record Link) []Link {
	links := ix.matches(site, record.Entry.BIN)
	for i := range links {
		links[i].Probability = record.Probability
		if links[i].By == ByBIN {
			links[i].By, links[i].Reason = ByRecord, record.Reason
		}
	}
	return links
}

func joinNotes(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
