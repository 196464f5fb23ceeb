package ingest

import (
	"cmp"

	"github.com/minewatch/minewatch/datasets"
)

// A rowOrder is the order of rows in a partition of one table.
type rowOrder[R any] struct {
	key  func(a, b *R) int        // by the key columns in their order; nil if the table is one file
	site func(*R) string          // the first key column, if it is a text that many rows share; else nil
	time func(*R) datasets.Micros // the first key column, if it is a time; else nil
	line func(*R) int64
}

// orderOf returns the order of a table that is divided into partitions.
func orderOf[R any]() rowOrder[R] {
	var o any
	switch any(*new(R)).(type) {
	case datasets.Reading:
		o = rowOrder[datasets.Reading]{
			key: func(a, b *datasets.Reading) int {
				if a.SiteID == b.SiteID { // nearly always
					return cmp.Compare(a.TS, b.TS)
				}
				return cmp.Compare(a.SiteID, b.SiteID)
			},
			site: func(r *datasets.Reading) string { return r.SiteID },
			line: func(r *datasets.Reading) int64 { return r.Line }}
	case datasets.Billing:
		o = rowOrder[datasets.Billing]{
			key: func(a, b *datasets.Billing) int {
				return cmp.Or(cmp.Compare(a.SiteID, b.SiteID), cmp.Compare(a.PeriodStart, b.PeriodStart))
			},
			site: func(r *datasets.Billing) string { return r.SiteID },
			line: func(r *datasets.Billing) int64 { return r.Line }}
	case datasets.Flow:
		o = rowOrder[datasets.Flow]{key: compareFlow, time: func(r *datasets.Flow) datasets.Micros { return r.TS }, line: func(r *datasets.Flow) int64 { return r.Line }}
	case datasets.DNS:
		o = rowOrder[datasets.DNS]{
			key: func(a, b *datasets.DNS) int {
				return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.ClientIP, b.ClientIP), cmp.Compare(a.Query, b.Query), cmp.Compare(a.Answers, b.Answers))
			}, time: func(r *datasets.DNS) datasets.Micros { return r.TS }, line: func(r *datasets.DNS) int64 { return r.Line }}
	case datasets.TLS:
		o = rowOrder[datasets.TLS]{
			key: func(a, b *datasets.TLS) int {
				return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.SrcIP, b.SrcIP), cmp.Compare(a.DstIP, b.DstIP), cmp.Compare(a.DstPort, b.DstPort), cmp.Compare(a.SNI, b.SNI))
			}, time: func(r *datasets.TLS) datasets.Micros { return r.TS }, line: func(r *datasets.TLS) int64 { return r.Line }}
	default:
		return rowOrder[R]{}
	}
	return o.(rowOrder[R])
}

func compareFlow(a, b *datasets.Flow) int {
	if c := cmp.Compare(a.TS, b.TS); c != 0 { // nearly always
		return c
	}
	return cmp.Or(cmp.Compare(a.SrcIP, b.SrcIP), cmp.Compare(a.SrcPort, b.SrcPort), cmp.Compare(a.DstIP, b.DstIP),
		cmp.Compare(a.DstPort, b.DstPort), cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Direction, b.Direction))
}
