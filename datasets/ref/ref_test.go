package ref

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

func day(t testing.TB, s string) datasets.Day {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return datasets.DayOf(d)
}

func q(t testing.TB, s string) datasets.Quarter {
	t.Helper()
	v, err := datasets.ParseQuarter(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// must returns a loader's table.
func must[T any](t testing.TB, load func(io.Reader) (T, error), user string) T {
	t.Helper()
	var r io.Reader
	if user != "" {
		r = strings.NewReader(user)
	}
	v, err := load(r)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func refuse[T any](t *testing.T, load func(io.Reader) (T, error), user, want string) {
	t.Helper()
	if _, err := load(strings.NewReader(user)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it, for\n%s", err, want, user)
	}
}

const rateHead = "from,to,case,price_from_kzt,price_to_kzt,rate_kzt_kwh,law,source,confidence\n"

// The rates by date are those of the article of 2022 at welegal.kz (1 KZT), of Law
// 135-VII (2023: 1 to 25) and of the tax summaries for 2024 (2 KZT).
func TestRates(t *testing.T) {
	rates := must(t, LoadRates, "")
	for _, tc := range []struct {
		quarter, first string
		rate           string
		lines          int
	}{
		{"2019Q1", NoFee, "0.00", 1},
		{"2021Q4", NoFee, "0.00", 1},
		{"2022Q1", FlatRate, "1.00", 1},
		{"2022Q4", FlatRate, "1.00", 1},
		{"2023Q1", ByPrice, "1.00", 28}, // 25 bands and three special cases
		{"2023Q4", ByPrice, "1.00", 28},
		{"2024Q1", FlatRate, "2.00", 1},
		{"2025Q4", FlatRate, "2.00", 1},
		{"2026Q1", UnconfirmedRate, "0.00", 1},
		{"2031Q3", UnconfirmedRate, "0.00", 1},
	} {
		at := rates.At(q(t, tc.quarter))
		if len(at) != tc.lines || at[0].Case != tc.first || at[0].Rate.String() != tc.rate {
			t.Errorf("%s: %d lines, first %s at %s; want %d, %s, %s", tc.quarter, len(at), at[0].Case, at[0].Rate, tc.lines, tc.first, tc.rate)
		}
	}
	for quarter, want := range map[string]bool{"2021Q4": false, "2022Q1": true, "2026Q2": true} {
		if got := rates.Charged(q(t, quarter)); got != want {
			t.Errorf("Charged(%s) = %v", quarter, got)
		}
	}
	special := rates.At(q(t, "2023Q2"))[25:]
	for i, want := range []string{"10.00", "1.00", "25.00"} {
		if special[i].Rate.String() != want {
			t.Errorf("special case %s at %s, want %s", special[i].Case, special[i].Rate, want)
		}
	}
}

func TestUserRates(t *testing.T) {
	rates := must(t, LoadRates, rateHead+"2026-01-01,2026-12-31,flat,,,2.5,Code of 2025,gazette,U\n")
	for quarter, want := range map[string]string{"2025Q4": "2.00", "2026Q1": "2.50", "2026Q4": "2.50", "2027Q1": "0.00"} {
		if got := rates.At(q(t, quarter)); len(got) != 1 || got[0].Rate.String() != want {
			t.Errorf("%s: %v, want %s", quarter, got, want)
		}
	}
	// Semicolons, byte order mark and another column order.
	must(t, LoadRates, "\uFEFFcase;from;to;rate_kzt_kwh;price_from_kzt;price_to_kzt;law;source;confidence\nflat;2026-01-01;;3;;;Code;gazette;U\n")

	refuse(t, LoadRates, rateHead+"2026-01-01,,flat,,,2,Code,,U\n", "line 2, column source: is empty")
	refuse(t, LoadRates, rateHead+"2026-02-01,,flat,,,2,Code,gazette,U\n", "first day of a quarter")
	refuse(t, LoadRates, rateHead+"2026-01-01,,flat,,,two,Code,gazette,U\n", "column rate_kzt_kwh: want a number")
	refuse(t, LoadRates, rateHead+"2026-01-01,,flat,,,-2,Code,gazette,U\n", "column rate_kzt_kwh: want a number")
	refuse(t, LoadRates, rateHead+"2026-01-01,,flat,,,2,Code,gazette,sure\n", "column confidence")
	refuse(t, LoadRates, rateHead+"2026-01-01,,no_control_meter,,,2,Code,gazette,U\n", "need bands by price")
	refuse(t, LoadRates, rateHead+"2026-01-01,,flat,,,2,Code,gazette,U\n2026-04-01,,flat,,,3,Code,gazette,U\n", "overlaps another line")
	refuse(t, LoadRates, rateHead+"2026-01-01,,price,0,5,2,Code,gazette,U\n2026-01-01,,price,6,,3,Code,gazette,U\n", "gap at 5.00")
	refuse(t, LoadRates, "from,to\n", "column \"case\" is missing")
	refuse(t, LoadRates, "", "no header")
	// An override of one case only would leave the other 2023 cases behind
	// unseen: the file speaks for all cases of its days.
	refuse(t, LoadRates, rateHead+"2023-01-01,2023-12-31,own_generation,,,9,Code,gazette,U\n", "need bands by price")
}

// 2023 dates: 15th and 25th of the second month after the quarter; 2022: 20th
// of the next month, first payment 2022-04-20 (qz.inform.kz a3891509).
func TestDeadlines(t *testing.T) {
	table := must(t, LoadDeadlines, "")
	for _, tc := range []struct{ quarter, ret, pay string }{
		{"2021Q4", "", ""},
		{"2022Q1", "", "2022-04-20"},
		{"2022Q3", "", "2022-10-20"},
		{"2022Q4", "", "2023-02-25"},
		{"2023Q1", "2023-05-15", "2023-05-25"},
		{"2023Q4", "2024-02-15", "2024-02-25"},
		{"2026Q1", "", ""},
	} {
		due := table.For(q(t, tc.quarter))
		if due.Return.String() != tc.ret || due.Payment.String() != tc.pay {
			t.Errorf("%s: return %q, payment %q", tc.quarter, due.Return, due.Payment)
		}
	}
	refuse(t, LoadDeadlines, "from,to,return_month,return_day,pay_month,pay_day,law,source,confidence\n2024-01-01,2024-03-31,2,,2,25,l,s,U\n", "go together")
}

func TestBaseRates(t *testing.T) {
	table := must(t, LoadBaseRates, "from,rate_percent,note,source,confidence\n2026-03-09,17.25,,bank,U\n")
	for d, want := range map[string]int64{"2022-02-23": 1025, "2022-02-24": 1350, "2023-07-10": 1675, "2026-01-23": 1800, "2026-12-01": 1725} {
		if got := table.At(day(t, d)); got.BasisPoints != want || !got.Known {
			t.Errorf("%s: %d", d, got.BasisPoints)
		}
	}
	shipped := must(t, LoadBaseRates, "")
	for _, d := range []string{"2020-12-31", "2026-03-09"} {
		if shipped.At(day(t, d)).Known {
			t.Errorf("%s: a rate is known", d)
		}
	}
}

func TestRegimes(t *testing.T) {
	table := must(t, LoadRegimes, "")
	for d, want := range map[string]string{
		"2020-10-15": "none", "2020-10-16": "notification", "2023-03-31": "notification",
		"2023-04-01": "notification licence", "2023-06-04": "notification licence", "2023-06-05": "licence", "2026-11-01": "licence",
	} {
		var got []string
		for _, r := range table.At(day(t, d)) {
			got = append(got, r.Regime)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", d, got, want)
		}
	}
	if p, ok := table.Span(Notification); !ok || p.String() != "2020-10-16 to 2023-06-04" {
		t.Errorf("notification %v", p)
	}
	head := strings.Join(regimeColumns, ",") + "\n"
	must(t, LoadRegimes, head+"2027-01-01,,none,,,,,repeal,,gazette,U\n")
	refuse(t, LoadRegimes, head+"2023-05-01,,notification,30,start,10,5,l,,s,U\n2023-05-01,,licence,,,,,l,,s,U\n2023-05-01,,none,,,,,l,,s,U\n", "at most 2 may")
	refuse(t, LoadRegimes, head+"2023-05-01,2024-01-01,licence,,,,,l,,s,U\n2023-05-01,2024-01-01,none,30,,,,l,,s,U\n", "goes together")
}

func TestCalendar(t *testing.T) {
	table := must(t, LoadCalendar, "")
	for d, want := range map[string]bool{
		"2022-03-05": true,  // Saturday worked for Monday 7 March
		"2022-03-07": false, // its day off
		"2022-03-21": false, "2022-03-24": true, "2022-03-26": false, "2023-10-25": false, "2021-10-25": true,
	} {
		if got := table.Works(day(t, d)); got != want {
			t.Errorf("Works(%s) = %v", d, got)
		}
	}
}

func TestEvents(t *testing.T) {
	table := must(t, LoadEvents, "")
	e, ok := table.Find("registered_cutoff")
	// 2022-01-24 00:00 to 2022-01-31 24:00 in +06.
	if !ok || e.Start.String() != "2022-01-23T18:00:00Z" || e.End.String() != "2022-01-31T18:00:00Z" {
		t.Errorf("registered_cutoff %+v", e)
	}
	e, _ = table.Find("internet_shutdown")
	if e.Start.String() != "2022-01-05T12:00:00Z" {
		t.Errorf("internet_shutdown starts %s", e.Start)
	}
	refuse(t, LoadEvents, strings.Join(eventColumns, ",")+"\nx,2022-01-05T10:00:00,,everyone,,none,,s,U\n", "with offset")
}

func TestRegions(t *testing.T) {
	table := must(t, LoadRegions, "")
	if len(table) != 20 {
		t.Errorf("%d regions, want 20", len(table))
	}
	for name, code := range map[string]string{
		"Карагандинская обл.": "35", "Қарағанды облысы": "35", "karaganda region": "35", "Almaty": "75", "Almaty oblast": "19",
		"г.Алматы": "75", "Алматы облысы": "19", "Nur-Sultan": "71", "ВКО": "63", "79": "79", "Ulytau": "62",
	} {
		if r, ok := table.Find(name); !ok || r.Code != code {
			t.Errorf("Find(%q) = %q, want %s", name, r.Code, code)
		}
	}
	for _, name := range []string{"", "oblast", "Mordor"} {
		if r, ok := table.Find(name); ok {
			t.Errorf("Find(%q) = %s", name, r.Code)
		}
	}
	if r, ok := table.OfKATO("710000000"); !ok || r.NameEN != "Astana" {
		t.Errorf("KATO 710000000: %v", r)
	}
}

func TestPeerGroup(t *testing.T) {
	table := must(t, LoadActivities, "")
	for _, tc := range []struct{ oked, account, tariff, want string }{
		{"63110", "legal", "", "data_centres"},
		{"63.11", "", "", "data_centres"},
		{"01131", "", "", "greenhouse"},
		{"01110", "", "", "agriculture"},
		{"47111", "", "", "cold_trade"},
		{"47190", "", "", "trade"},
		{"", "household", "", "households"},
		{"", "legal", "industrial", "tariff:industrial"},
		{"00", "", "", "unknown"},
		{"xx", "", "", "unknown"},
	} {
		if got := table.PeerGroup(tc.oked, tc.account, tc.tariff); got != tc.want {
			t.Errorf("PeerGroup(%q, %q, %q) = %s, want %s", tc.oked, tc.account, tc.tariff, got, tc.want)
		}
	}
	refuse(t, LoadActivities, strings.Join(okedColumns, ",")+"\n1,x,x,no,,s,U\n", "prefixes of 2 to 5 digits")
}

// Every division of NACE Rev. 2 has a group.
func TestActivitiesAreComplete(t *testing.T) {
	table := must(t, LoadActivities, "")
	for _, d := range strings.Fields("01 02 03 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 35 36 37 38 39 41 42 43 45 46 47 49 50 51 52 53 55 56 58 59 60 61 62 63 64 65 66 68 69 70 71 72 73 74 75 77 78 79 80 81 82 84 85 86 87 88 90 91 92 93 94 95 96 97 98 99") {
		if _, ok := table.Of(d); !ok {
			t.Errorf("division %s has no group", d)
		}
	}
}

func TestTariffs(t *testing.T) {
	table := must(t, LoadTariffs, "from,to,region,group,price_kzt_kwh,vat,source,confidence\n2023-01-01,2023-12-31,39,industrial,21.5,excluded,invoice,U\n")
	// Kostanay, November 2023: households 23.84 KZT (kec-eso.kz 2023-10-27).
	if p, ok := table.In(q(t, "2023Q4"), "39", "household"); !ok || p.Price.String() != "23.84" {
		t.Errorf("household %v %v", p.Price, ok)
	}
	if p, ok := table.In(q(t, "2023Q4"), "39", "industrial"); !ok || p.Price.String() != "21.50" {
		t.Errorf("industrial %v %v", p.Price, ok)
	}
	if _, ok := table.In(q(t, "2023Q1"), "39", "household"); ok {
		t.Error("a price before the tariff")
	}
}

// A user's table may hold anything: a loader refuses it or returns a table
// that covers every day.
func FuzzLoadRates(f *testing.F) {
	f.Add(rateHead + "2026-01-01,,flat,,,2.5,Code,gazette,U\n")
	f.Add(rateHead + "2023-01-01,2023-12-31,price,0,,2.5,Code,gazette,U\n")
	f.Add("\uFEFFa;b\n1;2")
	f.Fuzz(func(t *testing.T, s string) {
		rates, err := LoadRates(strings.NewReader(s))
		if err != nil {
			return
		}
		for y := range datasets.Quarter(60) {
			if len(rates.At(2000*4+y)) == 0 {
				t.Fatalf("no line for %s", 2000*4+y)
			}
		}
	})
}

func TestLimitations(t *testing.T) {
	const head = "bin,years,from,to,source,confidence\n"
	table := must(t, LoadLimitations, head+"940140000385,5,2023-01-01,,letter 17,U\n")
	for _, tc := range []struct {
		bin, day string
		want     int
	}{{"940140000385", "2023-03-31", 5}, {"940140000385", "2022-12-31", 0}, {"950341000052", "2023-03-31", 0}} {
		if got, _ := table.Of(tc.bin, day(t, tc.day)); got != tc.want {
			t.Errorf("%s on %s: %d, want %d", tc.bin, tc.day, got, tc.want)
		}
	}
	for line, want := range map[string]string{
		"940140000385,4,,,x,U": "line 2, column years: want 3 or 5",
		"940140000384,5,,,x,U": "line 2, column bin",
		"940140000385,5,,2023-12-31,x,U\n940140000385,3,2023-12-31,,x,U": "overlaps",
	} {
		if _, err := LoadLimitations(strings.NewReader(head + line + "\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}
