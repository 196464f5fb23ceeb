// Package raw turns delivered files into typed rows.
//
// [Read] takes one file through these steps:
//
//  1. The stream is opened, and unpacked where its first bytes say gzip or
//     Zstandard (input.go).
//  2. The first bytes choose a [Format]: Parquet, Zeek TSV, Zeek JSON, CSV
//     (formats.go). A file's name and extension play no part.
//  3. The format cuts the stream into records and says what their columns are
//     called (csv.go, zeek.go, zeekjson.go, parquet.go).
//  4. The loader binds those columns to the table's and reads every cell by
//     the column's kind (loader.go, cell.go, decimal.go, name.go).
//  5. A record that holds becomes a row; one that does not is refused with a
//     [Fault] that names line, column, reason and remedy. A file without a
//     required column, or one that cannot be unpacked, is refused whole.
//
// Memory is bounded by [Limits], whatever the file holds. A new format is one
// file with a type that has the two methods of [Format], and a line in Formats.
package raw
