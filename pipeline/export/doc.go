// Package export writes what people receive of a run: lists for inspection,
// the tax (fee) statement, registry breaches, telecom candidates, the report,
// the dossiers and the page on data quality.
//
//  1. The caller fills a [Run]: rows in their final order, the charts of the
//     sites by a function, a [Quality], and what could not be said.
//  2. [Write] writes every file into a folder that the caller made and returns
//     the relative paths. The caller hashes them and renames the folder.
//
// Inside, each format is one file of this package. Tables go through [Rows]:
// the columns, units and digits come from the tags of the row type, so that
// CSV, XLSX, GeoJSON and the data dictionary cannot disagree.
//
// Text comes from outsiders and is hostile until cleaned. Parquet holds it as
// it came, because tables are joined on it; every other format gets it without
// control characters, terminal escapes and characters that turn the direction
// of writing ([clean]), and CSV also with a guard against formulas ([guard]).
//
// Equal runs give equal bytes: there is no clock and no random source here, and
// nothing is written in the order of a map.
package export
