package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
)

// feederStage balances what entered each feeder against the meters below it,
// and asks which site a block in the loss belongs to.
var feederStage = &Stage{
	Name:   "feeders",
	Tables: []string{"feeder_evidence", "feeder_energy"},
	Beside: sharedTables,
	After:  []*Stage{profileStage},
	Needs:  (*Env).share,
	Plan: func(env *Env) ([]Task, error) {
		in, err := store.List(env.WS.Lake(), "feeder_readings")
		if err != nil || len(in) == 0 {
			return nil, err
		}
		readings, err := store.List(env.WS.Lake(), "readings")
		if err != nil {
			return nil, err
		}
		sites, err := json.Marshal(env.below())
		if err != nil {
			return nil, err
		}
		in = append(in, readings...)
		fp := store.Fingerprint(slices.Concat([]string{"feeders", env.code, env.WS.Config.Zone, fmt.Sprint(env.WS.Config.Scoring.Prior), env.shared.digest, string(sites)}, refs(in))...)
		return []Task{{Stage: "feeders", Out: datasets.Whole, Fingerprint: fp, In: in}}, nil
	},
	Apply: applyFeeders,
}

// below lists the sites of each feeder, by id.
func (e *Env) below() map[string][]load.Below {
	of := map[string][]load.Below{}
	for _, s := range e.around.sites {
		if s.FeederID != "" {
			of[s.FeederID] = append(of[s.FeederID], load.Below{SiteID: s.SiteID, ContractedKW: s.ContractedKW})
		}
	}
	for _, list := range of {
		slices.SortFunc(list, func(a, b load.Below) int { return cmp.Compare(a.SiteID, b.SiteID) })
	}
	return of
}

// A feederCase is one feeder under examination.
type feederCase struct {
	window *load.Window // of what entered it
	sites  []load.Below

	mu      sync.Mutex
	balance *load.Balance
	sight   *load.Sight // of the loss, if a block was found in it
	why     string      // if none was
	spoken  bool
}

// hourBytes is what an hour of a feeder takes in memory: load, clock, two sums, loss.
const hourBytes = 8 + 1 + 1 + 16 + 8

func applyFeeders(ctx context.Context, env *Env, t Task) (int64, error) {
	below := env.below()
	var evidence []datasets.Evidence
	var energy []datasets.MiningEnergy
	var batch []*feederCase
	hours := 0
	finish := func() error {
		if err := env.balance(ctx, batch); err != nil {
			return err
		}
		for _, f := range batch {
			e, q := env.attribute(f)
			evidence, energy = append(evidence, e...), append(energy, q...)
		}
		batch, hours = batch[:0], 0
		return nil
	}
	budget := int(env.WS.Config.Limits.Memory) << 20 / 4 / hourBytes
	err := env.feederSeries(t, func(id string, l *datasets.Load) error {
		if len(below[id]) == 0 {
			return nil
		}
		s := new(features.Normaliser).Normalise(id, l)
		batch = append(batch, &feederCase{window: load.NewWindow(s, env.Zone), sites: below[id]})
		if hours += len(s.KW); hours < budget {
			return nil
		}
		return finish()
	})
	if err == nil {
		err = finish()
	}
	if err != nil {
		return 0, err
	}
	lake := env.WS.Lake()
	if _, err := store.CommitRows(lake, evidence, t.manifest("feeder_evidence")); err != nil {
		return 0, err
	}
	_, err = store.CommitRows(lake, energy, t.manifest("feeder_energy"))
	return int64(len(evidence)), err
}

// feederSeries calls each with the readings of one feeder after the other. The
// table lies in order of feeder and time.
func (e *Env) feederSeries(t Task, each func(id string, l *datasets.Load) error) error {
	var l datasets.Load
	id := ""
	flush := func() error {
		if l.Len() == 0 {
			return nil
		}
		defer l.Reset()
		return each(id, &l)
	}
	for _, m := range t.In {
		if m.Table != "feeder_readings" {
			continue
		}
		err := store.Scan(m.Path(e.WS.Lake()), func(rows []datasets.FeederReading) error {
			for _, r := range rows {
				if r.FeederID != id {
					if err := flush(); err != nil {
						return err
					}
					id = r.FeederID
				}
				// What does not fit is the energy of more than an hour, which is in no hour.
				l.Append(r.TS, int32(min(r.Wh, math.MaxInt32)), datasets.Measured, 0)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return flush()
}

// balance adds up the sites below each feeder, scans the losses, and looks how
// the sites' own loads changed where a block was found.
func (e *Env) balance(ctx context.Context, batch []*feederCase) error {
	of := map[string]*feederCase{}
	for _, f := range batch {
		f.balance = load.NewBalance(f.window, len(f.sites))
		for _, s := range f.sites {
			of[s.SiteID] = f
		}
	}
	if err := seriesOf(ctx, e, of, func(f *feederCase, s *features.Series) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.balance.Add(s)
	}); err != nil {
		return err
	}
	var g errgroup.Group
	for part := range slices.Chunk(batch, max(1, (len(batch)+e.Workers-1)/e.Workers)) {
		g.Go(func() error {
			scanner := load.NewScanner()
			for _, f := range part {
				e.scanLoss(f, scanner)
			}
			return nil
		})
	}
	_ = g.Wait() // none returns an error
	found := map[string]*feederCase{}
	for id, f := range of {
		if f.sight != nil {
			found[id] = f
		}
	}
	return seriesOf(ctx, e, found, func(f *feederCase, s *features.Series) {
		f.mu.Lock()
		defer f.mu.Unlock()
		i := slices.IndexFunc(f.sites, func(b load.Below) bool { return b.SiteID == s.SiteID })
		f.sites[i].FallKW, f.sites[i].FallZ = load.Fall(s, f.sight.At(f.sight.Block.Onset))
	})
}

func (e *Env) scanLoss(f *feederCase, scanner *load.Scanner) {
	w := load.NewWindow(f.balance.Loss(), e.Zone)
	if e.keepsHolidays(e.around.sites[f.sites[0].SiteID]) {
		w.Observe(e.around.otherDays)
	}
	var block *load.Block
	block, f.why, f.spoken = load.Bypass{}.Find(f.balance, w, scanner)
	if block != nil {
		f.sight = &load.Sight{Window: w, Block: block, Zone: e.Zone}
	}
}

// attribute gives each site of a feeder its evidence, and the energy of the block
// in the loss to those for which it speaks.
func (e *Env) attribute(f *feederCase) (evidence []datasets.Evidence, energy []datasets.MiningEnergy) {
	d := load.Bypass{Prior: e.WS.Config.Scoring.Prior}
	if f.sight == nil {
		for _, s := range f.sites {
			evidence = append(evidence, d.Without(f.window, s.SiteID, f.why, f.spoken))
		}
		return evidence, nil
	}
	quarters := load.Quarters(f.sight.Window, f.sight.Block, e.quarterOf)
	for i, lr := range d.Share(f.sight.Block, f.sites) {
		evidence = append(evidence, d.Evidence(f.sight, f.sites[i], len(f.sites), lr))
		if lr <= 0 {
			continue
		}
		for _, q := range quarters {
			q.SiteID = f.sites[i].SiteID
			energy = append(energy, q)
		}
	}
	return evidence, energy
}
