package pipeline

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/score"
)

// randomWeight is for how many sites one visit by lot stands: sites are inspected
// because they are suspected, so what the list says of the rest it says through the
// few that were drawn by lot. The true number is the sites below the cut for each lot,
// often thousands; it is held at the reciprocal of the usual share of lots, 5 %, so
// that a few visits never outweigh all others, and fixed, so that sites without a visit
// change nothing.
const randomWeight = 20

// modelName is the file of a run that holds what scores were made with.
const modelName = "score_model.json"

// A ScoreModel is what the probabilities of a run were made with, and what is
// expected of its list.
type ScoreModel struct {
	Prior     float64       `json:"prior"`
	ProposeAt float64       `json:"propose_at"`
	Weights   score.Weights `json:"weights"`
	Learnt    int           `json:"learnt_from_visits"` // 0: as shipped
	Expected  score.Wrong   `json:"list"`               // of the ranked visits
	Random    int           `json:"random_visits"`
}

// learn returns the weights: those that ship, corrected by outcomes.
func (r *runner) learn(cases []*siteCase) score.Weights {
	c := r.env.WS.Config.Scoring
	if !c.Learn {
		return score.Shipped()
	}
	m := score.NewModel(c.Prior, score.Shipped())
	var examples []score.Example
	for _, s := range cases {
		if s.visited == nil {
			continue
		}
		v := m.Sum(s.scored(), s.evidence)
		e := score.Example{Worth: v.Worth, Mining: s.visited.FoundMining(), Weight: 1}
		if s.visited.Drawn == drawnRandom {
			e.Weight = randomWeight
		}
		examples = append(examples, e)
	}
	return score.Learn(c.Prior, score.Shipped(), examples)
}

// control fills in p- and q-values: conformal p-values within the sites of which
// the same kinds of data were delivered; Benjamini-Hochberg over all sites, but
// Benjamini-Yekutieli over those that share a block in the loss of a feeder, whose
// evidence depends on each other in both directions. The null scores come from few
// buildings, so a site's q-value is never below what the probabilities themselves say of
// a list down to it.
func (r *runner) control(cases []*siteCase) {
	null := score.ShippedNull()
	base := r.model.Base()
	watched := r.traffic.watched
	segment := func(s *siteCase) string { return score.Segment(s.load.Hours > 0, watched) }
	for _, s := range cases { // lots that found nothing are like all sites without a mine
		if s.visited != nil && s.visited.Drawn == drawnRandom && !s.visited.FoundMining() {
			null.Add(segment(s), s.verdict.LogOdds-base-s.visitOdds())
		}
	}
	var free, tied []*siteCase
	var pFree, pTied []float64
	probability := make([]float64, len(cases))
	for i, s := range cases {
		probability[i] = s.verdict.Probability
		s.row.PValue = null.PValue(segment(s), s.verdict.LogOdds-base)
		if s.sharesFeeder() {
			tied, pTied = append(tied, s), append(pTied, s.row.PValue)
		} else {
			free, pFree = append(free, s), append(pFree, s.row.PValue)
		}
	}
	for i, q := range score.BenjaminiHochberg(pFree) {
		free[i].row.QValue = q
	}
	for i, q := range score.BenjaminiYekutieli(pTied) {
		tied[i].row.QValue = q
	}
	for i, q := range score.RunningRate(probability) {
		cases[i].row.QValue = max(cases[i].row.QValue, q)
	}
}

// visitOdds is what a visit added to the log-odds.
func (s *siteCase) visitOdds() float64 {
	for _, t := range s.verdict.Terms {
		if t.Term == "visit/outcome" && t.Counted {
			return t.LogOdds
		}
	}
	return 0
}

// sharesFeeder reports whether the site has a share in a block of a feeder's loss.
func (s *siteCase) sharesFeeder() bool {
	for _, e := range s.evidence {
		if e.Group == score.Unmetered && e.Status == datasets.Spoken && e.LogLR > 0 {
			return true
		}
	}
	return false
}

// scoreModel says what the scores were made with, and how many of the ranked
// visits are expected to be wrong.
func (r *runner) scoreModel(visits []datasets.Visit) ScoreModel {
	m := ScoreModel{Prior: r.model.Prior, ProposeAt: r.env.WS.Config.Scoring.ProposeAt, Weights: r.model.Weights, Learnt: r.model.Weights.Outcomes}
	var p []float64
	for _, v := range visits {
		if v.Drawn == drawnRandom {
			m.Random++
			continue
		}
		p = append(p, v.Probability)
	}
	m.Expected = score.ExpectedWrong(p, m.Weights.ShiftSD)
	return m
}

func keepModel(runDir string, m ScoreModel) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return store.WriteFile(filepath.Join(runDir, modelName), append(text, '\n'))
}

func readModel(runDir string) (m ScoreModel, err error) {
	text, err := os.ReadFile(filepath.Join(runDir, modelName))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}
