package load

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// shown describes faults as kind @day-day.
func shown(s *Sight) string {
	var list []string
	for _, f := range s.Faults {
		list = append(list, fmt.Sprintf("%s @%d-%d %v", f.Kind, f.From/24, (f.To+23)/24, f.Explains))
	}
	return strings.Join(list, "; ")
}

// faults scans two years of an office.
func faults(t *testing.T, kw []float64, estimated func(hour int) bool) *Sight {
	t.Helper()
	w := window(kw)
	for i := range w.Estimated {
		w.Estimated[i] = estimated != nil && estimated(i)
	}
	scanner := NewScanner()
	b, why := scanner.Scan(w)
	if b == nil {
		t.Fatal(why)
	}
	return &Sight{Window: w, Block: b, Zone: zone, Faults: scanner.Faults(w, b)}
}

const from = 400 * 24

func TestFaultsAreNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(kw []float64)
		want   string
	}{
		{"as it is", func([]float64) {}, ""},
		{"stuck for 20 days", func(kw []float64) { hold(kw, from+10, from+20*24, kw[from+9]) }, "stuck register @400-420"},
		{"stuck for 48 hours", func(kw []float64) { hold(kw, from+10, from+58, kw[from+9]) }, "stuck register @400-403"},
		{"stuck for 47 hours", func(kw []float64) { hold(kw, from+10, from+56, kw[from+9]) }, ""},
		{"one value above all before", func(kw []float64) { hold(kw, from, from+20*24, 90) }, ""},
		{"nothing for two days, then the energy of them", func(kw []float64) { hold(kw, from, from+48, 0.001); kw[from+48] = 48 * 18 }, "stuck register @400-402"},
		{"ten times for 20 days", func(kw []float64) { times(kw, from, from+20*24, 10) }, "readings times a factor @400-420"},
		{"a tenth to the end", func(kw []float64) { times(kw, from, len(kw), 0.1) }, "readings times a factor @400-730"},
		{"twice", func(kw []float64) { times(kw, from, len(kw), 2) }, ""},
		{"three hours later", func(kw []float64) { copy(kw[from:], slices.Clone(kw[from-3:len(kw)-3])) }, "clock shift @"},
		{"two hours earlier", func(kw []float64) { copy(kw[from:], slices.Clone(kw[from+2:])) }, "clock shift @"},
		{"a gap of two days, then twice", func(kw []float64) {
			times(kw, from+48, len(kw), 2)
			hold(kw, from, from+48, math.NaN())
		}, "meter replaced @400-402"},
		{"a gap of two days", func(kw []float64) { hold(kw, from, from+48, math.NaN()) }, ""},
		{"each day as the one before for a week", func(kw []float64) { again(kw, from, from+7*24, 24) }, "estimated readings @"},
		{"each day as that of the week before for a fortnight", func(kw []float64) { again(kw, from, from+14*24, 168) }, "estimated readings @"},
		{"a line for a week", func(kw []float64) {
			for i := range 7 * 24 {
				kw[from+i] = 20 + 0.05*float64(i)
			}
		}, "estimated readings @400-407"},
	} {
		kw := office(730, 3)
		c.change(kw)
		if got := shown(faults(t, kw, nil)); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || strings.Contains(got, ";") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	marked := faults(t, office(730, 3), func(i int) bool { return i >= from && i < from+100 })
	if got := shown(marked); !strings.HasPrefix(got, "estimated readings @400-405") {
		t.Errorf("marked as estimated: %q", got)
	}
}

// A mine adds the same to every hour: it is no fault, whatever its size and calendar,
// nor is it where the meter fails at another time.
func TestMinesAreNoFaults(t *testing.T) {
	night := func(h int) bool { return h >= 23 || h < 7 }
	offPeak := func(h int) bool { return h < 18 || h >= 22 }
	for _, times := range []float64{0.3, 1, 9, 99} {
		for name, on := range map[string]func(int) bool{"always": always, "nights": night, "off peak": offPeak} {
			for seed := range uint64(3) {
				kw := office(730, seed)
				add(kw, 18*times, from, len(kw), on)
				if got := shown(faults(t, kw, nil)); got != "" {
					t.Errorf("%g times the load, %s: %q", times, name, got)
				}
			}
		}
	}
	kw := office(730, 3)
	add(kw, 12, from, len(kw), always)
	hold(kw, from+100*24, from+110*24, kw[from+100*24-1])
	if s := faults(t, kw, nil); len(s.Faults) != 1 || s.Faults[0].Explains {
		t.Errorf("a mine, and a register stuck later: %q, want one that explains nothing", shown(s))
	}
	// Delivered while the register stood still: what was added is there after it.
	kw = office(730, 3)
	add(kw, 12, from+5*24, len(kw), always)
	hold(kw, from, from+10*24, kw[from-1])
	if s := faults(t, kw, nil); len(s.Faults) != 1 || s.Faults[0].Explains || s.Block.LogLR < 1 {
		t.Errorf("a mine begun while the register stood still: %q, log LR %.1f", shown(s), s.Block.LogLR)
	}
}

// What the block rests on is taken away, and no more.
func TestAFaultTakesItsBlockAway(t *testing.T) {
	kw := office(730, 3)
	times(kw, from, from+60*24, 10)
	s := faults(t, kw, nil)
	if len(s.Faults) != 1 {
		t.Fatal(shown(s))
	}
	s.Faults[0].Explains, s.Block.LogLR = true, 2.5
	e := Meter{}.Evidence(s, &s.Faults[0])
	if want := -bent(2.5); e.LogLR != want || !FaultExplains(e) {
		t.Errorf("log-likelihood ratio %v, want %v: that of the block, turned", e.LogLR, want)
	}
	if NamedFault(e) != OtherFactor || !strings.Contains(e.Detail, "rests on it") || e.Status != datasets.Spoken || e.MiningKW != 0 {
		t.Errorf("%+v", e)
	}
	s.Block.LogLR = -3
	if e := (Meter{}).Evidence(s, &s.Faults[0]); e.LogLR != 0 {
		t.Errorf("log-likelihood ratio %v of a block that says nothing, want 0", e.LogLR)
	}
}

// Rules of RestsOn, by the hours of a block and of a fault that passes.
func TestRestsOn(t *testing.T) {
	kw := office(730, 3)
	w := window(kw)
	s := NewScanner()
	if _, why := s.Scan(w); why != "" {
		t.Fatal(why)
	}
	passing := Fault{Kind: OtherFactor, From: from, To: from + 20*24, Ratio: 10}
	lasting := Fault{Kind: ClockShift, From: from, To: from + 24}
	for _, c := range []struct {
		name       string
		f          Fault
		onset, end int
		want       bool
	}{
		{"within it", passing, from, from + 20*24, true},
		{"begun in it and seen no more after it", passing, from + 5*24, len(kw), true}, // the office is as it was
		{"begun before it", passing, from - 3*24, len(kw), false},
		{"begun after it", passing, from + 23*24, len(kw), false},
		{"begun at the change", lasting, from + 12, len(kw), true},
		{"begun three days after the change", lasting, from + 24*4, len(kw), false},
	} {
		if got := s.RestsOn(&Block{Duty: &Duties[0], Onset: c.onset, End: c.end, KW: 10}, &c.f); got != c.want {
			t.Errorf("a block %s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSwappedMeters(t *testing.T) {
	a, b := office(730, 3), office(730, 4)
	for i := range b { // works by night
		b[i] = 50 - 0.7*b[i]
	}
	x, y := slices.Clone(a), slices.Clone(b)
	copy(x[from:], b[from:])
	copy(y[from:], a[from:])
	scanner := NewScanner()
	changes := func(kw []float64) []Change {
		w := window(kw)
		scanner.Scan(w)
		return scanner.Changes(w)
	}
	day, ok := Swapped(changes(x), changes(y))
	if !ok {
		t.Fatal("an exchange was not seen")
	}
	w := window(x)
	block, _ := scanner.Scan(w)
	if f := scanner.SwapFault(w, day, block); f.Kind != MetersSwapped || abs(f.From-from) > 24 {
		t.Errorf("exchanged at hour %d, want %d", f.From, from)
	}
	if _, ok := Swapped(changes(a), changes(b)); ok {
		t.Error("an exchange was seen where there was none")
	}
	add(a, 20, from, len(a), always)
	add(b, 20, from, len(b), always)
	if _, ok := Swapped(changes(a), changes(b)); ok {
		t.Error("blocks added to both are no exchange")
	}
}

func hold(kw []float64, from, to int, v float64) {
	for i := from; i < to; i++ {
		kw[i] = v
	}
}

func times(kw []float64, from, to int, by float64) {
	for i := from; i < to; i++ {
		kw[i] *= by
	}
}

func again(kw []float64, from, to, back int) {
	for i := from; i < to; i++ {
		kw[i] = kw[i-back]
	}
}
