package traffic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// afar are packets that are near no job, by class of lag from a block.
func afar(n ...int64) (out datasets.Lags) {
	copy(out[jobClasses:], n)
	return out
}

// Values of a program of the formula in plain products (Python), with chance by Poisson's law.
func TestJobClock(t *testing.T) {
	c := newJobClock(datasets.Lags{}, datasets.Lags{})
	for _, test := range []struct {
		n    datasets.Lags
		want float64
	}{
		{datasets.Lags{}, 0},
		{afar(3), 9.173209886786205},
		{afar(1, 1, 1), 4.636068323184065},
		{afar(0, 0, 0, 0, 0, 3), -1.0631193387295363},
		{afar(1, 1, 2, 1, 0, 20), -1.244663323836164},
	} {
		if got := c.logLR(test.n); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%v: %v, want %v", test.n, got, test.want)
		}
	}
	// 18 packets of listed pools that are off by half a minute: of the clocks 30 s has 0.66.
	c = newJobClock(datasets.Lags{}, afar(2, 4, 6, 5, 1, 0))
	if got := c.weightOf(4); math.Abs(got-0.6642) > 1e-4 {
		t.Errorf("weight of 30 s: %v", got)
	}
	if got := c.logLR(afar(1, 1, 1)); math.Abs(got-5.426721564515214) > 1e-9 {
		t.Errorf("learnt: %v", got)
	}
	// Any number of packets of listed pools leaves numbers.
	c = newJobClock(afar(1e6, 1e6, 1e6, 1e6, 1e6, 1e6), afar(9e5, 5e5, 3e5, 1e5, 1e4, 2e5))
	if got := c.logLR(afar(300, 200, 100, 50, 20, 1000)); math.IsNaN(got) || math.IsInf(got, 0) {
		t.Errorf("of many: %v", got)
	}
}

// weightOf sums up what weight a clock has.
func (c *jobClock) weightOf(clock int) (sum float64) {
	n := len(c.laws) / (len(clocks) + 1)
	for _, l := range c.laws[n*clock : n*(clock+1)] {
		for _, w := range l.weights {
			sum += math.Exp(w)
		}
	}
	return sum
}

// Values of the same program. Of 20,000 small packets 2 % are less than 5 s from a job of
// somebody else; one listed pool has nobody to vouch for it, of the other half of the jobs are near one.
func TestJobClockOfOthers(t *testing.T) {
	small := datasets.Lags{80, 80, 240, 300, 600, 900, 1800, 3000, 13000}
	for _, test := range []struct {
		listed, n datasets.Lags
		want      float64
	}{
		{afar(60, 30, 5), datasets.Lags{1}, 3.008899508101243},
		{afar(60, 30, 5), datasets.Lags{2, 0, 1}, 8.592815586615327},
		{datasets.Lags{40, 15, 5, 20, 10, 2, 0, 0, 8}, datasets.Lags{1}, 4.189059519080791},
		{datasets.Lags{40, 15, 5, 20, 10, 2, 0, 0, 8}, datasets.Lags{0, 0, 1}, 1.7226599270925023},
		{datasets.Lags{40, 15, 5, 20, 10, 2, 0, 0, 8}, datasets.Lags{1, 0, 0, 1, 0, 0, 0, 0, 1}, 4.750179019508946},
		{datasets.Lags{40, 15, 5, 20, 10, 2, 0, 0, 8}, afar(0, 0, 0, 0, 0, 1), -1.1845830828573156},
	} {
		if got := newJobClock(small, test.listed).logLR(test.n); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%v of %v: %v, want %v", test.n, test.listed, got, test.want)
		}
	}
}

// By chance B is 1 on average, for any list of small packets and any clock that was learnt:
// summed over all outcomes of two and of three packets.
func TestJobClockIsFair(t *testing.T) {
	for _, c := range []*jobClock{
		newJobClock(datasets.Lags{}, datasets.Lags{}),
		newJobClock(afar(5, 40, 60, 80, 200, 900), afar(7, 5, 3, 1, 0, 9)),
		newJobClock(datasets.Lags{80, 80, 240, 300, 600, 900, 1800, 3000, 13000}, datasets.Lags{40, 15, 5, 20, 10, 2, 0, 0, 8}),
		newJobClock(datasets.Lags{5, 0, 9, 0, 0, 0, 0, 0, 3000}, datasets.Lags{3, 1, 0, 0, 0, 0, 0, 0, 9}), // no list
	} {
		two, three := 0.0, 0.0
		for i := range c.chance {
			for j := range c.chance {
				var n datasets.Lags
				n[i]++
				n[j]++
				two += c.chance[i] * c.chance[j] * math.Exp(c.logLR(n))
				for k := range c.chance {
					m := n
					m[k]++
					three += c.chance[i] * c.chance[j] * c.chance[k] * math.Exp(c.logLR(m))
				}
			}
		}
		if math.Abs(two-1) > 1e-9 || math.Abs(three-1) > 1e-9 {
			t.Errorf("mean of B %v and %v, want 1", two, three)
		}
	}
}

// pulsing is two weeks of a client, sampled one in 1,000, with large packets at such lags.
func pulsing(large datasets.Lags) Window {
	w := client(443, "", 6, 150, [2]datasets.Micros{0, 14 * 24 * hour})
	p := &w.Profiles[0]
	p.Sampling, p.CountedPkts = 1000, 241
	p.Pulse.LargeJob1, p.Pulse.LargeJob2, p.Pulse.LargeJob5 = large[0], large[1], large[2]
	p.Pulse.Large5, p.Pulse.Large15, p.Pulse.Large30 = large[3], large[4], large[5]
	p.Pulse.Large60, p.Pulse.Large120, p.Pulse.LargeMore = large[6], large[7], large[8]
	return w
}

func TestBlocksSampled(t *testing.T) {
	three := afar(1, 1, 1)
	with := func(w Window, change func(p *datasets.FlowProfile)) Window {
		change(&w.Profiles[0])
		return w
	}
	several := pulsing(three)
	for range 9 {
		several.Profiles = append(several.Profiles, pulsing(afar(0, 0, 0, 0, 0, 2)).Profiles[0])
	}
	for _, test := range []struct {
		name string
		w    Window
		want float64
	}{
		{"three within half a minute", pulsing(three), 4.636068323184065},
		{"the best of ten contacts", several, 4.636068323184065 - math.Log(10)},
		{"many: the cap", pulsing(afar(9, 9, 9)), 6.6},
		{"many, to a client that pings", with(pulsing(afar(9, 9, 9)), func(p *datasets.FlowProfile) { p.OrigBytes = p.OrigPkts * 68 }), 5}, // 6 packets of 16 B said a minute
		{"one packet", pulsing(afar(1)), 2.3454424214680514},
		{"many, by day only", with(pulsing(afar(9, 9, 9)), func(p *datasets.FlowProfile) { p.HoursActive, p.NightHours, p.LongestS = 140, 0, 3600 }), math.Log(10)},
		// Less ln 4 it is below ln 3.
		{"one packet, the best of four contacts", Window{Client: "10.0.0.1", Profiles: append(pulsing(afar(1)).Profiles, several.Profiles[1:4]...)}, 0},
		{"by chance", pulsing(afar(0, 0, 1, 0, 1, 3)), 0},
		{"none", pulsing(datasets.Lags{}), 0},
		{"does not last", with(pulsing(three), func(p *datasets.FlowProfile) { p.HoursActive = 11 }), 0},
		{"a node", with(pulsing(three), func(p *datasets.FlowProfile) { p.RespBytes *= 100 }), 0},
		{"a push service: too slow", with(pulsing(three), func(p *datasets.FlowProfile) { p.OrigPkts /= 10 }), 0},
	} {
		got := DefaultBlocks().Detect(test.w)
		switch {
		case test.want == 0 && len(got) > 0:
			t.Errorf("%s: got %+v, want nothing", test.name, got)
		case test.want > 0 && (len(got) != 1 || math.Abs(got[0].LogLR-test.want) > 1e-9 || got[0].Family != FamilyTiming || got[0].Group != "blocks" || got[0].MiningKW != 0):
			t.Errorf("%s: got %+v, want log_lr %v", test.name, got, test.want)
		}
	}
	// Of three packets 0.29 are within 30 s by chance (9.5 %), with a standard deviation of 0.508: 5.34.
	f := DefaultBlocks().Detect(pulsing(three))[0]
	if math.Abs(f.Statistic-5.34) > 0.01 || f.N != 3 || math.Abs(f.PValue-math.Exp(-f.LogLR)) > 1e-9 || !strings.Contains(f.Detail, "3 of 3 sampled ones within 30 s of one or 5 s of a job that a listed pool sent another client, by chance 0.3 (p 0.0097 for the best of 1 contacts)") {
		t.Errorf("got %+v", f)
	}
}

// Of 2,000 windows of ten contacts that know nothing of blocks at most a third may speak
// (Markov); in truth it is one in ten at most.
func TestBlocksSampledByChance(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	spoke, capped := 0, 0
	for range 2000 {
		w := Window{Client: "10.0.0.1", From: midnight, To: midnight + 14*24*hour}
		for range 10 {
			var n datasets.Lags
			for range 2 + r.IntN(40) {
				lag, k := r.ExpFloat64()*blockEveryS/2, 0 // to the nearer of two
				for k < len(datasets.PulseS) && lag >= float64(datasets.PulseS[k]) {
					k++
				}
				n[jobClasses+k]++
			}
			w.Profiles = append(w.Profiles, pulsing(n).Profiles...)
		}
		list := DefaultBlocks().Detect(w)
		for _, f := range list {
			if f.LogLR == DefaultBlocks().CapLarge {
				capped++
			}
		}
		if len(list) > 0 {
			spoke++
		}
	}
	if spoke > 200 || capped > 5 {
		t.Errorf("%d of 2000 speak by chance, %d at the cap", spoke, capped)
	}
}

// told returns a client whose server is at an address, and sends 120 small packets by chance, too.
func told(client, ip, name string, large datasets.Lags) datasets.FlowProfile {
	p := pulsing(large).Profiles[0]
	p.Client, p.ServerIP, p.SNI = client, ip, name
	x := &p.Pulse
	x.Small5, x.Small15, x.Small30, x.Small60, x.Small120, x.SmallMore = 2, 4, 6, 10, 18, 80
	return p
}

// A server tells all its clients alike. Two weeks of a session are 2,016 blocks on average, of which one in 1,000
// counts two.
func TestSentToAll(t *testing.T) {
	n := NewNetwork(nil, list{})
	for i, p := range []datasets.FlowProfile{
		told("a", "192.0.2.1", "", afar(1)), told("b", "192.0.2.1", "", afar(0, 1)),
		told("a", "192.0.2.2", "chat.example", afar(1)), told("b", "192.0.2.2", "", afar(0, 1)), told("c", "192.0.2.3", "chat.example", afar(0, 0, 1)),
		told("a", "192.0.2.4", "one.example", afar(1)), told("b", "192.0.2.4", "two.example", afar(0, 1)), told("c", "192.0.2.4", "", afar(0, 0, 1)),
		told("a", "192.0.2.5", "", afar(1)), told("b", "192.0.2.5", "", afar(0, 1)),
	} {
		if i >= 8 {
			p.Proto, p.ServerPort = "udp", 51820
		}
		n.AddProfile(p)
	}
	tunnel := told("c", "192.0.2.5", "", datasets.Lags{})
	tunnel.Proto, tunnel.ServerPort = "udp", 51820
	other := told("d", "192.0.2.1", "", afar(0, 0, 0, 1))
	other.ServerPort = 9000
	n.AddProfile(other)
	for _, test := range []struct {
		name     string
		p        datasets.FlowProfile
		large    datasets.Lags
		sessions float64
	}{
		{"by address", told("a", "192.0.2.1", "", afar(1)), afar(1, 1), 2},
		{"by name, and by the address that has no other", told("b", "192.0.2.2", "", afar(0, 1)), afar(1, 1, 1), 3},
		{"by name, elsewhere", told("c", "192.0.2.3", "chat.example", afar(0, 0, 1)), afar(1, 0, 1), 2},
		{"one of several names", told("a", "192.0.2.4", "one.example", afar(1)), afar(1), 1},
		{"any of several names", told("c", "192.0.2.4", "", afar(0, 0, 1)), afar(0, 0, 1), 1},
		{"another port", other, afar(0, 0, 0, 1), 1},
		{"a tunnel", tunnel, datasets.Lags{}, 1},
	} {
		// 120 small packets and 1 large of 120.96 were counted: all of them.
		if got := n.sent(test.p); got.large != test.large || math.Abs(got.jobs-2.016*test.sessions) > 0.02*test.sessions {
			t.Errorf("%s: %+v, want %v of %v sessions", test.name, got, test.large, test.sessions)
		}
	}
	// Half of the packets were put into longer records: half of the jobs may be, too.
	half := told("a", "192.0.2.9", "", datasets.Lags{})
	half.Pulse.SmallMore = 20
	if got := sentTo(half).jobs; math.Abs(got-1) > 0.01 {
		t.Errorf("half of the packets: %v jobs", got)
	}
}

func TestBlocksOfAServer(t *testing.T) {
	// each has n clients of the server, some of whom got the packets and the others none.
	each := func(n, some int, large datasets.Lags) *Network {
		out := NewNetwork(nil, list{})
		for i := range n {
			got := datasets.Lags{}
			if i < some {
				got = large
			}
			out.AddProfile(told(fmt.Sprint(i), "192.0.2.1", "", got))
		}
		return out
	}
	chat, private := each(40, 40, afar(0, 0, 1, 0, 1, 3)), each(3, 3, afar(3))
	empty, shops := each(40, 0, datasets.Lags{}), each(40, 2, afar(1, 0, 0, 0, 0, 1)) // of 80 packets that a pool's would be none, and four
	for _, test := range []struct {
		name           string
		large          datasets.Lags
		n              *Network
		blocks, steady float64
	}{
		{"one packet, nobody else", afar(1), nil, 2.3454424214680514, 1.6},
		// 200 packets of 40 others by chance leave ln(0.02 x 10.4) of it; 80 jobs are not among them: ln 0.1 and
		// a little, as one server in 50 is mixed, and as it is used by one client in 40: 1.6 - 2.2.
		{"one packet, others' are by chance", afar(1), chat, 0, 0},
		{"one, and 40 others have none", afar(1), empty, 0, 0},
		{"none, two of 40 others have one each", datasets.Lags{}, shops, 0, 0},
		{"none, three others have nine", datasets.Lags{}, private, 6.6, 1.6},
	} {
		w := Window{Client: "z", From: midnight, To: midnight + 14*24*hour, Profiles: []datasets.FlowProfile{told("z", "192.0.2.1", "", test.large)}, Network: test.n}
		if test.n != nil {
			test.n.AddProfile(w.Profiles[0])
		}
		for _, d := range []struct {
			Detector
			want float64
		}{{DefaultBlocks(), test.blocks}, {DefaultSteady(), test.steady}} {
			got := d.Detect(w)
			if d.want == 0 && len(got) > 0 || d.want > 0 && (len(got) != 1 || math.Abs(got[0].LogLR-d.want) > 1e-9) {
				t.Errorf("%s: %+v, want %v", test.name, got, d.want)
			}
		}
	}
}

// By hand: as few as k of m have a chance of Σ exp(-m) m^i/i!, one coin in ten is another.
func TestSilence(t *testing.T) {
	c := newJobClock(datasets.Lags{}, datasets.Lags{})
	p := told("a", "192.0.2.1", "", datasets.Lags{})
	own := sentTo(p)
	for _, test := range []struct {
		name string
		all  sent
		want float64
	}{
		{"none of two", own, math.Log(0.9*math.Exp(-own.jobs) + 0.1)},
		{"none is expected", sent{large: afar(0, 0, 1)}, 0},
		{"none of 4", sent{jobs: 4}, math.Log(0.98*(0.9*math.Exp(-4)+0.1) + 0.02*(0.9*math.Exp(-own.jobs)+0.1))},
		{"none of 80", sent{jobs: 80}, math.Log(0.98*0.1 + 0.02*(0.9*math.Exp(-own.jobs)+0.1))},
		{"as many as expected, in time", sent{afar(4), 4}, 0},
	} {
		if got := c.silent(p, test.all); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// The network gives the share of chance, and its listed pools the clock.
func TestNetworkLearnsTheClock(t *testing.T) {
	n := NewNetwork(nil, list{})
	listed := pulsing(afar(60, 30, 5))
	listed.Profiles[0].SNI = "btc.pool.example"
	listed.Profiles[0].Pulse.SmallMore = 4000
	n.AddProfile(listed.Profiles[0])
	other := pulsing(afar(0, 0, 0, 0, 0, 50))
	other.Profiles[0].ServerIP = "192.0.2.77"
	n.AddProfile(other.Profiles[0])
	c := n.jobClock()
	// Of 4,200 small packets, 200 of them Poisson's, 4,134 are far: 0.984.
	if got := c.chance[classes-1]; math.Abs(got-(4000+200*math.Exp(-0.4))/4200) > 1e-9 {
		t.Errorf("chance %v", got)
	}
	if best := c.weightOf(1); best < 0.9 { // 63 % within 5 s, 95 % within 15 s
		t.Errorf("weights %v", c.weightOf(1))
	}
	asked := NewNetwork(nil, list{}) // by address, of a name that was looked up
	listed.Profiles[0].SNI = ""
	asked.AddProfile(listed.Profiles[0])
	asked.AddName(datasets.ServerName{ServerIP: "192.0.2.1", Host: "btc.pool.example"})
	if got := asked.jobClock().weightOf(1); got < 0.9 {
		t.Errorf("asked: %v", got)
	}
}
