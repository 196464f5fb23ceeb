package pipeline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A MonthBench measures what one new month costs on a lake of years, beside what
// the same month costs alone.
type MonthBench struct {
	Sites int
	Years int // the last month of the last is the new one
}

// A MonthCost is what one run cost, by stage.
type MonthCost struct {
	Name    string      `json:"name"`
	Seconds float64     `json:"seconds"`
	CPUS    float64     `json:"cpu_s"`
	Stages  []StageTime `json:"stages"`
}

// Run delivers all years but the last month to a workspace below dir and runs it,
// then the last month and runs it again; and, in another workspace, the last
// month alone.
func (b MonthBench) Run(ctx context.Context, dir string, progress Progress) ([]MonthCost, error) {
	long, alone := filepath.Join(dir, "years"), filepath.Join(dir, "month")
	last := 12*b.Years - 1
	var costs []MonthCost
	for _, step := range []struct {
		name, dir string
		from, to  int
	}{{"all years but the last month", long, 0, last}, {"the last month on top of them", long, last, last + 1}, {"the last month alone", alone, last, last + 1}} {
		ws, err := Init(step.dir, InitOptions{Buckets: BenchLake{Sites: b.Sites}.buckets()})
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
		c := MonthCost{Name: step.name}
		m, err := measured(func() error {
			r, err := Run(ctx, ws, RunOptions{Progress: progress})
			if err == nil {
				c.Stages = r.Stages
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
		c.Seconds, c.CPUS = m.seconds, m.cpu
		costs = append(costs, c)
	}
	return costs, nil
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
