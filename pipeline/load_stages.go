package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
)

// profileStage describes each site by month (load_profile) and over all its
// hours (site_load). A task is a bucket of readings.
var profileStage = &Stage{
	Name:   "profile",
	Tables: []string{"load_profile", "site_load"},
	Plan: func(env *Env) ([]Task, error) {
		return env.readingTasks("profile", env.WS.Config.Zone)
	},
	Apply: applyProfile,
}

// readingTasks returns a task for each bucket of readings; parts are whatever
// else its result depends on.
func (e *Env) readingTasks(stage string, parts ...string) ([]Task, error) {
	return e.bucketTasks(stage, []string{"readings"}, parts...)
}

func applyProfile(_ context.Context, env *Env, t Task) (int64, error) {
	lake := env.WS.Lake()
	var normaliser features.Normaliser
	profiler := features.Profiler{Zone: env.Zone}
	var months []datasets.LoadProfile
	var sites []datasets.SiteLoad
	err := store.Loads(paths(lake, t.In), func(siteID string, l *datasets.Load) error {
		s := normaliser.Normalise(siteID, l)
		for _, row := range profiler.Profiles(s) {
			row.Bucket = t.Out.Bucket
			months = append(months, row)
		}
		sites = append(sites, siteLoad(s, t.Out.Bucket))
		return nil
	})
	if err != nil {
		return 0, err
	}
	if _, err := store.CommitRows(lake, months, t.manifest("load_profile")); err != nil {
		return 0, err
	}
	_, err = store.CommitRows(lake, sites, t.manifest("site_load"))
	return int64(len(sites)), err
}

// manifest begins the manifest of a table that the task makes.
func (t Task) manifest(table string) store.Manifest {
	return store.Manifest{Table: table, Partition: t.Out, Fingerprint: t.Fingerprint, Parents: refs(t.In)}
}

func siteLoad(s *features.Series, bucket int32) datasets.SiteLoad {
	share, known := load.FloorShare(s.KW)
	row := datasets.SiteLoad{
		Bucket: bucket, SiteID: s.SiteID, First: s.Start, Last: s.End(), Hours: int32(len(s.KW)), Known: int32(known),
		Coverage: s.Coverage, Wh: s.Wh, CoarseWh: s.CoarseWh, FloorShare: -1,
	}
	if share >= 0 {
		row.FloorShare = share
	}
	sum, gap := 0.0, int32(0)
	for i, v := range s.KW {
		if math.IsNaN(v) {
			if gap == 0 {
				row.Gaps++
			}
			gap++
			row.LongestGap = max(row.LongestGap, gap)
			continue
		}
		gap = 0
		sum += v
		if s.Estimated[i] {
			row.Estimated++
		}
	}
	if known > 0 {
		row.MeanKW = sum / float64(known)
	}
	return row
}

// shared is what detection needs beyond one bucket: who the sites are, their
// peers and the windows in which miners were cut off.
type shared struct {
	sites     map[string]datasets.Site
	load      map[string]datasets.SiteLoad
	groups    map[string]string      // peer group by site
	peers     map[string]*load.Peers // by group; those with too few sites are left out
	cuts      []cut
	air       map[string]*climate // by regionKey
	otherDays []load.OtherDay     // of Kazakhstan
	regions   map[string]bool     // by a site's name of it: whether it is one of Kazakhstan
	digest    string              // of all of it, for fingerprints
}

// A cut is a window and whom it concerns.
type cut struct {
	load.Cut
	Region, FeederID string // "" for all
}

// share loads what detection needs beyond one bucket, once. site_load must be
// current.
func (e *Env) share() error {
	e.sharing.Lock()
	defer e.sharing.Unlock()
	if e.shared.digest != "" {
		return nil
	}
	s := shared{sites: map[string]datasets.Site{}, load: map[string]datasets.SiteLoad{}, groups: map[string]string{}, peers: map[string]*load.Peers{}, regions: map[string]bool{}}
	sites, err := store.ReadTable[datasets.Site](e.WS.Lake(), "sites")
	if err != nil {
		return err
	}
	for _, site := range sites {
		s.sites[site.SiteID] = site
		if _, known := s.regions[site.Region]; !known {
			_, s.regions[site.Region] = e.tables.Regions.Find(site.Region)
		}
	}
	loads, err := store.ReadTable[datasets.SiteLoad](e.WS.Lake(), "site_load")
	if err != nil {
		return err
	}
	activities := e.tables.Activities
	places := map[string][3]string{} // which cuts, weather and holidays concern a site
	slices.SortFunc(loads, func(a, b datasets.SiteLoad) int { return strings.Compare(a.SiteID, b.SiteID) })
	for _, l := range loads {
		s.load[l.SiteID] = l
		site := s.sites[l.SiteID]
		group := activities.PeerGroup(site.OKED, site.AccountType, site.TariffGroup)
		s.groups[l.SiteID] = group
		places[l.SiteID] = [3]string{site.Region, site.FeederID, site.KATO}
		if l.FloorShare < 0 || group == ref.UnknownGroup {
			continue
		}
		p := s.peers[group]
		if p == nil {
			p = &load.Peers{Activity: group}
			s.peers[group] = p
		}
		p.N++
		p.FloorShare = append(p.FloorShare, l.FloorShare)
	}
	for group, p := range s.peers {
		if p.N < load.MinPeers {
			delete(s.peers, group)
		}
		slices.Sort(p.FloorShare)
	}
	if s.cuts, err = e.cuts(); err != nil {
		return err
	}
	air, weather, err := e.climates()
	if err != nil {
		return err
	}
	s.air = air
	s.otherDays = otherDays(e.tables.Calendar, e.Zone)
	text, err := json.Marshal([]any{s.groups, s.peers, s.cuts, weather, places, s.otherDays})
	if err != nil {
		return err
	}
	s.digest = store.Fingerprint(string(text))
	e.shared = s
	return nil
}

// cuts returns the curtailments delivered and the natural experiments known.
func (e *Env) cuts() ([]cut, error) {
	rows, err := store.ReadTable[datasets.Curtailment](e.WS.Lake(), "curtailments")
	if err != nil {
		return nil, err
	}
	var cuts []cut
	for _, r := range rows {
		cuts = append(cuts, cut{load.Cut{Start: r.Start, End: r.End, Kind: r.Kind, Source: curtailmentNames[r.Kind]}, r.Region, r.FeederID})
	}
	for _, ev := range e.tables.Events {
		switch {
		case ev.End == 0 || ev.Who == "everyone":
			continue
		case ev.Who == "all_mining":
			cuts = append(cuts, cut{Cut: load.Cut{Start: ev.Start, End: ev.End, Kind: "internet", Source: "the internet was shut down nationwide"}})
		case ev.Who == "registered":
			cuts = append(cuts, cut{Cut: load.Cut{Start: ev.Start, End: ev.End, Kind: "grid_order", Source: "supply to miners was cancelled by order"}})
		}
	}
	return cuts, nil
}

var curtailmentNames = map[string]string{
	"grid_order": "supply was cut by order of the grid operator",
	"outage":     "supply was out",
	"price":      "power was dear",
}

// concerns reports whether a cut reached a site. Regions are compared in any
// of their names, in three languages.
func (e *Env) concerns(c cut, site datasets.Site) bool {
	switch {
	case c.FeederID != "":
		return c.FeederID == site.FeederID
	case c.Region != "":
		return strings.EqualFold(c.Region, site.Region) || e.sameRegion(c.Region, site.Region)
	default:
		return true
	}
}

func (e *Env) sameRegion(a, b string) bool {
	x, ok := e.tables.Regions.Find(a)
	y, known := e.tables.Regions.Find(b)
	return ok && known && x.Code == y.Code
}

// detectStage runs the electricity detectors over each site's series. A task
// is a bucket of readings.
var detectStage = &Stage{
	Name:   "detect",
	Tables: []string{"load_evidence", "mining_energy"},
	After:  []*Stage{profileStage},
	Shared: true,
	Plan: func(env *Env) ([]Task, error) {
		return env.readingTasks("detect", env.WS.Config.Zone, env.shared.digest)
	},
	Apply: applyDetect,
}

func applyDetect(_ context.Context, env *Env, t Task) (int64, error) {
	lake := env.WS.Lake()
	var normaliser features.Normaliser
	scanner := load.NewScanner()
	var evidence []datasets.Evidence
	var energy []datasets.MiningEnergy
	err := store.Loads(paths(lake, t.In), func(siteID string, l *datasets.Load) error {
		sight := env.sight(normaliser.Normalise(siteID, l), scanner)
		for _, d := range load.All() {
			evidence = append(evidence, d.Detect(sight))
		}
		if sight.Block != nil && sight.Block.LogLR > 0 {
			energy = append(energy, load.Quarters(sight.Window, sight.Block, env.quarterOf)...)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if _, err := store.CommitRows(lake, evidence, t.manifest("load_evidence")); err != nil {
		return 0, err
	}
	_, err = store.CommitRows(lake, energy, t.manifest("mining_energy"))
	return int64(len(evidence)), err
}

// sight prepares what the detectors look at.
func (e *Env) sight(s *features.Series, scanner *load.Scanner) *load.Sight {
	w := e.window(s)
	block, why := scanner.Scan(w)
	return &load.Sight{Window: w, Block: block, Why: why, Zone: e.Zone}
}

// window adds to a site's series what detectors may know of it.
func (e *Env) window(s *features.Series) *load.Window {
	w := load.NewWindow(s, e.Zone)
	w.Peers = e.shared.peers[e.shared.groups[s.SiteID]]
	site := e.shared.sites[s.SiteID]
	for _, c := range e.shared.cuts {
		if e.concerns(c, site) && c.Overlaps(s) {
			w.Cuts = append(w.Cuts, c.Cut)
		}
	}
	if e.keepsHolidays(site) {
		w.Observe(e.shared.otherDays)
	}
	w.TempC = e.shared.air[e.regionKey(site.Region)].over(s)
	return w
}

func (e *Env) quarterOf(t datasets.Micros) datasets.Quarter {
	return datasets.QuarterOf(t.Time().In(e.Zone))
}

// seriesOf calls each, from several goroutines, with the series of one of the sites
// named at a time, which is not kept. Order is not fixed.
func seriesOf[T any](ctx context.Context, e *Env, of map[string]T, each func(T, *features.Series)) error {
	groups, err := byBucket(e.WS.Lake(), "readings")
	if err != nil {
		return err
	}
	wanted := map[int32]bool{}
	for id := range of {
		wanted[datasets.BucketOf(id, e.WS.Config.Buckets)] = true
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(e.Workers)
	for bucket, in := range groups {
		if !wanted[bucket] {
			continue
		}
		g.Go(func() error {
			var n features.Normaliser
			return store.Loads(paths(e.WS.Lake(), in), func(id string, l *datasets.Load) error {
				if x, ok := of[id]; ok {
					each(x, n.Normalise(id, l))
				}
				return ctx.Err()
			})
		})
	}
	return g.Wait()
}

// siteSeries reads the series of one site from the lake; ok is false if it
// has no readings.
func (e *Env) siteSeries(siteID string) (s *features.Series, ok bool, err error) {
	bucket := datasets.BucketOf(siteID, e.WS.Config.Buckets)
	groups, err := byBucket(e.WS.Lake(), "readings")
	if err != nil {
		return nil, false, err
	}
	var l datasets.Load
	if err := store.LoadSite(paths(e.WS.Lake(), groups[bucket]), siteID, &l); err != nil {
		return nil, false, fmt.Errorf("read site %s: %w", siteID, err)
	}
	if l.Len() == 0 {
		return nil, false, nil
	}
	return new(features.Normaliser).Normalise(siteID, &l), true, nil
}
