package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// absent says what cannot be said without a dataset. Datasets whose absence
// changes no verdict are not listed.
var absent = []export.AbsentDataset{
	{Dataset: "sites", Meaning: "No site is known by place, holder or activity: findings have no address, no holder and no peers, and every mine counts as unregistered."},
	{Dataset: "readings", Meaning: "No interval readings: electricity speaks through monthly bills at most, and no mining energy or tax (fee) is calculated."},
	{Dataset: "registry", Meaning: "No registry: nobody can be found answerable, so every mine counts as unregistered. Deliver the registry before acting on a finding."},
	{Dataset: "declarations", Meaning: "No declarations: nothing is set off against the tax (fee), and nobody is found to have declared too little."},
	{Dataset: "quarterly_reports", Meaning: "No quarterly reports: late or missing reports are not looked for."},
	{Dataset: "flows", Meaning: "No flow records: traffic gives no evidence, and no restriction is proposed. One kind of evidence alone keeps probabilities low."},
	{Dataset: "subscribers", Meaning: "No subscribers: addresses cannot be linked to sites."},
}

// quality makes the account of what came in.
func (r *runner) quality() export.Quality {
	var q export.Quality
	have := map[string]bool{}
	for _, f := range r.records {
		have[f.Dataset] = have[f.Dataset] || f.Accepted > 0
		if f.Status == ingest.Withdrawn {
			q.Checks = append(q.Checks, export.QualityMessage{Subject: f.Path, Text: fmt.Sprintf("delivery %d was withdrawn: none of its %d rows is in the tables", f.Number, f.Decoded)})
			continue
		}
		q.Files = append(q.Files, qualityFile(f))
		if f.Record.Refused != nil {
			q.Checks = append(q.Checks, export.QualityMessage{Subject: f.Path, Text: "refused: " + f.Record.Refused.Error()})
		}
	}
	for _, a := range absent {
		if !have[a.Dataset] {
			q.Absent = append(q.Absent, a)
		}
	}
	q.Checks = append(q.Checks, r.doubts...)
	q.Reconciled, q.Deliveries = reconciled(r.balances), r.deliveries
	ids := slices.Sorted(maps.Keys(r.env.shared.load))
	unknown := 0
	for _, id := range ids {
		l := r.env.shared.load[id]
		c := export.SiteCoverage{
			SiteID: id, From: l.First, Until: l.Last, Hours: int64(l.Hours), Measured: l.Coverage,
			Gaps: int64(l.Gaps), LongestGapH: int64(l.LongestGap), Months: r.months[id],
		}
		if l.Hours > 0 {
			c.Estimated = float64(l.Estimated) / float64(l.Hours)
		}
		if l.CoarseWh > 0 {
			c.Note = fmt.Sprintf("%.0f kWh in intervals longer than an hour", l.CoarseWh.KWh())
		}
		if _, ok := r.env.around.sites[id]; !ok {
			unknown++
		}
		q.Coverage = append(q.Coverage, c)
	}
	if unknown > 0 && have["sites"] {
		q.Checks = append(q.Checks, export.QualityMessage{Subject: "readings",
			Text: fmt.Sprintf("%d sites have readings but are not in sites: they have no address, no holder and no peers", unknown)})
	}
	return q
}

func qualityFile(f ingest.FileReport) export.QualityFile {
	q := export.QualityFile{
		Name: f.Path, Dataset: f.Dataset, Format: f.Format, SHA256: f.SHA256,
		Read: f.Rows, Accepted: f.Accepted, Duplicates: f.Duplicates, Superseded: f.Superseded,
		KWh: datasets.Wh(f.AcceptedWh).KWh(), Quarantine: f.Quarantine,
	}
	for reason, n := range f.Quarantined {
		q.Quarantined += n
		q.Reasons = append(q.Reasons, export.RefusalCount{Reason: reason, Rows: n})
	}
	slices.SortFunc(q.Reasons, func(a, b export.RefusalCount) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Reason, b.Reason))
	})
	for _, w := range slices.Sorted(maps.Keys(f.Warnings)) {
		q.Warnings = append(q.Warnings, fmt.Sprintf("%d rows: %s", f.Warnings[w], w))
	}
	return q
}

func absentNotes(q export.Quality) []string {
	var notes []string
	for _, a := range q.Absent {
		notes = append(notes, a.Meaning)
	}
	for _, c := range q.Checks {
		notes = append(notes, fmt.Sprintf("%s: %s.", c.Subject, c.Text))
	}
	return notes
}

// withheldNotes says which electricity detectors could not speak of how many
// sites, and why.
func withheldNotes(evidence []datasets.Evidence) []string {
	type silence struct{ detector, why string }
	silent, sites := map[silence]int{}, map[string]int{}
	for _, e := range evidence {
		if !strings.HasPrefix(e.Detector, "load/") {
			continue
		}
		sites[e.Detector]++
		if e.Status == datasets.Withheld {
			silent[silence{e.Detector, e.Detail}]++
		}
	}
	var notes []string
	for s, n := range silent {
		notes = append(notes, fmt.Sprintf("%s could not speak of %d of %d sites: %s.", s.detector, n, sites[s.detector], s.why))
	}
	slices.Sort(notes)
	return notes
}

// chart reads the load of one site again and draws the block that was found: the
// shared one where that is the stronger.
func (r *runner) chart(siteID string) (export.Chart, error) {
	s, ok, err := r.env.siteSeries(siteID)
	if err != nil {
		return export.Chart{}, err
	}
	if !ok || len(s.KW) == 0 {
		return export.Chart{}, export.ErrNoChart
	}
	c := export.Chart{Start: s.Start, KW: s.KW}
	scanner := load.NewScanner()
	sight := r.env.sight(s, scanner)
	b := sight.Block
	if b != nil && (b.LogLR <= 0 || slices.ContainsFunc(sight.Faults, func(f load.Fault) bool { return f.Explains })) {
		b = nil
	}
	if of := r.split[siteID]; of != nil {
		b = sharedBlock(scanner, sight.Window, of.since, of.kw)
	}
	if b != nil {
		c.Since, c.Until, c.BlockKW = s.At(b.Onset), s.At(b.End), b.KW
		c.ExpectedKW = load.Without(sight.Window, b)
	}
	return c, nil
}
