package pipeline

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// A SourceRange is the rows of one delivered file that stand behind a term. Lines
// between the first and the last may belong to others.
type SourceRange struct {
	Table     string `json:"table"`
	File      string `json:"file"`
	SHA256    string `json:"sha256,omitempty"`
	FirstLine int64  `json:"first_line,omitempty"` // line of text, or row of a table; the first is 1
	LastLine  int64  `json:"last_line,omitempty"`
	Rows      int64  `json:"rows,omitempty"`
}

// sources finds the rows behind the terms of one site.
type sources struct {
	ws      *Workspace
	site    datasets.Site
	files   map[int32]ingest.FileReport
	clients map[string]bool // addresses of the site's subscribers
}

func newSources(ws *Workspace, site datasets.Site) (*sources, error) {
	s := &sources{ws: ws, site: site, files: map[int32]ingest.FileReport{}, clients: map[string]bool{}}
	records, err := ingest.Records(ws.Dir)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		s.files[r.Number] = r
	}
	leases, err := store.ReadTable[datasets.Subscriber](ws.Lake(), "subscribers")
	if err != nil {
		return nil, err
	}
	for _, l := range leases {
		if p, err := netip.ParsePrefix(l.IPPrefix); err == nil && l.SiteID == site.SiteID && p.IsSingleIP() {
			s.clients[p.Addr().String()] = true
		}
	}
	return s, nil
}

// behind returns the rows behind a term; none of prior, weights and limits, and none
// where evidence cannot be traced: traffic of subscribers who are linked by address.
func (s *sources) behind(t datasets.ScoreTerm) ([]SourceRange, error) {
	in := func(ts datasets.Micros) bool { return t.Start <= ts && (t.End == 0 || ts < t.End) }
	kind, _, _ := strings.Cut(t.Term, "/")
	switch {
	case t.Term == "load/bypass":
		return trace(s, "feeder_readings", nil, func(r datasets.FeederReading) (datasets.Origin, bool) {
			return r.Origin, r.FeederID == s.site.FeederID && in(r.TS)
		})
	case kind == "load":
		return trace(s, "readings", []string{s.site.SiteID}, func(r datasets.Reading) (datasets.Origin, bool) {
			return r.Origin, r.SiteID == s.site.SiteID && in(r.TS)
		})
	case kind == "billing":
		return trace(s, "billing", []string{s.site.SiteID}, func(r datasets.Billing) (datasets.Origin, bool) {
			return r.Origin, r.SiteID == s.site.SiteID
		})
	case kind == "visit":
		return trace(s, "outcomes", nil, func(r datasets.Outcome) (datasets.Origin, bool) {
			return r.Origin, r.SiteID == s.site.SiteID
		})
	case kind == "traffic" && len(s.clients) > 0:
		var clients []string
		for c := range s.clients {
			clients = append(clients, c)
		}
		return trace(s, "flows", clients, func(r datasets.Flow) (datasets.Origin, bool) {
			return r.Origin, s.clients[r.SrcIP] && in(r.TS)
		})
	case kind == "known":
		return []SourceRange{{Table: "known_loads", File: TablesFolder + "/known_loads.csv"}}, nil
	}
	return nil, nil
}

// trace gathers the rows of a table that match, by delivered file. keys bound the
// buckets that are read, of a table that is divided into buckets.
func trace[R any](s *sources, table string, keys []string, match func(R) (datasets.Origin, bool)) ([]SourceRange, error) {
	wanted := map[int32]bool{}
	for _, k := range keys {
		wanted[datasets.BucketOf(k, s.ws.Config.Buckets)] = true
	}
	list, err := store.List(s.ws.Lake(), table)
	if err != nil {
		return nil, err
	}
	by := map[int32]*SourceRange{}
	for _, m := range list {
		if keys != nil && !wanted[m.Bucket] {
			continue
		}
		err := store.Scan(m.Path(s.ws.Lake()), func(rows []R) error {
			for _, r := range rows {
				o, ok := match(r)
				if !ok {
					continue
				}
				f := by[o.Source]
				if f == nil {
					record := s.files[o.Source]
					f = &SourceRange{Table: table, File: cmp.Or(record.Path, fmt.Sprintf("delivery %d", o.Source)), SHA256: record.SHA256, FirstLine: o.Line}
					by[o.Source] = f
				}
				f.FirstLine, f.LastLine = min(f.FirstLine, o.Line), max(f.LastLine, o.Line)
				f.Rows++
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("trace %s: %w", table, err)
		}
	}
	var out []SourceRange
	for _, f := range by {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b SourceRange) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.FirstLine, b.FirstLine))
	})
	return out, nil
}
