package pipeline

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// A Difference says how the inspection list of one run differs from that of
// another.
type Difference struct {
	From    string   `json:"from"` // run id
	To      string   `json:"to"`
	Entered []Change `json:"entered"` // by new rank
	Left    []Change `json:"left"`    // by old rank
	Moved   []Change `json:"moved"`   // on both lists with another finding, probability or expected tax; by new rank
	Shifted int      `json:"shifted"` // on both lists, with another rank because others came, went or changed
	Same    int      `json:"same"`    // on both lists, unchanged
}

// A Change is one site whose place on the list is another.
type Change struct {
	SiteID         string   `json:"site_id"`
	OldRank        int32    `json:"old_rank,omitempty"` // 0: not on the list
	NewRank        int32    `json:"new_rank,omitempty"`
	OldProbability float64  `json:"old_probability"`
	NewProbability float64  `json:"new_probability"`
	OldFinding     string   `json:"old_finding"`
	NewFinding     string   `json:"new_finding"`
	OldExpectedKZT float64  `json:"old_expected_kzt"` // probability × unpaid tax (fee), by which visits are ranked
	NewExpectedKZT float64  `json:"new_expected_kzt"`
	Why            []string `json:"why"` // what changed in its evidence, the largest first
}

// sameWorth is by which share an expected tax may differ and be called the same.
const sameWorth = 0.01

func (c Change) worthChanged() bool {
	return math.Abs(c.NewExpectedKZT-c.OldExpectedKZT) > sameWorth*max(c.OldExpectedKZT, c.NewExpectedKZT)
}

// sameProbability is by how much a probability may differ and be called the same.
const sameProbability = 0.005

// Diff compares two runs of a workspace.
func Diff(ws *Workspace, from, to string) (*Difference, error) {
	a, err := ws.listed(from)
	if err != nil {
		return nil, err
	}
	b, err := ws.listed(to)
	if err != nil {
		return nil, err
	}
	return compare(a, b), nil
}

// compare says how the list of run b differs from that of run a.
func compare(a, b *listedRun) *Difference {
	d := &Difference{From: a.id, To: b.id, Entered: []Change{}, Left: []Change{}, Moved: []Change{}}
	listed := maps.Clone(a.rank)
	maps.Copy(listed, b.rank)
	for id := range listed {
		x, y := a.scores[id], b.scores[id]
		c := Change{
			SiteID: id, OldRank: a.rank[id], NewRank: b.rank[id], OldProbability: x.Probability, NewProbability: y.Probability,
			OldFinding: x.Finding, NewFinding: y.Finding, Why: whyChanged(a, b, id),
			OldExpectedKZT: x.Probability * x.TaxKZT, NewExpectedKZT: y.Probability * y.TaxKZT,
		}
		switch {
		case c.OldRank == 0:
			d.Entered = append(d.Entered, c)
		case c.NewRank == 0:
			d.Left = append(d.Left, c)
		case x.Finding != y.Finding || math.Abs(x.Probability-y.Probability) > sameProbability || c.worthChanged():
			d.Moved = append(d.Moved, c)
		case c.OldRank != c.NewRank:
			d.Shifted++
		default:
			d.Same++
		}
	}
	byRank := func(x, y Change) int {
		return cmp.Or(cmp.Compare(x.NewRank, y.NewRank), cmp.Compare(x.OldRank, y.OldRank))
	}
	for _, list := range [][]Change{d.Entered, d.Left, d.Moved} {
		slices.SortFunc(list, byRank)
	}
	return d
}

// A listedRun is what Diff reads of a run.
type listedRun struct {
	id     string
	rank   map[string]int32 // of the proposed sites
	scores map[string]datasets.Score
	terms  map[string][]datasets.ScoreTerm
}

func (ws *Workspace) listed(id string) (*listedRun, error) {
	dir, err := ws.RunDir(id)
	if err != nil {
		return nil, err
	}
	r := &listedRun{filepath.Base(dir), map[string]int32{}, map[string]datasets.Score{}, map[string][]datasets.ScoreTerm{}}
	visits, err := store.ReadFile[datasets.Visit](filepath.Join(dir, "visits.parquet"))
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", r.id, err)
	}
	for _, v := range visits {
		r.rank[v.SiteID] = v.Rank
	}
	scores, err := store.ReadFile[datasets.Score](filepath.Join(dir, "scores.parquet"))
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", r.id, err)
	}
	for _, s := range scores {
		r.scores[s.SiteID] = s
	}
	err = store.Scan(filepath.Join(dir, "score_terms.parquet"), func(rows []datasets.ScoreTerm) error {
		for _, t := range rows {
			if t.Counted {
				r.terms[t.SiteID] = append(r.terms[t.SiteID], t)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read run %s: %w", r.id, err)
	}
	return r, nil
}

// changedTerm is the change of a term, in log-odds, that is worth a sentence.
const changedTerm = 0.1

// whyChanged compares the terms of a site, the finding and the note of its verdict.
func whyChanged(a, b *listedRun, id string) []string {
	type change struct {
		by   float64
		text string
	}
	sum := func(r *listedRun) map[string]datasets.ScoreTerm {
		of := map[string]datasets.ScoreTerm{}
		for _, t := range r.terms[id] {
			if t.Term != "limit" { // follows from the others
				of[t.Term] = t
			}
		}
		return of
	}
	before, after := sum(a), sum(b)
	var changes []change
	for term, x := range before {
		y, still := after[term]
		if by := y.LogOdds - x.LogOdds; math.Abs(by) >= changedTerm {
			text := fmt.Sprintf("%s went from %+.2f to %+.2f: %s", term, x.LogOdds, y.LogOdds, y.Detail)
			if !still {
				text = fmt.Sprintf("%s (%+.2f) no longer counts: %s", term, x.LogOdds, x.Detail)
			}
			changes = append(changes, change{by, text})
		}
	}
	for term, y := range after {
		if _, was := before[term]; !was && math.Abs(y.LogOdds) >= changedTerm {
			changes = append(changes, change{y.LogOdds, fmt.Sprintf("%s is new, %+.2f: %s", term, y.LogOdds, y.Detail)})
		}
	}
	slices.SortFunc(changes, func(x, y change) int {
		return cmp.Or(cmp.Compare(math.Abs(y.by), math.Abs(x.by)), cmp.Compare(x.text, y.text))
	})
	why := []string{}
	for _, c := range changes {
		why = append(why, c.text)
	}
	x, y := a.scores[id], b.scores[id]
	if known := x.SiteID != "" && y.SiteID != ""; known && math.Abs(x.TaxKZT-y.TaxKZT) > sameWorth*max(x.TaxKZT, y.TaxKZT) {
		why = append(why, fmt.Sprintf("unpaid energy went from %.0f to %.0f kWh, tax (fee) from %.0f to %.0f KZT", x.UnpaidKWh, y.UnpaidKWh, x.TaxKZT, y.TaxKZT))
	}
	if x.RegistryMatch != y.RegistryMatch && x.SiteID != "" && y.SiteID != "" {
		why = append(why, fmt.Sprintf("the registry's answer went from %s to %s", x.RegistryMatch, y.RegistryMatch))
	}
	if y.Note != x.Note && y.Note != "" {
		why = append(why, y.Note)
	}
	return why
}

// Print writes the difference for a reader.
func (d *Difference) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "Inspection list of run %s against that of %s: %d entered, %d left, %d changed, %d moved up or down only, %d as before\n", d.To, d.From, len(d.Entered), len(d.Left), len(d.Moved), d.Shifted, d.Same)
	for _, part := range []struct {
		name string
		list []Change
	}{{"Entered", d.Entered}, {"Left", d.Left}, {"Changed", d.Moved}} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s:\n", part.name)
		for _, c := range part.list {
			fmt.Fprintf(w, "  %s\t%s to %s\t%.2f to %.2f\t%s\n", c.SiteID, place(c.OldRank), place(c.NewRank), c.OldProbability, c.NewProbability, findings(c))
			for _, why := range c.Why {
				fmt.Fprintf(w, "      %s\n", why)
			}
		}
	}
	return w.Flush()
}

func place(rank int32) string {
	if rank == 0 {
		return "not listed"
	}
	return fmt.Sprintf("rank %d", rank)
}

func findings(c Change) string {
	name := func(s string) string { return cmp.Or(s, "no finding") }
	if c.OldFinding == c.NewFinding {
		return name(c.NewFinding)
	}
	return name(c.OldFinding) + " to " + name(c.NewFinding)
}
