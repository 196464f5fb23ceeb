package pipeline

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
	"github.com/minewatch/minewatch/detectors/score"
	"github.com/minewatch/minewatch/pipeline/registry"
)

// A ledger writes what is said of every site into a run's folder while the sites are
// gone through, so that memory need not hold the terms and the evidence of all.
type ledger struct {
	dir      string
	scores   *store.Writer[datasets.Score]
	terms    *store.Writer[datasets.ScoreTerm]
	evidence *store.Writer[datasets.Evidence]
}

func newLedger(dir string) (*ledger, error) {
	l := &ledger{dir: dir}
	var err error
	if l.scores, err = store.Create[datasets.Score](dir); err != nil {
		return nil, err
	}
	if l.terms, err = store.Create[datasets.ScoreTerm](dir); err != nil {
		l.discard()
		return nil, err
	}
	if l.evidence, err = store.Create[datasets.Evidence](dir); err != nil {
		l.discard()
		return nil, err
	}
	return l, nil
}

// discard removes what was written, if the ledger was not closed.
func (l *ledger) discard() {
	if l.scores != nil {
		l.scores.Discard()
	}
	if l.terms != nil {
		l.terms.Discard()
	}
	if l.evidence != nil {
		l.evidence.Discard()
	}
}

// write adds sites in their order. The three tables are written at once.
func (l *ledger) write(cases []*siteCase) error {
	var g errgroup.Group
	g.Go(func() error {
		rows := make([]datasets.Score, len(cases))
		for i, s := range cases {
			rows[i] = s.row
		}
		return l.scores.Write(rows)
	})
	g.Go(func() error {
		var rows []datasets.ScoreTerm
		for _, s := range cases {
			rows = append(rows, s.verdict.Terms...)
		}
		return l.terms.Write(rows)
	})
	g.Go(func() error {
		var rows []datasets.Evidence
		for _, s := range cases {
			rows = append(rows, s.evidence...)
		}
		return l.evidence.Write(rows)
	})
	return g.Wait()
}

// close finishes the files and gives them their names.
func (l *ledger) close() error {
	for _, f := range []struct {
		name  string
		close func() (string, error)
	}{{"scores.parquet", l.scores.Close}, {"score_terms.parquet", l.terms.Close}, {"evidence.parquet", l.evidence.Close}} {
		tmp, err := f.close()
		if err != nil {
			return err
		}
		if err := os.Rename(tmp, filepath.Join(l.dir, f.name)); err != nil {
			return err
		}
	}
	return nil
}

// generated makes the sites [from, to): hourly readings, a network that was watched,
// one in a thousand with evidence as of a mine.
func generated(from, to int) []*siteCase {
	cases := make([]*siteCase, 0, to-from)
	r := rand.New(rand.NewPCG(1, uint64(from)))
	for i := from; i < to; i++ {
		id := fmt.Sprintf("KZ-%08d", i)
		s := &siteCase{
			site: datasets.Site{SiteID: id, Region: "Karaganda", Lat: 45 + 8*r.Float64(), Lon: 55 + 30*r.Float64()},
			load: datasets.SiteLoad{SiteID: id, Hours: 17_520, Coverage: 0.99},
		}
		add := func(detector, group string, lr float64, detail string) {
			s.evidence = append(s.evidence, datasets.Evidence{SiteID: id, Detector: detector, Group: group, Start: 1.6e15, End: 1.66e15, Status: datasets.Spoken, Statistic: lr, N: 17_000, PValue: 0.5, LogLR: lr, Detail: detail})
		}
		lr := r.NormFloat64() - 2
		if i%1000 == 0 {
			lr = 4 + r.NormFloat64()
			add("traffic/pool", "session", 5+r.NormFloat64(), fmt.Sprintf("traffic consistent with mining: %d h with traffic, longest session %.1f h", r.IntN(200), 40*r.Float64()))
			s.judged.Finding = registry.Unregistered
		} else {
			add("traffic/quiet", "session", -0.24, fmt.Sprintf("the site's network was watched for 7 days, %d hours with traffic, and nothing in it looks like mining", 100+r.IntN(68)))
		}
		add("load/block", "onset", max(-1, lr), fmt.Sprintf("no added block stands out: the best candidate, %.1f kW, has an edge of t %.1f against %.1f for the site's own steps down", 30*r.Float64(), 9*r.Float64(), 20*r.Float64()))
		add("load/cutoff", "cutoff", -0.3*r.Float64(), fmt.Sprintf("the load changed by %.0f %% while the internet was shut down nationwide, as in other weeks", 10*r.Float64()))
		cases = append(cases, s)
	}
	return cases
}

// generatedSites is how many sites are scored by default; MINEWATCH_BENCH_SITES asks
// for another number, 7000000 for all of Kazakhstan.
const generatedSites = 20_000

// chunkSites is how many sites are in memory at once.
const chunkSites = 50_000

// BenchmarkSites scores, ranks and exports sites with generated evidence: a first
// pass for the p- and q-values of all, a second for the rows, then the list. What it
// does not measure is how a run gets at the evidence, all of which it holds in memory.
func BenchmarkSites(b *testing.B) {
	n := generatedSites
	if v := os.Getenv("MINEWATCH_BENCH_SITES"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			b.Fatal(err)
		}
	}
	r := lister(Default().Visits)
	null := score.ShippedNull()
	segment := score.Segment(true, true)
	listed := 0
	for b.Loop() {
		dir := b.TempDir()
		p, probability := make([]float64, n), make([]float64, n)
		for from := 0; from < n; from += chunkSites {
			cases := generated(from, min(n, from+chunkSites))
			sumAll(r.model, cases, runtime.GOMAXPROCS(0))
			for i, s := range cases {
				p[from+i], probability[from+i] = null.PValue(segment, s.verdict.LogOdds-r.model.Base()), s.verdict.Probability
			}
		}
		q := score.BenjaminiHochberg(p)
		for i, v := range score.RunningRate(probability) {
			q[i] = max(q[i], v)
		}
		l, err := newLedger(dir)
		if err != nil {
			b.Fatal(err)
		}
		var proposed []*siteCase
		for from := 0; from < n; from += chunkSites {
			cases := generated(from, min(n, from+chunkSites))
			sumAll(r.model, cases, runtime.GOMAXPROCS(0))
			for i, s := range cases {
				s.row.PValue, s.row.QValue = p[from+i], q[from+i]
				r.conclude(s)
				if s.row.Proposed {
					proposed = append(proposed, s)
				}
			}
			if err := l.write(cases); err != nil {
				b.Fatal(err)
			}
		}
		if err := l.close(); err != nil {
			b.Fatal(err)
		}
		visits := r.visits(proposed)
		listed = len(visits)
		if err := store.WriteRows(filepath.Join(dir, "visits.parquet"), visits); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "sites/s")
	b.ReportMetric(float64(listed), "listed")
	b.ReportMetric(peakMiB(), "MiB-peak")
}
