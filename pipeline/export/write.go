package export

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// tables lists the files that hold one table as CSV.
var tables = []struct {
	name string
	rows func(*Run) Rows
}{
	{"inspection/sites.csv", func(r *Run) Rows { return RowsOf(r.Visits) }},
	{"inspection/hit_rates.csv", func(r *Run) Rows { return rowsIfAny(r.HitRates) }},
	{"inspection/lookalikes.csv", func(r *Run) Rows { return rowsIfAny(r.LookAlikes) }},
	{"tax/statement.csv", func(r *Run) Rows { return RowsOf(r.Statement) }},
	{"compliance/registry.csv", func(r *Run) Rows { return RowsOf(r.Breaches) }},
	{"compliance/energy_ministry_notices.csv", func(r *Run) Rows { return r.Notices }},
	{"telecom/candidates.csv", func(r *Run) Rows { return RowsOf(r.Candidates) }},
	{"telecom/subscribers.csv", func(r *Run) Rows { return RowsOf(r.Subscribers) }},
	{"telecom/revocations.csv", func(r *Run) Rows { return RowsOf(revocations(r)) }},
	{"telecom/flow_rules.csv", func(r *Run) Rows { return RowsOf(r.FlowRules) }},
	{"telecom/proposed_pools.csv", func(r *Run) Rows { return RowsOf(r.NewPools) }},
}

// rowsIfAny is a table that is not written if it is empty.
func rowsIfAny[R any](rows []R) Rows {
	if len(rows) == 0 {
		return Rows{}
	}
	return RowsOf(rows)
}

// documents lists the other files that are one stream.
var documents = []struct {
	name  string
	write func(io.Writer, *Run) error
}{
	{"inspection/sites.xlsx", writeSitesXLSX},
	{"inspection/sites.geojson", writeGeoJSON},
	{"inspection/sites.kml", writeKML},
	{"inspection/sites.gpx", writeGPX},
	{"inspection/sites.gpkg", writeGeoPackage},
	{"inspection/sites.excel-ru.csv", func(w io.Writer, r *Run) error { return writeExcelRU(w, RowsOf(r.Visits)) }},
	{"tax/statement.excel-ru.csv", func(w io.Writer, r *Run) error { return writeExcelRU(w, RowsOf(r.Statement)) }},
	{"tax/statement.xlsx", writeStatementXLSX},
	{"telecom/candidates.stix.json", writeSTIX},
	{"telecom/candidates.rpz", writeRPZ},
	{"telecom/candidates.nft", writeNFTables},
	{"telecom/flow_rules.flowspec", writeFlowSpec},
	{"quality.json", writeQualityJSON},
	{"quality.html", writeQualityHTML},
}

// profileOf returns whose eyes a file is for: folders are handed over as they
// are, the rest stays with those who make runs.
func profileOf(name string) datasets.Profile {
	switch folder, _, _ := strings.Cut(name, "/"); folder {
	case "inspection", "tax", "compliance":
		return datasets.Inspection
	case "telecom":
		return datasets.Telecom
	}
	return datasets.Analyst
}

// under returns the run as a receiver may see it. None of the profiles of
// folders has pseudonyms, whose key would make the same input give other bytes
// in another workspace.
func (r *Run) under(p datasets.Profile) *Run {
	m := *r
	m.Scores, m.Terms, m.Evidence = datasets.Mask(r.Scores, p, nil), datasets.Mask(r.Terms, p, nil), datasets.Mask(r.Evidence, p, nil)
	m.Visits, m.Statement, m.Breaches = datasets.Mask(r.Visits, p, nil), datasets.Mask(r.Statement, p, nil), datasets.Mask(r.Breaches, p, nil)
	m.Candidates, m.Subscribers = datasets.Mask(r.Candidates, p, nil), datasets.Mask(r.Subscribers, p, nil)
	m.FlowRules, m.NewPools = datasets.Mask(r.FlowRules, p, nil), datasets.Mask(r.NewPools, p, nil)
	m.HitRates, m.LookAlikes = datasets.Mask(r.HitRates, p, nil), datasets.Mask(r.LookAlikes, p, nil)
	return &m
}

// A writing is one call of Write: files are made side by side, none twice.
type writing struct {
	dir   string
	run   *Run
	views map[datasets.Profile]*Run
	group *errgroup.Group

	mu    sync.Mutex
	files []string
}

// view returns the run as the receivers of a file see it.
func (w *writing) view(name string) *Run { return w.views[profileOf(name)] }

// add makes some files and notes their names.
func (w *writing) add(write func() ([]string, error)) {
	w.group.Go(func() error {
		names, err := write()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.files = append(w.files, names...)
		return err
	})
}

// addFile makes one file.
func (w *writing) addFile(name string, write func(io.Writer) error) {
	w.add(func() ([]string, error) { return []string{name}, create(w.dir, name, write) })
}

// Write writes every file of a run below dir, a folder of the caller's that
// nobody reads yet, and returns their paths below dir, sorted, with slashes.
// After an error dir holds some of the files.
func Write(dir string, run *Run) ([]string, error) {
	w := &writing{dir: dir, run: run, views: map[datasets.Profile]*Run{}, group: new(errgroup.Group)}
	for _, p := range []datasets.Profile{datasets.Inspection, datasets.Telecom, datasets.Analyst} {
		w.views[p] = run.under(p)
	}
	w.group.SetLimit(max(1, run.Workers))
	err := w.addSitePages(w.views[datasets.Inspection]) // first: they take longest
	if err == nil {
		w.addOthers()
	}
	if err := errors.Join(err, w.group.Wait()); err != nil {
		return nil, err
	}
	slices.Sort(w.files)
	return w.files, nil
}

func (w *writing) addOthers() {
	w.add(func() ([]string, error) { return writeParquet(w.dir, w.run) })
	for _, d := range documents {
		w.addFile(d.name, func(to io.Writer) error { return d.write(to, w.view(d.name)) })
	}
	for _, t := range tables {
		if rows := t.rows(w.view(t.name)); rows.table != nil {
			w.addFile(t.name, func(to io.Writer) error { return writeCSV(to, rows) })
		}
	}
	w.add(func() ([]string, error) { return writeProviders(w.dir, w.views[datasets.Telecom]) })
}

// writeParquet writes the tables that programs read, raw text and all.
func writeParquet(dir string, run *Run) ([]string, error) {
	names := []string{"scores.parquet", "score_terms.parquet", "evidence.parquet", "visits.parquet", "statement.parquet"}
	err := errors.Join(
		store.WriteRows(filepath.Join(dir, names[0]), run.Scores),
		store.WriteRows(filepath.Join(dir, names[1]), run.Terms),
		store.WriteRows(filepath.Join(dir, names[2]), run.Evidence),
		store.WriteRows(filepath.Join(dir, names[3]), run.Visits),
		store.WriteRows(filepath.Join(dir, names[4]), run.Statement),
	)
	if err != nil {
		return nil, fmt.Errorf("write result tables: %w", err)
	}
	return names, nil
}

// create writes one file below dir.
func create(dir, name string, write func(w io.Writer) error) error {
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	f, err := os.Create(full)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	buf := bufio.NewWriter(f)
	if err := errors.Join(write(buf), buf.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
