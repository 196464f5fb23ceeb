package pipeline

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline/registry"
)

// How a site came onto the list.
const (
	drawnRanked = "ranked"
	drawnRandom = "random"
)

// visits makes the inspection list, best first: the proposed sites by the tax
// (fee) that a visit is expected to bring, probability × unpaid tax, per tenge of its
// cost; where that is equal, as it is where no rate is confirmed, by rank value. The
// budget cuts the list, and sites that fall below the cut are no longer
// proposed. Sites drawn by lot come last.
func (r *runner) visits(cases []*siteCase) []datasets.Visit {
	v := r.env.WS.Config.Visits
	var proposed []*siteCase
	for _, s := range cases {
		if s.row.Proposed {
			proposed = append(proposed, s)
		}
	}
	costs := visitCosts(proposed, v)
	worth := map[*siteCase]float64{}
	for i, s := range proposed {
		s.costKZT = costs[i]
		worth[s] = s.row.Probability * s.row.TaxKZT / cmp.Or(costs[i], 1)
	}
	slices.SortFunc(proposed, func(a, b *siteCase) int {
		return cmp.Or(cmp.Compare(worth[b], worth[a]), cmp.Compare(b.row.RankValue, a.row.RankValue), bySite(a, b))
	})
	ranked, random := shares(len(proposed), v)
	for _, s := range proposed[ranked:] {
		s.row.Proposed = false
		s.row.Note = joinNote(s.row.Note, "below the cut of "+strconv.Itoa(v.Budget)+" visits")
	}
	proposed = proposed[:ranked]
	lots := r.drawLots(cases, random)
	rows := make([]datasets.Visit, 0, len(proposed)+len(lots))
	for _, s := range proposed {
		rows = append(rows, s.visit(int32(len(rows)+1)))
	}
	for _, s := range lots {
		rows = append(rows, s.randomVisit(int32(len(rows)+1)))
	}
	planTrips(rows, v)
	return rows
}

// shares divides the room for visits into ranked ones and ones drawn by lot. Where lots
// are asked for there is at least one, if there is any visit.
func shares(proposed int, v Visits) (ranked, random int) {
	ranked = proposed
	if v.Explore > 0 {
		random = int(math.Ceil(v.Explore / (1 - v.Explore) * float64(ranked)))
	}
	if v.Budget == 0 {
		return ranked, random
	}
	if v.Explore > 0 {
		random = min(random, int(math.Ceil(v.Explore*float64(v.Budget))))
	}
	return min(ranked, max(0, v.Budget-random)), min(random, v.Budget)
}

// drawLots draws n of the sites that are not on the list and that nobody answers
// for. A site's lot depends on the seed and its id alone, so that other sites
// change nothing about it.
func (r *runner) drawLots(cases []*siteCase, n int) []*siteCase {
	if n == 0 {
		return nil
	}
	seed := strconv.FormatInt(r.env.WS.Config.Seed, 10)
	lot := map[*siteCase]uint64{}
	var pool []*siteCase
	for _, s := range cases {
		if s.row.Proposed || s.cleared || s.answer.Outcome == registry.Match {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte("visit\x00" + seed + "\x00" + s.site.SiteID)) // never fails
		v := h.Sum64()
		lot[s] = v ^ v>>31
		pool = append(pool, s)
	}
	slices.SortFunc(pool, func(a, b *siteCase) int { return cmp.Or(cmp.Compare(lot[a], lot[b]), bySite(a, b)) })
	return pool[:min(n, len(pool))]
}

func (s *siteCase) visit(rank int32) datasets.Visit {
	var evidence []string
	for _, e := range s.verdict.Strongest[:min(2, len(s.verdict.Strongest))] {
		evidence = append(evidence, e.Detail)
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
		ConfidenceNote: row.Note, Evidence: strings.Join(evidence, "; "),
		Drawn: drawnRanked, CostKZT: s.costKZT, ExpectedKZT: row.Probability * row.TaxKZT, Confidence: row.Confidence, QValue: row.QValue,
	}
}

// randomNote and randomEvidence stand where a suspicion would: there is none.
const (
	randomNote     = "drawn by lot to keep hit rates honest: nothing is suspected of this site"
	randomEvidence = "none: this is a random check, not a lead"
)

// randomVisit is the row of a site drawn by lot. It names no finding, power, energy
// or tax, whatever the detectors said.
func (s *siteCase) randomVisit(rank int32) datasets.Visit {
	return datasets.Visit{
		Rank: rank, SiteID: s.site.SiteID, Name: s.site.Name, BIN: s.site.BIN,
		Region: s.site.Region, Address: s.site.Address, Lat: s.site.Lat, Lon: s.site.Lon,
		Probability: s.row.Probability, ConfidenceNote: randomNote, Evidence: randomEvidence, Drawn: drawnRandom,
	}
}

func joinNote(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// visitCosts returns what each visit costs: the visit, and its share of the way from
// the base and back, which sites of one group have in common.
func visitCosts(cases []*siteCase, v Visits) []float64 {
	out := make([]float64, len(cases))
	rows := make([]datasets.Visit, len(cases))
	for i, s := range cases {
		rows[i] = datasets.Visit{Lat: s.site.Lat, Lon: s.site.Lon}
	}
	near := newNeighbours(rows, v.GroupRadiusKM)
	for i := range rows {
		out[i] = v.CostKZT
		if v.KMCostKZT == 0 || !v.based() || !placed(rows[i]) {
			continue
		}
		together := 1
		near.each(i, func(int, float64) { together++ })
		way := 2 * v.RoadFactor * distanceKM(rows[i], v.base())
		out[i] += v.KMCostKZT * way / float64(min(together, v.PerDay))
	}
	return out
}

func (v Visits) based() bool          { return v.BaseLat != 0 || v.BaseLon != 0 }
func (v Visits) base() datasets.Visit { return datasets.Visit{Lat: v.BaseLat, Lon: v.BaseLon} }

func placed(v datasets.Visit) bool { return v.Lat != 0 || v.Lon != 0 }

func distanceKM(a, b datasets.Visit) float64 {
	return datasets.DistanceM(a.Lat, a.Lon, b.Lat, b.Lon) / 1000
}
