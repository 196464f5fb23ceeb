package sim

import (
	"math"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// twoWeeks is the traffic of a plain miner, or of one with look-alikes, with blocks.
func twoWeeks(c Client) (Traffic, Rows) {
	tr := DefaultTraffic(time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC))
	tr.WebPerDay, tr.Days, tr.ActiveTimeoutS, tr.Packets = 0, 14, 1800, true
	tr.Blocks = Blocks(1, tr.Start, tr.Days)
	c.Addr = netip.MustParseAddr("10.16.0.9")
	return tr, tr.Client(c)
}

// Keeping packets changes no row, and they are within a record that has as many bytes.
func TestPacketsAreOfTheRecords(t *testing.T) {
	c := Client{Addr: netip.MustParseAddr("10.16.0.9"), Form: TLS, Devices: 1, LookAlikes: []LookAlike{MQTT, Telemetry, Chat, VPN, SmartHome, Game, Wallet}}
	tr, rows := twoWeeks(c)
	tr.Packets = false
	bare := tr.Client(c)
	if !reflect.DeepEqual(bare.Flows, rows.Flows) || !reflect.DeepEqual(bare.TLS, rows.TLS) || len(bare.Large) != 0 || len(rows.Large) < 2016 {
		t.Fatalf("%d packets, and rows differ", len(rows.Large))
	}
	at := map[talkKey][]Packet{}
	for _, p := range rows.Large {
		at[talkKey{p.SrcPort, p.DstIP}] = append(at[talkKey{p.SrcPort, p.DstIP}], p)
	}
	for _, f := range rows.Flows {
		k := talkKey{f.SrcPort, f.DstIP}
		var n, b int64
		for len(at[k]) > 0 && at[k][0].TS <= f.TS+datasets.Micros(f.DurationS*1e6) {
			if at[k][0].TS < f.TS {
				t.Fatalf("packet %+v before record %+v", at[k][0], f)
			}
			n, b, at[k] = n+1, b+at[k][0].Bytes, at[k][1:]
		}
		if n > f.RespPkts || b+40*(f.RespPkts-n) > f.RespBytes {
			t.Fatalf("%d packets of %d B in %+v", n, b, f)
		}
	}
	for k, left := range at {
		if len(left) > 0 {
			t.Errorf("%v: %d packets without a record", k, len(left))
		}
	}
}

// A miner's jobs come when blocks have been found: 0.2 s and an exponential of 0.8 s later.
func TestJobsFollowBlocks(t *testing.T) {
	tr, rows := twoWeeks(Client{Form: Plain, Devices: 1})
	late, n := 0.0, 0
	for _, p := range rows.Large {
		i := 0
		for i+1 < len(tr.Blocks) && datasets.MicrosOf(tr.Blocks[i+1]) <= p.TS {
			i++
		}
		if lag := float64(p.TS-datasets.MicrosOf(tr.Blocks[i])) / 1e6; p.Bytes == fullSize && lag < 60 {
			late, n = late+lag, n+1
		}
	}
	// Of jobs of 1,200 to 2,000 B 69 % fill a packet; the standard error of the mean is 0.03 s.
	if blocks := float64(len(tr.Blocks)); math.Abs(float64(n)/blocks-0.69) > 0.05 || math.Abs(late/float64(n)-1) > 0.15 {
		t.Errorf("%d full packets of %.0f blocks, %.2f s after them", n, blocks, late/float64(n))
	}
}

// A display is told each block at length, a wallet its header while it is open, and nothing more.
func TestWhoHearsOfBlocks(t *testing.T) {
	told := func(c Client, least, most int64) (share float64) {
		tr, rows := twoWeeks(c)
		heard := map[datasets.Micros]bool{}
		for _, p := range rows.Large {
			for _, b := range tr.Blocks {
				if lag := p.TS - datasets.MicrosOf(b); lag >= 0 && lag < 10e6 && p.Bytes >= least && p.Bytes <= most {
					heard[datasets.MicrosOf(b)] = true
				}
			}
		}
		return float64(len(heard)) / float64(len(tr.Blocks))
	}
	for _, test := range []struct {
		name        string
		c           Client
		least, most int64
		low, high   float64
	}{
		{"display", Client{LookAlikes: []LookAlike{Display}}, 1000, fullSize, 0.85, 1}, // the rest of a message of two packets may be short
		{"wallet, a header", Client{LookAlikes: []LookAlike{Wallet}}, 340, 360, 0.05, 1},
		{"wallet, at length", Client{LookAlikes: []LookAlike{Wallet}}, 1000, fullSize, 0, 0.05},
	} {
		if got := told(test.c, test.least, test.most); got < test.low || got > test.high {
			t.Errorf("%s: of %.2f of the blocks, want %.2f to %.2f", test.name, got, test.low, test.high)
		}
	}
}

func TestSampled(t *testing.T) {
	_, rows := twoWeeks(Client{Form: TLS, Devices: 1, LookAlikes: []LookAlike{Telemetry, SmartHome}})
	if got := (Exporter{OneIn: 1, InactiveS: 15}).Sampled(rows); !reflect.DeepEqual(got, rows.Flows) {
		t.Error("counting every packet changed the rows")
	}
	total := func(list []datasets.Flow) (pkts, bytes float64) {
		for _, f := range list {
			pkts, bytes = pkts+float64(f.OrigPkts+f.RespPkts), bytes+float64(f.OrigBytes+f.RespBytes)
		}
		return pkts, bytes
	}
	for _, n := range []int32{10, 100, 1000} {
		e := Exporter{OneIn: n, InactiveS: DefaultInactiveS, Seed: 7}
		got := e.Sampled(rows)
		if !reflect.DeepEqual(got, e.Sampled(rows)) {
			t.Fatal("equal seeds gave other rows")
		}
		type way struct {
			talkKey
			direction string
		}
		ends := map[way]datasets.Micros{}
		single, near := 0, 0
		for i, f := range got {
			w := way{talkKey{f.SrcPort, f.DstIP}, f.Direction}
			if i > 0 && f.TS < got[i-1].TS || f.Sampling != n || (f.OrigPkts > 0) == (f.RespPkts > 0) || (f.OrigPkts > 0) != (f.Direction == "orig") || (f.OrigPkts+f.RespPkts)%int64(n) != 0 {
				t.Fatalf("record %+v", f)
			}
			if pkts := (f.OrigPkts + f.RespPkts) / int64(n); pkts == 1 {
				single++
				if f.DurationS != 0 {
					t.Fatalf("one packet lasts: %+v", f)
				}
			} else if f.DurationS > float64(pkts-1)*DefaultInactiveS {
				t.Fatalf("silent for longer than the timeout: %+v", f)
			}
			if end, ok := ends[w]; ok && f.TS-end <= DefaultInactiveS*1e6 {
				near++ // only where a record of the whole ends
			}
			ends[w] = f.TS + datasets.Micros(f.DurationS*1e6)
		}
		wantPkts, wantBytes := total(rows.Flows)
		pkts, bytes := total(got)
		if off := 5 / math.Sqrt(wantPkts/float64(n)); math.Abs(pkts/wantPkts-1) > off || math.Abs(bytes/wantBytes-1) > 2*off {
			t.Errorf("1:%d: %.0f packets and %.0f B, want about %.0f and %.0f", n, pkts, bytes, wantPkts, wantBytes)
		}
		if n == 1000 && (float64(single) < 0.9*float64(len(got)) || near > len(got)/50) {
			t.Errorf("%d of %d records have one packet, %d follow within the timeout", single, len(got), near)
		}
	}
}
