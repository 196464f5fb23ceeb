package ingest

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// purgedReason counts, among the skipped lines of a record, rows that were
// taken out on order.
const purgedReason = "purged on order"

// A Subject is whose rows are purged: sites, BINs or IINs, subscribers, and the
// addresses that they were given.
type Subject struct {
	Sites, Holders, Subscribers map[string]bool
	Leases                      []datasets.Subscriber // of single addresses
}

// NewSubject returns the subject of a site, a BIN or IIN; "" stands for none.
func NewSubject(site, holder string) *Subject {
	s := &Subject{Sites: map[string]bool{}, Holders: map[string]bool{}, Subscribers: map[string]bool{}}
	if site != "" {
		s.Sites[site] = true
	}
	if holder != "" {
		s.Holders[holder] = true
	}
	return s
}

// matches reports whether a row of an input table is about the subject.
func (s *Subject) matches(row any) bool {
	switch r := row.(type) {
	case *datasets.Site:
		return s.Sites[r.SiteID] || s.Holders[r.BIN]
	case *datasets.Reading:
		return s.Sites[r.SiteID]
	case *datasets.Billing:
		return s.Sites[r.SiteID]
	case *datasets.Outcome:
		return s.Sites[r.SiteID]
	case *datasets.RegistryEntry:
		return s.Holders[r.BIN]
	case *datasets.QuarterlyReport:
		return s.Holders[r.BIN]
	case *datasets.Declaration:
		return s.Holders[r.BIN]
	case *datasets.Subscriber:
		return s.Sites[r.SiteID] || s.Holders[r.BIN] || s.Subscribers[r.SubscriberID]
	case *datasets.Flow:
		return s.leased(r.SrcIP, r.TS)
	case *datasets.DNS:
		return s.leased(r.ClientIP, r.TS)
	case *datasets.TLS:
		return s.leased(r.SrcIP, r.TS)
	}
	return false
}

func (s *Subject) leased(ip string, at datasets.Micros) bool {
	for _, l := range s.Leases {
		if l.IPPrefix == ip && at >= l.ValidFrom && (l.ValidTo == 0 || at < l.ValidTo) {
			return true
		}
	}
	return false
}

// widen adds what the lake says belongs to the subject: the sites of a holder,
// the subscribers of both, and their addresses of their own.
func (s *Subject) widen(lake string) error {
	sites, err := store.ReadTable[datasets.Site](lake, "sites")
	if err != nil {
		return err
	}
	for i := range sites {
		if s.matches(&sites[i]) {
			s.Sites[sites[i].SiteID] = true
		}
	}
	leases, err := store.ReadTable[datasets.Subscriber](lake, "subscribers")
	if err != nil {
		return err
	}
	for i := range leases {
		if s.matches(&leases[i]) {
			s.Subscribers[leases[i].SubscriberID] = true
		}
	}
	for i, l := range leases {
		// A shared address or a block of ports is not the subject's alone.
		if s.matches(&leases[i]) && !strings.Contains(l.IPPrefix, "/") && l.PortFrom == 0 {
			s.Leases = append(s.Leases, l)
		}
	}
	return nil
}

// names are the texts by which a raw line can be told to be about the subject.
func (s *Subject) names() []string {
	var list []string
	for _, set := range []map[string]bool{s.Sites, s.Holders, s.Subscribers} {
		for name := range set {
			list = append(list, name)
		}
	}
	return list
}

// A PurgeReport says what was taken out, or would be.
type PurgeReport struct {
	Rows       int64    `json:"rows"`
	Deliveries []string `json:"deliveries"` // in the inbox, that hold it as delivered
	Sites      []string `json:"sites"`
	Partitions int      `json:"partitions"`
}

// Purge takes every row of the subject out of parts, tables and quarantine. The
// deliveries in the inbox stay as they are; later readings of them leave the
// subject out by Options.Purged. With dry nothing is changed.
func Purge(ctx context.Context, o Options, s *Subject, dry bool) (PurgeReport, error) {
	r := newRun(o)
	report, err := r.purge(ctx, s, dry)
	if err != nil {
		return report, fmt.Errorf("purge: %w", err)
	}
	return report, nil
}

func (r *run) purge(ctx context.Context, s *Subject, dry bool) (report PurgeReport, err error) {
	if err := os.RemoveAll(r.tmp); err != nil {
		return report, err
	}
	if r.records, err = readRecords(r.lake); err != nil {
		return report, err
	}
	if err := s.widen(r.lake); err != nil {
		return report, err
	}
	for i, rec := range r.records {
		n, changed, err := int64(0), rec, error(nil)
		if purge := purgers[rec.Dataset]; rec.Part != "" && purge != nil {
			n, changed, err = purge(r, rec, s, dry)
		}
		if err == nil {
			changed, err = r.purgeQuarantine(changed, s, dry)
		}
		if err != nil {
			return report, fmt.Errorf("%s: %w", rec.Path, err)
		}
		if n == 0 && changed.QuarantineSHA256 == rec.QuarantineSHA256 {
			continue
		}
		report.Rows += n
		report.Deliveries = append(report.Deliveries, rec.Path)
		if dry {
			continue
		}
		if err := writeRecord(r.lake, changed); err != nil {
			return report, err
		}
		r.records[i] = changed
	}
	for site := range s.Sites {
		report.Sites = append(report.Sites, site)
	}
	if dry {
		return report, os.RemoveAll(r.tmp)
	}
	if report.Partitions, err = r.compact(ctx); err != nil {
		return report, err
	}
	return report, os.RemoveAll(r.tmp)
}

var purgers = map[string]func(*run, Record, *Subject, bool) (int64, Record, error){
	"sites":             purgePart[datasets.Site],
	"readings":          purgePart[datasets.Reading],
	"billing":           purgePart[datasets.Billing],
	"registry":          purgePart[datasets.RegistryEntry],
	"quarterly_reports": purgePart[datasets.QuarterlyReport],
	"declarations":      purgePart[datasets.Declaration],
	"subscribers":       purgePart[datasets.Subscriber],
	"flows":             purgePart[datasets.Flow],
	"dns":               purgePart[datasets.DNS],
	"tls":               purgePart[datasets.TLS],
	"outcomes":          purgePart[datasets.Outcome],
}

// purgePart writes a part again without the subject's rows, and returns their
// number and the record as it is then.
func purgePart[R any](r *run, rec Record, s *Subject, dry bool) (removed int64, _ Record, err error) {
	part := r.partPath(rec)
	if err := store.CheckFile(part, rec.PartSHA256); err != nil {
		return 0, rec, fmt.Errorf("%w; %s", err, remedyRepair)
	}
	w := newPartWriter[R](r.tmp, datasets.Lookup(rec.Dataset), r.Workers, r.runBytes())
	defer w.discard()
	var wh int64
	err = store.Scan(part, func(rows []R) error {
		kept := rows[:0]
		for i := range rows {
			if s.matches(&rows[i]) {
				removed++
				wh += energyOf(&rows[i])
				continue
			}
			kept = append(kept, rows[i])
		}
		if dry {
			return nil
		}
		return w.accept(kept)
	})
	if err != nil || removed == 0 || dry {
		return removed, rec, err
	}
	tmp, err := w.close()
	if err != nil {
		return 0, rec, err
	}
	rec.Partitions, rec.Decoded, rec.Rows, rec.Wh = w.partitions(), rec.Decoded-removed, rec.Rows-removed, rec.Wh-wh
	rec.Skipped = counted(rec.Skipped, purgedReason, removed)
	if tmp == "" { // nothing is left of it
		rec.Part, rec.PartSHA256 = "", ""
		return removed, rec, os.Remove(part)
	}
	if rec.PartSHA256, err = store.HashFile(tmp); err != nil {
		return 0, rec, err
	}
	return removed, rec, move(tmp, part)
}

func energyOf(row any) int64 {
	switch r := row.(type) {
	case *datasets.Reading:
		return int64(r.Wh)
	case *datasets.Billing:
		return int64(r.Wh)
	case *datasets.Declaration:
		return int64(r.Wh)
	}
	return 0
}

// counted returns the counts with n more of a reason; the map given stays.
func counted(counts map[string]int64, reason string, n int64) map[string]int64 {
	sum := map[string]int64{reason: n}
	for k, v := range counts {
		sum[k] += v
	}
	return sum
}

// purgeQuarantine blanks the raw text of refused rows that name the subject.
func (r *run) purgeQuarantine(rec Record, s *Subject, dry bool) (Record, error) {
	if rec.Quarantine == "" {
		return rec, nil
	}
	text, err := os.ReadFile(r.abs(rec.Quarantine))
	if err != nil {
		return rec, err
	}
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		return rec, err
	}
	names, found := s.names(), false
	for _, row := range records[1:] {
		for _, name := range names {
			if raw := &row[len(row)-1]; strings.Contains(*raw, name) {
				*raw, found = purgedReason, true
			}
		}
	}
	if !found {
		return rec, nil
	}
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(records); err != nil {
		return rec, err
	}
	if !dry {
		if err := store.WriteFile(r.abs(rec.Quarantine), []byte(b.String())); err != nil {
			return rec, err
		}
	}
	rec.QuarantineSHA256 = store.HashText(b.String())
	return rec, nil
}

// Remove takes deliveries out for good: part, quarantine and the file in the
// inbox are deleted, the record stays and says withdrawn, so that the same content is not
// taken in again. It returns the deleted files, below the workspace.
func Remove(ctx context.Context, o Options, numbers map[int32]bool) (files []string, err error) {
	r := newRun(o)
	if r.records, err = readRecords(r.lake); err != nil {
		return nil, fmt.Errorf("prune: %w", err)
	}
	for i, rec := range r.records {
		if !numbers[rec.Number] {
			continue
		}
		names := []string{rec.Quarantine}
		if rec.Part != "" {
			names = append(names, path.Join("lake", rec.Part))
		}
		if store.CheckFile(r.abs(rec.Path), rec.SHA256) == nil { // another delivery may lie under that name now
			names = append(names, rec.Path)
		}
		// The record first: it is what makes the others count.
		rec.Withdrawn, rec.Part, rec.PartSHA256, rec.Partitions, rec.Quarantine, rec.QuarantineSHA256 = true, "", "", nil, "", ""
		if err := writeRecord(r.lake, rec); err != nil {
			return nil, fmt.Errorf("prune: %w", err)
		}
		r.records[i] = rec
		for _, name := range names {
			if name == "" {
				continue
			}
			if err := os.Remove(filepath.Join(r.Workspace, filepath.FromSlash(name))); err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, fmt.Errorf("prune: %w", err)
			}
			files = append(files, name)
		}
	}
	if _, err := r.compact(ctx); err != nil {
		return nil, fmt.Errorf("prune: %w", err)
	}
	return files, os.RemoveAll(r.tmp)
}
