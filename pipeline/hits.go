package pipeline

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/stat"
	"github.com/minewatch/minewatch/detectors/visit"
)

// hitFrom is the log-likelihood ratio from which a detector counts as having sent a
// team.
const hitFrom = 0.7

// A hitKey names one group of visits.
type hitKey struct{ by, name string }

// hitRates counts how many visits that got in found mining: of all, by how the site
// came onto the list, by team, by month, and by detector that speaks of the site now.
func hitRates(visits map[string][]visit.Outcome, cases []*siteCase) []datasets.HitRate {
	speaks := map[string][]string{}
	for _, s := range cases {
		if len(visits[s.site.SiteID]) == 0 {
			continue
		}
		for _, e := range s.evidence {
			if e.Status == datasets.Spoken && e.LogLR >= hitFrom && e.Detector != visit.Info().ID {
				speaks[s.site.SiteID] = append(speaks[s.site.SiteID], e.Detector)
			}
		}
	}
	found := map[hitKey][2]int{} // visits, mining
	for id, list := range visits {
		for _, v := range list {
			if !v.GotIn() {
				continue
			}
			keys := []hitKey{{"all", ""}, {"drawn", cmp.Or(v.Drawn, drawnRanked)}, {"month", v.VisitedOn.String()[:len("2006-01")]}}
			if v.Team != "" {
				keys = append(keys, hitKey{"team", v.Team})
			}
			for _, d := range slices.Compact(slices.Sorted(slices.Values(speaks[id]))) {
				keys = append(keys, hitKey{"detector", d})
			}
			for _, k := range keys {
				n := found[k]
				n[0]++
				if v.FoundMining() {
					n[1]++
				}
				found[k] = n
			}
		}
	}
	all := found[hitKey{"all", ""}]
	order := []string{"all", "drawn", "team", "month", "detector"}
	keys := slices.SortedFunc(maps.Keys(found), func(a, b hitKey) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.by), slices.Index(order, b.by)), cmp.Compare(a.name, b.name))
	})
	var out []datasets.HitRate
	for _, k := range keys {
		n := found[k]
		low, high := stat.Wilson(n[1], n[0], z95)
		row := datasets.HitRate{By: k.by, Name: k.name, Visits: int32(n[0]), Mining: int32(n[1]), Rate: ratio(n[1], n[0]), RateLow: low, RateHigh: high, DriftP: 1}
		if k.by != "all" {
			row.DriftP = stat.Fisher(n[1], n[0]-n[1], all[1]-n[1], all[0]-n[0]-all[1]+n[1])
		}
		out = append(out, row)
	}
	return out
}

// z95 is the normal quantile of a two-sided 95 % interval.
const z95 = 1.959963984540054

// lookAlikesOf is how many sites are named for each confirmed mine.
const lookAlikesOf = 5

// A portrait describes a site by shape and evidence, each number about as wide as the
// others once it is scaled.
type portrait struct {
	site *siteCase
	x    [len(traits)]float64
}

// traits name the numbers of a portrait.
var traits = [...]string{"size", "base load", "night against day", "weekend", "variation", "electricity evidence", "traffic evidence"}

// A shape is a site's load over all its months.
type shape struct{ hours, mean, floor, night, day, weekend, variation float64 }

func (s *shape) add(p datasets.LoadProfile) {
	h := float64(p.Covered)
	s.hours += h
	s.mean += h * p.MeanKW
	s.floor += h * p.FloorKW
	s.night += h * p.NightKW
	s.day += h * p.DayKW
	s.weekend += h * p.WeekendKW
	s.variation += h * p.VariationKW
}

// lookAlikes names, for each site in which a visit found mining, the sites that no
// visit has seen and whose load and evidence are most like its own: a lead and no
// evidence. Numbers are scaled by their spread over all sites.
func (r *runner) lookAlikes(cases []*siteCase) ([]datasets.LookAlike, error) {
	confirmed := slices.ContainsFunc(cases, func(s *siteCase) bool { return s.visited != nil && s.visited.FoundMining() })
	if !confirmed {
		return nil, nil
	}
	shapes := map[string]*shape{}
	err := eachPart(r.env.WS.Lake(), "load_profile", func(p datasets.LoadProfile) {
		s := shapes[p.SiteID]
		if s == nil {
			s = &shape{}
			shapes[p.SiteID] = s
		}
		s.add(p)
	})
	if err != nil {
		return nil, err
	}
	portraits := portray(cases, shapes)
	var out []datasets.LookAlike
	for _, p := range portraits {
		if p.site.visited != nil && p.site.visited.FoundMining() {
			out = append(out, nearestTo(p, portraits)...)
		}
	}
	return out, nil
}

// portray describes the sites with a load, by site id, and scales the numbers.
func portray(cases []*siteCase, shapes map[string]*shape) []portrait {
	const least = 1e-3
	var out []portrait
	for _, s := range cases {
		h := shapes[s.site.SiteID]
		if h == nil || h.mean <= 0 {
			continue
		}
		out = append(out, portrait{s, [len(traits)]float64{
			math.Log(h.mean / h.hours), h.floor / h.mean, math.Log((h.night + least) / (h.day + least)), h.weekend / h.mean, h.variation / h.mean,
			s.verdict.Sums[0], s.verdict.Sums[1],
		}})
	}
	column := make([]float64, len(out))
	for k := range traits {
		for i := range out {
			column[i] = out[i].x[k]
		}
		centre := stat.Median(column)
		for i := range out {
			column[i] = out[i].x[k]
		}
		scale := stat.MAD(column, centre)
		for i := range out {
			out[i].x[k] = max(-5, min(5, (out[i].x[k]-centre)/max(scale, 0.05)))
		}
	}
	return out
}

func nearestTo(p portrait, all []portrait) []datasets.LookAlike {
	var list []datasets.LookAlike
	for _, q := range all {
		if q.site == p.site || q.site.visited != nil {
			continue
		}
		sum, widest, apart := 0.0, 0.0, 0
		for k := range traits {
			d := q.x[k] - p.x[k]
			sum += d * d
			if math.Abs(d) > widest {
				widest, apart = math.Abs(d), k
			}
		}
		row := datasets.LookAlike{
			SiteID: p.site.site.SiteID, LikeSiteID: q.site.site.SiteID, Distance: math.Sqrt(sum / float64(len(traits))),
			Probability: q.site.row.Probability, Apart: traits[apart],
		}
		i, _ := slices.BinarySearchFunc(list, row, func(a, b datasets.LookAlike) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.LikeSiteID, b.LikeSiteID))
		})
		if i < lookAlikesOf {
			list = slices.Insert(list, i, row)
			list = list[:min(lookAlikesOf, len(list))]
		}
	}
	for i := range list {
		list[i].Rank = int32(i + 1)
	}
	return list
}
