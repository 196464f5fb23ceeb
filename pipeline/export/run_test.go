package export

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// A notice is a row type that this package has never heard of.
type notice struct {
	BIN     string       `parquet:"bin" doc:"BIN"`
	DueOn   datasets.Day `parquet:"due_on,date" doc:"due"`
	MW      float64      `parquet:"mw" unit:"MW" fmt:"3" doc:"power"`
	Overdue bool         `parquet:"overdue" doc:"whether it is late"`
}

func almaty(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Skip("no time zone database: ", err)
	}
	return zone
}

func day(y, m, d int) datasets.Day {
	return datasets.DayOf(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC))
}

// sampleRun returns a run on n proposed sites with three years of hours each:
// an office-like day and week, noise from a linear congruential generator, and a
// block from hour 12,000 on. s is put into every text column.
func sampleRun(t testing.TB, n int, s string) *Run {
	t.Helper()
	zone := almaty(t)
	start := day(2022, 1, 1).In(zone)
	since := datasets.MicrosOf(start) + 12_000*microsPerHour
	until := datasets.MicrosOf(start) + 26_280*microsPerHour
	run := &Run{
		ID: "run" + s, Version: "1.0" + s, AsOf: day(2024, 12, 31), Zone: zone,
		From: datasets.MicrosOf(start), Until: until,
		Sites: map[string]datasets.Site{}, Tax: map[string][]string{},
		RegistryNames: map[string]string{"120940003461": "ТОО Пример" + s},
		Notes:         []string{"No flows were delivered." + s},
		Breaches:      []datasets.Breach{{BIN: "120940003461" + s, Name: "ТОО" + s, Rule: "quarterly_report_missing" + s, Quarter: 2023 * 4, DueOn: day(2023, 4, 10), Observed: "none" + s, Expected: "report" + s, Detail: "detail" + s}},
		Candidates:    []datasets.Candidate{{Target: "pool.example" + s, TargetKind: "domain" + s, Port: 3333, Proto: "tcp" + s, ASOrg: "AS" + s, Country: "KZ" + s, Pool: "pool" + s, Confidence: 0.91, First: since, Last: until, Clients: 2, Bytes: 1 << 40, Action: "monitor" + s, ValidFrom: day(2024, 12, 31), ValidUntil: day(2025, 1, 30), Reason: "reason" + s}},
		Subscribers:   []datasets.SubscriberSeen{{SubscriberID: "sub" + s, Provider: "isp" + s, BIN: "b" + s, SiteID: "KZ-0001" + s, Confidence: 0.5, First: since, Last: until, HoursActive: 900, Pools: "pool" + s, Evidence: "evidence" + s}},
		Notices:       RowsOf([]notice{{"120940003461" + s, day(2023, 1, 15), 12.5, true}}),
	}
	for i := range n {
		addSite(run, i, s, since, until)
	}
	run.Charts = func(siteID string) (Chart, error) { return sampleChart(run, siteID, since), nil }
	run.Quality.Files = []QualityFile{{Name: "readings/a.csv" + s, Dataset: "readings", Format: "csv" + s, Read: 10, Accepted: 7, Duplicates: 2, Quarantined: 1, Reasons: []RefusalCount{{"kwh: negative" + s, 1}}, Warnings: []string{"warning" + s}, KWh: 12.5, Quarantine: "quarantine/a" + s}}
	run.Quality.Reconciled = []Reconciliation{{Dataset: "readings" + s, Read: 10, Refused: 1, Duplicates: 2, Lake: 7, HasKWh: true, KWh: 15, DuplicateKWh: 2.5, LakeKWh: 12.5}}
	file := Delivery{Name: "readings/a.csv" + s, Rows: 10, Accepted: 7, IDs: 3, OnlyHere: 1, From: "2022-01-01T00:00:00Z" + s}
	run.Quality.Deliveries = []DeliveryChange{{Dataset: "readings" + s, File: file, Before: file}}
	run.Quality.Absent = []AbsentDataset{{"flows" + s, "no traffic" + s}}
	run.Quality.Checks = []QualityMessage{{"readings" + s, "overlap" + s}}
	return run
}

func addSite(run *Run, i int, s string, since, until datasets.Micros) {
	id := fmt.Sprintf("KZ-%04d%s", i+1, s)
	p := 0.99 - 0.9*float64(i)/float64(max(len(s), 500))
	kwh := 1_234_567.891
	v := datasets.Visit{
		Rank: int32(i + 1), SiteID: id, Name: "ТОО «Складской комплекс»" + s, BIN: "120940003461" + s, Region: "Карагандинская область" + s, Address: "ул. Абая, 1" + s,
		Lat: 49.8 + float64(i%10)/100, Lon: 73.1, Finding: "unregistered" + s, Probability: p, MiningKW: 100, MiningSince: since, MiningUntil: until,
		MiningKWh: kwh, MiningKWhLow: kwh * 0.9, MiningKWhHigh: kwh * 1.1, UnpaidKWh: kwh, TaxKZT: kwh * 2, TaxKZTLow: kwh, TaxKZTHigh: kwh * 25,
		ConfidenceNote: "Electricity only." + s, Evidence: "A steady block." + s, VisitGroup: "Караганда 1" + s, VisitOrder: int32(i + 1),
	}
	if i%3 == 2 {
		v.Lat, v.Lon = 0, 0
	}
	run.Visits = append(run.Visits, v)
	run.Sites[id] = datasets.Site{SiteID: id, OKED: "52101" + s, TariffGroup: "commercial" + s, FeederID: "F1" + s, ContractedKW: 150, VoltageKV: 0.4, ConnectedOn: day(2015, 3, 1)}
	run.Scores = append(run.Scores, datasets.Score{SiteID: id, Probability: p, Finding: v.Finding, Proposed: true, RegistryBIN: "120940003461", RegistryMatch: "possible" + s, Coverage: 0.973, Kinds: 1, Note: "note" + s})
	sum := 0.0
	for k, add := range []float64{-4.6, 5.2, 1.1, -1.4} {
		counted := k != 2
		if counted {
			sum += add
		}
		detail := "A steady block of 100 kW was added and stayed; the rest of the load follows the year before." + s
		run.Terms = append(run.Terms, datasets.ScoreTerm{SiteID: id, Order: int32(k), Term: "load/block" + s, LogOdds: add, Cumulative: sum, Counted: counted, Detail: detail})
		run.Evidence = append(run.Evidence, datasets.Evidence{SiteID: id, Detector: "load/block" + s, Group: "g" + s, Start: since, End: until, Status: datasets.Status(k % 2), Statistic: 3.2, N: 800, PValue: 0.002, LogLR: add, Detail: detail})
	}
	for q := datasets.Quarter(2023 * 4); q < 2024*4; q++ {
		run.Statement = append(run.Statement, datasets.StatementLine{SiteID: id, BIN: v.BIN, Quarter: q, MiningKWh: 40_000.12, MiningKWhLow: 36_000, MiningKWhHigh: 44_000, RateKZTKWh: 25, RateBasis: "art. 606-2" + s, DeclaredKWh: 100, UnpaidKWh: 39_900.12, TaxKZT: 997_503, TaxKZTLow: 36_000, TaxKZTHigh: 1_100_000})
		run.Tax[id] = append(run.Tax[id], q.String()+": 40000.120 kWh - 100 kWh = 39900.120 kWh x 25 KZT/kWh = 997503.00 KZT"+s)
	}
	run.Quality.Coverage = append(run.Quality.Coverage, SiteCoverage{SiteID: id, From: run.From, Until: run.Until, Hours: 26_280, Measured: 0.973, Estimated: 0.01, Gaps: 2, LongestGapH: 231, Note: "note" + s,
		Months: []MonthCoverage{{2022 * 12, 1}, {2022*12 + 1, 0.6}, {2022*12 + 2, 0}, {2022*12 + 3, 0.1}}})
}

func sampleChart(run *Run, siteID string, since datasets.Micros) Chart {
	const hours = 26_280
	c := Chart{Start: run.From, KW: make([]float64, hours), ExpectedKW: make([]float64, hours), Since: since, Until: run.Until, BlockKW: 100}
	state := uint64(len(siteID))
	for _, b := range []byte(siteID) {
		state = state*31 + uint64(b)
	}
	for h := range hours {
		state = state*6364136223846793005 + 1442695040888963407
		base := 20 + 5*float64(state>>40)/(1<<24)
		if hour := h % 24; hour >= 8 && hour < 19 && h/24%7 < 5 {
			base += 40
		}
		c.KW[h], c.ExpectedKW[h] = base, base
		if c.at(h) >= since {
			c.KW[h] += 100
		}
		if h >= 9000 && h < 9231 {
			c.KW[h] = math.NaN()
		}
	}
	return c
}
