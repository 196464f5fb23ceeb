package export

import (
	"encoding/json"
	"io"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// Quality says what came in, what was refused and why, and what is missing.
type Quality struct {
	Files    []QualityFile    `json:"files"`    // in the order of delivery
	Coverage []SiteCoverage   `json:"coverage"` // by site id
	Absent   []AbsentDataset  `json:"absent"`   // datasets of which nothing came
	Checks   []QualityMessage `json:"checks"`   // what else a reader must know: overlaps, unknown sites

	Reconciled []Reconciliation `json:"reconciliation"` // by dataset
	Deliveries []DeliveryChange `json:"deliveries"`     // by dataset, if it has two files
}

// A QualityFile is the account of one delivered file. Read = Accepted +
// Duplicates + Quarantined holds for each; the page shows where it does not.
type QualityFile struct {
	Name        string         `json:"name"` // below the inbox
	Dataset     string         `json:"dataset"`
	Format      string         `json:"format"`
	SHA256      string         `json:"sha256"`
	Read        int64          `json:"read"` // rows
	Accepted    int64          `json:"accepted"`
	Duplicates  int64          `json:"duplicates"`
	Quarantined int64          `json:"quarantined"`
	Superseded  int64          `json:"superseded"`        // accepted rows that a later row replaced
	Reasons     []RefusalCount `json:"reasons,omitempty"` // most frequent first
	Warnings    []string       `json:"warnings,omitempty"`
	KWh         float64        `json:"kwh"`                  // energy of the accepted rows, 0 if the dataset has none
	Quarantine  string         `json:"quarantine,omitempty"` // where the refused rows lie
}

// Balanced reports whether every row read is accounted for.
func (f QualityFile) Balanced() bool { return f.Read == f.Accepted+f.Duplicates+f.Quarantined }

// A RefusalCount counts the rows refused for one reason.
type RefusalCount struct {
	Reason string `json:"reason"`
	Rows   int64  `json:"rows"`
}

// SiteCoverage says how much of a site's load is known.
type SiteCoverage struct {
	SiteID      string          `json:"site_id"`
	From        datasets.Micros `json:"-"`
	Until       datasets.Micros `json:"-"` // exclusive
	Hours       int64           `json:"hours"`
	Measured    float64         `json:"measured"`  // share of the hours, 0 to 1
	Estimated   float64         `json:"estimated"` // share of the hours
	Gaps        int64           `json:"gaps"`      // runs of hours without a value
	LongestGapH int64           `json:"longest_gap_h"`
	Note        string          `json:"note,omitempty"`
	Months      []MonthCoverage `json:"-"` // from the first month with readings to the last, without a gap
}

// MarshalJSON adds the bounds as RFC 3339.
func (c SiteCoverage) MarshalJSON() ([]byte, error) {
	type plain SiteCoverage
	v := struct {
		plain
		From       string    `json:"from"`
		Until      string    `json:"until"`
		FirstMonth string    `json:"first_month,omitempty"`
		Covered    []float64 `json:"covered_by_month,omitempty"` // shares of the hours, to three decimals
	}{plain: plain(c), From: c.From.String(), Until: c.Until.String()}
	for i, m := range c.Months {
		if i == 0 {
			v.FirstMonth = m.Month.String()
		}
		v.Covered = append(v.Covered, math.Round(m.Covered*1000)/1000)
	}
	return json.Marshal(v)
}

// An AbsentDataset is a dataset of which nothing came, and what that means.
type AbsentDataset struct {
	Dataset string `json:"dataset"`
	Meaning string `json:"meaning"`
}

// A QualityMessage is one thing that a reader must know.
type QualityMessage struct {
	Subject string `json:"subject"` // dataset, file or site
	Text    string `json:"text"`
}

// worstCovered is how many sites the page lists; quality.json has them all.
const worstCovered = 200

type qualityTotals struct {
	Files, Unbalanced                            int
	Missing                                      int // datasets with rows or energy unaccounted for
	Read, Accepted, Duplicates, Quarantined      int64
	KWh                                          float64
	Sites, Below50, Below90, WithEstimates, Gaps int
}

func (q *Quality) totals() qualityTotals {
	t := qualityTotals{Files: len(q.Files), Sites: len(q.Coverage)}
	for _, f := range q.Files {
		t.Read += f.Read
		t.Accepted += f.Accepted
		t.Duplicates += f.Duplicates
		t.Quarantined += f.Quarantined
		t.KWh += f.KWh
		if !f.Balanced() {
			t.Unbalanced++
		}
	}
	for _, r := range q.Reconciled {
		if !r.Balanced() {
			t.Missing++
		}
	}
	for _, c := range q.Coverage {
		if c.Measured < 0.5 {
			t.Below50++
		}
		if c.Measured < 0.9 {
			t.Below90++
		}
		if c.Estimated > 0 {
			t.WithEstimates++
		}
		if c.Gaps > 0 {
			t.Gaps++
		}
	}
	return t
}

// worst returns the sites with the least measured, at most n; equal ones by id.
func (q *Quality) worst(n int) []SiteCoverage {
	list := slices.Clone(q.Coverage)
	slices.SortStableFunc(list, func(a, b SiteCoverage) int {
		switch {
		case a.Measured < b.Measured:
			return -1
		case a.Measured > b.Measured:
			return 1
		case a.SiteID < b.SiteID:
			return -1
		case a.SiteID > b.SiteID:
			return 1
		}
		return 0
	})
	return list[:min(n, len(list))]
}

func writeQualityJSON(w io.Writer, run *Run) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(struct {
		Run   string   `json:"run"`
		Notes []string `json:"notes"`
		Quality
		Refusals []Refusal    `json:"refusals"` // by dataset and reason
		Months   []MonthSites `json:"months"`
	}{clean(run.ID), cleaned(run.Notes), cleaned(run.Quality), cleaned(run.Quality.refusals()), run.Quality.months()})
}

type qualityPage struct {
	Head
	Totals   qualityTotals
	Quality  Quality
	Covered  []coveredSite
	Unlisted int // sites of quality.json that the page leaves out
	Refusals []refusalBar
	Months   *monthPicture // nil if there are no interval readings
}

// coveredSite is a SiteCoverage with its bounds in local days.
type coveredSite struct {
	SiteCoverage
	FromDay, UntilDay string
	Full, Part        []rectangle // the picture of its months
}

func newCovered(c SiteCoverage, run *Run) coveredSite {
	v := coveredSite{SiteCoverage: c, FromDay: localDay(c.From, run)}
	if c.Until > c.From {
		v.UntilDay = localDay(c.Until-1, run)
	}
	return v
}

func writeQualityHTML(w io.Writer, run *Run) error {
	q := run.Quality
	from, _ := q.span()
	q.Coverage = q.worst(worstCovered)
	covered := make([]coveredSite, len(q.Coverage))
	for i, c := range q.Coverage {
		covered[i] = newCovered(c, run)
		covered[i].Full, covered[i].Part = strip(c, from)
	}
	return writePage(w, "quality.tmpl", cleaned(qualityPage{
		Head: newHead(run, text("quality.title"), pageScript), Totals: run.Quality.totals(), Quality: q,
		Covered: covered, Unlisted: len(run.Quality.Coverage) - len(q.Coverage),
		Refusals: newRefusalBars(run.Quality.refusals()), Months: newMonthPicture(run.Quality.months()),
	}), nil)
}
