package pipeline

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// A MonthBench measures what one new month costs on a lake of years, beside what
// the same month costs alone, and one look at the series that it makes longer.
type MonthBench struct {
	Sites int
	Years int // the last month of the last is the new one
	// Buckets divide the workspaces; 0: as many as so many sites take.
	Buckets int
	Rounds  int // of each cost that of the round with the least processor time is taken
}

// A MonthCost is what one run cost.
type MonthCost struct {
	Name   string      `json:"name"`
	All    Cost        `json:"all"`
	Ingest Cost        `json:"ingest"`
	Check  Cost        `json:"check"`  // of the lake, before it is read
	Look   Cost        `json:"look"`   // at readings: profile, check and detect
	Score  Cost        `json:"score"`  // all else: peers, scoring, tax, seal
	Export Cost        `json:"export"` // files that people receive
	Stages []StageTime `json:"stages"`
}

// A MonthResult is what a MonthBench measured.
type MonthResult struct {
	Runs [3]MonthCost `json:"runs"` // all years but the last month, the month on top of them, the month alone
	// Look is one look at the series of the sites of the month, all years, from the
	// lake to the evidence of each: nothing planned, nothing written.
	Look Cost `json:"bare_look"`
}

// A MonthLimit is what the run after one new month may cost.
type MonthLimit struct {
	Name    string
	Allowed Cost
}

// monthShare is how many times its own work a new month may cost.
const monthShare = 1.5

// Limits returns the limit in both of its readings: the month's own work is what a run
// of it alone does, or to take it in and to look once at the series that it changes.
// What follows the look, scoring, tax and export, is one row a site, and is allowed
// beside it.
func (r *MonthResult) Limits() []MonthLimit {
	month, alone := r.Runs[1], r.Runs[2]
	follows := month.Score.plus(month.Export)
	return []MonthLimit{
		{"the month alone", alone.All.times(monthShare).plus(follows)},
		{"the month's ingest alone and one look", alone.Ingest.plus(r.Look).times(monthShare).plus(follows)},
	}
}

// Run delivers all years but the last month to a workspace below dir and runs it,
// then the last month and runs it again; and, in another workspace, the last
// month alone. The workspaces are removed.
func (b MonthBench) Run(ctx context.Context, dir string, progress Progress) (*MonthResult, error) {
	var best *MonthResult
	for n := range max(1, b.Rounds) {
		at := filepath.Join(dir, fmt.Sprint(n))
		r, err := b.round(ctx, at, progress)
		if err := errors.Join(err, os.RemoveAll(at)); err != nil {
			return nil, err
		}
		if best == nil {
			best = r
			continue
		}
		for i := range best.Runs {
			if r.Runs[i].All.CPUS < best.Runs[i].All.CPUS {
				best.Runs[i] = r.Runs[i]
			}
		}
		if r.Look.CPUS < best.Look.CPUS {
			best.Look = r.Look
		}
	}
	return best, nil
}

func (b MonthBench) round(ctx context.Context, dir string, progress Progress) (*MonthResult, error) {
	long, alone := filepath.Join(dir, "years"), filepath.Join(dir, "month")
	last := 12*b.Years - 1
	result := &MonthResult{}
	for i, step := range []struct {
		name, dir string
		from, to  int
	}{{"all years but the last month", long, 0, last}, {"the last month on top of them", long, last, last + 1}, {"the last month alone", alone, last, last + 1}} {
		ws, err := Init(step.dir, InitOptions{Buckets: cmp.Or(b.Buckets, BenchLake{Sites: b.Sites}.buckets())})
		if err != nil {
			return nil, err
		}
		if step.from == 0 || step.dir == alone {
			if err := benchRegister(ws, b.Sites); err != nil {
				return nil, err
			}
		}
		for m := step.from; m < step.to; m++ {
			if err := b.deliver(ws, m); err != nil {
				return nil, err
			}
		}
		var stages []StageTime
		m, err := measured(func() error {
			r, err := Run(ctx, ws, RunOptions{Progress: progress})
			if err == nil {
				stages = r.Stages
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
		result.Runs[i] = monthCost(step.name, Cost{m.seconds, m.cpu}, stages)
		if i == 1 {
			if result.Look, err = bareLook(ctx, ws); err != nil {
				return nil, fmt.Errorf("look at the series: %w", err)
			}
		}
	}
	return result, nil
}

func monthCost(name string, all Cost, stages []StageTime) MonthCost {
	c := MonthCost{Name: name, All: all, Score: all, Stages: stages}
	for _, s := range stages {
		of := map[string]*Cost{"ingest": &c.Ingest, "audit": &c.Check, "export": &c.Export,
			profileStage.Name: &c.Look, checkStage.Name: &c.Look, detectStage.Name: &c.Look}[s.Stage]
		if of != nil {
			*of, c.Score = of.plus(s.Cost), c.Score.plus(s.Cost.times(-1))
		}
	}
	return c
}

// bareLook has the stages of electricity look at all series of the lake, and drops what
// they find.
func bareLook(ctx context.Context, ws *Workspace) (Cost, error) {
	env, err := newEnv(ws, nil)
	if err != nil {
		return Cost{}, err
	}
	var tasks []Task
	for _, s := range []*Stage{profileStage, checkStage, detectStage} {
		all, _, err := env.plan(ctx, s)
		if err != nil {
			return Cost{}, err
		}
		tasks = append(tasks, all...)
	}
	m, err := measured(func() error {
		g := new(errgroup.Group)
		g.SetLimit(env.Workers)
		for _, job := range jobsOf(tasks) {
			g.Go(func() error {
				_, err := env.look(ctx, job)
				return err
			})
		}
		return g.Wait()
	})
	return Cost{m.seconds, m.cpu}, err
}

// deliver writes one month of readings of all sites as CSV, by hour, as a head-end
// exports it.
func (b MonthBench) deliver(ws *Workspace, month int) (err error) {
	f, err := os.Create(filepath.Join(ws.Inbox("readings"), fmt.Sprintf("readings-%03d.csv", month)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "site_id,ts,kwh")
	year, first := benchFirstYear+month/12, time.Month(month%12+1)
	from, to := time.Date(year, first, 1, 0, 0, 0, 0, time.UTC), time.Date(year, first+1, 1, 0, 0, 0, 0, time.UTC)
	begin := int(from.Sub(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)) / time.Hour)
	var line []byte
	for i := range b.Sites {
		meter := newBenchMeter(i, month/12)
		for h := range begin {
			meter.next(h)
		}
		for at, h := from, begin; at.Before(to); at, h = at.Add(time.Hour), h+1 {
			line = append(append(line[:0], benchSite(i)...), ',')
			line = append(at.AppendFormat(line, time.RFC3339), ',')
			line = append(strconv.AppendFloat(line, float64(meter.next(h))/1000, 'f', 3, 64), '\n')
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// benchRegister puts a register of generated sites into the inbox, so that they
// have peers and a region.
func benchRegister(ws *Workspace, sites int) error {
	activities := []string{"10710", "47110", "55101", "62010", "01410", "85310", "86100", "49410"}
	return inboxCSV(ws, "sites", []string{"site_id", "oked", "account_type", "region"}, func(row func(...string)) {
		for i := range sites {
			row(benchSite(i), activities[i%len(activities)], "legal", "Карагандинская область")
		}
	})
}
