// Package sql runs the joins, groupings and sorts of the pipeline in DuckDB.
//
// A stage opens a database in memory ([Open]), gives the tables that it reads
// the names of datasets ([DB.View]), and wraps one SELECT into a sorted Parquet
// file ([DB.Copy]) or scans it row by row. SELECTs live in .sql files beside
// this code and name datasets, never paths; values are bound.
package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // registers the driver "duckdb"

	"github.com/minewatch/minewatch/datasets"
)

// Options bound what a database may use.
type Options struct {
	Threads   int    // at least 1
	MemoryMiB int    // at least 64; what does not fit is spilled to TempDir
	TempDir   string // for spilled data; made if absent
	// Dirs are the folders whose files may be read and written, beside TempDir.
	Dirs []string
}

// A DB is a DuckDB database in memory with its own threads and memory limit.
type DB struct {
	db   *sql.DB
	conn *sql.Conn
}

// Open starts a database. Extensions can be neither installed nor loaded, times
// are UTC, and no statement can reach a file outside the folders of the options or
// change these settings: whatever gets into a statement stays in the workspace.
func Open(ctx context.Context, o Options) (*DB, error) {
	if err := os.MkdirAll(o.TempDir, 0o755); err != nil {
		return nil, fmt.Errorf("open duckdb: %w", err)
	}
	dirs := make([]string, 0, len(o.Dirs)+1)
	for _, dir := range append([]string{o.TempDir}, o.Dirs...) {
		dirs = append(dirs, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
	}
	pool, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, fmt.Errorf("open duckdb: %w", err)
	}
	conn, err := pool.Conn(ctx) // settings and views belong to one connection
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open duckdb: %w", err), pool.Close())
	}
	db := &DB{pool, conn}
	for _, set := range []string{
		fmt.Sprintf("SET threads = %d", o.Threads),
		fmt.Sprintf("SET memory_limit = '%dMiB'", o.MemoryMiB),
		"SET temp_directory = " + quote(o.TempDir),
		"SET TimeZone = 'UTC'",
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET partitioned_write_max_open_files = 4096",
		"SET allowed_directories = " + quoteList(dirs),
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if err := db.Exec(ctx, set); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

// Close ends the database and frees its memory.
func (db *DB) Close() error { return errors.Join(db.conn.Close(), db.db.Close()) }

// Exec runs a statement.
func (db *DB) Exec(ctx context.Context, statement string, args ...any) error {
	if _, err := db.conn.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("duckdb: %w", err)
	}
	return nil
}

// Query runs a SELECT.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := db.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("duckdb: %w", err)
	}
	return rows, nil
}

// One runs a SELECT of one row and scans it. If there is no row, to stays as it is.
func (db *DB) One(ctx context.Context, query string, to ...any) error {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		err = rows.Scan(to...)
	}
	return errors.Join(err, rows.Err())
}

// View names the rows of files as a table. Without files the view has the
// table's columns and no rows.
func (db *DB) View(ctx context.Context, name string, t *datasets.Table, files []string) error {
	query := emptySelect(t)
	if len(files) > 0 {
		query = "SELECT * FROM read_parquet(" + quoteList(files) + ", hive_partitioning = false)"
	}
	return db.Exec(ctx, "CREATE OR REPLACE TEMP VIEW "+ident(name)+" AS "+query)
}

// List makes a table of one column of texts.
func (db *DB) List(ctx context.Context, name string, texts []string) error {
	if err := db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE "+ident(name)+" (value VARCHAR)"); err != nil {
		return err
	}
	for part := range slices.Chunk(texts, 1000) {
		args := make([]any, len(part))
		for i, s := range part {
			args[i] = s
		}
		values := strings.TrimSuffix(strings.Repeat("(?),", len(part)), ",")
		if err := db.Exec(ctx, "INSERT INTO "+ident(name)+" VALUES "+values, args...); err != nil {
			return err
		}
	}
	return nil
}

// Copy writes the rows of a SELECT to a Parquet file, in the order of the
// SELECT, and returns their number. The file is the same whatever the number
// of threads if the ORDER BY is total.
func (db *DB) Copy(ctx context.Context, query, path string, args ...any) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return 0, err
	}
	r, err := db.conn.ExecContext(ctx, "COPY ("+query+") TO "+quote(path)+" ("+parquetOptions+")", args...)
	if err != nil {
		return 0, fmt.Errorf("duckdb: write %s: %w", path, err)
	}
	return r.RowsAffected()
}

// Dictionaries of up to 256 values: site ids and the like keep theirs, while
// integer Wh take the delta encoding, which measured smallest and fastest.
const parquetOptions = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 256, ROW_GROUP_SIZE 122880"

// CopyDivided writes the rows of a SELECT to files below dir, in one folder
// "column=value" for each value of the columns, nested in their order. The rows
// of a folder come in no order and in any number of files.
func (db *DB) CopyDivided(ctx context.Context, query, dir string, by ...string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	columns := make([]string, len(by))
	for i, c := range by {
		columns[i] = ident(c)
	}
	// Read once and soon: speed counts, not size.
	return db.Exec(ctx, "COPY ("+query+") TO "+quote(dir)+" (FORMAT parquet, COMPRESSION snappy, PARTITION_BY ("+
		strings.Join(columns, ", ")+"), WRITE_PARTITION_COLUMNS true, OVERWRITE_OR_IGNORE true)")
}

var sqlTypes = map[datasets.Kind]string{
	datasets.Text: "VARCHAR", datasets.IP: "VARCHAR", datasets.Host: "VARCHAR", datasets.Proto: "VARCHAR", datasets.Prefix: "VARCHAR",
	datasets.Float: "DOUBLE", datasets.Bool: "BOOLEAN", datasets.Money: "BIGINT",
	datasets.Instant: "TIMESTAMPTZ", datasets.Date: "DATE", datasets.QuarterK: "INTEGER", datasets.QualityK: "INTEGER",
}

// Type returns the DuckDB type of a column on disk.
func Type(t *datasets.Table, c datasets.Column) string {
	if s, ok := sqlTypes[c.Kind]; ok {
		return s
	}
	if t.Row.FieldByIndex(c.Index).Type.Bits() == 64 { // Int and Energy come in two sizes
		return "BIGINT"
	}
	return "INTEGER"
}

func emptySelect(t *datasets.Table) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "NULL::%s AS %s", Type(t, c), ident(c.Name))
	}
	b.WriteString(" WHERE false")
	return b.String()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
func ident(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func quoteList(files []string) string {
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = quote(f)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
