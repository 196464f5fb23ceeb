package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/ingest"
	"github.com/minewatch/minewatch/pipeline/sql"
)

// A Source is a delivered file that the result rows of a site rest on, with
// the lines of it that are about the site.
type Source struct {
	Dataset   string `json:"dataset"`
	Path      string `json:"path"` // below the workspace
	SHA256    string `json:"sha256"`
	Rows      int64  `json:"rows"`       // about the site, not superseded
	FirstLine int64  `json:"first_line"` // line, row or interval, see FORMAT.md
	LastLine  int64  `json:"last_line"`
}

// Sources traces the rows of a site to files and lines: what names the site,
// its feeder, its holder or the register's entity that answers for it. Traffic is traced
// to the leases that name the site.
func Sources(ctx context.Context, ws *Workspace, e *Explanation) (sources []Source, err error) {
	env, err := newEnv(ws, nil)
	if err != nil {
		return nil, err
	}
	records, err := ingest.Committed(ws.Dir)
	if err != nil {
		return nil, err
	}
	by := map[int32]ingest.Record{}
	for _, r := range records {
		by[r.Number] = r
	}
	tmp, err := os.MkdirTemp("", "minewatch-") // not in the lake, where a run may be at work
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	db, err := sql.Open(ctx, sql.Options{Threads: env.Workers, MemoryMiB: int(ws.Config.Limits.Memory), TempDir: tmp, Dirs: []string{ws.Lake()}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, t := range datasets.Inputs() {
		var found []Source
		var err error
		switch {
		case t.Column("site_id") != nil:
			found, err = env.trace(ctx, db, t, by, "site_id", e.Site.SiteID)
		case t.Name == "feeder_readings":
			found, err = env.trace(ctx, db, t, by, "feeder_id", e.Site.FeederID)
		case t.Column("bin") != nil:
			found, err = env.trace(ctx, db, t, by, "bin", e.Site.BIN, e.Score.RegistryBIN)
		}
		if err != nil {
			return nil, fmt.Errorf("trace %s: %w", t.Name, err)
		}
		sources = append(sources, found...)
	}
	return sources, nil
}

// trace finds the rows of a table whose column has one of the values.
func (e *Env) trace(ctx context.Context, db *sql.DB, t *datasets.Table, records map[int32]ingest.Record, column string, values ...any) ([]Source, error) {
	parts, err := store.List(e.WS.Lake(), t.Name)
	if err != nil {
		return nil, err
	}
	if t.BucketBy == column {
		parts = slices.DeleteFunc(parts, func(m store.Manifest) bool {
			return !slices.ContainsFunc(values, func(v any) bool { return datasets.BucketOf(fmt.Sprint(v), e.WS.Config.Buckets) == m.Bucket })
		})
	}
	if err := db.View(ctx, t.Name, t, paths(e.WS.Lake(), parts)); err != nil {
		return nil, err
	}
	by := map[int32]*Source{}
	for _, value := range slices.Compact(values) {
		if value == "" {
			continue
		}
		rows, err := db.Query(ctx, "SELECT src_file, count(*), min(src_line), max(src_line) FROM "+t.Name+" WHERE "+column+" = ? GROUP BY src_file", value)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var number int32
			var s Source
			if err := rows.Scan(&number, &s.Rows, &s.FirstLine, &s.LastLine); err != nil {
				rows.Close()
				return nil, err
			}
			if old := by[number]; old != nil {
				s.Rows, s.FirstLine, s.LastLine = s.Rows+old.Rows, min(s.FirstLine, old.FirstLine), max(s.LastLine, old.LastLine)
			}
			s.Dataset, s.Path, s.SHA256 = t.Name, records[number].Path, records[number].SHA256
			by[number] = &s
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	var list []Source
	for _, s := range by {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Source) int { return cmp.Compare(a.Path, b.Path) })
	return list, nil
}

// PrintSources writes sources for a reader.
func PrintSources(w io.Writer, sources []Source) error {
	fmt.Fprintln(w, "\nRests on these lines of the deliveries, as the lake holds them now:")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range sources {
		fmt.Fprintf(tw, "  %s\t%s\tlines %d to %d\t%d rows\tSHA-256 %.12s…\n", s.Dataset, s.Path, s.FirstLine, s.LastLine, s.Rows, s.SHA256)
	}
	return tw.Flush()
}
