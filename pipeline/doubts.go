package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/load"
	"github.com/minewatch/minewatch/pipeline/export"
	"github.com/minewatch/minewatch/pipeline/sql"
	"github.com/minewatch/minewatch/pipeline/suspect"
)

// checkStage finds what is possible but doubtful in readings (reading_doubts).
// A task is a bucket of readings.
var checkStage = &Stage{
	Name:   "check",
	Tables: []string{"reading_doubts"},
	Along:  []string{supersededFolder + "readings"},
	Plan: func(env *Env) ([]Task, error) {
		return env.readingTasks("check", env.WS.Config.Zone)
	},
	Look: lookCheck,
}

// A checkLook gathers the doubts about the sites of one bucket.
type checkLook struct {
	env  *Env
	task Task
	rows []datasets.ReadingDoubt
}

func lookCheck(env *Env, t Task) siteLook { return &checkLook{env: env, task: t} }

func (c *checkLook) see(r *siteReadings) {
	for _, d := range r.finder.Find(r.Load, c.env.Zone) {
		c.add(r.SiteID, d)
	}
}

func (c *checkLook) add(site string, d suspect.Doubt) {
	c.rows = append(c.rows, datasets.ReadingDoubt{Bucket: c.task.Out.Bucket, SiteID: site, Kind: d.Kind, N: d.Count, First: d.First})
}

func (c *checkLook) commit(ctx context.Context) (int64, error) {
	if err := c.env.contradictions(ctx, c.task, c.add); err != nil {
		return 0, err
	}
	slices.SortStableFunc(c.rows, func(a, b datasets.ReadingDoubt) int { return cmp.Compare(a.SiteID, b.SiteID) })
	_, err := store.CommitRows(c.env.WS.Lake(), c.rows, c.task.manifest("reading_doubts"))
	return int64(len(c.rows)), err
}

// contradictions counts the readings that a later one of the same interval
// replaced with another value, by whether it came in the same file.
func (e *Env) contradictions(ctx context.Context, t Task, add func(site string, d suspect.Doubt)) error {
	var files []string
	for _, m := range t.In {
		old, err := store.Open(e.WS.Lake(), supersededFolder+"readings", m.Partition)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		files = append(files, old.Path(e.WS.Lake()))
	}
	if len(files) == 0 {
		return nil
	}
	_, err := e.inDuckDB(ctx, 1, func(db *sql.DB) (int64, error) {
		readings := datasets.Lookup("readings")
		if err := errors.Join(db.View(ctx, "replaced", readings, files), db.View(ctx, "readings", readings, paths(e.WS.Lake(), t.In))); err != nil {
			return 0, err
		}
		found, err := db.Query(ctx, `SELECT site_id, o.src_file = r.src_file AS same, count(*), epoch_us(min(ts))
			FROM replaced o JOIN readings r USING (site_id, ts) GROUP BY ALL ORDER BY ALL`)
		if err != nil {
			return 0, err
		}
		defer found.Close()
		for found.Next() {
			var site string
			var same bool
			d := suspect.Doubt{Kind: suspect.Corrected}
			if err := found.Scan(&site, &same, &d.Count, &d.First); err != nil {
				return 0, err
			}
			if same {
				d.Kind = suspect.Twice
			}
			add(site, d)
		}
		return 0, found.Err()
	})
	return err
}

// sitesNamed is how many sites a message names; the table has them all.
const sitesNamed = 5

// doubts returns a message for each kind of doubt about readings.
func (e *Env) doubts() ([]export.QualityMessage, error) {
	rows, err := store.ReadTable[datasets.ReadingDoubt](e.WS.Lake(), "reading_doubts")
	if err != nil {
		return nil, err
	}
	return doubtful(suspect.Kinds, rows, "kept as delivered, all in lake/reading_doubts"), nil
}

// namedFaults returns a message for each kind of fault of a meter that is named in evidence.
func namedFaults(cases []*siteCase) []export.QualityMessage {
	var rows []datasets.ReadingDoubt
	for _, s := range cases {
		for _, e := range s.evidence {
			if kind := load.NamedFault(e); kind != "" {
				rows = append(rows, datasets.ReadingDoubt{SiteID: s.site.SiteID, Kind: kind, N: 1, First: e.Start})
			}
		}
	}
	return doubtful(load.FaultKinds[:], rows, "named as faults of the meter, which are no mines; their times are in the evidence")
}

// doubtful returns a message for each kind of which there are rows.
func doubtful(kinds []string, rows []datasets.ReadingDoubt, what string) (list []export.QualityMessage) {
	for _, kind := range kinds {
		bySite, total := map[string]int64{}, int64(0)
		for _, r := range rows {
			if r.Kind == kind {
				bySite[r.SiteID] += r.N
				total += r.N
			}
		}
		if total == 0 {
			continue
		}
		sites := slices.SortedFunc(maps.Keys(bySite), func(a, b string) int {
			return cmp.Or(cmp.Compare(bySite[b], bySite[a]), cmp.Compare(a, b))
		})
		var worst []string
		for _, id := range sites[:min(len(sites), sitesNamed)] {
			worst = append(worst, fmt.Sprintf("%s %d", id, bySite[id]))
		}
		list = append(list, export.QualityMessage{Subject: "readings", Text: fmt.Sprintf("%s: %d (sites: %d, most in %s); %s", kind, total, len(sites), strings.Join(worst, ", "), what)})
	}
	return list
}
