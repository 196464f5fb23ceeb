package calibrate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/minewatch/minewatch/detectors/load"
)

// smoke is one seed that no shipped table was learnt on, made once.
var smoke []Case

func smokeCases(t *testing.T) []Case {
	t.Helper()
	if testing.Short() {
		t.Skip("scans some hundred two-year windows")
	}
	if smoke == nil {
		var err error
		if smoke, err = Cases(101); err != nil {
			t.Fatal(err)
		}
	}
	return smoke
}

// Buildings and kinds of mine that the model has not seen must be ranked far
// better than by the best simple rule on the same windows.
func TestHeldOutBuildings(t *testing.T) {
	cases := smokeCases(t)
	keep := onB(func(c *Case) bool { return c.Population == Estate && (c.Mine() || c.Clean()) })
	ap := func(scores []float64) float64 { return averagePrecision(pick(cases, scores, keep), 0.05, 0) }
	got, rule := ap(logLR(HeldOut(cases, ModelA))), ap(rankProduct(cases))
	t.Logf("average precision %.3f, rank product %.3f", got, rule)
	if got < rule+0.25 {
		t.Errorf("average precision %.3f, want 0.25 more than the best simple rule, %.3f", got, rule)
	}
}

// The order of the cases does not matter, and a fitted model is one that
// package load can read: shape functions that do not fall.
func TestFit(t *testing.T) {
	cases := smokeCases(t)[:200]
	reversed := make([]Case, len(cases))
	for i, c := range cases {
		reversed[len(cases)-1-i] = c
	}
	all := func(*Case) bool { return true }
	a, b := Fit(cases, all), Fit(reversed, all)
	for i := range cases {
		if x, y := Judge(a, &cases[i]).LogLR, Judge(b, &cases[i]).LogLR; math.Abs(x-y) > 1e-6 {
			t.Fatalf("case %d: %v and %v: the order of cases matters", i, x, y)
		}
	}
	for i, s := range a.Shapes {
		for k := 1; k < len(s.At); k++ {
			if s.At[k] <= s.At[k-1] || s.LogLR[k] < s.LogLR[k-1] {
				t.Errorf("%s falls or repeats a knot: %v %v", load.FeatureNames[i], s.At, s.LogLR)
			}
		}
	}
}

func TestEnergyInterval(t *testing.T) {
	if low, high := interval(nil); low != -1 || high != 1 {
		t.Errorf("without errors %v to %v, want a factor of e either way", low, high)
	}
	x := make([]float64, 101)
	for i := range x {
		x[i] = float64(i)
	}
	// Wider than the plain quantiles 5 and 95, as the split-conformal rule asks.
	if low, high := interval(x); low >= 5 || high <= 95 || low < 4.9 || high > 95.1 {
		t.Errorf("%v to %v", low, high)
	}
}

// Errors twice as large where powers disagree more, and half as large round the clock, are
// found to be so; the interval holds nine in ten of each kind.
func TestEnergySpread(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	draw := func() (m missed, sd float64) {
		b := load.Block{LogLR: 5, MeanKW: 20, EdgeKW: 10, WeekKW: 10, LevelKW: 10, PlateauKW: 10, KW: 10, Duty: &load.Duties[1]}
		sd = 0.1
		if r.IntN(2) == 0 {
			b.EdgeKW, sd = 15, 2*sd
		}
		if r.IntN(2) == 0 {
			b.Duty, sd = &load.Duties[0], sd/2
		}
		return missed{b, sd * r.NormFloat64()}, sd
	}
	var list []missed
	for range 4000 {
		m, _ := draw()
		list = append(list, m)
	}
	e := spreadOf(list)
	in, n := map[float64]float64{}, map[float64]float64{}
	for range 4000 {
		m, sd := draw()
		of := e.Of(&m.block)
		n[sd]++
		if m.error > of.Low && m.error < of.High {
			in[sd]++
		}
	}
	for sd, k := range n {
		if share := in[sd] / k; share < 0.8 || share > 0.98 {
			t.Errorf("errors of %.2f: intervals hold %.2f", sd, share)
		}
	}
	if e := spreadOf(nil); e.Low != -1 || e.High != 1 {
		t.Errorf("without mines %+v", e)
	}
}

// The isolation forest must put a point far from all others first.
func TestForest(t *testing.T) {
	rows := make([][shapes]float64, 300)
	for i := range rows {
		for k := range rows[i] {
			rows[i][k] = math.Sin(float64(i * (k + 3))) // scattered within ±1
		}
	}
	rows[17][4] = 30
	score := forest(rows)
	for i, s := range score {
		if i != 17 && s >= score[17] {
			t.Fatalf("row %d scores %.3f, the outlier %.3f", i, s, score[17])
		}
	}
	// Liu, Ting and Zhou (2008), equation 1: c(256) = 2 H(255) − 2·255/256 = 10.24.
	if c := average(256); math.Abs(c-10.24) > 0.01 {
		t.Errorf("c(256) = %.3f, want 10.24", c)
	}
}

func TestRecallAt(t *testing.T) {
	mine, clean := &Case{Model: ModelA}, &Case{}
	s := []scored{{mine, 4}, {mine, 3}, {clean, 2}, {mine, 1}, {clean, 0}}
	// At a prevalence of 0.6 each case weighs the same: two of three before the
	// first clean meter, three of three with one false of four.
	for _, tc := range []struct{ fdr, want float64 }{{0.1, 2. / 3}, {0.25, 1}} {
		if got := recallAt(s, 0.6, 0, tc.fdr); math.Abs(got-tc.want) > 1e-9 {
			t.Errorf("recall at FDR %.2f is %.3f, want %.3f", tc.fdr, got, tc.want)
		}
	}
}

// Of scores with mean +1 for mines and −1 for clean meters, both of variance 1,
// the log-likelihood ratio is twice the score.
func TestScale(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	var cases []Case
	var raw []Verdict
	for i := range 20000 {
		c, x := Case{}, r.NormFloat64()-1
		if i%2 == 0 {
			c.Model, x = ModelA, x+2
		}
		cases, raw = append(cases, c), append(raw, Verdict{x, &Look{}})
	}
	s := scaleOf(cases, raw)
	for _, x := range []float64{-1, 0, 1, 1.5, 2} {
		if z := s.of(x); math.Abs(z-2*x) > 0.2 {
			t.Errorf("the score %.1f becomes %.2f, want %.2f", x, z, 2*x)
		}
	}
	m := s.model(first())
	x := [terms]float64{1, 2, 3}
	if a, b := m.LogLR(x), s.of(first().LogLR(x)); math.Abs(a-b) > 1e-9 {
		t.Errorf("the scaled model gives %v, want %v", a, b)
	}
}
