// Package raw turns delivered files into typed rows.
//
// [Read] takes one file through these steps:
//
//  1. The stream is opened, and unpacked where its first bytes say gzip or
//     Zstandard (input.go), or a zip archive (archive.go). Text in windows-1251
//     becomes UTF-8 (encoding.go).
//  2. The first bytes choose a [Format] of those in Formats
//     (formats.go). A file's name and extension play no part.
//  3. The format cuts the stream into records and says what their columns are
//     called (csv.go, xlsx.go, m80020.go, zeek.go and the like). Tables and
//     objects of other programs are dialects, read by name (dialect.go,
//     jsonlines.go); exports of routers have templates (capture.go, ipfixfile.go,
//     exports.go, template.go). Flow records of one direction are brought to
//     the originator (orient.go).
//  4. Where a file has a header of its own, a layout renames, joins and
//     computes columns by a [Mapping] and by synonyms, and makes a row of each
//     value of a wide table (layout.go, wide.go, mapping.go).
//  5. The loader binds those columns to the table's and reads every cell by
//     the column's kind (loader.go, cell.go, decimal.go, name.go).
//     Register states become the energy between them (register.go).
//  6. A record that holds becomes a row; one that does not is refused with a
//     [Fault] that names line, column, reason and remedy. A file without a
//     required column, or one that cannot be unpacked, is refused whole.
//
// Texts whose lines say all about their rows are decoded by several workers in
// blocks (blocks.go), with a short way for readings (csvreadings.go); both find
// what the slow way finds, or leave the block to it.
//
// Memory is bounded by [Limits], whatever the file holds. A new format is one
// file with a type that has the two methods of [Format], and a line in Formats.
package raw
