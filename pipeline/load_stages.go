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
	Look: lookProfile,
}

// readingTasks returns a task for each bucket of readings; parts are whatever
// else its result depends on.
func (e *Env) readingTasks(stage string, parts ...string) ([]Task, error) {
	return e.bucketTasks(stage, []string{"readings"}, parts...)
}

// A profileLook describes the sites of one bucket.
type profileLook struct {
	lake   string
	task   Task
	months []datasets.LoadProfile
	sites  []datasets.SiteLoad
}

func lookProfile(env *Env, t Task) siteLook {
	return &profileLook{lake: env.WS.Lake(), task: t}
}

func (p *profileLook) see(r *siteReadings) {
	s := r.hourly()
	for _, row := range r.profiler.Profiles(s) {
		row.Bucket = p.task.Out.Bucket
		p.months = append(p.months, row)
	}
	p.sites = append(p.sites, siteLoad(s, p.task.Out.Bucket))
}

func (p *profileLook) commit(context.Context) (int64, error) {
	if _, err := store.CommitRows(p.lake, p.months, p.task.manifest("load_profile")); err != nil {
		return 0, err
	}
	_, err := store.CommitRows(p.lake, p.sites, p.task.manifest("site_load"))
	return int64(len(p.sites)), err
}

// manifest begins the manifest of a table that the task makes.
func (t Task) manifest(table string) store.Manifest {
	return store.Manifest{Table: table, Partition: t.Out, Fingerprint: t.Fingerprint, Parents: refs(t.In)}
}

func siteLoad(s *features.Series, bucket int32) datasets.SiteLoad {
	share, meanKW, known := load.FloorShare(s.KW)
	row := datasets.SiteLoad{
		Bucket: bucket, SiteID: s.SiteID, First: s.Start, Last: s.End(), Hours: int32(len(s.KW)), Known: int32(known),
		Coverage: s.Coverage, Wh: s.Wh, CoarseWh: s.CoarseWh, FloorShare: -1, MeanKW: meanKW,
	}
	if !math.IsNaN(share) {
		row.FloorShare = share
	}
	for i, estimated := range s.Estimated {
		if estimated && !math.IsNaN(s.KW[i]) {
			row.Estimated++
		}
	}
	if known == len(s.KW) {
		return row
	}
	gap := int32(0)
	for _, v := range s.KW {
		if !math.IsNaN(v) {
			gap = 0
			continue
		}
		if gap == 0 {
			row.Gaps++
		}
		gap++
		row.LongestGap = max(row.LongestGap, gap)
	}
	return row
}

// surroundings is what detection needs beyond one bucket of readings: who the
// sites are, the windows in which miners were cut off, and the weather.
type surroundings struct {
	sites     map[string]datasets.Site
	cuts      []cut
	air       map[string]*climate // by the region of a site, as the register spells it
	otherDays []load.OtherDay     // of Kazakhstan
	regions   map[string]bool     // by the same: whether it is one of Kazakhstan
	digests   map[int32]string    // by bucket of sites, for fingerprints
	none      string              // digest of buckets in which no site is known
}

// shared is what detection needs of all sites together: their peers.
type shared struct {
	load   map[string]datasets.SiteLoad
	groups map[string]string      // peer group by site
	peers  map[string]*load.Peers // by group; those with too few sites are left out
	digest string                 // of all of it and of what surrounds the sites, for fingerprints
}

// A cut is a window and whom it concerns.
type cut struct {
	load.Cut
	Region, FeederID string // "" for all
}

// The tables that surround and share read.
var (
	aroundTables = []string{"sites", "curtailments", "weather"}
	sharedTables = append([]string{"site_load"}, aroundTables...)
)

// surround loads what detection needs beyond one bucket, once.
func (e *Env) surround() error {
	e.sharing.Lock()
	defer e.sharing.Unlock()
	if e.around.sites != nil {
		return nil
	}
	s := surroundings{sites: map[string]datasets.Site{}, air: map[string]*climate{}, regions: map[string]bool{}, digests: map[int32]string{}}
	sites, err := store.ReadTable[datasets.Site](e.WS.Lake(), "sites")
	if err != nil {
		return err
	}
	if s.cuts, err = e.cuts(); err != nil {
		return err
	}
	air, weather, err := e.climates()
	if err != nil {
		return err
	}
	s.otherDays = otherDays(e.tables.Calendar, e.Zone)
	places := map[int32]map[string][3]string{} // which cuts, weather and holidays concern a site
	s.air[""] = air[e.regionKey("")]
	for _, site := range sites {
		s.sites[site.SiteID] = site
		if _, ok := s.air[site.Region]; !ok {
			s.air[site.Region] = air[e.regionKey(site.Region)]
			_, s.regions[site.Region] = e.tables.Regions.Find(site.Region)
		}
		bucket := datasets.BucketOf(site.SiteID, e.WS.Config.Buckets)
		if places[bucket] == nil {
			places[bucket] = map[string][3]string{}
		}
		places[bucket][site.SiteID] = [3]string{site.Region, site.FeederID, site.KATO}
	}
	text, err := json.Marshal([]any{s.cuts, weather, s.otherDays})
	if err != nil {
		return err
	}
	s.none = store.Fingerprint(string(text))
	for bucket, list := range places {
		text, err := json.Marshal(list)
		if err != nil {
			return err
		}
		s.digests[bucket] = store.Fingerprint(s.none, string(text))
	}
	e.around = s
	return nil
}

// digest says what surrounds the sites of a bucket.
func (s *surroundings) digest(bucket int32) []string {
	if d, ok := s.digests[bucket]; ok {
		return []string{d}
	}
	return []string{s.none}
}

// share loads what detection needs of all sites together, once. site_load must be
// current.
func (e *Env) share() error {
	if err := e.surround(); err != nil {
		return err
	}
	e.sharing.Lock()
	defer e.sharing.Unlock()
	if e.shared.digest != "" {
		return nil
	}
	s := shared{load: map[string]datasets.SiteLoad{}, groups: map[string]string{}, peers: map[string]*load.Peers{}}
	loads, err := store.ReadTable[datasets.SiteLoad](e.WS.Lake(), "site_load")
	if err != nil {
		return err
	}
	activities := e.tables.Activities
	slices.SortFunc(loads, func(a, b datasets.SiteLoad) int { return strings.Compare(a.SiteID, b.SiteID) })
	for _, l := range loads {
		s.load[l.SiteID] = l
		site := e.around.sites[l.SiteID]
		group := activities.PeerGroup(site.OKED, site.AccountType, site.TariffGroup)
		s.groups[l.SiteID] = group
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
	text, err := json.Marshal([]any{s.groups, s.peers, e.around.none, e.around.digests})
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

// detectStage runs the detectors that look at the series of one site. A task is a
// bucket of readings.
var detectStage = &Stage{
	Name:   "detect",
	Tables: []string{"load_evidence", "mining_energy"},
	Beside: aroundTables,
	Needs:  (*Env).surround,
	Plan: func(env *Env) ([]Task, error) {
		return env.tasksOf("detect", []string{"readings"}, func(bucket int32) []string {
			return append(env.around.digest(bucket), env.WS.Config.Zone)
		})
	},
	Look: lookDetect,
}

// A detectLook runs the detectors over the sites of one bucket.
type detectLook struct {
	env      *Env
	task     Task
	evidence []datasets.Evidence
	energy   []datasets.MiningEnergy
}

func lookDetect(env *Env, t Task) siteLook {
	return &detectLook{env: env, task: t}
}

func (d *detectLook) see(r *siteReadings) {
	sight := d.env.sight(r.hourly(), r.scanner)
	for _, detector := range load.All() {
		if _, peers := detector.(load.PeerDetector); !peers {
			d.evidence = append(d.evidence, detector.Detect(sight))
		}
	}
	for i := range sight.Faults {
		d.evidence = append(d.evidence, load.Meter{}.Evidence(sight, &sight.Faults[i]))
	}
	if sight.Block != nil && sight.Block.LogLR > 0 {
		d.energy = append(d.energy, load.Quarters(sight.Window, sight.Block, d.env.quarterOf)...)
	}
}

func (d *detectLook) commit(context.Context) (int64, error) {
	lake := d.env.WS.Lake()
	if _, err := store.CommitRows(lake, d.evidence, d.task.manifest("load_evidence")); err != nil {
		return 0, err
	}
	_, err := store.CommitRows(lake, d.energy, d.task.manifest("mining_energy"))
	return int64(len(d.evidence)), err
}

// peerStage runs the detectors that compare a site with its peers. A task is a
// bucket of site_load: what is new at one site is soon said of all.
var peerStage = &Stage{
	Name:   "peers",
	Tables: []string{"peer_evidence"},
	Beside: sharedTables,
	After:  []*Stage{profileStage},
	Needs:  (*Env).share,
	Plan: func(env *Env) ([]Task, error) {
		return env.bucketTasks("peers", []string{"site_load"}, env.shared.digest)
	},
	Apply: applyPeers,
}

func applyPeers(_ context.Context, env *Env, t Task) (int64, error) {
	lake := env.WS.Lake()
	var evidence []datasets.Evidence
	for _, path := range paths(lake, t.In) {
		sites, err := store.ReadFile[datasets.SiteLoad](path)
		if err != nil {
			return 0, err
		}
		for _, l := range sites {
			for _, detector := range load.All() {
				if d, ok := detector.(load.PeerDetector); ok {
					evidence = append(evidence, d.Compare(l, env.shared.peers[env.shared.groups[l.SiteID]]))
				}
			}
		}
	}
	_, err := store.CommitRows(lake, evidence, t.manifest("peer_evidence"))
	return int64(len(evidence)), err
}

// sight prepares what the detectors look at.
func (e *Env) sight(s *features.Series, scanner *load.Scanner) *load.Sight {
	w := e.window(s)
	block, why := scanner.Scan(w)
	return &load.Sight{Window: w, Block: block, Why: why, Zone: e.Zone, Faults: scanner.Faults(w, block)}
}

// window adds to a site's series what detectors may know of it.
func (e *Env) window(s *features.Series) *load.Window {
	w := load.NewWindow(s, e.Zone)
	w.Peers = e.shared.peers[e.shared.groups[s.SiteID]]
	site := e.around.sites[s.SiteID]
	for _, c := range e.around.cuts {
		if c.Overlaps(s) && e.concerns(c, site) {
			w.Cuts = append(w.Cuts, c.Cut)
		}
	}
	if e.keepsHolidays(site) {
		w.Observe(e.around.otherDays)
	}
	w.TempC = e.around.air[site.Region].over(s)
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
