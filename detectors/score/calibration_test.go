package score

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func near(t *testing.T, name string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s = %v, want %v", name, got, want)
	}
}

// By hand: bin 0.1 holds 0.1 (clean) and 0.15 (mining), mean 0.125 against 0.5; bin
// 0.9 holds 1.0 (mining). ECE = 2/3·0.375 = 0.25; Brier = (0.01 + 0.7225 + 0)/3.
func TestReliability(t *testing.T) {
	list := []Judged{{0.1, false, 1}, {0.15, true, 1}, {1, true, 1}}
	diagram, ece := Reliability(list)
	near(t, "ECE", ece, 0.25, 1e-12)
	near(t, "Brier", Brier(list), 0.7325/3, 1e-12)
	if len(diagram) != 2 || diagram[0].From != 0.1 || diagram[0].Observed != 0.5 || diagram[1].From != 0.9 {
		t.Errorf("diagram %+v", diagram)
	}
	if d, e := Reliability(nil); d != nil || e != 0 || Brier(nil) != 0 {
		t.Error("nothing to judge is not 0")
	}
}

func TestConformal(t *testing.T) {
	null := []float64{-1, 0, 0, 2}
	for _, tc := range []struct{ x, want float64 }{{3, 0.2}, {2, 0.4}, {0, 0.8}, {-5, 1}} {
		near(t, "p", Conformal(null, tc.x), tc.want, 1e-12)
	}
	near(t, "p without null", Conformal(nil, 5), 1, 0)
}

// The fifteen p-values of Benjamini and Hochberg (1995), section 3.2; q-values as
// statsmodels 0.14 multipletests(p, method="fdr_bh") and "fdr_by" give them: the
// paper rejects the first four at 0.05.
func TestBenjaminiHochberg(t *testing.T) {
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000}
	q := BenjaminiHochberg(p)
	for i, want := range []float64{0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714} {
		near(t, "q", q[i], want, 1e-7)
	}
	rejected := 0
	for _, v := range q {
		if v <= 0.05 {
			rejected++
		}
	}
	if rejected != 4 {
		t.Errorf("%d rejected, the paper has 4", rejected)
	}
	near(t, "q by", BenjaminiYekutieli(p)[0], 0.0015*3.31822899, 1e-8) // Σ 1/i, i to 15
	if len(BenjaminiHochberg(nil)) != 0 {
		t.Error("no p-values")
	}
}

// The chance of each number of successes of trials of 0.1, 0.5 and 0.9, by hand.
func TestPoissonBinomial(t *testing.T) {
	got := poissonBinomial([]float64{0.1, 0.5, 0.9})
	for k, want := range []float64{0.045, 0.455, 0.455, 0.045} {
		near(t, "mass", got[k], want, 1e-12)
	}
	many := make([]float64, exactSites+1)
	for i := range many {
		many[i] = 0.1
	}
	sum, mean := 0.0, 0.0
	for k, v := range poissonBinomial(many) {
		sum, mean = sum+v, mean+float64(k)*v
	}
	near(t, "normal sum", sum, 1, 1e-9)
	near(t, "normal mean", mean, 200.1, 1e-6)
}

// Forty sites of 0.925: three wrong; the 95 % interval of a binomial of 40 and
// 0.075 is 0 to 7 (scipy 1.11: binom.ppf([0.025, 0.975], 40, 0.075)). Doubt about
// the calibration widens it.
func TestExpectedWrong(t *testing.T) {
	p := slices.Repeat([]float64{0.925}, 40)
	w := ExpectedWrong(p, 0)
	if math.Abs(w.Expected-3) > 1e-9 || w.Low != 0 || w.High != 7 {
		t.Errorf("%+v, want 3, 0 to 7", w)
	}
	if wide := ExpectedWrong(p, 0.7); wide.High <= w.High {
		t.Errorf("%+v is no wider than %+v", wide, w)
	}
	near(t, "rate", w.Rate(), 0.075, 1e-12)
	if w := ExpectedWrong(nil, 1); w != (Wrong{}) || w.Rate() != 0 {
		t.Errorf("of nothing %+v", w)
	}
}

// On independent nulls BH keeps the mean false discovery rate below what was asked.
func TestBenjaminiHochbergControls(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	null := make([]float64, 2000)
	for i := range null {
		null[i] = r.NormFloat64()
	}
	slices.Sort(null)
	const rounds, asked = 300, 0.1
	sum := 0.0
	for range rounds {
		p := make([]float64, 500)
		for i := range p {
			x := r.NormFloat64()
			if i < 50 {
				x += 3.5
			}
			p[i] = Conformal(null, x)
		}
		wrong, all := 0, 0
		for i, q := range BenjaminiHochberg(p) {
			if q <= asked {
				all++
				if i >= 50 {
					wrong++
				}
			}
		}
		if all > 0 {
			sum += float64(wrong) / float64(all)
		}
	}
	if mean := sum / rounds; mean > asked+0.02 || mean < 0.02 {
		t.Errorf("mean false discovery rate %.3f, want about 0.09", mean)
	}
}

// Learning from many outcomes finds the slopes that made them; from few it stays
// near where it began.
func TestLearn(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	made := Weights{Shift: 0.8, Slope: [len(Learnt)]float64{0.5, 1.4, 1}}
	draw := func(n int) []Example {
		list := make([]Example, n)
		for i := range list {
			e := Example{Worth: [len(Learnt)]float64{r.NormFloat64() * 3, r.NormFloat64() * 3}, Weight: 1}
			z := Logit(0.05) + made.Shift + made.Slope[0]*e.Worth[0] + made.Slope[1]*e.Worth[1]
			e.Mining = r.Float64() < Logistic(z)
			list[i] = e
		}
		return list
	}
	w := Learn(0.05, neutral, draw(5000))
	near(t, "shift", w.Shift, made.Shift, 0.3)
	near(t, "slope of load", w.Slope[0], made.Slope[0], 0.1)
	near(t, "slope of traffic", w.Slope[1], made.Slope[1], 0.2)
	if w.Outcomes != 5000 {
		t.Errorf("learnt from %d", w.Outcomes)
	}
	few := Learn(0.05, neutral, draw(12))
	if few.ShiftSD < 5*w.ShiftSD || few.Slope[2] != 1 {
		t.Errorf("from few outcomes %+v: want much less sure than %+v, and the slope of which nothing was seen as it was", few, w)
	}
	for _, e := range [][]Example{nil, {{Mining: true, Weight: 1}, {Mining: true, Weight: 1}, {Mining: true, Weight: 1}}} {
		if got := Learn(0.05, neutral, e); !reflect.DeepEqual(got, neutral) {
			t.Errorf("%d outcomes of one kind teach %+v", len(e), got)
		}
	}
	against := make([]Example, 60) // the stronger the evidence, the less they mine
	for i := range against {
		against[i] = Example{Worth: [len(Learnt)]float64{float64(i % 6)}, Mining: i%6 == 0, Weight: 1}
	}
	if w := Learn(0.5, neutral, against); w.Slope[0] < 0 {
		t.Errorf("slope %v is below 0", w.Slope[0])
	}
}

func TestShippedWeights(t *testing.T) {
	w := Shipped()
	if w.Shift != 0 || w.Outcomes != 0 || w.Slope != neutral.Slope || w.ShiftSD <= 0 {
		t.Errorf("shipped weights %+v", w)
	}
	if again := mustWeights(w.CSV()); !reflect.DeepEqual(again, w) {
		t.Errorf("written and read again %+v, want %+v", again, w)
	}
}

func TestCurve(t *testing.T) {
	c := Curve{{-1, -0.5}, {0.5, -0.2}, {1, 0.4}, {4, 3.4}}
	for _, tc := range []struct{ sum, want float64 }{
		{-1, -0.5}, {-3, -1}, {0, -0.3}, {0.2, 0}, {0.75, 0.1}, {1, 0.4}, {2.5, 1.9}, {4, 3.4}, {6, 3.9},
	} {
		near(t, "worth", c.At(tc.sum), tc.want, 1e-12)
	}
	near(t, "worth without a curve", Curve(nil).At(2.5), 2.5, 0)
}

// By hand: 0.9 alone is wrong in 0.1; down to the two of 0.6 it is (0.1 + 0.4 + 0.4)/3.
func TestRunningRate(t *testing.T) {
	got := RunningRate([]float64{0.6, 0.9, 0.6, 0.1})
	for i, want := range []float64{0.3, 0.1, 0.3, 0.45} {
		near(t, "rate", got[i], want, 1e-12)
	}
}
