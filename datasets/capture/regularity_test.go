package capture

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// A stream is the payloads that one end of a connection sent.
type stream struct {
	at    []float64 // s
	sizes map[int]int
}

// TestRegularity prints how regular the messages of the captures in MINEWATCH_TRAFFIC
// are, by direction: the share of their three commonest sizes, and the p-value of the
// highest peak of their periodogram. Connections count from 30 s and 8 messages each way
// on. It decides nothing: it is why package traffic has no detector of either.
func TestRegularity(t *testing.T) {
	root := os.Getenv("MINEWATCH_TRAFFIC")
	if root == "" {
		t.Skip("MINEWATCH_TRAFFIC names no folder with captures")
	}
	var regular, periodic, all [2]int // others, miners
	for _, folder := range []string{"ndpi-mining", "zeek-cryptomining", "ndpi-hard-negatives"} {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.pcap*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			for key, c := range streams(t, path) {
				mines := 0
				if c.label {
					mines = 1
				}
				length := max(c.last(0), c.last(1)) - min(c.first(0), c.first(1))
				if length < 30 || min(len(c.ends[0].at), len(c.ends[1].at)) < 8 {
					continue
				}
				client, server := c.ends[0].commonest(3), c.ends[1].commonest(3)
				pc, ps := c.ends[0].periodicity(length), c.ends[1].periodicity(length)
				t.Logf("%s %s port %d, %.0f s: sizes %.2f and %.2f, p %.1e and %.1e, labelled as mining: %v", filepath.Base(path), key.proto, c.port, length, client, server, pc, ps, c.label)
				all[mines]++
				if client >= 0.9 {
					regular[mines]++
				}
				if min(1, 2*min(pc, ps)) <= 0.01 {
					periodic[mines]++
				}
			}
		}
	}
	t.Logf("miners: %d, of which three sizes make 90 %% of what the client says in %d, periodic at p 0.01 %d; others: %d, %d, %d", all[1], regular[1], periodic[1], all[0], regular[0], periodic[0])
}

// A talkTo is both streams of a connection, the first of who spoke first.
type talkTo struct {
	ends  [2]stream
	port  uint16
	label bool
}

func (c *talkTo) first(i int) float64 { return slices.Min(append(c.ends[i].at, math.Inf(1))) }
func (c *talkTo) last(i int) float64  { return slices.Max(append(c.ends[i].at, math.Inf(-1))) }

func streams(t *testing.T, path string) map[endpoints]*talkTo {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	packets, err := Open(f)
	if err != nil {
		t.Fatal(err)
	}
	out := map[endpoints]*talkTo{}
	d := newDecoder()
	for {
		next, err := packets.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		p, ok := d.packet(next.Link, next.Data)
		if !ok || len(p.payload) == 0 {
			continue
		}
		// By who sent the first packet: a as the client.
		k, side := endpoints{p.src, p.dst, p.proto}, 0
		if _, back := out[endpoints{p.dst, p.src, p.proto}]; back {
			k, side = endpoints{p.dst, p.src, p.proto}, 1
		}
		c := out[k]
		if c == nil {
			c = &talkTo{port: k.b.Port()}
			out[k] = c
		}
		c.label = c.label || Label(p.payload) != ""
		c.ends[side].add(datasets.MicrosOf(next.At), len(p.payload))
	}
}

func (s *stream) add(at datasets.Micros, size int) {
	if s.sizes == nil {
		s.sizes = map[int]int{}
	}
	s.sizes[size]++
	s.at = append(s.at, float64(at)/1e6)
}

// commonest returns the share of the k commonest sizes.
func (s *stream) commonest(k int) float64 {
	var counts []int
	all := 0
	for _, n := range s.sizes {
		counts = append(counts, n)
		all += n
	}
	slices.Sort(counts)
	sum := 0
	for _, n := range counts[max(0, len(counts)-k):] {
		sum += n
	}
	return float64(sum) / float64(all)
}

// periodicity returns the p-value of the highest peak z of the Lomb-Scargle
// periodogram of the times of messages, for events as equal pulses (Schuster 1898), over periods from 5 s to a
// quarter of the length: 1-(1-exp(-z))^M with M independent frequencies (Scargle 1982). Messages
// within 1 s are one. 1 if fewer than 8 are left.
func (s *stream) periodicity(length float64) float64 {
	var at []float64
	for _, t := range s.at {
		if len(at) == 0 || t-at[len(at)-1] > 1 {
			at = append(at, t)
		}
	}
	low, high := 4/length, 1/5.0
	if len(at) < 8 || high <= low {
		return 1
	}
	independent := (high - low) * length
	peak := 0.0
	for f := low; f < high; f += 1 / (4 * length) {
		var c, d float64
		for _, t := range at {
			sin, cos := math.Sincos(2 * math.Pi * f * (t - at[0]))
			c, d = c+cos, d+sin
		}
		peak = max(peak, (c*c+d*d)/float64(len(at)))
	}
	return -math.Expm1(independent * math.Log1p(-math.Exp(-peak)))
}
