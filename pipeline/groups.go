package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/pipeline/linkage"
)

// groupStage asks whether meters of one place or holder hold one mine together. It
// looks again at the meters of those groups only in which one speaks by itself.
var groupStage = &Stage{
	Name:   "groups",
	Tables: []string{"group_evidence", "group_energy"},
	Beside: sharedTables,
	After:  []*Stage{detectStage},
	Needs:  (*Env).share,
	Plan: func(env *Env) ([]Task, error) {
		groups := env.groups()
		if len(groups) == 0 {
			return nil, nil
		}
		in, err := store.List(env.WS.Lake(), "load_evidence")
		if err != nil || len(in) == 0 {
			return nil, err
		}
		readings, err := store.List(env.WS.Lake(), "readings")
		if err != nil {
			return nil, err
		}
		members, err := json.Marshal(groups)
		if err != nil {
			return nil, err
		}
		in = append(in, readings...)
		fp := store.Fingerprint(slices.Concat([]string{"groups", env.code, env.WS.Config.Zone, fmt.Sprint(env.WS.Config.Scoring.Prior), env.shared.digest, string(members)}, refs(in))...)
		return []Task{{Stage: "groups", Out: datasets.Whole, Fingerprint: fp, In: in}}, nil
	},
	Apply: applyGroups,
}

// groups lists the sites that belong together: those at one address, and those of
// one BIN below one feeder. An address counts if its house is known; of a site that is
// in two groups both are joined. Sites and groups are in order of id. Address and BIN
// go no further than this.
func (e *Env) groups() [][]string {
	reader := linkage.NewReader(e.tables.Regions, e.tables.Places)
	ids := make([]string, 0, len(e.shared.load))
	for id, l := range e.shared.load {
		if _, known := e.around.sites[id]; known && l.Known > 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	j := joined{}
	first := map[any]string{}
	for _, id := range ids {
		for _, key := range groupKeys(reader, e.around.sites[id]) {
			if other, ok := first[key]; ok {
				j.join(id, other)
			} else {
				first[key] = id
			}
		}
	}
	of := map[string][]string{}
	for _, id := range ids {
		of[j.root(id)] = append(of[j.root(id)], id)
	}
	var list [][]string
	for _, members := range of {
		if load.GroupSize(len(members)) {
			list = append(list, members)
		}
	}
	slices.SortFunc(list, slices.Compare[[]string])
	return list
}

// groupKeys returns what a site shares with those that it belongs together with.
func groupKeys(reader *linkage.Reader, s datasets.Site) (keys []any) {
	k := reader.Read(linkage.Record{BIN: s.BIN, Region: s.Region, KATO: s.KATO, Address: s.Address})
	if k.House != "" && k.Street != "" && (k.Town != "" || k.Region != "") {
		keys = append(keys, k.Address)
	}
	if k.ValidBIN && s.FeederID != "" {
		keys = append(keys, [2]string{k.BIN, s.FeederID})
	}
	return keys
}

// joined holds sets of sites: each names another of its set, or is the root.
type joined map[string]string

func (j joined) root(id string) string {
	for j[id] != "" {
		id = j[id]
	}
	return id
}

// join makes two sets one; the root is the one that comes first.
func (j joined) join(a, b string) {
	a, b = j.root(a), j.root(b)
	if a != b {
		j[max(a, b)] = min(a, b)
	}
}

// A member is a meter of a group under examination.
type member struct {
	siteID     string
	alone      float64 // the log-likelihood ratio of load/block
	candidates []load.Candidate
	shared     load.Shared
	meters     int           // of the group
	changes    []load.Change // that another meter may mirror
	swapped    int           // day near which it and another one were swapped; 0 if they were not
}

func applyGroups(ctx context.Context, env *Env, t Task) (int64, error) {
	groups, err := env.worthGroups(t)
	if err != nil {
		return 0, err
	}
	evidence, energy, err := env.judgeGroups(ctx, groups)
	if err != nil {
		return 0, err
	}
	lake := env.WS.Lake()
	if _, err := store.CommitRows(lake, evidence, t.manifest("group_evidence")); err != nil {
		return 0, err
	}
	_, err = store.CommitRows(lake, energy, t.manifest("group_energy"))
	return int64(len(evidence)), err
}

// worthGroups returns the groups that are worth a look, by what load/block said of
// their meters.
func (e *Env) worthGroups(t Task) ([][]*member, error) {
	block := load.Added{}.Info().ID
	alone := map[string]float64{}
	for _, m := range t.In {
		if m.Table != "load_evidence" {
			continue
		}
		err := store.Scan(m.Path(e.WS.Lake()), func(rows []datasets.Evidence) error {
			for _, r := range rows {
				if r.Detector == block && r.Status == datasets.Spoken {
					alone[strings.Clone(r.SiteID)] = r.LogLR
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var groups [][]*member
	for _, ids := range e.groups() {
		if !slices.ContainsFunc(ids, func(id string) bool { return load.Worth(alone[id]) }) {
			continue
		}
		members := make([]*member, len(ids))
		for i, id := range ids {
			members[i] = &member{siteID: id, alone: alone[id], meters: len(ids)}
		}
		groups = append(groups, members)
	}
	return groups, nil
}

// sharedBlock returns the block of a window that judgeGroups found, by its begin and
// power; nil if there is none.
func sharedBlock(scanner *load.Scanner, w *load.Window, since datasets.Micros, kw float64) *load.Block {
	candidates, _ := scanner.Candidates(w)
	for _, c := range candidates {
		if c.At != since {
			continue
		}
		if b := scanner.Block(w, c); b != nil && b.KW == kw {
			return b
		}
	}
	return nil
}

// judgeGroups looks at the meters of the groups twice: what each may hold, and then,
// of those for which the group says more than the meter alone, at the block itself.
func (e *Env) judgeGroups(ctx context.Context, groups [][]*member) (evidence []datasets.Evidence, energy []datasets.MiningEnergy, err error) {
	scanners := sync.Pool{New: func() any { return load.NewScanner() }}
	all := map[string]*member{}
	for _, m := range slices.Concat(groups...) {
		all[m.siteID] = m
	}
	err = seriesOf(ctx, e, all, func(m *member, s *features.Series) {
		scanner := scanners.Get().(*load.Scanner)
		defer scanners.Put(scanner)
		w := e.window(s)
		m.candidates, _ = scanner.Candidates(w)
		m.changes = scanner.Changes(w)
	})
	if err != nil {
		return nil, nil, err
	}
	d := load.Group{Prior: e.WS.Config.Scoring.Prior}
	found := map[string]*member{}
	for _, members := range groups {
		for _, m := range swapped(members) {
			found[m.siteID] = m
		}
		lists := make([][]load.Candidate, len(members))
		for i, m := range members {
			lists[i] = m.candidates
		}
		for i, shared := range d.Judge(lists) {
			if m := members[i]; shared.LogLR > max(0, m.alone) {
				m.shared = shared
				found[m.siteID] = m
			}
		}
	}
	var adding sync.Mutex
	err = seriesOf(ctx, e, found, func(m *member, s *features.Series) {
		scanner := scanners.Get().(*load.Scanner)
		defer scanners.Put(scanner)
		w := e.window(s)
		said, quarters := e.sharedEvidence(scanner, w, d, m)
		if m.swapped != 0 {
			sight := e.sight(s, scanner)
			f := scanner.SwapFault(w, m.swapped, sight.Block)
			said = append(said, load.Meter{}.Evidence(sight, &f))
		}
		adding.Lock()
		defer adding.Unlock()
		evidence, energy = append(evidence, said...), append(energy, quarters...)
	})
	slices.SortStableFunc(evidence, func(a, b datasets.Evidence) int { return cmp.Compare(a.SiteID, b.SiteID) })
	slices.SortStableFunc(energy, func(a, b datasets.MiningEnergy) int { return cmp.Compare(a.SiteID, b.SiteID) })
	return evidence, energy, err
}

// sharedEvidence says what a group says of a meter, if it is more than what the meter says
// alone.
func (e *Env) sharedEvidence(scanner *load.Scanner, w *load.Window, d load.Group, m *member) ([]datasets.Evidence, []datasets.MiningEnergy) {
	if m.shared.Own.Duty == nil {
		return nil, nil
	}
	block := scanner.Block(w, m.shared.Own)
	if block == nil {
		return nil, nil
	}
	said := d.Evidence(&load.Sight{Window: w, Block: block, Zone: e.Zone}, m.shared, m.meters)
	if said.LogLR <= m.alone {
		return nil, nil
	}
	return []datasets.Evidence{said}, load.Quarters(w, block, e.quarterOf)
}

// swapped returns the meters of a group that show, each from the same day on, what another
// of them showed before.
func swapped(members []*member) (list []*member) {
	for i, a := range members {
		for _, b := range members[i+1:] {
			if day, ok := load.Swapped(a.changes, b.changes); ok && a.swapped == 0 && b.swapped == 0 {
				a.swapped, b.swapped = day, day
				list = append(list, a, b)
			}
		}
	}
	return list
}
