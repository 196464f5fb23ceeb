package suspect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// ordinary is a load with a daily course and no doubt about it: it never
// repeats a value.
func ordinary(days int) *datasets.Load {
	l := &datasets.Load{}
	for h := range days * 24 {
		wh := 5000 + 3000*math.Sin(2*math.Pi*float64(h%24)/24) + 400*math.Sin(4*math.Pi*float64(h%24)/24+1) + float64(h*7919%97)
		l.Append(datasets.Micros(h)*hour, int32(wh), datasets.Measured, 60)
	}
	return l
}

func show(doubts []Doubt) string {
	var list []string
	for _, d := range doubts {
		list = append(list, fmt.Sprintf("%s %d @%d", d.Kind, d.Count, d.First/hour))
	}
	return strings.Join(list, "; ")
}

func TestFind(t *testing.T) {
	var f Finder
	for _, c := range []struct {
		name   string
		change func(l *datasets.Load)
		want   string
	}{
		{"ordinary", func(l *datasets.Load) {}, ""},
		{"stuck for a day", func(l *datasets.Load) { fill(l, 100, 124, 4321) }, "stuck register 1 @100"},
		{"the same for 23 hours", func(l *datasets.Load) { fill(l, 100, 123, 4321) }, ""},
		{"estimated for two days", func(l *datasets.Load) {
			fill(l, 100, 148, 4321)
			for i := 100; i < 148; i++ {
				l.Quality[i] = datasets.Estimated
			}
		}, ""},
		{"nothing for a week", func(l *datasets.Load) { fill(l, 240, 408, 0) }, "nothing for a week 1 @240"},
		{"nothing for six days", func(l *datasets.Load) { fill(l, 240, 384, 0) }, ""},
		{"ten times from a day on", func(l *datasets.Load) { times(l, 480, 10) }, "jump by 10 1 @480"},
		{"a thousandth from a day on", func(l *datasets.Load) { times(l, 480, 0.001) }, "jump by 1000 1 @480"},
		{"twice from a day on", func(l *datasets.Load) { times(l, 480, 2) }, ""},
		{"an hour later from a day on", func(l *datasets.Load) { copy(l.Wh[480:], slices.Clone(l.Wh[479:len(l.Wh)-1])) }, "shift by an hour 1 @480"},
		{"negative", func(l *datasets.Load) { l.Wh[5], l.Wh[9] = -1, -1 }, "negative energy 2 @5"},
		{"gap", func(l *datasets.Load) { l.Quality[50], l.Quality[51], l.Quality[90] = 2, 2, 2 }, "gap 2 @50"},
		{"overlap", func(l *datasets.Load) { l.IntervalMin[7] = 180 }, "overlapping intervals 2 @8"},
	} {
		l := ordinary(60)
		c.change(l)
		if got := show(f.Find(l, time.UTC)); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := f.Find(&datasets.Load{}, time.UTC); len(got) != 0 {
		t.Errorf("no readings: %v", got)
	}
}

func fill(l *datasets.Load, from, to int, wh int32) {
	for i := from; i < to; i++ {
		l.Wh[i] = wh
	}
}

func times(l *datasets.Load, from int, factor float64) {
	for i := from; i < l.Len(); i++ {
		l.Wh[i] = int32(float64(l.Wh[i]) * factor)
	}
}

// Readings that are known to be hourly give the doubts that any readings give.
func TestHourlyIsNoOther(t *testing.T) {
	var f Finder
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	for _, z := range []*time.Location{time.UTC, zone} {
		r := rand.New(rand.NewPCG(5, 9))
		for range 20 {
			l := ordinary(500)
			start := datasets.MicrosOf(time.Date(2023, 10, 1, r.IntN(24), 0, 0, 0, time.UTC)) // Almaty's clock changes in the following March
			for i := range l.TS {
				l.TS[i] += start
			}
			from := r.IntN(400) * 24
			fill(l, from, from+r.IntN(400), int32(r.IntN(2)*3000))
			times(l, r.IntN(500)*24, []float64{10, 0.1, 1000, 1}[r.IntN(4)])
			if at := r.IntN(400) * 24; r.IntN(2) == 0 {
				copy(l.Wh[at+1:], slices.Clone(l.Wh[at:len(l.Wh)-1]))
			}
			l.Wh[r.IntN(l.Len())] = -3
			want := show(f.Find(l, z))
			l.Hourly = true
			if got := show(f.Find(l, z)); got != want {
				t.Errorf("hourly: %q, want %q", got, want)
			}
		}
	}
}
