package pipeline

import (
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/store"
)

// BenchLake is the size of a lake of generated readings.
type BenchLake struct {
	Sites int `json:"sites"`
	Years int `json:"years"` // whole calendar years of UTC, from 2021 on
	// Months cuts the last year off after so many months; 0: it is whole.
	Months int `json:"months,omitempty"`
}

// benchFirstYear is the year of the first reading.
const benchFirstYear = 2021

// benchSitesPerBucket keeps a bucket within what one worker reads in a second or two.
const benchSitesPerBucket = 250

func (b BenchLake) buckets() int {
	n := 1
	for n*benchSitesPerBucket < b.Sites && n < maxBuckets {
		n *= 2
	}
	return n
}

func benchSite(i int) string { return fmt.Sprintf("KZ%08d", i) }

// year returns the begin of a year and its hours that are generated.
func (b BenchLake) year(k int) (from time.Time, hours int) {
	from = time.Date(benchFirstYear+k, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, 0)
	if k == b.Years-1 && b.Months > 0 {
		to = from.AddDate(0, b.Months, 0)
	}
	return from, int(to.Sub(from) / time.Hour)
}

// write puts the readings straight into the lake, as compacted deliveries lie
// there: the benchmark of what reads them need not wait for text to be parsed.
// The same size gives the same bytes. It returns the rows.
func (b BenchLake) write(ws *Workspace, workers int) (int64, error) {
	byBucket := make([][]int, ws.Config.Buckets)
	for i := range b.Sites {
		bucket := datasets.BucketOf(benchSite(i), ws.Config.Buckets)
		byBucket[bucket] = append(byBucket[bucket], i)
	}
	rows := int64(0)
	for k := range b.Years {
		_, hours := b.year(k)
		rows += int64(hours) * int64(b.Sites)
	}
	g := new(errgroup.Group)
	g.SetLimit(workers)
	for bucket, sites := range byBucket {
		if len(sites) == 0 {
			continue
		}
		g.Go(func() error {
			for k := range b.Years {
				if err := b.writeYear(ws.Lake(), datasets.Partition{Bucket: int32(bucket), Year: benchFirstYear + int32(k)}, sites, k); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return rows, g.Wait()
}

func (b BenchLake) writeYear(lake string, at datasets.Partition, sites []int, k int) error {
	w, err := store.Create[datasets.Reading](lake + "/.tmp")
	if err != nil {
		return err
	}
	defer w.Discard()
	var rows []datasets.Reading
	from, hours := b.year(k)
	for n, i := range sites {
		rows = slices.Grow(rows[:0], hours)[:hours]
		m := newBenchMeter(i, k)
		id, start := benchSite(i), datasets.MicrosOf(from)
		for h := range rows {
			rows[h] = datasets.Reading{Bucket: at.Bucket, SiteID: id, TS: start + datasets.Micros(h)*3_600_000_000, Wh: m.next(h), IntervalMin: 60,
				Origin: datasets.Origin{Source: 1, Line: int64(n*hours + h + 1)}}
		}
		if err := w.Write(rows); err != nil {
			return err
		}
	}
	tmp, err := w.Close()
	if err != nil {
		return err
	}
	_, err = store.Commit(lake, tmp, store.Manifest{Table: "readings", Partition: at, Rows: w.Rows(), Fingerprint: "benchmark"})
	return err
}

// A benchMeter makes the load of one site: a working day, a quieter weekend, a
// season, noise that lasts some hours, now and then a day off; in one site of
// twenty a block of power is added in the second half of the first year.
type benchMeter struct {
	baseWh  float64
	byHour  [168]float64
	block   float64
	from    int // hour of the year in which the block begins
	year    int
	state   uint64
	drift   float64
	dayOff  bool
	seasons float64
}

func newBenchMeter(site, year int) *benchMeter {
	m := &benchMeter{state: uint64(site)*0x9e3779b97f4a7c15 + uint64(year)*0xd1b54a32d192ed03 + 1, year: year}
	own := &benchMeter{state: uint64(site)*0x9e3779b97f4a7c15 + 1} // what does not change from year to year
	m.baseWh = 2000 * math.Exp(4*own.uniform())
	open, shut := 6+int(4*own.uniform()), 17+int(6*own.uniform())
	floor, weekend := 0.2+0.5*own.uniform(), 0.3+0.7*own.uniform()
	m.seasons = 0.3 * own.uniform()
	for h := range m.byHour {
		m.byHour[h] = floor
		if hour := h % 24; hour >= open && hour < shut {
			m.byHour[h] = 1
			if h >= 5*24 {
				m.byHour[h] = floor + (1-floor)*weekend
			}
		}
	}
	if site%20 == 0 {
		m.block, m.from = m.baseWh*(0.3+own.uniform()), 4400+int(3000*own.uniform())
	}
	return m
}

// next returns the energy of hour h of the year in Wh. Hours must be asked in order.
func (m *benchMeter) next(h int) int32 {
	m.drift = 0.9*m.drift + 0.06*(m.uniform()-0.5)
	if h%24 == 0 {
		m.dayOff = m.uniform() < 0.02
	}
	share := m.byHour[(h+4*24)%168] // years begin on some day of the week; any will do
	if m.dayOff {
		share *= 0.4
	}
	v := m.baseWh * share * (1 + m.drift + 0.1*(m.uniform()-0.5)) * (1 + m.seasons*benchSeason[(h/24)%366])
	if m.block > 0 && (m.year > 0 || h >= m.from) {
		v += m.block * (1 + 0.02*(m.uniform()-0.5))
	}
	return int32(max(1, v))
}

var benchSeason = func() (s [366]float64) {
	for d := range s {
		s[d] = math.Cos(2 * math.Pi * float64(d) / 365.25)
	}
	return s
}()

// uniform returns a number in [0, 1), by SplitMix64.
func (m *benchMeter) uniform() float64 {
	m.state += 0x9e3779b97f4a7c15
	z := m.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}
