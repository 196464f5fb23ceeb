// Package ref holds small reference tables: what the law charged and asked
// for on a day, the base rate, holidays, regions, activities, dated events,
// pools, services that must stay reachable.
//
// Each table is a CSV file beside the code, embedded. Lines of the dated and
// keyed tables name their source and carry a confidence mark:
//
//	S2  seen in two or more independent sources
//	S   seen in one source
//	C   computed from figures that were seen
//	I   inferred
//	M   from memory, to be checked before anything rests on it
//	U   stated by the user of the program
//
// The steps:
//
//  1. A Load function reads the shipped table: LoadRates(nil).
//  2. Given a user's file of the same shape, its lines come first: a dated
//     table is overridden on the days that the file speaks of, a keyed one by
//     key. Where the file comes from is the caller's business.
//  3. The result is validated as a whole: no overlap, no gap that is not
//     stated, a source on each line. Errors name file, line, column and remedy.
//  4. Methods of the table answer for a day, a quarter, or a key.
//
// The package imports the standard library and package datasets only.
package ref
