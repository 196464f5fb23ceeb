package calibrate

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets/ref"
	"github.com/minewatch/minewatch/datasets/sample"
	"github.com/minewatch/minewatch/detectors/load"
)

// The report on own meters does not depend on their order, and large mines are found
// more often than small ones.
func TestSelfInject(t *testing.T) {
	meters, err := sample.Meters()
	if err != nil {
		t.Fatal(err)
	}
	var windows []*load.Window
	for _, m := range sample.Select(meters, sample.University)[:6] {
		windows = append(windows, load.NewWindow(series(m.ID, m.Start, m.Hourly()[:windowDays*24], nil), time.UTC))
	}
	o := SelfInject(windows, time.UTC)
	slices.Reverse(windows)
	if again := SelfInject(windows, time.UTC); !reflect.DeepEqual(o, again) {
		t.Errorf("the order of the meters matters: %+v and %+v", o, again)
	}
	if o.Sites != 6 || len(o.Sizes) != len(Sizes) || o.Worth != nil {
		t.Errorf("report %+v", o)
	}
	share := func(s OwnSize) float64 { return float64(s.Found) / float64(max(1, s.Mines)) }
	if least, most := share(o.Sizes[0]), share(o.Sizes[len(o.Sizes)-1]); least >= most {
		t.Errorf("%.2f of the smallest mines found and %.2f of the largest", least, most)
	}
	var text, table bytes.Buffer
	o.Print(&text)
	if err := o.Table(&table); err != nil || strings.Count(table.String(), "\n") != 1+len(Sizes) {
		t.Errorf("%v, table:\n%s", err, table.String())
	}
	if !strings.Contains(text.String(), "6 of your sites as they are") || !strings.Contains(text.String(), "cannot be said") {
		t.Errorf("report:\n%s", text.String())
	}
}

// From enough sites on the report says what a ratio is worth, and it rises.
func TestSelfInjectWorth(t *testing.T) {
	var list []ownCase
	for i := range 50 {
		clean := ownCase{verdict: Verdict{LogLR: float64(i%10) - 8}}
		mine := ownCase{Case: Case{Model: ModelA, Size: Sizes[i%4]}, verdict: Verdict{LogLR: float64(i%10) - 2}}
		list = append(list, clean, mine)
	}
	o := sumUp(list)
	for i := 1; i < len(o.Worth); i++ {
		if o.Worth[i].Worth <= o.Worth[i-1].Worth {
			t.Fatalf("worth does not rise: %+v", o.Worth)
		}
	}
	scale, err := ref.LoadLoadScale(strings.NewReader(o.Scale()))
	if err != nil || len(scale) != len(o.Worth) || math.Abs(scale[3].Worth-o.Worth[3].Worth) > 1e-4 {
		t.Errorf("%v, table:\n%s", err, o.Scale())
	}
	if (Own{}).Scale() != "" {
		t.Error("a table of nothing")
	}
	if len(o.Worth) == 0 || o.Sites != 50 || o.Above != 0 {
		t.Errorf("report %+v", o)
	}
}
