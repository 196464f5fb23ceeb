package export

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver of GeoPackages

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

// outcomeCodes are the values that the dataset outcomes takes.
var outcomeCodes = datasets.Lookup("outcomes").Column("outcome").OneOf

// gpkgSchema makes the tables that OGC 12-128r18 (GeoPackage 1.3.1) requires,
// with the schema extension, whose lists QGIS and QField offer for "outcome".
// application_id is "GPKG", user_version 10301.
const gpkgSchema = `
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096;
PRAGMA application_id = 1196444487; PRAGMA user_version = 10301;
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
 ('Undefined cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
 ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL),
 ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]', NULL);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name));
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
INSERT INTO gpkg_extensions VALUES
 ('gpkg_data_columns', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec131/#extension_schema', 'read-write'),
 ('gpkg_data_column_constraints', NULL, 'gpkg_schema', 'http://www.geopackage.org/spec131/#extension_schema', 'read-write');
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name));
CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE regions (fid INTEGER PRIMARY KEY, geom POLYGON, code TEXT, name_en TEXT, name_ru TEXT, name_kk TEXT);
INSERT INTO gpkg_geometry_columns VALUES ('regions', 'geom', 'POLYGON', 4326, 0, 0), ('sites', 'geom', 'POINT', 4326, 0, 0);`

// writeGeoPackage writes the sites as points, with fields to be filled in on the
// visit, and the regions behind them.
func writeGeoPackage(w io.Writer, run *Run) (err error) {
	dir, err := os.MkdirTemp("", "minewatch-gpkg-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "sites.gpkg")
	if err := fillGeoPackage(path, run); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

func fillGeoPackage(path string, run *Run) (err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	g := &geoPackage{db: db, run: run}
	g.exec(gpkgSchema)
	g.exec(`BEGIN`)
	g.regions()
	g.sites()
	g.form()
	g.exec(`COMMIT`)
	return g.err
}

// A geoPackage is being filled. After an error it does nothing more.
type geoPackage struct {
	db  *sql.DB
	run *Run
	err error
}

func (g *geoPackage) exec(query string, args ...any) {
	if g.err == nil {
		_, g.err = g.db.ExecContext(context.Background(), query, args...)
	}
}

// contents names a layer and its extent. The date is pinned to the run's.
func (g *geoPackage) contents(table, title string, x0, y0, x1, y1 float64) {
	g.exec(`INSERT INTO gpkg_contents VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?, 4326)`, table, table, title,
		g.run.AsOf.Date().Format("2006-01-02T15:04:05.000Z"), x0, y0, x1, y1)
}

func (g *geoPackage) regions() {
	geo, err := loadGeography()
	if err != nil {
		g.err = err
		return
	}
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i, b := range geo.borders {
		r, _ := geo.regions.Find(b.Code)
		shape := gpkgHeader(wkbPolygon)
		shape = binary.LittleEndian.AppendUint32(shape, 1) // one ring
		shape = binary.LittleEndian.AppendUint32(shape, uint32(len(b.Ring)+1))
		for j := range len(b.Ring) + 1 {
			p := b.Ring[j%len(b.Ring)]
			shape = appendXY(shape, p.Lon, p.Lat)
			x0, y0, x1, y1 = min(x0, p.Lon), min(y0, p.Lat), max(x1, p.Lon), max(y1, p.Lat)
		}
		g.exec(`INSERT INTO regions VALUES (?, ?, ?, ?, ?, ?)`, i+1, shape, b.Code, r.NameEN, r.NameRU, r.NameKK)
	}
	g.contents("regions", text("map.key"), x0, y0, x1, y1)
}

func (g *geoPackage) sites() {
	rows := RowsOf(g.run.Visits)
	var names, fields, marks []string
	for _, c := range rows.columns() {
		kind := "TEXT"
		if isNumber(c) {
			kind = "DOUBLE"
		}
		names = append(names, c.Name)
		fields = append(fields, c.Name+" "+kind)
		marks = append(marks, "?")
	}
	g.exec(`CREATE TABLE sites (fid INTEGER PRIMARY KEY, geom POINT, ` + strings.Join(fields, ", ") +
		`, visited_on DATE, outcome TEXT, found_kw DOUBLE, note TEXT, photo TEXT)`)
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i, v := range g.run.Visits {
		args := []any{i + 1, nil}
		if onEarth(v.Lat, v.Lon) {
			args[1] = appendXY(gpkgHeader(wkbPoint), v.Lon, v.Lat)
			x0, y0, x1, y1 = min(x0, v.Lon), min(y0, v.Lat), max(x1, v.Lon), max(y1, v.Lat)
		}
		for _, c := range rows.columns() {
			s := rows.text(i, c)
			switch {
			case s == "":
				args = append(args, nil)
			case isNumber(c):
				args = append(args, number(s))
			default:
				args = append(args, s)
			}
		}
		g.exec(`INSERT INTO sites (fid, geom, `+strings.Join(names, ", ")+`) VALUES (?, ?, `+strings.Join(marks, ", ")+`)`, args...)
	}
	if x0 > x1 {
		x0, y0, x1, y1 = 0, 0, 0, 0
	}
	g.contents("sites", text("lead"), x0, y0, x1, y1)
}

// form gives the columns their meaning and the outcome its list, in three languages.
func (g *geoPackage) form() {
	for _, c := range RowsOf(g.run.Visits).columns() {
		g.exec(`INSERT INTO gpkg_data_columns VALUES ('sites', ?, NULL, NULL, ?, NULL, NULL)`, c.Name, c.Doc)
	}
	g.exec(`INSERT INTO gpkg_data_columns VALUES ('sites', 'outcome', NULL, NULL, ?, NULL, 'outcome')`, text("dossier.outcome"))
	for _, code := range outcomeCodes {
		var words []string
		for _, l := range i18n.Langs {
			words = append(words, i18n.Label(l, "outcome", code))
		}
		g.exec(`INSERT INTO gpkg_data_column_constraints VALUES ('outcome', 'enum', ?, NULL, NULL, NULL, NULL, ?)`, code, strings.Join(words, " / "))
	}
}

// Geometry types of well-known binary.
const (
	wkbPoint   = 1
	wkbPolygon = 3
)

// gpkgHeader begins a geometry: "GP", version 0, little-endian without envelope,
// EPSG:4326; then the head of its well-known binary.
func gpkgHeader(kind uint32) []byte {
	b := bytes.Clone([]byte{'G', 'P', 0, 1})
	b = binary.LittleEndian.AppendUint32(b, 4326)
	b = append(b, 1) // little-endian
	return binary.LittleEndian.AppendUint32(b, kind)
}

func appendXY(b []byte, x, y float64) []byte {
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(y))
}
