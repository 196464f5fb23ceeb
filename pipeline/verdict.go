package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/detectors/visit"
	"github.com/minewatch/minewatch/pipeline/registry"
	"github.com/minewatch/minewatch/pipeline/tax"
)

// Probabilities below which a site's verdict stays empty.
const (
	// shownAt is the probability from which a site's mining is quantified.
	shownAt = 0.1
	// unexplainedAt is the probability from which a site that is not proposed is
	// called anomalous.
	unexplainedAt = 0.25
)

// How much of the chance of mining is left for a visit, by what the registry
// says. A match by BIN is not certain to cover all that runs at the place, and
// a possible match is left to a person.
const (
	openIfUnknown  = 0.98
	openIfPossible = 0.3
	openIfHonest   = 0.02
	openIfBreach   = 0.9
)

// A siteCase gathers what is said of one site.
type siteCase struct {
	site     datasets.Site
	load     datasets.SiteLoad
	evidence []datasets.Evidence
	energy   []datasets.MiningEnergy // through the site's meter
	verdict  score.Verdict
	answer   registry.Answer
	declared []datasets.Declaration
	judged   registry.Verdict
	account  tax.Account
	row      datasets.Score

	since, until datasets.Micros
	kw           float64
	together     []datasets.MiningEnergy // the same of the block that it shares with other meters
	unmetered    []datasets.MiningEnergy // past it, if the block in the feeder's loss is the site's
	cleared      bool                    // by the last visit, and nothing has begun since
	bypass       bool                    // that block is the strongest evidence
	split        bool                    // the shared block is
	faulty       bool                    // the meter's block rests on a fault of the meter
	visited      *visit.Outcome          // the last visit that got in
	costKZT      float64                 // of a visit
}

// bins returns the BINs that answer for the site: its own, and those of the
// registry entities that match.
func (s *siteCase) bins() []string {
	bins := []string{}
	if s.answer.Outcome == registry.Match {
		bins = append(bins, s.answer.BINs()...)
	}
	if s.site.BIN != "" {
		bins = append(bins, s.site.BIN)
	}
	slices.Sort(bins)
	return slices.Compact(bins)
}

func (s *siteCase) energyIn(q datasets.Quarter) datasets.MiningEnergy {
	for _, e := range s.energy {
		if e.Quarter == q {
			return e
		}
	}
	return datasets.MiningEnergy{Quarter: q}
}

// mining fills in when and how strongly the site mined, by its strongest
// evidence that names a power: the meter's if there is any, since a network
// sees when but seldom how much.
func (s *siteCase) mining() {
	onset := load.Added{}.Info().Group
	s.faulty = slices.ContainsFunc(s.evidence, load.FaultExplains)
	pick := func(kind string) bool {
		for _, e := range s.verdict.Strongest {
			if s.faulty && e.Group == onset {
				continue // what the meter shows is a fault of it
			}
			if strings.HasPrefix(e.Detector, kind) && e.MiningKW > 0 && e.Detector != "load/cutoff" {
				s.since, s.until, s.kw = e.Start, e.End, e.MiningKW
				s.bypass, s.split = e.Detector == "load/bypass", e.Detector == "load/group"
				return true
			}
		}
		return false
	}
	if pick("load/") {
		switch {
		case s.bypass:
			s.energy = s.unmetered
		case s.split:
			s.energy = s.together
		}
		return
	}
	s.energy = nil // the block's energy stands and falls with the block
	if !pick("traffic/") && !pick("visit/") && !pick("billing/") && len(s.verdict.Strongest) > 0 {
		e := s.verdict.Strongest[0]
		s.since, s.until = e.Start, e.End
	}
}

// localDay is the calendar day of an instant in the zone; of an exclusive end
// it is the day before.
func localDay(t datasets.Micros, zone *time.Location, end bool) datasets.Day {
	if t == 0 {
		return 0
	}
	if end {
		t--
	}
	return datasets.DayOf(t.Time().In(zone))
}

// scored is all that scoring is told of a site.
func (s *siteCase) scored() score.Site {
	return score.Site{ID: s.site.SiteID, Hourly: s.load.Hours > 0}
}

// sumAll scores sites, shared among workers. Each site's verdict is its own, so the
// result does not depend on how they are shared.
func sumAll(m *score.Model, cases []*siteCase, workers int) {
	var g errgroup.Group
	for part := range slices.Chunk(cases, max(1, (len(cases)+workers-1)/workers)) {
		g.Go(func() error {
			for _, s := range part {
				s.verdict = m.Sum(s.scored(), s.evidence)
			}
			return nil
		})
	}
	_ = g.Wait() // none returns an error
}

// judge scores all sites and asks registry and law about those that may mine.
func (r *runner) judge(cases []*siteCase) error {
	var mining []*siteCase
	r.model = score.NewModel(r.env.WS.Config.Scoring.Prior, r.learn(cases))
	r.law.link(cases, r.env.WS.Config.Seed)
	sumAll(r.model, cases, r.env.Workers)
	for _, s := range cases {
		s.cleared = slices.ContainsFunc(s.evidence, visit.Cleared)
		s.mining()
	}
	r.answer(cases)
	for _, s := range cases {
		if s.verdict.Probability >= shownAt {
			mining = append(mining, s)
		} else {
			s.energy = nil
		}
	}
	r.law.declaredBy(mining)
	for _, s := range mining {
		s.judged = registry.Judge(registry.Case{
			Mining: s.metered(r.env.Zone), Answer: s.answer, Declared: s.declared,
			DeclarationsDelivered: len(r.law.declarations) > 0, AsOf: r.law.asOf,
		}, r.law.tables)
		var err error
		if s.account, err = r.law.account(s); err != nil {
			return fmt.Errorf("tax of site %s: %w", s.site.SiteID, err)
		}
	}
	r.control(cases)
	for _, s := range cases {
		r.conclude(s)
	}
	return nil
}

// answer asks the registry about every site. The index is only read, so the
// workers share it.
func (r *runner) answer(cases []*siteCase) {
	var g errgroup.Group
	for part := range slices.Chunk(cases, max(1, (len(cases)+r.env.Workers-1)/r.env.Workers)) {
		g.Go(func() error {
			for _, s := range part {
				from, until := localDay(s.since, r.env.Zone, false), localDay(s.until, r.env.Zone, true)
				s.answer = r.law.index.Answerable(s.site, from, until)
			}
			return nil
		})
	}
	_ = g.Wait() // none returns an error
}

func (s *siteCase) metered(zone *time.Location) registry.Mining {
	return registry.Mining{
		Site: s.site, Since: localDay(s.since, zone, false), Until: localDay(s.until, zone, true),
		KW: s.kw, Quarters: s.energy,
	}
}

// conclude fills in the site's row of scores.
func (r *runner) conclude(s *siteCase) {
	p := s.verdict.Probability
	row := datasets.Score{
		SiteID: s.site.SiteID, Probability: p, PValue: s.row.PValue, QValue: s.row.QValue, RegistryMatch: s.answer.Outcome.String(), RegistryProbability: s.answer.Probability,
		Coverage: s.load.Coverage, Kinds: int32(s.verdict.Kinds), Confidence: s.verdict.Level,
	}
	if s.answer.Outcome == registry.Match && len(s.answer.BINs()) > 0 {
		row.RegistryBIN = s.answer.BINs()[0]
	}
	proposeAt, fdr := r.env.WS.Config.Scoring.ProposeAt, r.env.WS.Config.Scoring.FDR
	switch {
	case p >= proposeAt:
		row.Finding = s.judged.Finding
	case p >= unexplainedAt && s.answer.Outcome != registry.Match:
		row.Finding = registry.Unexplained
	}
	if s.bypass && p >= unexplainedAt { // whoever answers for the site: the energy passed its meter by
		row.Finding = registry.BypassSuspected
	}
	row.Proposed = p >= proposeAt && row.Finding != "" && !s.cleared && row.QValue <= fdr
	row.RankValue = score.Logit(score.Logistic(s.verdict.LogOdds) * s.open())
	if p >= shownAt {
		row.MiningKW, row.MiningSince, row.MiningUntil = s.kw, s.since, s.until
		a := s.account
		row.MiningKWh, row.DeclaredKWh, row.UnpaidKWh = a.MiningWh.KWh(), a.DeclaredWh.KWh(), a.UnpaidWh.KWh()
		row.TaxKZT, row.TaxKZTLow, row.TaxKZTHigh = a.Tax.KZT(), a.TaxLow.KZT(), a.TaxHigh.KZT()
		for _, e := range s.energy {
			row.MiningKWhLow += e.WhLow.KWh()
			row.MiningKWhHigh += e.WhHigh.KWh()
		}
	}
	row.Note = strings.Join(s.notes(), "; ")
	s.row = row
}

// open is the share of the chance of mining that nobody answers for. The
// probability of the registry match flows into it: as far as the link may be
// wrong, nobody is known to answer.
func (s *siteCase) open() float64 {
	p := s.answer.Probability
	answered := openIfHonest
	switch {
	case s.cleared:
		return openIfHonest
	case s.answer.Outcome == registry.None, s.bypass:
		return openIfUnknown
	case s.answer.Outcome == registry.Possible && p == 0: // a place or a slip of the number alone
		return openIfPossible
	case s.answer.Outcome == registry.Match && s.judged.Finding != "":
		answered = openIfBreach
	}
	return p*answered + (1-p)*openIfUnknown
}

// notes says what limits the verdict.
func (s *siteCase) notes() []string {
	var notes []string
	add := func(ok bool, format string, args ...any) {
		if ok {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	known := s.load.Hours > 0
	add(!known, "no hourly readings: nothing is known of the load's shape")
	add(known && s.load.CoarseWh > s.load.Wh/2, "most energy was read in intervals longer than an hour, which are no evidence")
	add(known && s.load.Coverage < 0.9, "only %.0f %% of the hours are measured", 100*s.load.Coverage)
	if s.verdict.Probability < shownAt {
		return notes
	}
	add(s.cleared, "not proposed again: the last visit found no mining, and nothing has begun since")
	add(s.verdict.Kinds < 2, "only one kind of evidence speaks")
	add(s.faulty, "what the meter shows is a fault of the meter, so nothing is charged from it")
	add(len(s.energy) == 0 && !s.faulty, "no begin is seen in the meter, so the energy cannot be estimated")
	notes = append(notes, s.judged.Notes...) // the answer's among them
	add(s.account.QuartersWithoutRate > 0, "no confirmed rate for %d quarters: energy is shown without tax (fee)", s.account.QuartersWithoutRate)
	add(s.account.LapsedTax > 0, "%.0f KZT of it fall in quarters that have lapsed", s.account.LapsedTax.KZT())
	return notes
}

// bySite orders cases by site id.
func bySite(a, b *siteCase) int { return cmp.Compare(a.site.SiteID, b.site.SiteID) }
