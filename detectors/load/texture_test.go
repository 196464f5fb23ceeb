package load

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A constant block leaves the size of the innovations as it was; that of a use that is
// twice as restless nearly doubles (ln 2), the largest being clipped.
func TestTexture(t *testing.T) {
	const onset = 100*24 + 5
	calm := office(200, 3)
	add(calm, 8, onset, len(calm), always)
	restless := office(200, 3)
	r := rand.New(rand.NewPCG(5, 5))
	for i := range restless {
		size := 1.5
		if i >= onset {
			size = 3
		}
		restless[i] += size * r.NormFloat64()
	}
	for _, tc := range []struct {
		name        string
		kw          []float64
		least, most float64
	}{{"block", calm, -0.12, 0.12}, {"restless", restless, 0.4, math.Ln2}} {
		var w whitener
		if win := window(tc.kw); !w.fit(win, meanOf(win.KW)) {
			t.Fatal("not whitened")
		}
		if got := w.texture(onset, 0); got < tc.least || got > tc.most {
			t.Errorf("%s: texture %.2f, want %.2f to %.2f", tc.name, got, tc.least, tc.most)
		}
	}
}

// The change over any span is that of the days that begin after the onset's.
func TestStep(t *testing.T) {
	kw := make([]float64, 200*24)
	for i := range kw {
		if kw[i] = 10; i >= 100*24 {
			kw[i] = 14
		}
	}
	w := window(kw)
	var k days
	var s split
	k.fill(w)
	k.fold(&s, &Duties[0], w)
	day := k.day(100*24) - 1 // the first day after the comparison's gap of one has the block
	for _, tc := range []struct {
		day, span int
		want      float64
	}{{day, 7, 4}, {day, longDays, 4}, {60, 28, 0}, {20, longDays, math.NaN()}, {190, 7, 0}, {195, 7, math.NaN()}} {
		if got := k.step(&s, tc.day, 0, tc.span); math.Abs(got-tc.want) > 1e-9 || math.IsNaN(got) != math.IsNaN(tc.want) {
			t.Errorf("day %d over %d: %v kW, want %v", tc.day, tc.span, got, tc.want)
		}
	}
}

// Doubt of the block or of its power widens the interval of its energy, and it is kept
// within what was learnt.
func TestEnergyInterval(t *testing.T) {
	sure := Block{LogLR: 5, EdgeKW: 10, WeekKW: 10.2, LevelKW: 9.9, PlateauKW: 10.1, KW: 9.9, MeanKW: 20, Duty: &Duties[1]}
	width := func(b Block) float64 { e := energies.Of(&b); return e.High - e.Low }
	for name, change := range map[string]func(b *Block){
		"weaker":              func(b *Block) { b.LogLR = 2 },
		"powers disagree":     func(b *Block) { b.EdgeKW = 14 },
		"a power is unknown":  func(b *Block) { b.WeekKW = math.NaN() },
		"a small part":        func(b *Block) { b.MeanKW = 90 },
		"round the clock":     func(b *Block) { b.Duty = &Duties[0] },
		"nothing to be known": func(b *Block) { *b = Block{Duty: b.Duty, MeanKW: 1} },
	} {
		b := sure
		if change(&b); width(b) <= width(sure) {
			t.Errorf("%s: %.3f wide, no more than %.3f", name, width(b), width(sure))
		}
	}
	if e := energies.Of(&sure); e.Low >= 0 || e.High <= 0 || energies.Scale(&Block{KW: 1e-9, MeanKW: 1e9}) > energies.Most {
		t.Errorf("%+v of %+v", e, energies)
	}
}

// Between its knots a scale is linear, and goes on beyond them.
func TestModelScale(t *testing.T) {
	m := Model{Scale: Shape1{At: []float64{-1, 0, 2}, LogLR: []float64{-0.5, 0, 3}}}
	for _, tc := range []struct{ z, want float64 }{{-3, -1.5}, {-1, -0.5}, {-0.5, -0.25}, {0, 0}, {1, 1.5}, {2, 3}, {4, 6}} {
		if got := m.scaled(tc.z); math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("scaled(%.1f) = %.2f, want %.2f", tc.z, got, tc.want)
		}
	}
	if got := (&Model{}).scaled(1.25); got != 1.25 {
		t.Errorf("without knots %.2f, want the sum itself", got)
	}
}
