// Package ingest takes delivered files into the lake.
//
// [Run] goes through these steps:
//
//  1. Find: every file below inbox/<dataset> is hashed, unless it stands as it
//     stood when it was (seen.go). One whose content is known is skipped (find.go).
//  2. Take: each new file gets the next delivery number and is decoded
//     (datasets/raw) to a part, lake/_parts/<dataset>/<number>-<hash>.parquet,
//     and its refused rows to quarantine/<dataset>/<number>-<hash>.csv. Its
//     [Record] in lake/_files is written last and commits both (take.go,
//     record.go). Records are written in the order of their numbers.
//  3. Compact: the partitions of lake/<dataset> that do not yet name every
//     part with rows of theirs among their parents are written again: for each
//     key the row that was delivered last (plan.go, merge.go).
//
// A [Mapping] says how files with another header are read. [Explain] shows
// how a file would be taken in; [Withdraw] takes one back.
//
// What is to do follows from records and manifests alone. A run that dies
// leaves at most files that no record or manifest names; the next run removes
// them, does what is missing, and ends with the same bytes.
//
// Within a key, rows are ordered by delivery number, then line. A row with the
// values of the row before it is a duplicate and left out: the first delivery
// of a value keeps its origin. Of the others the last is kept in the table,
// and the rest are superseded: kept in lake/_superseded/<dataset>.
package ingest
