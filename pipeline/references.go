package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// references returns a message for each column whose values are not all in the
// column that it refers to, by the catalog. A column whose target has no values
// is passed over, as is the site of readings, which the profiles tell without
// reading each interval again.
func (e *Env) references(ctx context.Context, db *sql.DB) (list []export.QualityMessage, err error) {
	for _, t := range datasets.Inputs() {
		for i := range t.Columns {
			if t.Columns[i].References == "" || t.Name == "readings" {
				continue
			}
			m, err := e.reference(ctx, db, t, &t.Columns[i])
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", t.Name, t.Columns[i].Name, err)
			}
			if m != nil {
				list = append(list, *m)
			}
		}
	}
	return list, nil
}

func (e *Env) reference(ctx context.Context, db *sql.DB, t *datasets.Table, c *datasets.Column) (*export.QualityMessage, error) {
	to, column := c.Referenced()
	lake := e.WS.Lake()
	rows, err := store.List(lake, t.Name)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	targets, err := store.List(lake, to.Name)
	if err != nil || len(targets) == 0 {
		return nil, err
	}
	if err := errors.Join(db.View(ctx, "referring", t, paths(lake, rows)), db.View(ctx, "referred", to, paths(lake, targets))); err != nil {
		return nil, err
	}
	var unknown, different int64
	// The names are those of the catalog.
	err = db.One(ctx, fmt.Sprintf(`WITH known AS (SELECT DISTINCT %s AS v FROM referred WHERE %[1]s <> '')
		SELECT count(*), count(DISTINCT %[2]s) FROM referring
		WHERE %[2]s <> '' AND %[2]s NOT IN (FROM known) AND (SELECT count(*) FROM known) > 0`, column.Name, c.Name), &unknown, &different)
	if err != nil || unknown == 0 {
		return nil, err
	}
	return &export.QualityMessage{Subject: t.Name, Text: fmt.Sprintf("%d rows name a %s that is not in %s: %d different", unknown, c.In, to.Name, different)}, nil
}
