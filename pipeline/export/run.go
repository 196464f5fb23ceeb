package export

import (
	"errors"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

// A Run is everything that the exporters need, every slice in its final order.
type Run struct {
	ID, Version string          // run id, program version
	AsOf        datasets.Day    // day of the run's as-of date; pins the dates inside workbooks
	Zone        *time.Location  // local time of charts, workbooks and pages; never nil
	Language    i18n.Lang       // of papers; pages have all three
	From, Until datasets.Micros // period of the data, Until exclusive; 0 if there is none
	Workers     int             // files that are made side by side; 0: one

	Sites    map[string]datasets.Site // by site id
	Scores   []datasets.Score         // every site
	Terms    []datasets.ScoreTerm     // by site, in the order of the waterfall
	Evidence []datasets.Evidence
	Visits   []datasets.Visit // proposed sites, best first; then those drawn by lot
	// ExpectedWrong is how many of the ranked visits are expected to find no mining.
	ExpectedWrong float64
	Expected      score.Wrong          // how many of the ranked visits are expected to find no mining
	HitRates      []datasets.HitRate   // none without outcomes
	LookAlikes    []datasets.LookAlike // none without a confirmed mine
	Statement     []datasets.StatementLine
	Breaches      []datasets.Breach
	Notices       Rows // what to forward to the energy ministry; the zero value writes no file
	Candidates    []datasets.Candidate
	Subscribers   []datasets.SubscriberSeen
	FlowRules     []datasets.FlowRule
	NewPools      []datasets.ProposedPool
	Earlier       Earlier // the pack before this one; zero if there is none

	// Charts returns the load of one site, ErrNoChart if there is none to
	// draw. It is called once for each proposed site, by several goroutines.
	// nil is "no site has a chart".
	Charts func(siteID string) (Chart, error)

	// Activity returns the hours of the day in which the traffic named in the
	// evidence of a site was there; the zero value if there was none. It is called as Charts is, and may be nil.
	Activity func(siteID string) (Activity, error)
	// Registry lists the entries of the register that come near a site, surest first.
	Registry map[string][]RegistryCandidate
	// Changes says how the list differs from that of the run before; nil if there was none.
	Changes *Changes

	Quality Quality
	// Tax is the calculation of the fee of one site as lines of text that a
	// reader can follow with a pocket calculator.
	Tax map[string][]string
	// RegistryNames names the registry entity of a BIN.
	RegistryNames map[string]string
	// Notes say what could not be said in this run and why: no flows, no registry.
	Notes []string
}

// A RegistryCandidate is an entry of the register that may answer for a site.
type RegistryCandidate struct {
	BIN, Name   string
	Outcome     string  // match or possible
	Probability float64 // that the two are one holder; 0 if it was not reckoned
	Reason      string
}

// Changes says how the list of a run differs from that of the run before.
type Changes struct {
	Against                string // run id
	Entered, Left, Changed []Change
	Shifted, Same          int // sites on both lists that only moved, or did not change
}

// A Change is one site whose place on the list is another; a rank of 0 is no place.
type Change struct {
	SiteID                         string
	OldRank, NewRank               int32
	OldProbability, NewProbability float64
	Why                            []string // the largest first
}

// ErrNoChart says that a site has no hourly load to draw.
var ErrNoChart = errors.New("the site has no hourly load")

// A Chart is the hourly load of one site. Hour i begins at Start + i hours.
type Chart struct {
	Start      datasets.Micros
	KW         []float64 // mean power of the hour, NaN if missing
	ExpectedKW []float64 // what the site would have used without the block; NaN or absent where nothing is expected

	// Since and Until bound the block that was found, Until exclusive; both 0 if none was.
	Since, Until datasets.Micros
	BlockKW      float64 // power of the block while on
}

const microsPerHour = 3_600_000_000

func (c *Chart) at(i int) datasets.Micros { return c.Start + datasets.Micros(i)*microsPerHour }

func (c *Chart) end() datasets.Micros { return c.at(len(c.KW)) }

// siteRows gathers what is said of one proposed site.
type siteRows struct {
	score     datasets.Score
	terms     []datasets.ScoreTerm
	evidence  []datasets.Evidence
	statement []datasets.StatementLine
}

// bySite groups the rows of the proposed sites, each group in the order of the run.
func (r *Run) bySite() map[string]*siteRows {
	sites := make(map[string]*siteRows, len(r.Visits))
	for _, v := range r.Visits {
		sites[v.SiteID] = &siteRows{}
	}
	for _, s := range r.Scores {
		if g := sites[s.SiteID]; g != nil {
			g.score = s
		}
	}
	for _, t := range r.Terms {
		if g := sites[t.SiteID]; g != nil {
			g.terms = append(g.terms, t)
		}
	}
	for _, e := range r.Evidence {
		if g := sites[e.SiteID]; g != nil {
			g.evidence = append(g.evidence, e)
		}
	}
	for _, l := range r.Statement {
		if g := sites[l.SiteID]; g != nil {
			g.statement = append(g.statement, l)
		}
	}
	return sites
}
