package calibrate

import (
	"strings"
	"testing"

	"github.com/minewatch/minewatch/detectors/load"
)

// One round on buildings that the weights have not seen must beat the best
// simple rule that was measured on such meters (rank product, average precision
// 0.43), and give tables of the form that package load embeds.
func TestHeldOutBuildings(t *testing.T) {
	if testing.Short() {
		t.Skip("scans 400 two-year windows")
	}
	cases, err := Cases(2, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := Fit(cases)
	var report strings.Builder
	r.Report(&report)
	t.Log("\n" + report.String())
	all := func(Case) bool { return true }
	if ap := r.AveragePrecision(0.05, all); ap < 0.6 {
		t.Errorf("average precision %.3f, want at least 0.6", ap)
	}
	large := func(c Case) bool { return c.Size == 1.2 }
	if ap := r.AveragePrecision(0.05, large); ap < 0.9 {
		t.Errorf("mines larger than the host: average precision %.3f, want at least 0.9", ap)
	}
	weights, placebo := r.Tables()
	if n := strings.Count(weights, "\n"); n != 3+len(load.FeatureNames)+4 {
		t.Errorf("%d lines of weights, want a comment, a header, the intercept, %d terms and 4 quantiles:\n%s", n, len(load.FeatureNames), weights)
	}
	if n := strings.Count(placebo, "\n"); n != 2+16*5 {
		t.Errorf("%d lines of placebos, want one for each of 80 clean windows and 2 above", n)
	}
}

func TestFitNeedsNoOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("scans 400 two-year windows")
	}
	cases, err := Cases(3, 1)
	if err != nil {
		t.Fatal(err)
	}
	few := cases[:60]
	a, _ := logistic(few, "")
	reversed := make([]Case, len(few))
	for i, c := range few {
		reversed[len(few)-1-i] = c
	}
	if b, _ := logistic(reversed, ""); a-b > 1e-6 || b-a > 1e-6 {
		t.Errorf("intercept %v and %v: the order of cases matters", a, b)
	}
}
