package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/ingest"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// reconcile holds what the files delivered against what the lake has: rows by
// its manifests, energy summed over the tables themselves.
func (e *Env) reconcile(ctx context.Context, records []ingest.FileReport) ([]export.Reconciliation, error) {
	var list []export.Reconciliation
	_, err := e.inDuckDB(ctx, func(db *sql.DB) (int64, error) {
		for _, t := range datasets.Inputs() {
			r, delivered, err := e.reconcileTable(ctx, db, t, records)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", t.Name, err)
			}
			if delivered {
				list = append(list, r)
			}
		}
		return int64(len(list)), nil
	})
	return list, err
}

func (e *Env) reconcileTable(ctx context.Context, db *sql.DB, t *datasets.Table, records []ingest.FileReport) (r export.Reconciliation, delivered bool, err error) {
	r.Dataset = t.Name
	var wh, duplicateWh, correctedWh datasets.Wh
	for _, f := range records {
		if f.Dataset != t.Name || f.Status == ingest.Withdrawn || f.Record.Refused != nil {
			continue
		}
		delivered = true
		r.Read += f.Rows
		r.Duplicates += f.Duplicates
		r.Corrected += f.Superseded
		for _, n := range f.Quarantined {
			r.Refused += n
		}
		wh += datasets.Wh(f.Wh)
		duplicateWh += datasets.Wh(f.DuplicateWh)
		correctedWh += datasets.Wh(f.SupersededWh)
	}
	if !delivered {
		return r, false, nil
	}
	parts, err := store.List(e.WS.Lake(), t.Name)
	if err != nil {
		return r, false, err
	}
	for _, m := range parts {
		r.Lake += m.Rows
	}
	r.MissingRows = r.Read - r.Lake - r.Corrected - r.Duplicates - r.Refused
	c := t.Column("wh")
	if c == nil || c.Kind != datasets.Energy || len(parts) == 0 {
		return r, true, nil
	}
	lakeWh, err := e.sumWh(ctx, db, t, parts)
	r.HasKWh, r.KWh, r.DuplicateKWh, r.CorrectedKWh, r.LakeKWh = true, wh.KWh(), duplicateWh.KWh(), correctedWh.KWh(), lakeWh.KWh()
	r.MissingWh = int64(wh - lakeWh - correctedWh - duplicateWh)
	return r, true, err
}

// sumWh adds up the energy of a table.
func (e *Env) sumWh(ctx context.Context, db *sql.DB, t *datasets.Table, parts []store.Manifest) (wh datasets.Wh, err error) {
	if err := db.View(ctx, t.Name, t, paths(e.WS.Lake(), parts)); err != nil {
		return 0, err
	}
	rows, err := db.Query(ctx, `SELECT coalesce(sum(wh), 0)::BIGINT FROM "`+t.Name+`"`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(&wh)
	}
	return wh, errors.Join(err, rows.Err())
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
func changes(records []ingest.FileReport) []export.DeliveryChange {
	last, before := map[string]*ingest.FileReport{}, map[string]*ingest.FileReport{}
	for i := range records { // in the order of their numbers
		f := &records[i]
		if f.Record.Refused == nil && f.Status != ingest.Withdrawn {
			before[f.Dataset], last[f.Dataset] = last[f.Dataset], f
		}
	}
	var list []export.DeliveryChange
	for _, t := range datasets.Inputs() {
		if before[t.Name] != nil {
			list = append(list, export.DeliveryChange{Dataset: t.Name, File: delivery(last[t.Name]), Before: delivery(before[t.Name])})
		}
	}
	return list
}

func delivery(f *ingest.FileReport) export.Delivery {
	d := export.Delivery{Name: f.Path, Rows: f.Rows, Accepted: f.Accepted, Duplicates: f.Duplicates, Superseded: f.Superseded,
		KWh: datasets.Wh(f.AcceptedWh).KWh(), From: f.First, Until: f.Last}
	for _, n := range f.Quarantined {
		d.Refused += n
	}
	return d
}
