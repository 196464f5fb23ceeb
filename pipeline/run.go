package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/counter"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/detectors/visit"
	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/ingest"
	"github.com/minewatch/minewatch/pipeline/registry"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// RunOptions tune a run.
type RunOptions struct {
	Progress Progress
	Runner   Runner   // nil: [Local]
	Mirror   *Mirror  // from which results of workers elsewhere are taken; may be nil
	Visits   *int     // instead of the setting visits.budget
	Explore  *float64 // instead of the setting visits.explore
}

// apply puts the options in the place of the settings.
func (o RunOptions) apply(c *Config) error {
	if o.Visits != nil {
		c.Visits.Budget = *o.Visits
	}
	if o.Explore != nil {
		c.Visits.Explore = *o.Explore
	}
	if err := c.Validate(); err != nil {
		return &ConfigError{File: "command line", Err: err}
	}
	return nil
}

// RunResult is what a run has made, or found already made.
type RunResult struct {
	ID             string           `json:"run_id"`
	Dir            string           `json:"dir"`
	Fresh          bool             `json:"fresh"` // false: nothing was new, Dir is the earlier run
	Ingest         IngestResult     `json:"ingest"`
	Proposed       []datasets.Visit `json:"proposed"` // best first
	Next           []datasets.Score `json:"next"`     // the first sites by rank value that are not proposed
	Model          ScoreModel       `json:"model"`    // how many of the proposed are expected to be wrong, among others
	Outputs        []string         `json:"outputs"`  // paths below Dir
	Notes          []string         `json:"notes"`    // what could not be said, and why
	Stages         []StageTime      `json:"stages"`
	OverQuarantine bool             `json:"over_quarantine"`
	Repaired       []string         `json:"repaired,omitempty"` // damaged files of former results, not used but made again
}

// A runner is one run in the making.
type runner struct {
	env        *Env
	law        *law
	model      *score.Model
	list       ScoreModel
	visited    map[string][]visit.Outcome
	network    *network
	traffic    trafficResult
	stages     []StageTime
	begun      time.Time
	records    []ingest.FileReport     // every delivery once, whether its file still lies in the inbox or not
	files      []ingest.FileReport     // of the inbox, copies of deliveries included
	doubts     []export.QualityMessage // about readings
	unknown    []export.QualityMessage // about ids that no table knows
	deliveries []export.DeliveryChange // newest file of each dataset against the one before

	balances []Balance
	months   map[string][]export.MonthCoverage // by site
	split    map[string]*siteCase              // sites whose strongest block is one that they share
}

// Run takes in what is new and makes a run of it. If neither input nor
// settings nor program have changed since the newest run, that run is the result.
// It fails with [ErrBusy] while another process changes the workspace.
func Run(ctx context.Context, ws *Workspace, o RunOptions) (*RunResult, error) {
	return within(ctx, ws.Config.Limits, func(ctx context.Context) (*RunResult, error) { return runLocked(ctx, ws, o) })
}

func runLocked(ctx context.Context, ws *Workspace, o RunOptions) (*RunResult, error) {
	unlock, err := ws.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := ws.recoverRuns(); err != nil {
		return nil, err
	}
	if err := o.apply(&ws.Config); err != nil {
		return nil, err
	}
	env, err := newEnv(ws, o.Progress)
	if err != nil {
		return nil, err
	}
	if o.Runner != nil {
		env.runner = o.Runner
	}
	env.mirror = o.Mirror
	r := &runner{env: env, begun: time.Now()}
	var taken *IngestResult
	if err := r.timed("ingest", func() (int64, error) {
		taken, err = takeIn(ctx, ws, IngestOptions{Progress: o.Progress})
		if err != nil {
			return 0, err
		}
		return taken.rows(), nil
	}); err != nil {
		return nil, err
	}
	if r.records, err = accounts(ws, taken.Files); err != nil {
		return nil, err
	}
	r.files = taken.Files
	result := &RunResult{Ingest: *taken, OverQuarantine: taken.OverQuarantine}
	fingerprint, parts, err := r.fingerprint()
	if err != nil {
		return nil, err
	}
	if m, dir, ok := ws.newest(); ok && m.Fingerprint == fingerprint {
		if ws.intact(dir) {
			return result, result.reuse(m, dir)
		}
		result.Repaired = append(result.Repaired, ws.below(dir)+": is not as it was sealed, minewatch verify says where")
	}
	if err := r.timed("audit", func() (n int64, err error) {
		result.Repaired, err = r.check(ctx, result.Repaired)
		return int64(len(result.Repaired)), err
	}); err != nil {
		return nil, err
	}
	tmp, err := ws.BeginRun()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp) // nothing is left of it after PublishRun
	out, err := r.compute(ctx)
	if err != nil {
		return nil, err
	}
	if out.ID, err = ws.nextRunID(fingerprint); err != nil {
		return nil, err
	}
	if err := r.publish(tmp, fingerprint, parts, out, result); err != nil {
		return nil, err
	}
	return result, nil
}

func (r *runner) timed(stage string, work func() (int64, error)) error {
	cost := started()
	rows, err := work()
	r.stages = append(r.stages, StageTime{Stage: stage, Tasks: 1, Rows: rows, Cost: cost()})
	return err
}

// check makes sure that the lake and the run before are as they were committed, and
// that the lake adds up. It returns damaged with the derived files that it removed.
func (r *runner) check(ctx context.Context, damaged []string) ([]string, error) {
	removed, err := r.env.checkLake(ctx)
	if err != nil {
		return nil, fmt.Errorf("check the lake: %w", err)
	}
	if err := r.env.WS.checkEarlier(); err != nil {
		return nil, fmt.Errorf("check the run before: %w", err)
	}
	return append(damaged, removed...), r.compareInputs(ctx)
}

// compareInputs holds deliveries against the lake and against one another, in one
// database: to open it takes longer than most of its answers.
func (r *runner) compareInputs(ctx context.Context) error {
	_, err := r.env.inDuckDB(ctx, r.env.Workers, func(db *sql.DB) (_ int64, err error) {
		if r.balances, err = r.env.reconcile(ctx, db); err != nil {
			return 0, fmt.Errorf("the lake does not add up: %w", err)
		}
		if r.unknown, err = r.env.references(ctx, db); err != nil {
			return 0, fmt.Errorf("check references: %w", err)
		}
		r.deliveries, err = r.env.changes(ctx, db, r.records)
		return 0, err
	})
	return err
}

// compute derives everything from the lake.
func (r *runner) compute(ctx context.Context) (*export.Run, error) {
	if err := r.stage(ctx, profileStage, checkStage, detectStage); err != nil {
		return nil, err
	}
	var err error
	if r.doubts, err = r.env.doubts(); err != nil {
		return nil, fmt.Errorf("check readings: %w", err)
	}
	r.doubts = append(r.doubts, r.unknown...)
	covered := new(errgroup.Group) // beside the peers, which read other tables
	covered.Go(func() (err error) {
		r.months, err = r.env.monthsCovered()
		return err
	})
	err = r.stage(ctx, peerStage)
	if err := covered.Wait(); err != nil {
		return nil, fmt.Errorf("coverage: %w", err)
	}
	if err != nil {
		return nil, err
	}
	if err := r.stage(ctx, billingStage); err != nil {
		return nil, err
	}
	if err := r.stage(ctx, feederStage); err != nil {
		return nil, err
	}
	if err := r.stage(ctx, groupStage); err != nil {
		return nil, err
	}
	asOf := r.asOf()
	if err := r.runTraffic(ctx); err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	if r.law, err = loadLaw(r.env, asOf); err != nil {
		return nil, fmt.Errorf("registry and law: %w", err)
	}
	var out *export.Run
	err = r.timed("score", func() (int64, error) {
		cases, err := r.cases()
		if err != nil {
			return 0, err
		}
		if err := r.judge(cases); err != nil {
			return 0, err
		}
		candidates, err := r.network.candidates(ctx, r.env, asOf, cases)
		if err != nil {
			return 0, fmt.Errorf("candidates: %w", err)
		}
		if out, err = r.gather(cases, asOf); err != nil {
			return 0, err
		}
		out.Candidates = candidates
		if err := r.completePack(out); err != nil {
			return 0, err
		}
		return int64(len(cases)), nil
	})
	return out, err
}

func (r *runner) stage(ctx context.Context, stages ...*Stage) error {
	times, err := runStages(ctx, r.env, stages...)
	r.stages = append(r.stages, times...)
	return err
}

// asOf is the day on which due dates and validity are reckoned: as set, else
// the day after the last data, so that the same input gives the same output.
func (r *runner) asOf() datasets.Day {
	if d := r.env.WS.Config.AsOf.Day(); d != 0 {
		return d
	}
	last := datasets.Day(0)
	for _, f := range r.records {
		if t, err := time.Parse(time.RFC3339, f.Last); err == nil && dataTimes[f.Dataset] {
			last = max(last, datasets.DayOf(t.In(r.env.Zone)))
		}
	}
	if last == 0 {
		return 0
	}
	return last + 1
}

// dataTimes names the inputs whose times are those of the data, not of the law.
var dataTimes = map[string]bool{"readings": true, "billing": true, "feeder_readings": true, "flows": true, "dns": true, "tls": true}

// cases gathers every site that is known or read, by id.
func (r *runner) cases() ([]*siteCase, error) {
	by := map[string]*siteCase{}
	get := func(id string) *siteCase {
		s := by[id]
		if s == nil {
			s = &siteCase{site: datasets.Site{SiteID: id}}
			by[id] = s
		}
		return s
	}
	for id, site := range r.env.around.sites {
		get(id).site = site
	}
	for id, l := range r.env.shared.load {
		get(id).load = l
	}
	var evidence []datasets.Evidence
	for _, table := range []string{"load_evidence", "peer_evidence", "billing_evidence", "feeder_evidence", "group_evidence"} {
		rows, err := store.ReadTable[datasets.Evidence](r.env.WS.Lake(), table)
		if err != nil {
			return nil, err
		}
		evidence = append(evidence, rows...)
	}
	worth := r.env.tables.loadWorth()
	for _, e := range append(evidence, r.traffic.evidence...) {
		load.Rescale(&e, worth)
		get(e.SiteID).evidence = append(get(e.SiteID).evidence, e)
	}
	for table, of := range map[string]func(*siteCase) *[]datasets.MiningEnergy{
		"mining_energy": func(s *siteCase) *[]datasets.MiningEnergy { return &s.energy },
		"feeder_energy": func(s *siteCase) *[]datasets.MiningEnergy { return &s.unmetered },
		"group_energy":  func(s *siteCase) *[]datasets.MiningEnergy { return &s.together },
	} {
		energy, err := store.ReadTable[datasets.MiningEnergy](r.env.WS.Lake(), table)
		if err != nil {
			return nil, err
		}
		for _, e := range energy {
			list := of(get(e.SiteID))
			*list = append(*list, e)
		}
	}
	visits, err := r.env.visited()
	if err != nil {
		return nil, err
	}
	r.visited = visits
	for id, list := range visits {
		if last, ok := visit.Latest(list); ok {
			get(id).visited = &last
			get(id).evidence = append(get(id).evidence, last.Evidence(get(id).evidence))
		}
	}
	for id, known := range r.env.tables.Known.On(r.asOf()) {
		if s := by[id]; s != nil {
			s.evidence = append(s.evidence, counter.Known(id, counter.KnownLoad{Kind: known.Kind, Source: known.Source, Note: known.LicenceNo}))
		}
	}
	cases := make([]*siteCase, 0, len(by))
	for id, s := range by {
		if e, ok := counter.Power(id, s.evidence); ok {
			s.evidence = append(s.evidence, e)
		}
		cases = append(cases, s)
	}
	slices.SortFunc(cases, bySite)
	return cases, nil
}

// gather makes the exporters' view of the judged sites.
func (r *runner) gather(cases []*siteCase, asOf datasets.Day) (*export.Run, error) {
	r.doubts = append(r.doubts, namedFaults(cases)...)
	out := &export.Run{
		Version: ThisProgram().Version, AsOf: asOf, Zone: r.env.Zone, Workers: r.env.Workers,
		Sites: r.env.around.sites, Tax: map[string][]string{}, RegistryNames: map[string]string{},
		Subscribers: r.traffic.subscribers,
		Quality:     r.quality(), Charts: r.chart, Visits: r.visits(cases),
	}
	r.split = map[string]*siteCase{}
	r.list = r.scoreModel(out.Visits)
	out.Expected = r.list.Expected
	for _, s := range cases {
		if s.split {
			r.split[s.site.SiteID] = s
		}
		out.Scores = append(out.Scores, s.row)
		out.Terms = append(out.Terms, s.verdict.Terms...)
		out.Evidence = append(out.Evidence, s.evidence...)
		if l := s.load; l.Hours > 0 {
			out.From = earliest(out.From, l.First)
			out.Until = max(out.Until, l.Last)
		}
		if !s.row.Proposed {
			continue
		}
		out.Statement = append(out.Statement, s.account.Rows()...)
		var text strings.Builder
		if err := s.account.Explain(&text); err != nil {
			return nil, err
		}
		out.Tax[s.site.SiteID] = strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	}
	var err error
	if out.LookAlikes, err = r.lookAlikes(cases); err != nil {
		return nil, fmt.Errorf("look-alikes: %w", err)
	}
	out.HitRates = hitRates(r.visited, cases)
	for _, e := range r.law.entries {
		out.RegistryNames[e.BIN] = e.Name
	}
	if err := r.received(cases, out); err != nil {
		return nil, err
	}
	books, err := r.books(cases)
	if err != nil {
		return nil, fmt.Errorf("check the register: %w", err)
	}
	out.Breaches = registry.Breaches(r.law.index, books, r.law.tables)
	out.Notices = export.RowsOf(registry.Notices(r.law.index, r.law.tables.Regimes, asOf))
	out.Notes = slices.Concat(absentNotes(out.Quality), withheldNotes(out.Evidence), r.traffic.notes)
	return out, nil
}

func earliest(a, b datasets.Micros) datasets.Micros {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// publish writes, seals and names the run.
func (r *runner) publish(tmp, fingerprint string, parts []LakePart, out *export.Run, result *RunResult) error {
	var files []string
	err := r.timed("export", func() (n int64, err error) {
		files, err = export.Write(tmp, out)
		return int64(len(files)), err
	})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if err := r.env.tables.keep(tmp); err != nil {
		return fmt.Errorf("keep tables: %w", err)
	}
	if err := keepCalculations(tmp, out); err != nil {
		return fmt.Errorf("keep calculations: %w", err)
	}
	if err := keepModel(tmp, r.list); err != nil {
		return fmt.Errorf("keep the model: %w", err)
	}
	ws := r.env.WS
	key, err := ws.Key()
	if err != nil {
		return err
	}
	j, err := ws.openJournal()
	if err != nil {
		return err
	}
	m := Manifest{
		RunID: out.ID, Fingerprint: fingerprint, Program: ThisProgram(), Settings: ws.Config.Settings(), Seed: ws.Config.Seed,
		AsOf: Date(out.AsOf), Inputs: r.inputs(), Tables: r.env.tables.Files, Lake: parts, Balances: r.balances, Notes: out.Notes,
		Times: Times{Started: r.begun.UTC(), Finished: time.Now().UTC(), Stages: r.stages, Journal: j.head()},
	}
	if _, err := Seal(tmp, m, key); err != nil {
		return err
	}
	dir, err := ws.PublishRun(tmp, out.ID)
	if err != nil {
		return err
	}
	if err := j.noteRun(out.ID, ""); err != nil {
		return err
	}
	*result = RunResult{
		ID: out.ID, Dir: dir, Fresh: true, Ingest: result.Ingest, Proposed: out.Visits, Next: next(out.Scores), Model: r.list, Outputs: files,
		Notes: out.Notes, Stages: r.stages, OverQuarantine: result.OverQuarantine, Repaired: result.Repaired,
	}
	return nil
}

// accounts returns what became of every delivery, by number, and of the files
// that could not be read.
func accounts(ws *Workspace, inbox []ingest.FileReport) ([]ingest.FileReport, error) {
	list, err := ingest.Records(ws.Dir)
	if err != nil {
		return nil, err
	}
	for _, f := range inbox {
		if f.Number == 0 {
			list = append(list, f)
		}
	}
	return list, nil
}

func (r *runner) inputs() []InputFile {
	var files []InputFile
	for _, f := range r.files {
		if f.Refused != nil {
			continue
		}
		files = append(files, InputFile{
			Dataset: f.Dataset, Path: f.Path, SHA256: f.SHA256, Bytes: f.Bytes,
			Rows: f.Rows, Accepted: f.Accepted, Duplicates: f.Duplicates, Quarantined: f.Rows - f.Accepted - f.Duplicates,
		})
	}
	return files
}

// fingerprint hashes everything that a run depends on: program, settings and
// the committed inputs.
func (r *runner) fingerprint() (string, []LakePart, error) {
	text := []string{r.env.code, fmt.Sprint(r.env.WS.Config.Settings())} // fmt sorts maps
	var parts []LakePart
	for _, t := range datasets.Inputs() {
		list, err := store.List(r.env.WS.Lake(), t.Name)
		if err != nil {
			return "", nil, err
		}
		for _, m := range list {
			text = append(text, m.Ref())
			parts = append(parts, LakePart{Table: m.Table, Partition: m.Partition, Rows: m.Rows, SHA256: m.SHA256})
		}
	}
	for _, f := range slices.Concat(r.records, r.files) { // refused files change what the quality pages say
		text = append(text, f.Dataset, f.Path, f.SHA256)
	}
	for _, f := range r.env.tables.Files {
		text = append(text, f.Path, f.SHA256)
	}
	for _, name := range r.env.WS.Config.Traffic.MMDB {
		sum, err := store.HashFile(r.env.WS.Path(name))
		if err != nil {
			return "", nil, fmt.Errorf("traffic.mmdb: %w; name a file that exists, or leave the setting empty", err)
		}
		text = append(text, sum)
	}
	blocks, err := r.env.blockTimes()
	if err != nil {
		return "", nil, err
	}
	text = append(text, blocks.digest)
	return store.Fingerprint(text...), parts, nil
}

// reuse makes the newest run the result.
func (result *RunResult) reuse(m Manifest, dir string) error {
	result.ID, result.Dir, result.Notes, result.Stages = m.RunID, dir, m.Notes, m.Times.Stages
	for _, o := range m.Outputs {
		result.Outputs = append(result.Outputs, o.Path)
	}
	scores, err := store.ReadFile[datasets.Score](filepath.Join(dir, "scores.parquet"))
	if err != nil {
		return err
	}
	result.Next = next(scores)
	if result.Model, err = readModel(dir); err != nil {
		return err
	}
	result.Proposed, err = store.ReadFile[datasets.Visit](filepath.Join(dir, "visits.parquet"))
	return err
}

// nextSites is how many sites are named that just missed the list.
const nextSites = 3

func next(scores []datasets.Score) []datasets.Score {
	rest := slices.DeleteFunc(slices.Clone(scores), func(s datasets.Score) bool { return s.Proposed })
	slices.SortFunc(rest, func(a, b datasets.Score) int {
		return cmp.Or(cmp.Compare(b.RankValue, a.RankValue), cmp.Compare(a.SiteID, b.SiteID))
	})
	return rest[:min(nextSites, len(rest))]
}
