package pipeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/detectors/visit"
	"github.com/minewatch/minewatch/pipeline/registry"
)

// lister returns a runner that can make lists.
func lister(v Visits) *runner {
	c := Default()
	c.Visits = v
	return &runner{env: &Env{WS: &Workspace{Config: c}}, model: score.NewModel(c.Scoring.Prior, score.Shipped())}
}

func proposedCase(id string, p, taxKZT float64, proposed bool) *siteCase {
	s := &siteCase{site: datasets.Site{SiteID: id, Name: "holder of " + id}}
	s.row = datasets.Score{SiteID: id, Probability: p, TaxKZT: taxKZT, Proposed: proposed, RankValue: score.Logit(p), MiningKW: 10}
	if proposed {
		s.row.Finding = registry.Unregistered
	}
	return s
}

func ids(rows []datasets.Visit) string {
	var out []string
	for _, v := range rows {
		out = append(out, v.SiteID)
	}
	return strings.Join(out, " ")
}

// Expected tax: a 0.5·400 = 200, b 0.9·100 = 90, c 0.6·300 = 180, d 0.8·0 = 0, e 0.7·0.
func TestListIsByExpectedTax(t *testing.T) {
	cases := []*siteCase{proposedCase("a", 0.5, 400, true), proposedCase("b", 0.9, 100, true), proposedCase("c", 0.6, 300, true), proposedCase("d", 0.8, 0, true), proposedCase("e", 0.7, 0, true), proposedCase("f", 0.9, 900, false)}
	if got := ids(lister(Default().Visits).visits(cases)); got != "a c b d e" {
		t.Errorf("order %s, want a c b d e", got)
	}
}

// From a base at 50 N 70 E: near is 11.1 km away and far 111.2 km; at 1.3 and there
// and back 29 and 289 km, at 10 KZT/km 289 and 2,891 KZT beside 1,000 for the
// visit. far expects twice as much, but at 3,891 against 1,289 KZT it comes second.
func TestListIsPerCost(t *testing.T) {
	v := Default().Visits
	v.CostKZT, v.KMCostKZT, v.BaseLat, v.BaseLon = 1000, 10, 50, 70
	far, near := proposedCase("far", 0.5, 2000, true), proposedCase("near", 0.5, 1000, true)
	far.site.Lat, far.site.Lon, near.site.Lat, near.site.Lon = 51, 70, 50.1, 70
	rows := lister(v).visits([]*siteCase{far, near})
	if got := ids(rows); got != "near far" {
		t.Errorf("order %s, want near far", got)
	}
	if c := rows[1].CostKZT; math.Abs(c-3891) > 5 {
		t.Errorf("cost %.0f, want 3891", c)
	}
	if km := rows[0].TravelKM; math.Abs(km-14.5) > 0.1 {
		t.Errorf("way to the first stop %.1f km, want 14.5", km)
	}
}

func TestBudgetAndLots(t *testing.T) {
	var cases []*siteCase
	for i := range 200 {
		s := proposedCase(fmt.Sprintf("s%03d", i), 0.9-0.004*float64(i), 1000, i < 50)
		if i%10 == 9 {
			s.answer.Outcome = registry.Match // somebody answers for it: never drawn
		}
		cases = append(cases, s)
	}
	v := Default().Visits
	v.Budget, v.Explore, v.PerDay, v.Teams = 40, 0.1, 6, 2
	rows := lister(v).visits(cases)
	if len(rows) != 40 {
		t.Fatalf("%d visits, want 40", len(rows))
	}
	for i, row := range rows {
		s := cases[slices.IndexFunc(cases, func(s *siteCase) bool { return s.site.SiteID == row.SiteID })]
		if random := row.Drawn == drawnRandom; random != (i >= 36) {
			t.Fatalf("row %d is drawn %s, want 36 ranked ones first", i, row.Drawn)
		} else if random {
			if s.row.Proposed || s.answer.Outcome == registry.Match {
				t.Errorf("%s is drawn though it is proposed or answered for", row.SiteID)
			}
			if row.Finding != "" || row.MiningKW != 0 || row.TaxKZT != 0 || row.ConfidenceNote != randomNote || row.Evidence != randomEvidence {
				t.Errorf("a lot reads like an accusation: %+v", row)
			}
		}
		if row.Rank != int32(i+1) || row.VisitGroup == "" || row.Team < 1 || row.Team > 2 || row.TeamDay < 1 {
			t.Errorf("row %d: %+v", i, row)
		}
	}
	if s := cases[45]; s.row.Proposed || !strings.Contains(s.row.Note, "below the cut of 40 visits") {
		t.Errorf("below the cut: %+v", s.row)
	}
	size := map[string]int{}
	for _, row := range rows {
		if size[row.VisitGroup]++; size[row.VisitGroup] > v.PerDay {
			t.Errorf("more than %d visits in %s", v.PerDay, row.VisitGroup)
		}
	}
}

// Round trips of six stops from a base, against the best of all 720 orders: never
// shorter, 2 % longer at the most on average, and the list says the way.
func TestTripsAreShort(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	v := Visits{RoadFactor: 1.5, GroupRadiusKM: 500, PerDay: 6, Teams: 1, BaseLat: 50, BaseLon: 70}
	sum, bestSum := 0.0, 0.0
	for range 30 {
		rows := make([]datasets.Visit, 6)
		for i := range rows {
			rows[i] = datasets.Visit{Lat: 49 + 2*r.Float64(), Lon: 69 + 2*r.Float64()}
		}
		planTrips(rows, v)
		way, last := 0.0, datasets.Visit{}
		for _, row := range rows {
			way += row.TravelKM
			if row.VisitOrder == 6 {
				last = row
			}
		}
		way += 1.5 * distanceKM(last, v.base())
		best := shortest(v.base(), rows, v.base()) * 1.5
		if way < best-1e-6 {
			t.Fatalf("way %.3f km is shorter than the shortest, %.3f", way, best)
		}
		sum, bestSum = sum+way, bestSum+best
	}
	if sum > 1.02*bestSum {
		t.Errorf("ways are %.1f %% longer than the shortest", 100*(sum/bestSum-1))
	}
}

// shortest tries all orders.
func shortest(from datasets.Visit, stops []datasets.Visit, end datasets.Visit) float64 {
	if len(stops) == 0 {
		return distanceKM(from, end)
	}
	best := math.Inf(1)
	for i, next := range stops {
		rest := append(slices.Clone(stops[:i]), stops[i+1:]...)
		best = min(best, distanceKM(from, next)+shortest(next, rest, end))
	}
	return best
}

func TestNeighboursAgreeWithAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]datasets.Visit, 300)
	for i := range rows {
		rows[i] = datasets.Visit{Lat: 43 + 0.5*r.Float64(), Lon: 76 + 0.5*r.Float64()}
	}
	near := newNeighbours(rows, 7)
	for i := range rows {
		var got, want []int
		near.each(i, func(k int, _ float64) { got = append(got, k) })
		for k := range rows {
			if k != i && distanceKM(rows[i], rows[k]) <= 7 {
				want = append(want, k)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("row %d: %v, want %v", i, got, want)
		}
	}
}

// evidenced is a site with one block and one pool of these likelihood ratios.
func evidenced(id string, block, pool float64) *siteCase {
	s := &siteCase{site: datasets.Site{SiteID: id}, load: datasets.SiteLoad{Hours: 1000}}
	for _, e := range []datasets.Evidence{{Detector: "load/block", Group: "onset", LogLR: block}, {Detector: "traffic/pool", Group: "session", LogLR: pool}} {
		if e.LogLR != 0 {
			e.SiteID, e.Status = id, datasets.Spoken
			s.evidence = append(s.evidence, e)
		}
	}
	return s
}

func (s *siteCase) found(outcome, drawn string) *siteCase {
	s.visited = &visit.Outcome{Outcome: datasets.Outcome{SiteID: s.site.SiteID, Outcome: outcome, Drawn: drawn}}
	return s
}

func scoreAll(cases []*siteCase) map[string]float64 {
	r := lister(Default().Visits)
	r.model = score.NewModel(r.model.Prior, r.learn(cases))
	p := map[string]float64{}
	for _, s := range cases {
		s.verdict = r.model.Sum(s.scored(), s.evidence)
		p[s.site.SiteID] = s.verdict.Probability
	}
	r.control(cases)
	return p
}

// A site of which nothing is known by a visit changes no other site's probability,
// and neither does the order, also where outcomes teach the weights.
func TestIrrelevantSitesChangeNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	make2 := func() []*siteCase {
		g := rand.New(rand.NewPCG(8, 9))
		var cases []*siteCase
		for i := range 60 {
			s := evidenced(fmt.Sprintf("s%02d", i), g.NormFloat64()*3, g.NormFloat64()*2)
			switch {
			case i < 8:
				s.found("mining", drawnRanked)
			case i < 14:
				s.found("clean", []string{drawnRanked, drawnRandom}[i%2])
			}
			cases = append(cases, s)
		}
		return cases
	}
	before := scoreAll(make2())
	more := append(make2(), evidenced("other", 4, 5), evidenced("nothing", 0, 0))
	r.Shuffle(len(more), func(i, j int) { more[i], more[j] = more[j], more[i] })
	after := scoreAll(more)
	for id, p := range before {
		if q := after[id]; math.Abs(p-q) > 1e-12 {
			t.Errorf("%s: %v became %v", id, p, q)
		}
	}
}

// Visits that find nothing where the network alone spoke teach that it is worth
// less; a random visit weighs more than a ranked one.
func TestOutcomesTeach(t *testing.T) {
	cases := func(drawn string) []*siteCase {
		list := []*siteCase{evidenced("asked", 0, 5)}
		for i := range 12 {
			list = append(list, evidenced(fmt.Sprintf("n%d", i), 0, 5).found("clean", drawn), evidenced(fmt.Sprintf("l%d", i), 5, 0).found("mining", drawn))
		}
		return list
	}
	untaught, taught, lots := scoreAll([]*siteCase{evidenced("asked", 0, 5)})["asked"], scoreAll(cases(drawnRanked))["asked"], scoreAll(cases(drawnRandom))["asked"]
	if !(lots < taught && taught < untaught-0.1) {
		t.Errorf("probability %.3f untaught, %.3f after ranked visits, %.3f after random ones: want it to fall", untaught, taught, lots)
	}
}

// A stronger site has no larger p- and q-value, and q is no smaller than p.
func TestControl(t *testing.T) {
	var cases []*siteCase
	for i := range 40 {
		cases = append(cases, evidenced(fmt.Sprintf("s%02d", i), float64(i)/4-4, 0))
	}
	cases[39].evidence = append(cases[39].evidence, datasets.Evidence{Detector: "load/bypass", Group: score.Unmetered, Status: datasets.Spoken, LogLR: 1})
	scoreAll(cases)
	for i, s := range cases {
		if s.row.QValue < s.row.PValue || s.row.PValue <= 0 || s.row.QValue > 1+1e-12 {
			t.Errorf("%s: p %v, q %v", s.site.SiteID, s.row.PValue, s.row.QValue)
		}
		if i > 0 && i < 39 && s.row.QValue > cases[i-1].row.QValue+1e-12 {
			t.Errorf("%s: q %v above that of a weaker site, %v", s.site.SiteID, s.row.QValue, cases[i-1].row.QValue)
		}
	}
}

// Seven visits got in, four found mining: 0.5714, Wilson 0.2505 to 0.8418. Team A 3
// of 3 against 1 of 4: Fisher's p is 0.1429, by hand 5/35 (4 tables as likely or less).
func TestHitRates(t *testing.T) {
	day := func(s string) datasets.Day { d, _ := datasets.ParseDay(s); return d } // all are days
	seen := func(id, on, outcome, team, drawn string) visit.Outcome {
		return visit.Outcome{Outcome: datasets.Outcome{SiteID: id, VisitedOn: day(on), Outcome: outcome, Team: team, Drawn: drawn}}
	}
	visits := map[string][]visit.Outcome{
		"a": {seen("a", "2024-01-10", "mining", "A", "")}, "b": {seen("b", "2024-01-11", "mining", "A", "ranked")}, "c": {seen("c", "2024-02-01", "mining", "A", "")},
		"d": {seen("d", "2024-02-02", "mining", "B", "")}, "e": {seen("e", "2024-02-03", "clean", "B", "")}, "f": {seen("f", "2024-02-04", "clean", "", "random")},
		"g": {seen("g", "2024-02-05", "clean", "", "random"), seen("g", "2024-02-06", "no_access", "B", "")},
	}
	rows := hitRates(visits, []*siteCase{evidenced("a", 3, 0), evidenced("e", 2, 4)})
	by := map[hitKey]datasets.HitRate{}
	for _, r := range rows {
		by[hitKey{r.By, r.Name}] = r
	}
	all := by[hitKey{"all", ""}]
	if all.Visits != 7 || all.Mining != 4 || math.Abs(all.RateLow-0.2505) > 1e-4 || math.Abs(all.RateHigh-0.8418) > 1e-4 {
		t.Errorf("all: %+v", all)
	}
	if a := by[hitKey{"team", "A"}]; a.Visits != 3 || a.Mining != 3 || math.Abs(a.DriftP-0.142857) > 1e-5 {
		t.Errorf("team A: %+v", a)
	}
	if m := by[hitKey{"month", "2024-02"}]; m.Visits != 5 || m.Mining != 2 {
		t.Errorf("February: %+v", m)
	}
	if d := by[hitKey{"detector", "load/block"}]; d.Visits != 2 || d.Mining != 1 {
		t.Errorf("load/block: %+v", d)
	}
	if d := by[hitKey{"drawn", "random"}]; d.Visits != 2 || d.Mining != 0 {
		t.Errorf("random: %+v", d)
	}
	if !reflect.DeepEqual(rows[0], all) {
		t.Error("the rate of all visits is not the first")
	}
}

func TestLookAlikes(t *testing.T) {
	shapes := map[string]*shape{}
	var cases []*siteCase
	add := func(s *siteCase, kw, floor, night float64) {
		h := &shape{}
		h.add(datasets.LoadProfile{Covered: 700, MeanKW: kw, FloorKW: floor * kw, NightKW: night * kw, DayKW: kw, WeekendKW: kw, VariationKW: 0.1 * kw})
		shapes[s.site.SiteID] = h
		cases = append(cases, s)
	}
	add(evidenced("mine", 4, 5).found("mining", ""), 50, 0.9, 1)
	add(evidenced("twin", 3.5, 0), 55, 0.88, 1)
	add(evidenced("seen", 4, 5).found("clean", ""), 50, 0.9, 1)
	for i := range 10 {
		add(evidenced(fmt.Sprintf("office%d", i), -1, 0), 20+float64(i), 0.3+0.01*float64(i), 0.3)
	}
	for _, s := range cases {
		s.verdict = score.NewModel(0.02, score.Neutral()).Sum(s.scored(), s.evidence)
	}
	all := portray(cases, shapes)
	list := nearestTo(all[0], all)
	if len(list) != lookAlikesOf || list[0].LikeSiteID != "twin" || list[0].Rank != 1 || list[1].Distance < list[0].Distance {
		t.Errorf("look-alikes %+v", list)
	}
	for _, l := range list {
		if l.LikeSiteID == "seen" || l.LikeSiteID == "mine" {
			t.Errorf("%s was visited", l.LikeSiteID)
		}
	}
}

func TestWaterfall(t *testing.T) {
	m := score.NewModel(0.02, score.Neutral())
	ev := []datasets.Evidence{
		{SiteID: "s", Detector: "load/block", Group: "onset", Status: datasets.Spoken, LogLR: 4, Detail: "block"},
		{SiteID: "s", Detector: "load/weak", Group: "onset", Status: datasets.Spoken, LogLR: 1, Detail: "weak"},
		{SiteID: "s", Detector: "traffic/quiet", Group: "session", Status: datasets.Spoken, LogLR: -0.24, Detail: "quiet"},
	}
	v := m.Sum(score.Site{ID: "s", Hourly: true}, ev)
	bars := Waterfall(v.Terms)
	var kinds []string
	for i, b := range bars {
		kinds = append(kinds, b.Kind)
		if i > 0 && math.Abs(b.From-bars[i-1].To) > 1e-12 {
			t.Errorf("bar %d begins at %v, the one before ends at %v", i, b.From, bars[i-1].To)
		}
	}
	if got := strings.Join(kinds, ", "); got != "prior, for, not counted, against" {
		t.Errorf("kinds: %s", got)
	}
	if last := bars[len(bars)-1]; math.Abs(last.After-v.Probability) > 1e-12 {
		t.Errorf("the last bar ends at %v, the probability is %v", last.After, v.Probability)
	}
	e := &Explanation{Site: datasets.Site{SiteID: "s"}, Score: datasets.Score{Probability: v.Probability}, hourly: true}
	what := map[string]WhatIf{}
	for _, w := range e.whatIf(m, ev, 0.5) {
		what[w.If] = w
	}
	// By hand: without the block the weak one counts: −3.8918 + 1 − 0.24 = −3.1318.
	if w := what["without load/block"]; math.Abs(w.Probability-score.Logistic(-3.1318)) > 1e-4 || w.Proposed {
		t.Errorf("without the block %+v", w)
	}
	if w := what["if a visit found mining"]; w.Probability < 0.9 || !w.Proposed {
		t.Errorf("after a visit %+v", w)
	}
	if needs := e.needs(0.9); len(needs) != 1 || !strings.Contains(needs[0], "to be proposed it lacks") {
		t.Errorf("needs %q", needs)
	}
	for _, colour := range []bool{false, true} {
		var b strings.Builder
		e.Bars = bars
		if err := e.printBars(&b, colour); err != nil || strings.Contains(b.String(), "\x1b[") != colour {
			t.Errorf("colour %v: %v\n%s", colour, err, b.String())
		}
	}
}
