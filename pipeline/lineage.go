package pipeline

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/pipeline/ingest"
)

// A tracer tells which rows of a run's results a delivery or a partition of
// the lake has a part in. It reads what it needs when it is first asked.
type tracer struct {
	ws      *Workspace
	dir     string // of the run
	records []ingest.Record
	read    bool
	scores  []datasets.Score
	visits  []datasets.Visit
	sites   map[string]datasets.Site
}

// everything is said of inputs that are joined by time, region or address, where
// a single row can bear on any result.
var everything = []string{"any row of the results"}

// delivery returns the rows that a delivered file has a part in.
func (t *tracer) delivery(in InputFile) []string {
	if t.records == nil {
		t.records, _ = ingest.Committed(t.ws.Dir) // without records nothing can be told
	}
	for _, r := range t.records {
		if r.Dataset == in.Dataset && r.SHA256 == in.SHA256 {
			return t.record(r)
		}
	}
	return nil
}

func (t *tracer) number(number int32) []string {
	for _, r := range t.records {
		if r.Number == number {
			return t.record(r)
		}
	}
	return nil
}

// joins names, for each input table, the columns by which its rows find a site.
var joins = map[string][]string{
	"sites": {"site_id"}, "readings": {"site_id"}, "billing": {"site_id"}, "outcomes": {"site_id"},
	"feeder_readings": {"feeder_id"},
	"registry":        {"bin", "host_bin"}, "quarterly_reports": {"bin"}, "declarations": {"bin"},
}

func (t *tracer) record(r ingest.Record) []string {
	columns := joins[r.Dataset]
	if columns == nil {
		return everything
	}
	if r.Part == "" {
		return nil
	}
	path := filepath.Join(t.ws.Lake(), filepath.FromSlash(r.Part))
	if store.CheckFile(path, r.PartSHA256) != nil {
		return everything
	}
	keys := map[string]bool{}
	var at []int
	err := store.ScanText(path, func(names []string) error {
		for _, c := range columns {
			at = append(at, slices.Index(names, c))
		}
		return nil
	}, func(_ int64, cells [][]byte) error {
		for _, i := range at {
			if i >= 0 && len(cells[i]) > 0 {
				keys[string(cells[i])] = true
			}
		}
		return nil
	})
	if err != nil {
		return everything
	}
	return t.rows(func(s datasets.Score) bool {
		site := t.sites[s.SiteID]
		return keys[s.SiteID] || keys[site.FeederID] || keys[site.BIN] || keys[s.RegistryBIN]
	})
}

// partition returns the rows that a partition of the lake has a part in.
func (t *tracer) partition(table, path string) []string {
	p, err := store.PartitionAt(t.ws.Lake(), table, path)
	d := datasets.Lookup(strings.TrimPrefix(table, supersededFolder))
	if err != nil || d == nil || p.Bucket < 0 || d.BucketBy != "site_id" {
		return everything
	}
	buckets := t.buckets()
	if buckets == 0 {
		return everything
	}
	return t.rows(func(s datasets.Score) bool { return datasets.BucketOf(s.SiteID, buckets) == p.Bucket })
}

// buckets is the number of buckets of the lake.
func (t *tracer) buckets() int {
	for _, r := range t.records {
		return r.Buckets
	}
	return 0
}

// rows describes the result rows of the sites that match.
func (t *tracer) rows(match func(datasets.Score) bool) []string {
	if err := t.results(); err != nil {
		return everything
	}
	touched := map[string]bool{}
	for _, s := range t.scores {
		if match(s) {
			touched[s.SiteID] = true
		}
	}
	if len(touched) == 0 {
		return []string{"no row of the results"}
	}
	lines := []string{fmt.Sprintf("%d of %d sites in scores.parquet, score_terms.parquet and evidence.parquet", len(touched), len(t.scores))}
	for _, v := range t.visits {
		if touched[v.SiteID] {
			lines = append(lines, fmt.Sprintf("inspection/sites.csv rank %d, site %s, its dossier and its lines of tax/statement.csv", v.Rank, v.SiteID))
		}
	}
	return lines
}

func (t *tracer) results() (err error) {
	if t.read {
		return nil
	}
	if t.scores, err = store.ReadFile[datasets.Score](filepath.Join(t.dir, "scores.parquet")); err != nil {
		return err
	}
	if t.visits, err = store.ReadFile[datasets.Visit](filepath.Join(t.dir, "visits.parquet")); err != nil {
		return err
	}
	slices.SortFunc(t.visits, func(a, b datasets.Visit) int { return cmp.Compare(a.Rank, b.Rank) })
	sites, err := store.ReadTable[datasets.Site](t.ws.Lake(), "sites")
	if err != nil {
		return err
	}
	t.sites = map[string]datasets.Site{}
	for _, s := range sites {
		t.sites[s.SiteID] = s
	}
	t.read = true
	return nil
}
