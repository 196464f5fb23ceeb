package export

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/minewatch/minewatch/datasets/store"
)

// tables lists the files that hold one table as CSV.
var tables = []struct {
	name string
	rows func(*Run) Rows
}{
	{"inspection/sites.csv", func(r *Run) Rows { return RowsOf(r.Visits) }},
	{"tax/statement.csv", func(r *Run) Rows { return RowsOf(r.Statement) }},
	{"compliance/registry.csv", func(r *Run) Rows { return RowsOf(r.Breaches) }},
	{"compliance/energy_ministry_notices.csv", func(r *Run) Rows { return r.Notices }},
	{"telecom/candidates.csv", func(r *Run) Rows { return RowsOf(r.Candidates) }},
	{"telecom/subscribers.csv", func(r *Run) Rows { return RowsOf(r.Subscribers) }},
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
	{"quality.json", writeQualityJSON},
	{"quality.html", writeQualityHTML},
}

// Write writes every file of a run below dir, a folder of the caller's that
// nobody reads yet, and returns their paths below dir, sorted, with slashes.
// After an error dir holds some of the files.
func Write(dir string, run *Run) ([]string, error) {
	files, err := writeParquet(dir, run)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		rows := t.rows(run)
		if rows.table == nil {
			continue
		}
		if err := create(dir, t.name, func(w io.Writer) error { return writeCSV(w, rows) }); err != nil {
			return nil, err
		}
		files = append(files, t.name)
	}
	for _, d := range documents {
		if err := create(dir, d.name, func(w io.Writer) error { return d.write(w, run) }); err != nil {
			return nil, err
		}
		files = append(files, d.name)
	}
	pages, err := writeSitePages(dir, run)
	if err != nil {
		return nil, err
	}
	files = append(files, pages...)
	slices.Sort(files)
	return files, nil
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
