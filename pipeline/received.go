package pipeline

import (
	"fmt"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

// received adds what only readers of the report want: the registry entries that
// come near each proposed site, the hours of its traffic, and how the list
// differs from that of the run before.
func (r *runner) received(cases []*siteCase, out *export.Run) error {
	out.Language, _ = i18n.Parse(r.env.WS.Config.Language) // validated
	out.ExpectedWrong = r.list.Expected.Expected
	out.Registry = map[string][]export.RegistryCandidate{}
	for _, s := range cases {
		if s.row.Proposed {
			out.Registry[s.site.SiteID] = s.registryCandidates()
		}
	}
	activity, err := r.activity(out.Visits)
	if err != nil {
		return fmt.Errorf("traffic by hour: %w", err)
	}
	out.Activity = func(siteID string) (export.Activity, error) { return activity[siteID], nil }
	out.Changes, err = r.changes(out)
	return err
}

// shownCandidates is how many registry entries a report names.
const shownCandidates = 3

func (s *siteCase) registryCandidates() []export.RegistryCandidate {
	var list []export.RegistryCandidate
	seen := map[string]bool{}
	for _, l := range s.answer.Links {
		if seen[l.Entry.BIN] || len(list) == shownCandidates {
			continue
		}
		seen[l.Entry.BIN] = true
		list = append(list, export.RegistryCandidate{BIN: l.Entry.BIN, Name: l.Entry.Name, Outcome: l.Outcome.String(), Probability: l.Probability, Reason: l.Reason})
	}
	return list
}

// A contact is what a finding of traffic speaks of.
type contact struct {
	client, server string
	port           int32
}

// activity returns, for each proposed site, the share of days on which the
// sessions that its evidence names were open in each hour of the local day.
func (r *runner) activity(visits []datasets.Visit) (map[string]export.Activity, error) {
	proposed := map[string]bool{}
	for _, v := range visits {
		proposed[v.SiteID] = true
	}
	sites := map[contact]string{}
	for _, f := range r.network.findings {
		if proposed[f.SiteID] && f.Status == datasets.Spoken && f.LogLR > 0 && f.ServerIP != "" {
			sites[contact{f.Client, f.ServerIP, f.ServerPort}] = f.SiteID
		}
	}
	if len(sites) == 0 {
		return nil, nil
	}
	open := map[string]map[datasets.Day]*[24]bool{}
	err := eachPart(r.env.WS.Lake(), "flow_session", func(s datasets.FlowSession) {
		site, ok := sites[contact{s.Client, s.ServerIP, s.ServerPort}]
		if !ok {
			return
		}
		if open[site] == nil {
			open[site] = map[datasets.Day]*[24]bool{}
		}
		const hour = 3_600_000_000
		for t := s.Start - s.Start%hour; t <= s.End; t += hour {
			local := t.Time().In(r.env.Zone)
			day := datasets.DayOf(local)
			if open[site][day] == nil {
				open[site][day] = new([24]bool)
			}
			open[site][day][local.Hour()] = true
		}
	})
	out := map[string]export.Activity{}
	for site, days := range open {
		a := export.Activity{Days: len(days)}
		for _, hours := range days {
			for h, on := range hours {
				if on {
					a.Hours[h]++
				}
			}
		}
		for h := range a.Hours {
			a.Hours[h] /= float64(a.Days)
		}
		out[site] = a
	}
	return out, err
}

// changes compares the list with that of the newest run; nil if there is none.
func (r *runner) changes(out *export.Run) (*export.Changes, error) {
	m, _, ok := r.env.WS.newest()
	if !ok {
		return nil, nil
	}
	before, err := r.env.WS.listed(m.RunID)
	if err != nil {
		return nil, fmt.Errorf("compare with the run before: %w", err)
	}
	d := compare(before, listedNow(out))
	c := &export.Changes{Against: d.From, Shifted: d.Shifted, Same: d.Same}
	for _, part := range []struct {
		from []Change
		to   *[]export.Change
	}{{d.Entered, &c.Entered}, {d.Left, &c.Left}, {d.Moved, &c.Changed}} {
		for _, x := range part.from {
			*part.to = append(*part.to, export.Change{SiteID: x.SiteID, OldRank: x.OldRank, NewRank: x.NewRank,
				OldProbability: x.OldProbability, NewProbability: x.NewProbability, Why: x.Why})
		}
	}
	return c, nil
}

// listedNow is the list of the run in the making.
func listedNow(out *export.Run) *listedRun {
	r := &listedRun{rank: map[string]int32{}, scores: map[string]datasets.Score{}, terms: map[string][]datasets.ScoreTerm{}}
	for _, v := range out.Visits {
		r.rank[v.SiteID] = v.Rank
	}
	for _, s := range out.Scores {
		r.scores[s.SiteID] = s
	}
	for _, t := range out.Terms {
		if t.Counted {
			r.terms[t.SiteID] = append(r.terms[t.SiteID], t)
		}
	}
	return r
}
