package pipeline

import (
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/visit"
)

// visited returns what visits found, by site.
func (e *Env) visited() (map[string][]visit.Outcome, error) {
	rows, err := store.ReadTable[datasets.Outcome](e.WS.Lake(), "outcomes")
	if err != nil {
		return nil, err
	}
	of := map[string][]visit.Outcome{}
	for _, row := range rows {
		d := row.VisitedOn.Date()
		at := datasets.MicrosOf(time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, e.Zone))
		of[row.SiteID] = append(of[row.SiteID], visit.Outcome{Outcome: row, At: at})
	}
	return of, nil
}
