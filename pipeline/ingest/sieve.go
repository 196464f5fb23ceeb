package ingest

import "github.com/minewatch/minewatch/datasets"

// A sieve leaves out the rows of whom was purged on order, when a delivery with
// them is read again or a new one has them.
type sieve[R any] struct {
	purged func(id string) bool // nil: nobody was

	site     string // of the row before, as readings come by site
	out      bool   // whether that site was purged
	rows, wh int64
}

// keep returns the rows that stay, in the memory of those given.
func (s *sieve[R]) keep(rows []R) []R {
	if s.purged == nil {
		return rows
	}
	kept := rows[:0]
	for i := range rows {
		if s.drops(&rows[i]) {
			s.rows++
			s.wh += energyOf(&rows[i])
			continue
		}
		kept = append(kept, rows[i])
	}
	return kept
}

func (s *sieve[R]) drops(row any) bool {
	switch r := row.(type) {
	case *datasets.Reading:
		if r.SiteID != s.site {
			s.site, s.out = r.SiteID, s.purged(r.SiteID)
		}
		return s.out
	case *datasets.Site:
		return s.purged(r.SiteID) || s.purged(r.BIN)
	case *datasets.Billing:
		return s.purged(r.SiteID)
	case *datasets.Outcome:
		return s.purged(r.SiteID)
	case *datasets.Subscriber:
		return s.purged(r.SiteID) || s.purged(r.BIN) || s.purged(r.SubscriberID)
	case *datasets.RegistryEntry:
		return s.purged(r.BIN)
	case *datasets.QuarterlyReport:
		return s.purged(r.BIN)
	case *datasets.Declaration:
		return s.purged(r.BIN)
	}
	return false
}

// count takes the rows left out off the record.
func (s *sieve[R]) count(rec Record) Record {
	if s.rows > 0 {
		rec.Rows, rec.Decoded, rec.Wh = rec.Rows-s.rows, rec.Decoded-s.rows, rec.Wh-s.wh
		rec.Skipped = counted(rec.Skipped, purgedReason, s.rows)
	}
	return rec
}
