package pipeline

import (
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
		of[row.SiteID] = append(of[row.SiteID], visit.Outcome{Outcome: row, At: e.begin(row.VisitedOn)})
	}
	return of, nil
}

// begin is the instant at which a day begins in the zone.
func (e *Env) begin(d datasets.Day) datasets.Micros { return datasets.MicrosOf(d.In(e.Zone)) }
