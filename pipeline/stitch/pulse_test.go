package stitch

import (
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// A block at 1,000 s. Counted are single packets from the server, at their distance from it
// on either side; of large ones those a minute after the one before. What is near a job of
// another client is held against that; nobody vouches for himself.
func TestPulse(t *testing.T) {
	packet := func(at float64, bytes int64) datasets.Flow {
		f := flow(50000, datasets.Micros(at*1e6), 0, 0, 100*bytes)
		f.Sampling, f.OrigPkts, f.RespPkts = 100, 0, 100
		return f
	}
	long, fromClient, unsampled, many := packet(1005, 1448), packet(1005, 1448), packet(1005, 1448), packet(1130, 0)
	long.DurationS = 2.1
	fromClient.OrigPkts, fromClient.RespPkts, fromClient.OrigBytes, fromClient.RespBytes = 100, 0, 144_800, 0
	unsampled.Sampling = 0
	many.RespPkts, many.RespBytes = 300, 300*999
	for _, test := range []struct {
		name  string
		flows []datasets.Flow
		want  datasets.Pulse
	}{
		{"before and after", []datasets.Flow{packet(850, 1448), packet(996, 1000), packet(1070, 1448)}, datasets.Pulse{LargeMore: 1, Large5: 1, Large120: 1}},
		{"within a minute of the one before", []datasets.Flow{packet(900, 1448), packet(950, 1448), packet(959.9, 1448), packet(960, 1448)}, datasets.Pulse{Large120: 1, Large60: 1}},
		{"small ones each", []datasets.Flow{packet(990, 100), packet(991, 999), packet(1015, 60)}, datasets.Pulse{Small15: 2, Small30: 1}},
		{"mean of a record", []datasets.Flow{many}, datasets.Pulse{SmallMore: 1}},
		{"not at one instant, not of the server, not sampled", []datasets.Flow{long, fromClient, unsampled}, datasets.Pulse{}},
		{"near jobs of others", []datasets.Flow{packet(2000.5, 1448), packet(2101.5, 90), packet(2300, 90), packet(2397, 90)}, datasets.Pulse{LargeJob1: 1, SmallJob2: 1, SmallMore: 1, SmallJob5: 1}},
		{"where the list has a pause", []datasets.Flow{packet(1000+7201, 1448)}, datasets.Pulse{}},
	} {
		jobs := []datasets.PoolJob{{At: midnight + 1998*second, Client: "10.0.0.9"}, {At: midnight + 2000*second, Client: "10.0.0.8"}, {At: midnight + 2100*second, Client: "10.0.0.9"},
			{At: midnight + 2300*second, Client: "10.0.0.1"}, {At: midnight + 2400*second, Client: "10.0.0.9"}} // the fourth is of the same client
		x := New(Settings{Gap: 300 * time.Second, Blocks: []datasets.Micros{midnight + 1000*second}, Jobs: jobs, Keep: func(string, int32, string) bool { return true }}, byAddress{}, nil)
		for _, f := range test.flows {
			x.Add(&f)
		}
		x.Close()
		if len(x.Days) != 1 || x.Days[0].Pulse != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, x.Days, test.want)
		}
	}
}

// No list, no pulse; and the nearest of several blocks counts.
func TestNearestBlock(t *testing.T) {
	blocks := []datasets.Micros{midnight, midnight + 100*second, midnight + 110*second}
	for _, test := range []struct{ at, want datasets.Micros }{{-10 * second, 10 * second}, {0, 0}, {40 * second, 40 * second}, {60 * second, 40 * second}, {104 * second, 4 * second}, {106 * second, 4 * second}, {200 * second, 90 * second}} {
		x := New(Settings{Blocks: blocks}, byAddress{}, nil)
		if got := x.lag(midnight + test.at); got != test.want {
			t.Errorf("at %d: %d, want %d", test.at, got, test.want)
		}
	}
	if x := New(Settings{}, byAddress{}, nil); x.lag(midnight) <= listGap {
		t.Error("a lag without a list")
	}
}
