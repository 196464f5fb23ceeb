package load

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// gappy is an office with hours and a week lost.
func gappy() *Window {
	kw := office(120, 8)
	add(kw, 9, 60*24+5, len(kw), always)
	for i := 1000; i < 1168; i++ {
		kw[i] = math.NaN()
	}
	for i := 300; i < len(kw); i += 211 {
		kw[i] = math.NaN()
	}
	return window(kw)
}

// The filter is that of plain least squares on the filled series, without a
// constant since the mean is taken out before.
func TestFilterIsLeastSquares(t *testing.T) {
	var w whitener
	w.fill(gappy())
	if !w.filter() {
		t.Fatal("no filter")
	}
	n := len(w.x) - maxLag
	x, y := mat.NewDense(n, len(lags), nil), mat.NewVecDense(n, nil)
	for i := range n {
		y.SetVec(i, w.x[maxLag+i])
		for k, l := range lags {
			x.Set(i, k, w.x[maxLag+i-l])
		}
	}
	var want mat.VecDense
	if err := want.SolveVec(x, y); err != nil {
		t.Fatal(err)
	}
	for k, v := range w.phi {
		if math.Abs(v-want.AtVec(k)) > 1e-6 {
			t.Errorf("lag %d: %.8f, want %.8f", lags[k], v, want.AtVec(k))
		}
	}
}

// The scan in one pass gives at every hour inside the calendar what the sums over
// the whitened step give, hour by hour.
func TestEdgesAreGLS(t *testing.T) {
	win := gappy()
	var w whitener
	if !w.fit(win, meanOf(win.KW)) {
		t.Fatal("not whitened")
	}
	s := NewScanner()
	s.fit(win, &w, Duties)
	for i := range Duties {
		d, g := &Duties[i], &s.edges[i]
		for at := maxLag; at < len(win.KW); at += 7 {
			if !d.on[win.Clock[at]] {
				continue
			}
			num, den := 0.0, 0.0
			for h := at; h < min(len(win.KW), at+edgeHours); h++ {
				x := 0.0
				for k, l := range nearLags {
					c := 1.0
					if k > 0 {
						c = -w.phi[k-1]
					}
					if h-l >= at && d.on[win.Clock[h-l]] {
						x += c
					}
				}
				num += w.inn[h] * w.weight[h] * x
				den += w.weight[h] * x * x
			}
			if math.Abs(num-g.num[at]) > 1e-6*(1+math.Abs(num)) || math.Abs(den-g.denAt(at)) > 1e-6*(1+den) {
				t.Fatalf("%s, hour %d: num %.6f den %.6f, want %.6f and %.6f", d.Name, at, g.num[at], g.denAt(at), num, den)
			}
		}
	}
}

// Moving a step a day at a time finds the same edges as moving it hour by hour, in
// real meters: each day's largest steps are at the same hours and as clear, but for
// the rounding of sums in another order.
func TestDaysAreHours(t *testing.T) {
	windows := realWindows(t)
	for n := 0; n < len(windows); n += 5 {
		win := windows[n]
		var w whitener
		if !w.fit(win, meanOf(win.KW)) {
			t.Fatal("not whitened")
		}
		s := NewScanner()
		s.fit(win, &w, Duties)
		for i := range Duties {
			g := &s.edges[i]
			plain := &edges{num: make([]float64, len(win.KW)), den: make([]float64, len(win.KW)), days: make([]edgeDay, len(g.days)),
				up: make([]squareBit, len(g.up)), down: make([]squareBit, len(g.up)), least: g.least}
			r := running{daily: Duties[i].daily}
			r.steady, r.partial = w.templates(&Duties[i])
			r.begin(win, &w)
			for d := range plain.up {
				r.slowDay(win, &w, plain, s.answer, d*24)
				plain.peak(d)
			}
			for d := range plain.up {
				for _, pair := range [][2]peak{{g.upAt(d), plain.upAt(d)}, {g.downAt(d), plain.downAt(d)}} {
					if got, want := pair[0], pair[1]; got.at != want.at || math.Abs(got.t-want.t) > 1e-9*(1+want.t) {
						t.Fatalf("window %d, %s, day %d: %v, hour by hour %v", n, Duties[i].Name, d, got, want)
					}
				}
			}
		}
	}
}

// The counters are those of a plain search over all days.
func TestCounters(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	const days = 300
	g := edges{num: make([]float64, days*24), den: make([]float64, days*24), days: make([]edgeDay, days), up: make([]squareBit, days), down: make([]squareBit, days)}
	for i := range g.den {
		g.den[i] = 1
	}
	for d := 8; d < days; d++ { // before, no day has a week before it
		up := r.IntN(24)
		g.num[d*24+up], g.num[d*24+(up+1+r.IntN(23))%24] = 10*r.Float64(), -12*r.Float64()
		g.peak(d)
	}
	g.rank()
	for _, end := range []int{0, 1000, 5000, 300 * 24} {
		worst, lasting := 0.0, 0.0
		for d := range g.down {
			p := g.downAt(d)
			if abs(p.at-end) < apart {
				continue
			}
			worst = max(worst, p.t)
			undone := false
			for o := max(0, d-holidayDays); o <= min(299, d+holidayDays); o++ {
				undone = undone || o != d && g.upAt(o).t > 0.7*p.t
			}
			if !undone {
				lasting = max(lasting, p.t)
			}
		}
		if a, l := g.counters(end); a != worst || l != lasting {
			t.Errorf("end %d: %.3f and %.3f, want %.3f and %.3f", end, a, l, worst, lasting)
		}
	}
}

// Full stops of one depth are counted and are no mining; the same rises are not.
func TestStops(t *testing.T) {
	kw := office(500, 2)
	add(kw, 13, 200*24, len(kw), always)
	honest := slices.Clone(kw)
	r := rand.New(rand.NewPCG(6, 6))
	for day := 210; day < 490; day += 7 {
		from := day*24 + r.IntN(100)
		add(kw, -13, from, from+5, always)
		add(honest, 13, from, from+5, always)
	}
	stops, rises := scan(t, kw).Block, scan(t, honest).Block
	if stops.Pulses < 3 || stops.Pulses <= rises.Pulses+3 {
		t.Errorf("balance of pulses %.1f with stops, %.1f with rises", stops.Pulses, rises.Pulses)
	}
	hours := 0
	for _, s := range stops.stops {
		hours += s.to - s.from
	}
	if hours < 150 || hours > 200+40 {
		t.Errorf("%d hours of stops, want about 200", hours)
	}
	if len(rises.stops) > 0 {
		t.Errorf("%d stops in a load that only rises", len(rises.stops))
	}
}

// A calendar that is none of the usual ones is learnt from the increments.
func TestLearnsTheCalendar(t *testing.T) {
	kw := office(730, 1)
	on := func(h int) bool { return h >= 20 || h < 6 }
	add(kw, 13, 400*24+20, len(kw), on)
	s := scan(t, kw)
	if s.Block.Duty.Name != "daily 20-06" {
		t.Errorf("learnt %q", s.Block.Duty.Name)
	}
	truth := 0.0
	for i := 400 * 24; i < len(kw); i++ {
		if i >= 400*24+20 && on(i%24) {
			truth += 13
		}
	}
	if q := Energy(s.Window, s.Block) / truth; q < 0.85 || q > 1.15 {
		t.Errorf("energy is %.2f of the truth", q)
	}
}

// Between its knots a shape is linear, outside constant.
func TestShape1(t *testing.T) {
	s := Shape1{At: []float64{0, 1, 3}, LogLR: []float64{-1, 0, 4}}
	for x, want := range map[float64]float64{-5: -1, 0: -1, 0.5: -0.5, 1: 0, 2: 2, 3: 4, 9: 4} {
		if got := s.Of(x); math.Abs(got-want) > 1e-12 {
			t.Errorf("at %v: %v, want %v", x, got, want)
		}
	}
	if (&Shape1{}).Of(2) != 0 {
		t.Error("no knots must give 0")
	}
}

// What is left out because it cannot win any more never was the best.
func TestNothingIsLostByLeavingOut(t *testing.T) {
	s := NewScanner()
	for _, w := range realWindows(t)[:6] {
		best, _ := s.Scan(w)
		most := math.Inf(-1)
		s.Each(w, func(b *Block) { most = max(most, model.LogLR(b.Features())) })
		if best == nil || best.LogLR != most {
			t.Errorf("%s: %.4f by the scan, %.4f by all candidates", w.SiteID, best.LogLR, most)
		}
	}
}

// After the first site a scan takes memory for its result alone: the block and its
// stops, and what the solver of six equations takes.
func TestScanKeepsItsMemory(t *testing.T) {
	if raceDetector {
		t.Skip("under the race detector pools forget at random")
	}
	s := NewScanner()
	windows := realWindows(t)[:2]
	scan := func() {
		for _, w := range windows {
			s.Scan(w)
		}
	}
	if n := testing.AllocsPerRun(3, scan) / float64(len(windows)); n > 8 {
		t.Errorf("%.1f allocations a site, want at most 8", n)
	}
}
