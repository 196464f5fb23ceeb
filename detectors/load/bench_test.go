package load

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/sample"
	"github.com/minewatch/minewatch/detectors/features"
)

// realWindows are two-year windows of the university buildings, a third of them
// with power added: what a run scans.
func realWindows(tb testing.TB) []*Window {
	tb.Helper()
	meters, err := sample.Meters()
	if err != nil {
		tb.Fatal(err)
	}
	var windows []*Window
	for i, m := range sample.Select(meters, sample.University) {
		hourly := m.Hourly()
		for k := range 3 {
			kw := slices.Clone(hourly[k*4000 : k*4000+730*24])
			if k == i%3 {
				power := half(meanOf(kw), len(kw)) / 2
				for h := 6000 + 100*i; h < len(kw); h++ {
					kw[h] += power
				}
			}
			s := &features.Series{SiteID: m.ID, KW: kw, Estimated: make([]bool, len(kw)), Start: datasets.MicrosOf(m.Start.Add(time.Duration(k*4000) * time.Hour))}
			windows = append(windows, NewWindow(s, zone))
		}
	}
	return windows
}

// BenchmarkDetectors runs all electricity detectors, faults of meters included, over 6,000 two-year windows
// (12,000 site-years) an operation, on all cores.
func BenchmarkDetectors(b *testing.B) {
	windows := realWindows(b)
	const sites = 6000
	cut := Cut{Start: windows[0].At(9000), End: windows[0].At(9100), Kind: "internet", Source: "a test"}
	b.ReportAllocs()
	for b.Loop() {
		var next atomic.Int64
		done := make(chan int)
		workers := runtime.GOMAXPROCS(0)
		for range workers {
			go func() {
				scanner := NewScanner()
				spoken := 0
				for i := next.Add(1) - 1; i < sites; i = next.Add(1) - 1 {
					w := *windows[i%int64(len(windows))]
					w.Cuts = []Cut{cut}
					block, why := scanner.Scan(&w)
					sight := &Sight{Window: &w, Block: block, Why: why, Zone: zone, Faults: scanner.Faults(&w, block)}
					for _, d := range All() {
						if d.Detect(sight).Status == datasets.Spoken {
							spoken++
						}
					}
				}
				done <- spoken
			}()
		}
		for range workers {
			<-done
		}
	}
	b.ReportMetric(2*sites*float64(b.N)/b.Elapsed().Seconds(), "site-years/s")
}

// BenchmarkScan scans one window after another on one core.
func BenchmarkScan(b *testing.B) {
	windows := realWindows(b)
	s := NewScanner()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Scan(windows[i%len(windows)])
		i++
	}
	b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "site-years/s")
}

// BenchmarkFaults names the faults of windows that were scanned just before.
func BenchmarkFaults(b *testing.B) {
	windows := realWindows(b)
	s := NewScanner()
	const times = 20
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		b.StopTimer()
		w := windows[i%len(windows)]
		block, _ := s.Scan(w)
		i++
		b.StartTimer()
		for range times {
			s.Faults(w, block)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/times/2, "µs/site-year")
}
