package calibrate

import (
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/load"
)

// Own is what the shipped model does on meters of the user's own, as they are and
// with simulated mines in copies of them.
type Own struct {
	Sites int        `json:"sites"`
	Above int        `json:"above"` // sites that are proposed as they are: mines, or false alarms
	Sizes []OwnSize  `json:"sizes"`
	Worth []OwnWorth `json:"worth"`
}

// An OwnSize is how the mines of one size fared.
type OwnSize struct {
	Size     float64 `json:"size"` // of the site's mean load
	Mines    int     `json:"mines"`
	Found    int     `json:"found"`    // with a log-likelihood ratio above even odds at a prior of 2 %
	Onset    int     `json:"onset"`    // of the found, begin right within two days
	Within20 int     `json:"within20"` // energy within 20 %
	Covered  int     `json:"covered"`  // 90 % interval holds the energy
}

// An OwnWorth says what a log-likelihood ratio of load/block was worth here: the ratio
// of how often mines and sites as they are have it, smoothed as that of the shipped tables.
type OwnWorth struct {
	LogLR float64 `json:"log_lr"`
	Worth float64 `json:"worth"`
}

// SelfInject looks at windows of the user's meters with the shipped model. Into copies
// of those in which it sees nothing (a ratio of 0 or less) goes a mine of each model and
// size. What is drawn depends on the site's id alone, so that the result does not depend
// on the order of the windows or the number of cores. zone is that of the sites.
func SelfInject(windows []*load.Window, zone *time.Location) Own {
	lists := make([][]ownCase, len(windows))
	next := make(chan int)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			s := load.NewScanner()
			for i := range next {
				lists[i] = ownCases(s, windows[i], zone)
			}
		})
	}
	for i := range windows {
		next <- i
	}
	close(next)
	wait.Wait()
	return sumUp(slices.Concat(lists...))
}

// An ownCase is one window with what was found; the site as it is if Mine() is false.
type ownCase struct {
	Case
	verdict                  Verdict
	onset, within20, covered bool
}

func ownCases(s *load.Scanner, w *load.Window, zone *time.Location) (out []ownCase) {
	clean := ownCase{Case: Case{Building: w.SiteID, MeanKW: mean(positive(w.KW))}, verdict: Verdict{LogLR: -20}}
	block, why := s.Scan(w)
	if why != "" {
		return nil
	}
	clean.verdict.LogLR = block.LogLR
	out = append(out, clean)
	if block.LogLR > 0 {
		return out
	}
	h := fnv.New64a()
	h.Write([]byte(w.SiteID)) // never fails
	r := rand.New(rand.NewPCG(h.Sum64(), 0x6f776e))
	p := place{w.Start.Time().In(zone), len(w.KW), w.TempC, clean.MeanKW}
	for _, size := range Sizes {
		for _, m := range []struct {
			model MineModel
			add   func(*rand.Rand, string, float64) (added, bool)
		}{{ModelA, p.addA}, {ModelB, p.addB}} {
			family := Families[m.model][r.IntN(len(Families[m.model]))]
			if a, ok := m.add(r, family, size*p.meanKW); ok {
				c := clean
				c.Model, c.Family, c.Size, c.OnsetH = m.model, family, size, a.onset
				out = append(out, c.with(s, w, a.kw))
			}
		}
	}
	return out
}

// with looks at the window with a mine added.
func (c ownCase) with(s *load.Scanner, w *load.Window, kw []float64) ownCase {
	series := *w.Series
	series.KW = slices.Clone(w.KW)
	for i := range series.KW {
		if series.KW[i] > 0 {
			series.KW[i] += kw[i]
			c.TrueKWh += kw[i]
		}
	}
	mined := *w
	mined.Series = &series
	block, why := s.Scan(&mined)
	if why != "" {
		return c
	}
	c.verdict.LogLR = block.LogLR
	c.onset = math.Abs(float64(block.Onset-c.OnsetH)) <= 48
	all := load.Quarters(&mined, block, func(datasets.Micros) datasets.Quarter { return 0 })[0]
	q := all.Wh.KWh() / c.TrueKWh
	c.within20 = q > 0.8 && q < 1.2
	c.covered = c.TrueKWh >= all.WhLow.KWh() && c.TrueKWh <= all.WhHigh.KWh()
	return c
}

func sumUp(list []ownCase) Own {
	var o Own
	cases, raw := make([]Case, len(list)), make([]Verdict, len(list))
	for i, c := range list {
		cases[i], raw[i] = c.Case, c.verdict
		if !c.Mine() {
			o.Sites++
			if c.verdict.LogLR > proposedLR {
				o.Above++
			}
		}
	}
	mines := 0
	for _, size := range Sizes {
		row := OwnSize{Size: size}
		for _, c := range list {
			if !c.Mine() || c.Size != size {
				continue
			}
			if row.Mines++; c.verdict.LogLR > proposedLR {
				row.Found++
				row.Onset += count(c.onset)
				row.Within20 += count(c.within20)
				row.Covered += count(c.covered)
			}
		}
		mines += row.Mines
		o.Sizes = append(o.Sizes, row)
	}
	if mines < leastOwn || o.Sites < leastOwn {
		return o
	}
	s := scaleOf(cases, raw)
	for _, lr := range []float64{0, 1, 2, 3, proposedLR, 5} {
		o.Worth = append(o.Worth, OwnWorth{lr, s.of(lr)})
	}
	return o
}

// leastOwn is how many sites and mines it takes to say what a ratio is worth.
const leastOwn = 40

func count(ok bool) int {
	if ok {
		return 1
	}
	return 0
}

// Print writes the report for a reader.
func (o Own) Print(w io.Writer) {
	fmt.Fprintf(w, "%d of your sites as they are: %d above a log-likelihood ratio of %.1f (even odds at a prior of 2 %%): mines, or false alarms\n", o.Sites, o.Above, proposedLR)
	fmt.Fprintf(w, "mines of both models in copies of those that show nothing:\n")
	for _, s := range o.Sizes {
		of := func(n, all int) float64 { return float64(n) / float64(max(1, all)) }
		fmt.Fprintf(w, "  %.2f x mean  %5d mines: found %.2f; of these the begin within two days %.2f, energy within 20 %% %.2f, 90 %% intervals hold %.2f\n",
			s.Size, s.Mines, of(s.Found, s.Mines), of(s.Onset, s.Found), of(s.Within20, s.Found), of(s.Covered, s.Found))
	}
	if len(o.Worth) == 0 {
		fmt.Fprintf(w, "fewer than %d sites or mines: what a ratio is worth here cannot be said\n", leastOwn)
		return
	}
	fmt.Fprintf(w, "log-likelihood ratios of load/block and what they were worth here (runs apply it if --use wrote tables/load_scale.csv):\n ")
	for _, x := range o.Worth {
		fmt.Fprintf(w, " %.1f: %.1f ", x.LogLR, x.Worth)
	}
	fmt.Fprintln(w)
}

// Scale is what ratios are worth as the table load_scale.csv of a workspace; "" if too few
// sites or mines tell.
func (o Own) Scale() string {
	if len(o.Worth) == 0 {
		return ""
	}
	mines := 0
	for _, s := range o.Sizes {
		mines += s.Mines
	}
	var b strings.Builder
	b.WriteString("# Written by `minewatch calibrate --self-inject --use`. Without this file ratios are worth what they say.\nlog_lr,worth,source,confidence\n")
	for _, x := range o.Worth {
		fmt.Fprintf(&b, "%.4f,%.4f,%d simulated mines in copies of %d own meters,C\n", x.LogLR, x.Worth, mines, o.Sites)
	}
	return b.String()
}

// Table is the report as CSV, a row a size.
func (o Own) Table(w io.Writer) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"size", "mines", "found", "onset", "within20", "covered"}}
	for _, s := range o.Sizes {
		rows = append(rows, []string{strconv.FormatFloat(s.Size, 'f', 2, 64), strconv.Itoa(s.Mines), strconv.Itoa(s.Found), strconv.Itoa(s.Onset), strconv.Itoa(s.Within20), strconv.Itoa(s.Covered)})
	}
	return c.WriteAll(rows)
}
