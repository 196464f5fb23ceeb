package pipeline

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// visits lists the proposed sites, best first: by the tax (fee) that a visit
// is expected to bring, probability × unpaid tax less the cost of the visit;
// where that is equal, as it is where no rate is confirmed, by rank value.
func (r *runner) visits(cases []*siteCase) []datasets.Visit {
	var proposed []*siteCase
	for _, s := range cases {
		if s.row.Proposed {
			proposed = append(proposed, s)
		}
	}
	cost := r.env.WS.Config.Visits.CostKZT
	worth := func(s *siteCase) float64 { return s.row.Probability*s.row.TaxKZT - cost }
	slices.SortFunc(proposed, func(a, b *siteCase) int {
		return cmp.Or(cmp.Compare(worth(b), worth(a)), cmp.Compare(b.row.RankValue, a.row.RankValue), bySite(a, b))
	})
	rows := make([]datasets.Visit, len(proposed))
	for i, s := range proposed {
		rows[i] = s.visit(int32(i + 1))
	}
	groupVisits(rows, r.env.WS.Config.Visits.GroupRadiusKM)
	return rows
}

func (s *siteCase) visit(rank int32) datasets.Visit {
	evidence := ""
	for i, e := range s.verdict.Strongest {
		if i == 2 {
			break
		}
		if i > 0 {
			evidence += "; "
		}
		evidence += e.Detail
	}
	row := s.row
	return datasets.Visit{
		Rank: rank, SiteID: s.site.SiteID, Name: s.site.Name, BIN: s.site.BIN,
		Region: s.site.Region, Address: s.site.Address, Lat: s.site.Lat, Lon: s.site.Lon,
		Finding: row.Finding, Probability: row.Probability,
		MiningKW: row.MiningKW, MiningSince: row.MiningSince, MiningUntil: row.MiningUntil,
		MiningKWh: row.MiningKWh, MiningKWhLow: row.MiningKWhLow, MiningKWhHigh: row.MiningKWhHigh,
		DeclaredKWh: row.DeclaredKWh, UnpaidKWh: row.UnpaidKWh,
		TaxKZT: row.TaxKZT, TaxKZTLow: row.TaxKZTLow, TaxKZTHigh: row.TaxKZTHigh,
		ConfidenceNote: row.Note, Evidence: evidence,
	}
}

// groupVisits gives each row a group of sites within radiusKM of the group's
// best site, and an order within it: the best site first, then always the
// nearest one left. Sites without a place are a group of their region.
func groupVisits(rows []datasets.Visit, radiusKM float64) {
	group := 0
	for i := range rows {
		if rows[i].VisitGroup != "" {
			continue
		}
		if !placed(rows[i]) {
			unplacedGroup(rows, rows[i].Region)
			continue
		}
		group++
		name := fmt.Sprintf("G%03d", group)
		at := i
		for order := int32(1); at >= 0; order++ {
			rows[at].VisitGroup, rows[at].VisitOrder = name, order
			at = nearest(rows, at, func(k int) bool {
				return rows[k].VisitGroup == "" && placed(rows[k]) && distanceKM(rows[i], rows[k]) <= radiusKM
			})
		}
	}
}

func unplacedGroup(rows []datasets.Visit, region string) {
	order := int32(0)
	for i := range rows {
		if !placed(rows[i]) && rows[i].Region == region {
			order++
			rows[i].VisitGroup, rows[i].VisitOrder = "no place: "+region, order
		}
	}
}

func placed(v datasets.Visit) bool { return v.Lat != 0 || v.Lon != 0 }

// nearest returns the row nearest to rows[from] among those that may be taken, -1 if none.
func nearest(rows []datasets.Visit, from int, may func(int) bool) int {
	best, at := math.Inf(1), -1
	for k := range rows {
		if may(k) {
			if d := distanceKM(rows[from], rows[k]); d < best {
				best, at = d, k
			}
		}
	}
	return at
}

func distanceKM(a, b datasets.Visit) float64 {
	return datasets.DistanceM(a.Lat, a.Lon, b.Lat, b.Lon) / 1000
}
