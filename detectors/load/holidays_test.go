package load

import (
	"slices"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

func dayOff(day int, works bool) OtherDay {
	at := func(d int) datasets.Micros { return datasets.MicrosOf(start.AddDate(0, 0, d)) }
	return OtherDay{at(day), at(day + 1), works}
}

// On a holiday a Tuesday takes on the habits of a Sunday, on a worked Saturday those of
// a Wednesday, hour by hour; the clock stays, and days outside the data are nothing.
func TestObserve(t *testing.T) {
	w := window(office(14, 1))
	w.Observe([]OtherDay{dayOff(-3, false), dayOff(1, false), dayOff(5, true), dayOff(20, false)})
	for i, c := range w.Clock {
		want := c
		switch i / 24 {
		case 1:
			want = sunday + c%24
		case 5:
			want = wednesday + c%24
		}
		if w.Habit[i] != want {
			t.Fatalf("hour %d of day %d: habit %d, want %d", i%24, i/24, w.Habit[i], want)
		}
	}
	plain := window(office(14, 1))
	if !slices.Equal(w.Clock, plain.Clock) {
		t.Error("the clock changed")
	}
	if plain.Observe([]OtherDay{dayOff(400, false)}); plain.Habit != nil {
		t.Error("days outside the data changed the habits")
	}
}

// An office that is closed on holidays has smaller steps of its own, against which a
// mine is held, where the holidays are known.
func TestHolidaysAreExpected(t *testing.T) {
	var days []OtherDay
	kw := office(730, 4)
	for day := 30; day < 700; day += 35 + day%3 { // Mondays to Wednesdays
		days = append(days, dayOff(day, false))
		for h := range 24 {
			if at := start.Add(time.Duration(day*24+h) * time.Hour); at.Hour() >= 8 && at.Hour() < 19 && at.Weekday() != time.Saturday && at.Weekday() != time.Sunday {
				kw[day*24+h] -= 18
			}
		}
	}
	add(kw, 6, 300*24+14, len(kw), always)
	known, unknown := window(kw), window(kw)
	known.Observe(days)
	s := NewScanner()
	with, _ := s.Scan(known)
	without, _ := s.Scan(unknown)
	if with == nil || without == nil || with.CounterT >= without.CounterT || abs(with.Onset-300*24-14) > 24 {
		t.Errorf("with holidays %+v, without %+v", with, without)
	}
}
