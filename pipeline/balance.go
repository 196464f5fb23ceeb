package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/ingest"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// A Balance sets what the deliveries of one input table say against what the
// lake holds of them. Rows = Accepted + Duplicates + Quarantined, and
// Accepted - Superseded = LakeRows; energy likewise, as counted on reading and
// as summed in the lake. Withdrawn deliveries count as if they had never come.
type Balance struct {
	Table        string `json:"table"`
	Files        int    `json:"files"`
	Rows         int64  `json:"rows"`
	Accepted     int64  `json:"accepted"`
	Duplicates   int64  `json:"duplicates"`
	Quarantined  int64  `json:"quarantined"`
	Superseded   int64  `json:"superseded"`
	LakeRows     int64  `json:"lake_rows"`
	AcceptedWh   int64  `json:"accepted_wh,omitempty"`
	DuplicateWh  int64  `json:"duplicate_wh,omitempty"`
	SupersededWh int64  `json:"superseded_wh,omitempty"`
	LakeWh       int64  `json:"lake_wh,omitempty"`
}

// check says in what the two sides differ.
func (b Balance) check() error {
	var problems []error
	differ := func(what string, deliveries, lake int64) {
		if deliveries != lake {
			problems = append(problems, fmt.Errorf("%s: the deliveries come to %d %s, the lake holds %d; run minewatch ingest --repair", b.Table, deliveries, what, lake))
		}
	}
	if b.Rows != b.Accepted+b.Duplicates+b.Quarantined {
		problems = append(problems, fmt.Errorf("%s: %d rows are not %d accepted + %d duplicates + %d quarantined", b.Table, b.Rows, b.Accepted, b.Duplicates, b.Quarantined))
	}
	differ("rows", b.Accepted-b.Superseded, b.LakeRows)
	differ("Wh", b.AcceptedWh-b.SupersededWh, b.LakeWh)
	return errors.Join(problems...)
}

// reconcile reckons every input table that has deliveries. It fails if rows or
// energy were lost or doubled on the way from the deliveries to the lake.
func (e *Env) reconcile(ctx context.Context, db *sql.DB) (list []Balance, err error) {
	records, err := ingest.Records(e.WS.Dir)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, t := range datasets.Inputs() {
		b, err := e.balanceTable(ctx, db, t, records)
		if err != nil {
			return nil, err
		}
		if b.Files > 0 || b.LakeRows > 0 {
			list = append(list, b)
			problems = append(problems, b.check())
		}
	}
	return list, errors.Join(problems...)
}

func (e *Env) balanceTable(ctx context.Context, db *sql.DB, t *datasets.Table, records []ingest.FileReport) (Balance, error) {
	b := Balance{Table: t.Name}
	for _, r := range records {
		if r.Dataset != t.Name || r.Refused != nil || r.Withdrawn {
			continue
		}
		b.Files++
		b.Rows += r.Rows
		b.Accepted += r.Accepted
		b.Duplicates += r.Duplicates
		b.Quarantined += r.Rows - r.Decoded
		b.AcceptedWh += r.AcceptedWh
		b.DuplicateWh += r.DuplicateWh
	}
	parts, err := store.List(e.WS.Lake(), t.Name)
	if err != nil {
		return b, err
	}
	for _, m := range parts {
		b.LakeRows += m.Rows
		for _, l := range m.Left {
			b.Superseded += l.Superseded
			b.SupersededWh += l.SupersededWh
		}
	}
	if c := t.Column("wh"); c == nil || len(parts) == 0 {
		return b, nil
	}
	if err := db.View(ctx, t.Name, t, paths(e.WS.Lake(), parts)); err != nil {
		return b, err
	}
	rows, err := db.Query(ctx, "SELECT count(*), coalesce(sum(wh), 0)::BIGINT FROM "+t.Name)
	if err != nil {
		return b, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&b.LakeRows, &b.LakeWh); err != nil {
			return b, err
		}
	}
	return b, rows.Err()
}
