package registry

import (
	"fmt"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

func metered(ix *Index, bin, since, until string, quarters []datasets.MiningEnergy) Metered {
	site := datasets.Site{SiteID: "S1", BIN: bin}
	return Metered{
		Mining: Mining{Site: site, Since: d(since), Until: d(until), Quarters: quarters},
		Answer: ix.Answerable(site, d(since), d(until)),
	}
}

func lines(rows []datasets.Breach) string {
	var out []string
	for _, b := range rows {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", b.Rule, b.Quarter, b.DueOn)))
	}
	return strings.Join(out, "\n")
}

func report(q, on string, mw float64) datasets.QuarterlyReport {
	return datasets.QuarterlyReport{BIN: binA, Quarter: quarter(q), SubmittedOn: d(on), MW: mw}
}

func TestBreaches(t *testing.T) {
	for _, tc := range []struct {
		name         string
		entries      []datasets.RegistryEntry
		since, until string // of metered mining under binA
		quarters     []datasets.MiningEnergy
		reports      []datasets.QuarterlyReport
		declarations []datasets.Declaration
		asOf, want   string
	}{
		{name: "clean", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.DesignStartOn = d("2021-01-31") })}},
		// Design on 2021-01-30 less 30 days is 2020-12-31.
		{name: "a day late before design", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.DesignStartOn = d("2021-01-30") })},
			want: "notice_late_before_design  2020-12-31"},
		// Order 146 counts from the start of activity, whatever the design.
		{name: "late before start", entries: []datasets.RegistryEntry{miner(binA, "2022-09-01", func(e *datasets.RegistryEntry) {
			e.DesignStartOn, e.ActivityStartOn = d("2022-08-01"), d("2022-09-15")
		})}, want: "notice_late_before_design  2022-08-16"},
		// Onset 2022-03-01: due 2022-01-30, and two weeks are let pass: 2022-02-13.
		{name: "late before the onset", entries: []datasets.RegistryEntry{miner(binA, "2022-02-14")}, since: "2022-03-01", until: "2022-12-31",
			want: "notice_late_before_metered_onset  2022-01-30"},
		{name: "within the slack of the onset", entries: []datasets.RegistryEntry{miner(binA, "2022-02-13")}, since: "2022-03-01", until: "2022-12-31"},
		{name: "after termination", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.TerminatedOn = d("2022-06-30") })},
			since: "2021-06-01", until: "2022-07-15", want: "activity_after_termination  2022-06-30"},
		{name: "within the slack of termination", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.TerminatedOn = d("2022-06-30") })},
			since: "2021-06-01", until: "2022-07-14"},
		// Active from 2022-02-01. Q1 on the last day, Q2 a day late, Q3 missing, Q4 in time, Q1 2023
		// missing; Q2 2023 was due when the order had ceased.
		{name: "reports", entries: []datasets.RegistryEntry{miner(binA, "2021-12-01", func(e *datasets.RegistryEntry) { e.ActivityStartOn = d("2022-02-01") })},
			reports: []datasets.QuarterlyReport{report("2022Q1", "2022-04-10", 1), report("2022Q2", "2022-07-11", 1), report("2022Q4", "2023-01-02", 1)},
			want:    "quarterly_report_late 2022Q2 2022-07-10\nquarterly_report_missing 2022Q3 2022-10-10\nquarterly_report_missing 2023Q1 2023-04-10"},
		{name: "no report due yet", entries: []datasets.RegistryEntry{miner(binA, "2021-12-01", func(e *datasets.RegistryEntry) { e.ActivityStartOn = d("2022-02-01") })},
			reports: []datasets.QuarterlyReport{report("2022Q1", "2022-04-10", 1)}, asOf: "2022-07-10"},
		// 900 kW, lower end 810; reported 0.5 MW: at most 560.
		{name: "reported power", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.TerminatedOn = d("2022-03-31") })},
			since: "2022-01-01", until: "2022-03-31", quarters: full(900, "2022Q1"), reports: []datasets.QuarterlyReport{report("2021Q1", "2021-04-01", 1), report("2021Q2", "2021-07-01", 1), report("2021Q3", "2021-10-01", 1), report("2021Q4", "2022-01-01", 1), report("2022Q1", "2022-04-01", 0.5)},
			want: "reported_power_below_meter 2022Q1 2022-04-10"},
		{name: "capacity", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, since: "2022-01-01", until: "2022-03-31", quarters: full(1300, "2022Q1"),
			want: "capacity_exceeded"},
		{name: "declarations", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, since: "2022-01-01", until: "2022-12-31", quarters: full(900, "2022Q1", "2022Q2", "2022Q3"),
			declarations: append(declare(1_944_000, "2022Q1"), declare(500_000, "2022Q2")...),
			want:         "declaration_below_meter 2022Q2 2022-07-20\ndeclaration_missing 2022Q3 2022-10-20"},
		{name: "licence missing", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01"), another()}, since: "2022-01-01", until: "2023-09-30",
			want: "licence_missing  2023-06-04"},
		{name: "no licence in the register", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, since: "2022-01-01", until: "2023-09-30"},
		{name: "stopped with the order", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01"), another()}, since: "2022-01-01", until: "2023-06-04"},
		{name: "licence expired", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01", licensed("2023-05-01", "2024-04-30"))}, since: "2022-01-01", until: "2024-09-30",
			want: "licence_expired  2024-04-30"},
		{name: "licence missing by declaration", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01"), another()}, declarations: declare(1000, "2023Q4"),
			want: "licence_missing  2023-06-04"},
		{name: "tenant without licence", entries: []datasets.RegistryEntry{
			{BIN: binA, Category: "infrastructure", NotifiedOn: d("2021-01-01"), DeclaredMW: 5},
			miner(binB, "2021-01-01", func(e *datasets.RegistryEntry) { e.HostBIN = binA }),
			miner(binC, "2021-01-01", func(e *datasets.RegistryEntry) { e.HostBIN = binA }, licensed("2023-05-01", "")),
		}, since: "2022-01-01", until: "2023-12-31", want: "tenant_without_licence  2023-06-04"},
		{name: "provider without tenants", entries: []datasets.RegistryEntry{{BIN: binA, Category: "infrastructure", NotifiedOn: d("2021-01-01"), DeclaredMW: 5}},
			since: "2022-01-01", until: "2022-12-31", want: "provider_without_tenants"},
		{name: "impossible dates", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.TerminatedOn = d("2020-12-01") })},
			since: "2021-06-01", until: "2022-12-31", want: "register_dates_impossible"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ix := NewIndex(tc.entries, tables(t).Regimes)
			books := Books{Reports: tc.reports, Declarations: tc.declarations, AsOf: d("2025-01-01")}
			if tc.asOf != "" {
				books.AsOf = d(tc.asOf)
			}
			if tc.since != "" {
				books.Sites = []Metered{metered(ix, binA, tc.since, tc.until, tc.quarters)}
			}
			got := Breaches(ix, books, tables(t))
			if lines(got) != tc.want {
				t.Errorf("got\n%s\nwant\n%s", lines(got), tc.want)
			}
			for _, b := range got {
				if b.Detail == "" || b.Observed == "" || b.Expected == "" || b.BIN == "" {
					t.Errorf("incomplete row %+v", b)
				}
			}
		})
	}
}

// 0.01 degrees of latitude are 1,112 m, 0.008 are 890 m.
func TestBreachOfPlace(t *testing.T) {
	ix := NewIndex([]datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.Lat, e.Lon = 50, 73 })}, tables(t).Regimes)
	for lat, want := range map[float64]string{50.01: "metered_place_not_registered", 50.008: "", 0: ""} {
		m := metered(ix, binA, "2022-01-01", "2022-12-31", nil)
		if lat != 0 {
			m.Site.Lat, m.Site.Lon = lat, 73
		}
		if got := lines(Breaches(ix, Books{Sites: []Metered{m}, AsOf: d("2025-01-01")}, tables(t))); got != want {
			t.Errorf("latitude %v: %q, want %q", lat, got, want)
		}
	}
}

// A possible match accuses nobody.
func TestBreachesNeedAMatch(t *testing.T) {
	ix := NewIndex([]datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.TerminatedOn = d("2022-01-01") })}, tables(t).Regimes)
	m := metered(ix, "940140000485", "2021-06-01", "2023-01-01", nil)
	if m.Answer.Outcome != Possible {
		t.Fatal(m.Answer.Outcome)
	}
	if got := Breaches(ix, Books{Sites: []Metered{m}, AsOf: d("2025-01-01")}, tables(t)); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestNotices(t *testing.T) {
	ix := NewIndex([]datasets.RegistryEntry{miner(binA, "2022-03-01", func(e *datasets.RegistryEntry) { e.ExpansionMW = 2 }), miner(binB, "2022-03-01"), miner(binC, "2024-01-01")}, tables(t).Regimes)
	// 2022-03-01 and 5 calendar days: 2022-03-06, still open on that day.
	for asOf, want := range map[string]string{"2022-03-06": "no", "2022-03-07": "unknown"} {
		got := Notices(ix, tables(t).Regimes, d(asOf))
		if len(got) != 2 || got[0].DueOn != d("2022-03-06") || got[0].Overdue != want || got[0].ExpansionMW != 2 {
			t.Errorf("as of %s: %+v", asOf, got)
		}
	}
	if table := datasets.TableOf[MinistryNotice](); len(table.Columns) != 12 {
		t.Errorf("%d columns", len(table.Columns))
	}
}

// provider is an entry of a provider of infrastructure with its place.
func provider(bin string) datasets.RegistryEntry {
	return datasets.RegistryEntry{BIN: bin, Name: "host", Category: "infrastructure", NotifiedOn: d("2021-01-01"), DeclaredMW: 5, Address: "Караганда, Ерубаева 7"}
}

func TestNotMining(t *testing.T) {
	for _, tc := range []struct {
		name, from, until string
		change            func(*datasets.RegistryEntry)
		want              string
	}{
		{name: "idle from its begin on", from: "2021-01-01", until: "2022-12-31", want: "notified_but_not_mining  2021-07-01"},
		// Begin 2021-07-01: 89 days end on 2021-09-27, 90 on 2021-09-28.
		{name: "a day too short", from: "2021-01-01", until: "2021-09-27"},
		{name: "long enough", from: "2021-01-01", until: "2021-09-28", want: "notified_but_not_mining  2021-07-01"},
		{name: "terminated in time", from: "2021-01-01", until: "2022-12-31", change: func(e *datasets.RegistryEntry) { e.TerminatedOn = d("2021-08-01") }},
		// No begin is named: a year after the notice.
		{name: "no begin", from: "2021-01-01", until: "2022-12-31", change: func(e *datasets.RegistryEntry) { e.ActivityStartOn = 0 }, want: "notified_but_not_mining  2022-01-01"},
		{name: "a provider does not mine", from: "2021-01-01", until: "2022-12-31", change: func(e *datasets.RegistryEntry) { e.Category = "infrastructure" }},
	} {
		e := miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.ActivityStartOn = d("2021-07-01") })
		if tc.change != nil {
			tc.change(&e)
		}
		ix := NewIndex([]datasets.RegistryEntry{e}, tables(t).Regimes)
		site := datasets.Site{SiteID: "S1", BIN: binA}
		idle := Idle{Site: site, Answer: ix.Answerable(site, 0, 0), From: d(tc.from), Until: d(tc.until)}
		got := Breaches(ix, Books{Idle: []Idle{idle}, AsOf: d("2025-01-01")}, tables(t))
		if lines(got) != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, lines(got), tc.want)
		}
	}
	// Mining at another of its sites is mining.
	ix := NewIndex([]datasets.RegistryEntry{miner(binA, "2021-01-01")}, tables(t).Regimes)
	m := metered(ix, binA, "2021-06-01", "2022-12-31", nil)
	books := Books{Sites: []Metered{m}, Idle: []Idle{{Site: m.Site, Answer: m.Answer, From: d("2020-01-01"), Until: d("2023-12-31")}}, AsOf: d("2025-01-01")}
	if got := lines(Breaches(ix, books, tables(t))); got != "" {
		t.Errorf("one site mines: %q", got)
	}
}

// All its meters counted 2,000 MWh; 2,200 and 1 MWh are the margin.
func TestDeclaredAboveMeter(t *testing.T) {
	ix := NewIndex([]datasets.RegistryEntry{miner(binA, "2021-01-01")}, tables(t).Regimes)
	m := metered(ix, binA, "2022-01-01", "2022-12-31", nil)
	m.Totals = map[datasets.Quarter]datasets.Wh{quarter("2022Q1"): 1_500e6, quarter("2022Q2"): 1_500e6}
	idle := Idle{Site: m.Site, Answer: m.Answer, Totals: map[datasets.Quarter]datasets.Wh{quarter("2022Q1"): 500e6}}
	for kwh, want := range map[float64]string{2_201_000: "", 2_201_001: "declaration_above_meter 2022Q1 2022-04-20"} {
		books := Books{Sites: []Metered{m}, Idle: []Idle{idle}, Declarations: declare(kwh, "2022Q1", "2022Q2", "2022Q3"), AsOf: d("2022-06-01")}
		if got := lines(Breaches(ix, books, tables(t))); got != want { // the second meter does not cover Q2
			t.Errorf("declared %.0f kWh: %q, want %q", kwh, got, want)
		}
	}
}

func TestUnknownTenants(t *testing.T) {
	tenant := miner(binC, "2021-06-01", func(e *datasets.RegistryEntry) { e.HostBIN = binA })
	ix := NewIndex([]datasets.RegistryEntry{provider(binA), tenant}, tables(t).Regimes)
	// The tenant declared 1 MW: 1,110 kW is the most. The lower end of 1,300 kW is 1,170.
	host := metered(ix, binA, "2022-01-01", "2022-12-31", full(1300, "2022Q1"))
	if got := lines(Breaches(ix, Books{Sites: []Metered{host}, AsOf: d("2022-03-01")}, tables(t))); got != "provider_with_unregistered_tenants" {
		t.Errorf("power: %q", got)
	}
	host = metered(ix, binA, "2022-01-01", "2022-12-31", full(1200, "2022Q1"))
	if got := lines(Breaches(ix, Books{Sites: []Metered{host}, AsOf: d("2022-03-01")}, tables(t))); got != "" {
		t.Errorf("power within the margin: %q", got)
	}
	// A stranger's meter in the provider's building.
	stranger := Metered{Mining: Mining{Site: datasets.Site{SiteID: "S2", BIN: binD, Address: "г. Караганда, ул. Ерубаева, д. 7"}, Since: d("2022-01-01"), Until: d("2022-12-31")}}
	stranger.Answer = ix.Answerable(stranger.Site, stranger.Since, stranger.Until)
	if got := lines(Breaches(ix, Books{Sites: []Metered{stranger}, AsOf: d("2023-01-01")}, tables(t))); got != "provider_with_unregistered_tenants" {
		t.Errorf("stranger: %s, %q", stranger.Answer.Outcome, got)
	}
	stranger.Site.BIN = "" // nobody knows who it is
	if got := lines(Breaches(ix, Books{Sites: []Metered{stranger}, AsOf: d("2023-01-01")}, tables(t))); got != "" {
		t.Errorf("holder without a number: %q", got)
	}
}

func TestPools(t *testing.T) {
	ix := NewIndex([]datasets.RegistryEntry{miner(binA, "2021-01-01", licensed("2023-05-01", "2026-04-30"))}, tables(t).Regimes)
	with := tables(t)
	with.Accredited = ref.AccreditedPools{{Pool: "Kazpool", Period: ref.Period{From: d("2023-06-01"), To: d("2024-05-31")}}}
	for _, tc := range []struct {
		name, pool, first, last string
		tables                  Tables
		want                    string
	}{
		{"accredited", "kazpool", "2023-07-01", "2023-08-01", with, ""},
		{"another", "F2Pool", "2023-07-01", "2023-08-01", with, "pool_not_accredited"},
		{"not yet", "Kazpool", "2023-05-15", "2023-08-01", with, "pool_not_accredited"},
		{"no longer", "Kazpool", "2024-01-01", "2024-06-01", with, "pool_not_accredited"},
		{"before licences", "F2Pool", "2023-01-01", "2023-03-31", with, ""},
		{"the list is not known", "F2Pool", "2023-07-01", "2023-08-01", tables(t), ""},
	} {
		books := Books{Contacts: []PoolContact{{BIN: binA, Pool: tc.pool, Where: "site S1", First: d(tc.first), Last: d(tc.last)}}, AsOf: d("2025-01-01")}
		if got := lines(Breaches(ix, books, tc.tables)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestTwoNames(t *testing.T) {
	for other, want := range map[string]string{"ТОО «Гранит»": "register_bin_with_two_names", "Altyn Mining LLP": ""} {
		first := miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.Name = "ТОО «Алтын Майнинг»" })
		second := miner(binA, "2021-02-01", func(e *datasets.RegistryEntry) { e.Name = other })
		if got := lines(Breaches(NewIndex([]datasets.RegistryEntry{first, second}, tables(t).Regimes), Books{AsOf: d("2025-01-01")}, tables(t))); got != want {
			t.Errorf("%s: %q, want %q", other, got, want)
		}
	}
}

// Without coordinates another town speaks; another street does not.
func TestBreachOfTown(t *testing.T) {
	for address, want := range map[string]string{"Астана, Абая 5": "metered_place_not_registered", "Алматы, Гоголя 3": "", "": "", "Алма-Ата, Абая 5": ""} {
		ix := NewIndex([]datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.Address = "г. Алматы, ул. Абая, д. 5" })}, tables(t).Regimes)
		ix.Link(testReader(t), nil, 1)
		m := metered(ix, binA, "2022-01-01", "2022-12-31", nil)
		m.Site.Address = address
		if got := lines(Breaches(ix, Books{Sites: []Metered{m}, AsOf: d("2025-01-01")}, tables(t))); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
