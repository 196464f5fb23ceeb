package registry

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// Valid numbers of public validators (kaz-person-id); see datasets.CheckBIN.
const (
	binA = "940140000385"
	binB = "950341000052"
	binC = "961141000023"
	binD = "070941024691"
)

func d(s string) datasets.Day {
	if s == "" {
		return 0
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return datasets.DayOf(t)
}

func quarter(s string) datasets.Quarter {
	q, err := datasets.ParseQuarter(s)
	if err != nil {
		panic(err)
	}
	return q
}

func tables(t testing.TB) Tables {
	t.Helper()
	regimes, err := ref.LoadRegimes(nil)
	if err != nil {
		t.Fatal(err)
	}
	rates, err := ref.LoadRates(nil)
	if err != nil {
		t.Fatal(err)
	}
	deadlines, err := ref.LoadDeadlines(nil)
	if err != nil {
		t.Fatal(err)
	}
	return Tables{Regimes: regimes, Rates: rates, Deadlines: deadlines}
}

func miner(bin, notified string, change ...func(*datasets.RegistryEntry)) datasets.RegistryEntry {
	e := datasets.RegistryEntry{BIN: bin, Name: "miner " + bin[:4], Category: "miner", NotifiedOn: d(notified), DeclaredMW: 1}
	for _, c := range change {
		c(&e)
	}
	return e
}

func licensed(from, to string) func(*datasets.RegistryEntry) {
	return func(e *datasets.RegistryEntry) { e.LicenseNo, e.LicenseFrom, e.LicenseTo = "L1", d(from), d(to) }
}

// another is an entry of somebody else with a licence, so that the register is
// known to name licences.
func another() datasets.RegistryEntry { return miner(binD, "2021-01-01", licensed("2023-05-01", "")) }

func TestAddressKey(t *testing.T) {
	for _, tc := range []struct{ a, b string }{
		{"г. Алматы, ул. Абая, д. 5", "Алматы, Абая 5"},
		{"Алматы қаласы, Абая көшесі, 5", "алматы  абая  дом № 5"},
		{"010000, Республика Казахстан, г.Астана, ул.Мәңгілік Ел, 5 а", "Астана, Мәңгілік Ел көш., 5А"},
		{"Karaganda, Gogol street 12/3", "Karaganda city, Gogol str., house 12/3"},
		{"Павлодар, пр-т Назарбаева, 7", "Павлодар, проспект Назарбаева 7"},
		{"Сатпаев, ул. Берёзовая 1", "Сатпаев, Березовая, 1"},
	} {
		if x, y := AddressKey(tc.a), AddressKey(tc.b); x == "" || x != y {
			t.Errorf("%q and %q: keys %q and %q", tc.a, tc.b, x, y)
		}
	}
	for _, tc := range []struct{ a, b string }{
		{"Алматы, Абая 5", "Алматы, Абая 15"},
		{"Алматы, мкр 5, дом 12", "Алматы, мкр 12, дом 5"},
		{"Алматы, Абая 5а", "Алматы, Абая 5"},
		{"Алматы, Абая 5", "Астана, Абая 5"},
	} {
		if x, y := AddressKey(tc.a), AddressKey(tc.b); x == y {
			t.Errorf("%q and %q share the key %q", tc.a, tc.b, x)
		}
	}
	for _, s := range []string{"", "г. Алматы", "5", "050000", "д. 5"} {
		if k := AddressKey(s); k != "" {
			t.Errorf("AddressKey(%q) = %q, names no place", s, k)
		}
	}
}

// Blanks and commas around an address do not matter, and a key names a number.
func FuzzAddressKey(f *testing.F) {
	f.Add("г. Алматы, ул. Абая, д. 5 а")
	f.Add("5 .;.. \xff 3")
	f.Fuzz(func(t *testing.T, s string) {
		k := AddressKey(s)
		if again := AddressKey(" ," + s + ", "); again != k {
			t.Errorf("%q: key %q, with commas around %q", s, k, again)
		}
		if k != "" && !strings.ContainsFunc(k, unicode.IsDigit) || strings.Contains(k, "  ") {
			t.Errorf("%q: key %q", s, k)
		}
	})
}

// BenchmarkAnswerable asks for one site among 10,000 entries.
func BenchmarkAnswerable(b *testing.B) {
	var entries []datasets.RegistryEntry
	for i := range 10_000 {
		entries = append(entries, miner(fmt.Sprintf("%012d", 940140000385+i*997), "2021-01-01", func(e *datasets.RegistryEntry) {
			e.Address, e.Lat, e.Lon = fmt.Sprintf("г. Алматы, ул. Абая, %d", i), 43+float64(i%100)/1e3, 76+float64(i/100)/1e3
		}))
	}
	ix := NewIndex(entries, tables(b).Regimes)
	site := datasets.Site{BIN: binB, Address: "Алматы, Толе би 17", Lat: 43.1, Lon: 76.5}
	for b.Loop() {
		ix.Answerable(site, d("2022-01-01"), d("2023-12-31"))
	}
}

func TestAnswerable(t *testing.T) {
	host := datasets.RegistryEntry{BIN: binB, Name: "host", Category: "infrastructure", NotifiedOn: d("2021-01-01"), DeclaredMW: 10}
	tenant := miner(binC, "2021-06-01", func(e *datasets.RegistryEntry) { e.HostBIN = binB })
	placed := miner(binA, "2021-03-01", func(e *datasets.RegistryEntry) {
		e.KATO, e.Address, e.Lat, e.Lon = "751110000", "г. Алматы, ул. Абая, д. 5", 43.2400, 76.9000
	})
	typo := miner("940140000380", "2021-03-01") // wrong check digit, one digit off binA
	ix := NewIndex([]datasets.RegistryEntry{host, tenant, placed}, tables(t).Regimes)
	for _, tc := range []struct {
		name    string
		site    datasets.Site
		outcome Outcome
		by      string
		bins    string
	}{
		{"equal BIN", datasets.Site{BIN: binA}, Match, ByBIN, binA},
		{"equal BIN with blanks", datasets.Site{BIN: " 9401 4000 0385"}, Match, ByBIN, binA},
		{"host with a tenant", datasets.Site{BIN: binB}, Match, ByBIN, binB + " " + binC},
		{"tenant itself", datasets.Site{BIN: binC}, Match, ByBIN, binC},
		{"one digit off", datasets.Site{BIN: "940140000485"}, Possible, BySimilarBIN, binA},
		{"two digits swapped", datasets.Site{BIN: "940140000358"}, Possible, BySimilarBIN, binA},
		{"equal address, other BIN", datasets.Site{BIN: binD, Address: "Алматы, Абая 5"}, Possible, ByAddress, binA},
		{"equal address, no BIN", datasets.Site{Address: "Алматы, Абая 5"}, Possible, ByAddress, binA},
		// 0.002 degrees of latitude are 222 m.
		{"222 m away", datasets.Site{BIN: binD, Lat: 43.2420, Lon: 76.9000}, Possible, ByDistance, binA},
		// 0.0025 degrees are 278 m.
		{"278 m away", datasets.Site{BIN: binD, Lat: 43.2425, Lon: 76.9000}, None, "", ""},
		{"somebody else", datasets.Site{BIN: binD}, None, "", ""},
		{"nothing known", datasets.Site{}, None, "", ""},
		{"invalid BIN, like nobody's", datasets.Site{BIN: "123456789012"}, None, "", ""},
		{"address in another region", datasets.Site{KATO: "711110000", Address: "Алматы, Абая 5"}, None, "", ""},
	} {
		a := ix.Answerable(tc.site, d("2022-01-01"), d("2022-12-31"))
		if a.Outcome != tc.outcome || strings.Join(a.BINs(), " ") != tc.bins || len(a.Links) > 0 && a.Links[0].By != tc.by {
			t.Errorf("%s: %s %v, want %s by %s of %s", tc.name, a.Outcome, a.Links, tc.outcome, tc.by, tc.bins)
		}
	}
	if a := NewIndex([]datasets.RegistryEntry{typo}, tables(t).Regimes).Answerable(datasets.Site{BIN: binA}, 1, 2); a.Outcome != Possible {
		t.Errorf("register with a mistyped BIN: %s", a.Outcome)
	}
	// A spreadsheet dropped the leading zero.
	if a := NewIndex([]datasets.RegistryEntry{another()}, tables(t).Regimes).Answerable(datasets.Site{BIN: binD[1:]}, 1, 2); a.Outcome != Match {
		t.Errorf("BIN without its leading zero: %s", a.Outcome)
	}
	if a := ix.Answerable(datasets.Site{BIN: "123456789012"}, 1, 2); !strings.Contains(a.Note, "not valid") {
		t.Errorf("note %q", a.Note)
	}
}

// A register of 100 entries in any order gives the same answers.
func TestOrderOfTheRegisterDoesNotMatter(t *testing.T) {
	var entries []datasets.RegistryEntry
	for i := range 100 {
		entries = append(entries, miner(binA, "2021-03-01", func(e *datasets.RegistryEntry) {
			e.Address, e.Lat, e.Lon, e.NotifiedOn = fmt.Sprintf("Алматы, Абая %d", i), 43+float64(i%7)/1e3, 76.9, d("2021-03-01")+datasets.Day(i%13)
		}))
	}
	site := datasets.Site{Address: "Алматы, Абая 7", Lat: 43.001, Lon: 76.9}
	want := NewIndex(entries, tables(t).Regimes).Answerable(site, 1, 2)
	slices.Reverse(entries)
	if got := NewIndex(entries, tables(t).Regimes).Answerable(site, 1, 2); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("the answer depends on the order of the register")
	}
}

func TestStanding(t *testing.T) {
	for _, tc := range []struct {
		name           string
		entry          datasets.RegistryEntry
		from, to       string
		before, after  int
		required       int
		never          bool
		withoutLicence bool // the register names no licence
	}{
		{name: "notified", entry: miner(binA, "2021-01-01"), from: "2022-01-01", to: "2022-12-31", required: 365},
		{name: "nobody had to", entry: miner(binA, "2021-01-01"), from: "2020-01-01", to: "2020-10-15"},
		// 2020-10-16 to 2020-12-31 are 16 + 30 + 31 = 77 days.
		{name: "notified late", entry: miner(binA, "2021-01-01"), from: "2020-01-01", to: "2021-01-31", required: 108, before: 77},
		// From 2022-07-01 on: 31 days of July.
		{name: "terminated", entry: miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.TerminatedOn = d("2022-06-30") }),
			from: "2022-06-01", to: "2022-07-31", required: 61, after: 31},
		// The notice counts to 2023-06-04, so 26 days of June are left.
		{name: "no licence", entry: miner(binA, "2021-01-01"), from: "2023-05-01", to: "2023-06-30", required: 61, after: 26},
		{name: "no licence, register without licences", entry: miner(binA, "2021-01-01"), from: "2023-05-01", to: "2023-06-30", required: 61, withoutLicence: true},
		{name: "licence follows notice", entry: miner(binA, "2021-01-01", licensed("2023-06-05", "2026-06-04")), from: "2021-02-01", to: "2023-12-31", required: 1064},
		// Licence from the 15th: 5 to 14 June, 10 days.
		{name: "licence after a gap", entry: miner(binA, "2021-01-01", licensed("2023-06-15", "")), from: "2023-06-01", to: "2023-06-30", required: 30, after: 10},
		{name: "licence in the overlap, no notice before", entry: miner(binA, "2023-04-10", licensed("2023-04-10", "")), from: "2023-04-01", to: "2023-06-30", required: 91, before: 9},
		// 3 years from 2023-05-01 end on 2026-04-30.
		{name: "licence ran out", entry: miner(binA, "2021-01-01", licensed("2023-05-01", "")), from: "2026-04-01", to: "2026-05-31", required: 61, after: 31},
		{name: "notified when only a licence counts", entry: miner(binA, "2023-08-01"), from: "2023-09-01", to: "2023-09-30", required: 30, before: 30, never: true},
		{name: "ends before it begins", entry: miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.TerminatedOn = d("2020-12-01") }),
			from: "2022-01-01", to: "2022-01-31", required: 31},
	} {
		entries := []datasets.RegistryEntry{tc.entry}
		if !tc.withoutLicence {
			entries = append(entries, another())
		}
		s := NewIndex(entries, tables(t).Regimes).Answerable(datasets.Site{BIN: binA}, d(tc.from), d(tc.to)).Standing
		if s.Required != tc.required || s.BeforeDays != tc.before || s.AfterDays != tc.after || s.Never != tc.never || s.Covered != tc.required-tc.before-tc.after {
			t.Errorf("%s: %+v, want required %d, before %d, after %d, never %v", tc.name, s, tc.required, tc.before, tc.after, tc.never)
		}
	}
}

// full returns quarters of a steady load: kW times 2160 hours.
func full(kw float64, quarters ...string) []datasets.MiningEnergy {
	var out []datasets.MiningEnergy
	for _, q := range quarters {
		wh := datasets.Wh(kw * 2160 * 1000)
		out = append(out, datasets.MiningEnergy{SiteID: "S1", Quarter: quarter(q), Wh: wh, WhLow: wh * 9 / 10, WhHigh: wh * 11 / 10, Hours: 2160})
	}
	return out
}

func declare(kwh float64, quarters ...string) []datasets.Declaration {
	var out []datasets.Declaration
	for _, q := range quarters {
		out = append(out, datasets.Declaration{BIN: binA, Quarter: quarter(q), Wh: datasets.Wh(kwh * 1000)})
	}
	return out
}

func TestJudge(t *testing.T) {
	year := []string{"2022Q1", "2022Q2", "2022Q3", "2022Q4"}
	for _, tc := range []struct {
		name         string
		entries      []datasets.RegistryEntry
		site         datasets.Site
		since, until string
		kw           float64
		declared     []datasets.Declaration
		undelivered  bool
		asOf         string
		want, note   string
		also         string
	}{
		// 900 kW * 2160 h = 1,944,000 kWh a quarter.
		{name: "honest", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, kw: 900, declared: declare(1_944_000, year...), want: ""},
		// The lower end is 1,749,600; declared within 10 % of it: 1,590,600 * 1.1 = 1,749,660.
		{name: "declared within the margin", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, kw: 900, declared: declare(1_590_600, year...), want: ""},
		{name: "declared below the margin", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, kw: 900, declared: declare(1_580_000, year...), want: UnderDeclared, note: "declared"},
		{name: "one quarter left out", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, kw: 900, declared: declare(1_944_000, "2022Q1", "2022Q2", "2022Q4"), want: UnderDeclared, note: "nothing declared for 2022Q3"},
		{name: "payment not yet due", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, kw: 900, declared: declare(1_944_000, "2022Q1", "2022Q2", "2022Q3"), asOf: "2023-02-25", want: ""},
		{name: "no declarations delivered", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, kw: 900, undelivered: true, want: ""},
		{name: "nobody", kw: 900, want: Unregistered},
		{name: "nobody, long ago", since: "2018-01-01", until: "2019-12-31", kw: 900, want: Unregistered, note: "nobody had to register"},
		{name: "possible", entries: []datasets.RegistryEntry{miner(binB, "2021-01-01", func(e *datasets.RegistryEntry) { e.Address = "Алматы, Абая 5" })},
			site: datasets.Site{BIN: binA, Address: "г. Алматы, ул. Абая 5"}, kw: 900, want: Unexplained, note: possibleNote},
		{name: "before the notice", entries: []datasets.RegistryEntry{miner(binA, "2022-03-01")}, kw: 900, undelivered: true, want: BeforeNotification, note: "59 days before"},
		{name: "before the notice, within the slack", entries: []datasets.RegistryEntry{miner(binA, "2022-01-15")}, kw: 900, undelivered: true, want: ""},
		{name: "one day past the slack", entries: []datasets.RegistryEntry{miner(binA, "2022-01-16")}, kw: 900, undelivered: true, want: BeforeNotification},
		{name: "after termination", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.TerminatedOn = d("2022-06-30") })},
			kw: 900, undelivered: true, want: AfterTermination, note: "184 days"},
		// 1 MW declared: 1,100 + 10 kW is the most; the lower end of 1,300 kW is 1,170.
		{name: "over capacity", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, kw: 1300, undelivered: true, want: OverDeclaredCapacity, note: "1170 kW against 1000 kW"},
		{name: "within capacity and its margin", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01")}, kw: 1230, undelivered: true, want: ""},
		{name: "within the expansion", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01", func(e *datasets.RegistryEntry) { e.ExpansionMW = 0.5 })}, kw: 1300, undelivered: true, want: ""},
		{name: "two findings", entries: []datasets.RegistryEntry{miner(binA, "2022-03-01")}, kw: 1300, undelivered: true, want: BeforeNotification, also: OverDeclaredCapacity},
		{name: "tenants of a host", entries: []datasets.RegistryEntry{
			{BIN: binA, Category: "infrastructure", NotifiedOn: d("2021-01-01"), DeclaredMW: 2},
			miner(binB, "2021-01-01", func(e *datasets.RegistryEntry) { e.HostBIN = binA })}, kw: 1900, undelivered: true, want: ""},
		{name: "went on without a licence", entries: []datasets.RegistryEntry{miner(binA, "2021-01-01"), another()},
			since: "2022-01-01", until: "2023-12-31", kw: 900, undelivered: true, want: AfterTermination, note: "2023-06-05"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.site == (datasets.Site{}) {
				tc.site.BIN = binA
			}
			since, until, asOf := "2022-01-01", "2022-12-31", "2024-01-01"
			if tc.since != "" {
				since, until = tc.since, tc.until
			}
			if tc.asOf != "" {
				asOf = tc.asOf
			}
			ix := NewIndex(tc.entries, tables(t).Regimes)
			v := Judge(Case{
				Mining:   Mining{Site: tc.site, Since: d(since), Until: d(until), KW: tc.kw, Quarters: full(tc.kw, year...)},
				Answer:   ix.Answerable(tc.site, d(since), d(until)),
				Declared: tc.declared, DeclarationsDelivered: !tc.undelivered, AsOf: d(asOf),
			}, tables(t))
			if v.Finding != tc.want || !strings.Contains(v.Note(), tc.note) || strings.Join(v.Also, " ") != tc.also {
				t.Errorf("%q, also %v, note %q; want %q", v.Finding, v.Also, v.Note(), tc.want)
			}
		})
	}
}
