// Package datasets is the data dictionary: one Go struct for every table that
// enters the program, lies in the lake, or leaves a run.
//
// A table is described once, by its struct:
//
//	parquet:"…"  name and encoding of the column on disk
//	in:"…"       name of the column as delivered, then "key", "required",
//	             "unit=…" and "pii" in any order; absent if nobody delivers it
//	unit:"…"     unit on disk, where the type does not say it
//	privacy:"…"  what the column tells of people ([Privacy]), where its name does not say it
//	doc:"…"      what the column means
//
// [Catalog] reads those tags, so that `minewatch datasets`, the decoder of
// delivered files, the lake's keys and the documentation cannot disagree.
//
// Quantities are exact: energy in integer watt-hours, money in integer tiyn
// (1/100 tenge), instants in UTC microseconds. In an optional column zero
// stands for "not given", in Go and on disk (null).
//
// The package imports the standard library only.
package datasets
