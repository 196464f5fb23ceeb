package load

import (
	"math"
	"slices"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/detectors/features"
)

// begun is a candidate round the clock that begins on a day and lasts for a year.
func begun(day int, logLR float64) Candidate {
	at := datasets.Micros(day) * microsPerDay
	return Candidate{&Duties[0], at, at + 365*microsPerDay, false, logLR}
}

// What a group of two says, by hand: σ·e^z·C·e^z' / (1 + prior·e^z'), each z bent
// by 6·tanh(z/6).
func TestGroupOfTwo(t *testing.T) {
	d := Group{Prior: 0.02}
	z, other := bent(1), bent(2)
	want := math.Log(0.2) + z + math.Log(20) + other - math.Log1p(0.02*math.Exp(other))
	alone := math.Inf(-1)
	season := begun(300, 2)
	season.Until = season.At + (seasonDays-1)*microsPerDay
	night := begun(300, 2)
	night.Duty = &Duties[1]
	for _, tc := range []struct {
		name  string
		other []Candidate
		want  float64
	}{
		{"the same day", []Candidate{begun(300, 2)}, want},
		{"the last day that counts", []Candidate{begun(300+togetherDays, 2)}, want},
		{"a day later than that", []Candidate{begun(301+togetherDays, 2)}, alone},
		{"other hours", []Candidate{night}, alone},
		{"no block at the other meter", nil, alone},
		{"a block that may be a season", []Candidate{season}, want - math.Log(20)},
		{"the better of two", []Candidate{begun(299, -3), begun(301, 2)}, want},
	} {
		got := d.Judge([][]Candidate{{begun(300, 1)}, tc.other})[0]
		if got.LogLR != tc.want && !(math.Abs(got.LogLR-tc.want) < 1e-9) {
			t.Errorf("%s: log-likelihood ratio %v, want %v", tc.name, got.LogLR, tc.want)
		}
	}
}

// A neighbour that shows next to nothing at the begin of a clear mine stays far from
// even odds at a prior of 2 % (3.9), two weak halves come near, and a third meter that
// may or may not take part costs no more than ln 4.
func TestGroupDivides(t *testing.T) {
	d := Group{Prior: 0.02}
	mine := d.Judge([][]Candidate{{begun(300, 8)}, {begun(301, -4)}})
	if mine[1].LogLR > 2 {
		t.Errorf("the neighbour of a mine is suspected: %v", mine[1].LogLR)
	}
	if mine[0].LogLR > 6 {
		t.Errorf("the mine gains by a neighbour without one: %v", mine[0].LogLR)
	}
	halves := d.Judge([][]Candidate{{begun(300, 1)}, {begun(301, 1.5)}})
	if halves[0].LogLR < 2.5 || halves[1].LogLR < 2.5 || halves[0].With != 1 {
		t.Errorf("two halves: %+v", halves)
	}
	three := d.Judge([][]Candidate{{begun(300, 1)}, {begun(301, 1.5)}, {begun(20, 0.5)}})
	for i := range halves {
		if by := halves[i].LogLR - three[i].LogLR; by < 0 || by > math.Log(4)+0.1 {
			t.Errorf("a third meter that has nothing to do with it changes %v to %v", halves[i].LogLR, three[i].LogLR)
		}
	}
	turned := d.Judge([][]Candidate{{begun(20, 0.5)}, {begun(301, 1.5)}, {begun(300, 1)}})
	slices.Reverse(turned)
	for i := range turned {
		if turned[i] != three[i] {
			t.Errorf("the order of the meters matters: %+v and %+v", three, turned)
		}
	}
}

func TestGroupSizes(t *testing.T) {
	for meters, want := range map[int]bool{0: false, 1: false, 2: true, mostMeters: true, mostMeters + 1: false} {
		if GroupSize(meters) != want {
			t.Errorf("%d meters: %v", meters, !want)
		}
	}
	if Worth(0) || !Worth(0.01) {
		t.Error("groups without a meter of its own evidence are looked at, or others are not")
	}
}

// A block of 4 kW behind each of two offices of 20 kW is found in both by what they show
// together, with its power, though the second begins a day later.
func TestGroupFindsHalves(t *testing.T) {
	const onset = 300*24 + 14
	s := NewScanner()
	var windows []*Window
	var members [][]Candidate
	for i := range uint64(2) {
		kw := office(730, 5+i)
		add(kw, 4, onset+24*int(i), len(kw), always)
		w := window(kw)
		list, why := s.Candidates(w)
		if why != "" {
			t.Fatal(why)
		}
		windows, members = append(windows, w), append(members, list)
	}
	for i, shared := range (Group{Prior: 0.02}).Judge(members) {
		own := math.Inf(-1)
		for _, c := range members[i] {
			own = max(own, c.LogLR)
		}
		if shared.LogLR < own+0.5 || shared.With != 1 {
			t.Fatalf("meter %d: %+v, by itself %.1f", i, shared, own)
		}
		b := s.Block(windows[i], shared.Own)
		if b == nil || abs(b.Onset-onset) > 48 || math.Abs(b.KW-4) > 1.5 {
			t.Fatalf("meter %d: block %+v", i, b)
		}
		e := Group{}.Evidence(&Sight{Window: windows[i], Block: b, Zone: zone}, shared, 2)
		if e.Status != datasets.Spoken || e.Group != (Added{}).Info().Group || e.LogLR != bent(shared.LogLR) || e.MiningKW != b.KW {
			t.Errorf("evidence %+v", e)
		}
	}
}

func TestGroupTooLittleData(t *testing.T) {
	s := NewScanner()
	if list, why := s.Candidates(window(office(minDays-1, 1))); why == "" || list != nil {
		t.Errorf("%d candidates of less than %d days: %s", len(list), minDays, why)
	}
	short := &Window{Series: &features.Series{KW: []float64{1, 2}}, Clock: []uint8{0, 1}}
	if b := s.Block(short, begun(0, 1)); b != nil {
		t.Errorf("a block in two hours: %+v", b)
	}
}
