package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/ingest"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// reconciled shows the balances on the quality page.
func reconciled(balances []Balance) []export.Reconciliation {
	list := make([]export.Reconciliation, len(balances))
	for i, b := range balances {
		kwh := func(wh int64) float64 { return datasets.Wh(wh).KWh() }
		c := datasets.Lookup(b.Table).Column("wh")
		list[i] = export.Reconciliation{
			Dataset: b.Table, Read: b.Rows, Refused: b.Quarantined, Duplicates: b.Duplicates, Corrected: b.Superseded, Lake: b.LakeRows,
			HasKWh: c != nil && c.Kind == datasets.Energy && b.LakeRows > 0,
			KWh:    kwh(b.AcceptedWh + b.DuplicateWh), DuplicateKWh: kwh(b.DuplicateWh), CorrectedKWh: kwh(b.SupersededWh), LakeKWh: kwh(b.LakeWh),
			MissingRows: b.Rows - b.LakeRows - b.Superseded - b.Duplicates - b.Quarantined,
			MissingWh:   b.AcceptedWh - b.SupersededWh - b.LakeWh,
		}
	}
	return list
}

// monthsCovered returns how much of each month of a site is known.
func (e *Env) monthsCovered() (map[string][]export.MonthCoverage, error) {
	list, err := store.List(e.WS.Lake(), "load_profile")
	if err != nil {
		return nil, err
	}
	months := map[string][]export.MonthCoverage{}
	for _, m := range list {
		err := store.Scan(m.Path(e.WS.Lake()), func(rows []datasets.LoadProfile) error {
			for _, p := range rows {
				of := months[p.SiteID]
				for n := len(of); n > 0 && of[n-1].Month+1 < p.Month; n++ { // a month without any reading
					of = append(of, export.MonthCoverage{Month: of[n-1].Month + 1})
				}
				months[p.SiteID] = append(of, export.MonthCoverage{Month: p.Month, Covered: float64(p.Covered) / float64(max(p.Hours, 1))})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return months, nil
}

// changes holds the newest file of each dataset against the one before it.
func (e *Env) changes(ctx context.Context, db *sql.DB, records []ingest.FileReport) (list []export.DeliveryChange, err error) {
	last, before := map[string]*ingest.FileReport{}, map[string]*ingest.FileReport{}
	for i := range records { // in the order of their numbers
		f := &records[i]
		if f.Record.Refused == nil && f.Status != ingest.Withdrawn {
			before[f.Dataset], last[f.Dataset] = last[f.Dataset], f
		}
	}
	for _, t := range datasets.Inputs() {
		if before[t.Name] == nil {
			continue
		}
		c := export.DeliveryChange{Dataset: t.Name, File: delivery(last[t.Name]), Before: delivery(before[t.Name])}
		if err := e.compareIDs(ctx, db, t, last[t.Name], before[t.Name], &c); err != nil {
			return nil, fmt.Errorf("compare %s with %s: %w", c.File.Name, c.Before.Name, err)
		}
		list = append(list, c)
	}
	return list, nil
}

// compareIDs counts the sites, feeders or BINs of two files, the text that the
// key of their table begins with: meters that a delivery lacks are the change
// that matters most.
func (e *Env) compareIDs(ctx context.Context, db *sql.DB, t *datasets.Table, file, before *ingest.FileReport, c *export.DeliveryChange) error {
	i := slices.IndexFunc(t.Columns, func(c datasets.Column) bool { return c.Key })
	if t.Columns[i].Kind != datasets.Text || file.Part == "" || before.Part == "" {
		return nil
	}
	part := func(f *ingest.FileReport) []string {
		return []string{filepath.Join(e.WS.Lake(), filepath.FromSlash(f.Part))}
	}
	for _, f := range []*ingest.FileReport{file, before} { // parts are not among the tables that a run has checked
		var damage *store.Damage
		if err := store.CheckFile(part(f)[0], f.PartSHA256); errors.As(err, &damage) {
			return &DamagedError{[]Problem{{File: e.WS.below(damage.Path), What: damage.What, Remedy: "run minewatch ingest --repair"}}}
		}
	}
	if err := errors.Join(db.View(ctx, "newest", t, part(file)), db.View(ctx, "before", t, part(before))); err != nil {
		return err
	}
	// The name is that of the catalog.
	return db.One(ctx, fmt.Sprintf(`SELECT count(n.id), count(b.id), count(*) FILTER (WHERE b.id IS NULL), count(*) FILTER (WHERE n.id IS NULL)
		FROM (SELECT DISTINCT %[1]s AS id FROM newest WHERE %[1]s <> '') n FULL JOIN (SELECT DISTINCT %[1]s AS id FROM before WHERE %[1]s <> '') b USING (id)`, t.Columns[i].Name),
		&c.File.IDs, &c.Before.IDs, &c.File.OnlyHere, &c.Before.OnlyHere)
}

func delivery(f *ingest.FileReport) export.Delivery {
	d := export.Delivery{Name: f.Path, Rows: f.Rows, Accepted: f.Accepted, Duplicates: f.Duplicates, Superseded: f.Superseded,
		KWh: datasets.Wh(f.AcceptedWh).KWh(), From: f.First, Until: f.Last}
	for _, n := range f.Quarantined {
		d.Refused += n
	}
	return d
}
