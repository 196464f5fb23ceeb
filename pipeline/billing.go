package pipeline

import (
	"context"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/load"
)

// billingStage looks at the bills of sites without interval readings. A task is
// a bucket of bills.
var billingStage = &Stage{
	Name:   "billing",
	Tables: []string{"billing_evidence"},
	Beside: sharedTables,
	After:  []*Stage{profileStage},
	Needs:  (*Env).share,
	Plan: func(env *Env) ([]Task, error) {
		return env.bucketTasks("billing", []string{"billing"}, env.WS.Config.Zone, env.shared.digest)
	},
	Apply: applyBilling,
}

func applyBilling(_ context.Context, env *Env, t Task) (int64, error) {
	lake := env.WS.Lake()
	var evidence []datasets.Evidence
	var bills []load.Bill
	site := ""
	flush := func() {
		if site != "" && env.shared.load[site].Hours == 0 {
			evidence = append(evidence, load.Billing{}.Detect(site, bills, env.begin))
		}
		bills = bills[:0]
	}
	for _, m := range t.In {
		err := store.Scan(m.Path(lake), func(rows []datasets.Billing) error {
			for _, r := range rows { // in order of site and period
				if r.SiteID != site {
					flush()
					site = r.SiteID
				}
				if r.Quality == datasets.Measured {
					bills = append(bills, load.Bill{First: r.PeriodStart, Last: r.PeriodEnd, Wh: r.Wh})
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	flush()
	_, err := store.CommitRows(lake, evidence, t.manifest("billing_evidence"))
	return int64(len(evidence)), err
}
