package pipeline

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/features"
	"github.com/minewatch/minewatch/detectors/load"
)

// ownHours is the least that must be known of a site for a simulated mine to have
// months before and after its begin.
const ownHours = 365 * 24

// OwnLoads returns what the electricity detectors see of up to n sites of a workspace
// with a year of hourly readings, by id. Which sites depends on their ids alone. The lake
// must have been profiled by a run.
func OwnLoads(ctx context.Context, ws *Workspace, n int) ([]*load.Window, error) {
	env, err := newEnv(ws, nil)
	if err != nil {
		return nil, err
	}
	if err := env.share(); err != nil {
		return nil, err
	}
	type drawn struct {
		id   string
		turn int32
	}
	var sites []drawn
	for id, l := range env.shared.load {
		if l.Known >= ownHours {
			sites = append(sites, drawn{id, datasets.BucketOf(id, 1<<20)})
		}
	}
	if len(sites) == 0 {
		return nil, errors.New("no site has a year of hourly readings; say minewatch run first, or deliver more")
	}
	slices.SortFunc(sites, func(a, b drawn) int { return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.id, b.id)) })
	wanted := map[string]bool{}
	for _, s := range sites[:min(n, len(sites))] {
		wanted[s.id] = true
	}
	var adding sync.Mutex
	var windows []*load.Window
	err = seriesOf(ctx, env, wanted, func(_ bool, s *features.Series) {
		kept := *s
		kept.KW, kept.Estimated = slices.Clone(s.KW), slices.Clone(s.Estimated)
		w := env.window(&kept)
		adding.Lock()
		defer adding.Unlock()
		windows = append(windows, w)
	})
	slices.SortFunc(windows, func(a, b *load.Window) int { return cmp.Compare(a.SiteID, b.SiteID) })
	return windows, err
}
