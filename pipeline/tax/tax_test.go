package tax

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

func day(t testing.TB, s string) datasets.Day {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return datasets.DayOf(d)
}

func quarter(t testing.TB, s string) datasets.Quarter {
	t.Helper()
	q, err := datasets.ParseQuarter(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func rules(t testing.TB, asOf string) Rules {
	t.Helper()
	rates, err := ref.LoadRates(nil)
	if err != nil {
		t.Fatal(err)
	}
	deadlines, err := ref.LoadDeadlines(nil)
	if err != nil {
		t.Fatal(err)
	}
	return Rules{Rates: rates, Deadlines: deadlines, AsOf: day(t, asOf)}
}

func site() Site { return Site{SiteID: "S1", BIN: "940140000385", LimitationYears: 3} }

func at(price float64) func(datasets.Quarter) (ref.Rate, string) {
	return func(datasets.Quarter) (ref.Rate, string) { return ref.RateOf(price), "the site's own price" }
}

func energy(t testing.TB, q string, low, wh, high datasets.Wh) datasets.MiningEnergy {
	return datasets.MiningEnergy{SiteID: "S1", Quarter: quarter(t, q), Wh: wh, WhLow: low, WhHigh: high}
}

// Each case is worked by hand. Rates: 2022 1 KZT; 2023 25 less whole tenge of
// the price, 1 from 24 KZT on, special cases 10, 1 and 25; 2024 and 2025 2.
func TestByHand(t *testing.T) {
	for _, tc := range []struct {
		name           string
		site           func(*Site)
		quarter        string
		low, wh, high  datasets.Wh
		declared       datasets.Wh
		tax, from, to  datasets.Tiyn
		rate           float64
		basis, noBasis string
	}{
		{name: "2021: no fee", quarter: "2021Q4", low: 1e9, wh: 2e9, high: 3e9, basis: "no fee before"},
		// 100 kW * 24 h * 90 d = 216,000 kWh; less 16,000 declared = 200,000 * 1.
		{name: "2022: flat 1", quarter: "2022Q1", low: 200e6, wh: 216e6, high: 230e6, declared: 16e6,
			rate: 1, tax: 200_000_00, from: 184_000_00, to: 214_000_00, basis: "flat rate (Tax Code of 2017"},
		// 1,234.567 * 1 = 1,234.567, rounded half up to 1,234.57.
		{name: "2022: rounding", quarter: "2022Q2", low: 1_234_564, wh: 1_234_567, high: 1_234_565 + 10,
			rate: 1, tax: 1_234_57, from: 1_234_56, to: 1_234_58, basis: "flat"},
		// 0.005 kWh * 1 = 0.005 KZT, half up to 0.01; 0.004 to 0.00.
		{name: "2022: half a tiyn", quarter: "2022Q2", low: 4, wh: 5, high: 5, rate: 1, tax: 1, from: 0, to: 1},
		// Price 18.50: band 18 to below 19, rate 7. 1,000 * 7; other reading 25.
		{name: "2023: by price", site: func(s *Site) { s.Price = at(18.5) }, quarter: "2023Q2", low: 900e3, wh: 1000e3, high: 1100e3,
			rate: 7, tax: 7_000_00, from: 6_300_00, to: 27_500_00, basis: "other reading: 25.00 KZT/kWh: no working control meter"},
		// 30 KZT is above 24: 1.
		{name: "2023: dear electricity", site: func(s *Site) { s.Price = at(30) }, quarter: "2023Q1", low: 900e3, wh: 1000e3, high: 1100e3,
			rate: 1, tax: 1_000_00, from: 900_00, to: 27_500_00},
		// 24 exactly is in the last band, 23.9999 in the band before it: 2.
		{name: "2023: edge, 24", site: func(s *Site) { s.Price = at(24); s.ControlMeter = MeterPresent }, quarter: "2023Q1", low: 1e3, wh: 1e3, high: 1e3,
			rate: 1, tax: 1_00, from: 1_00, to: 1_00, noBasis: "other reading"},
		{name: "2023: edge, below 24", site: func(s *Site) { s.Price = at(23.9999); s.ControlMeter = MeterPresent }, quarter: "2023Q1", low: 1e3, wh: 1e3, high: 1e3,
			rate: 2, tax: 2_00, from: 2_00, to: 2_00},
		// Price and meter unknown: lowest band 1, upper end 25.
		{name: "2023: nothing known", quarter: "2023Q3", low: 900e3, wh: 1000e3, high: 1100e3,
			rate: 1, tax: 1_000_00, from: 900_00, to: 27_500_00, basis: "price unknown: lowest band"},
		// An inspection found no control meter: 25; by price 7 is the lower end.
		{name: "2023: no control meter", site: func(s *Site) { s.Price = at(18.5); s.ControlMeter = MeterAbsent }, quarter: "2023Q4", low: 900e3, wh: 1000e3, high: 1100e3,
			rate: 25, tax: 25_000_00, from: 6_300_00, to: 27_500_00, basis: "no working control meter ("},
		// Metered, price unknown: 1 to 25 by price.
		{name: "2023: metered, price unknown", site: func(s *Site) { s.ControlMeter = MeterPresent }, quarter: "2023Q4", low: 1e6, wh: 1e6, high: 1e6,
			rate: 1, tax: 1_000_00, from: 1_000_00, to: 25_000_00, noBasis: "control meter"},
		// Own plant: 10; 1,000 * 10.
		{name: "2023: own plant", site: func(s *Site) { s.Supply = OwnPlant; s.ControlMeter = MeterPresent; s.Price = at(5) }, quarter: "2023Q2", low: 1e6, wh: 1e6, high: 1e6,
			rate: 10, tax: 10_000_00, from: 10_000_00, to: 10_000_00, basis: "own power plant"},
		// Own renewables: 1 whatever the price; without a meter the highest, 25.
		{name: "2023: renewables", site: func(s *Site) { s.Supply = OwnRenewable; s.ControlMeter = MeterPresent }, quarter: "2023Q2", low: 1e6, wh: 1e6, high: 1e6,
			rate: 1, tax: 1_000_00, from: 1_000_00, to: 1_000_00},
		{name: "2023: renewables, no meter", site: func(s *Site) { s.Supply = OwnRenewable; s.ControlMeter = MeterAbsent }, quarter: "2023Q2", low: 1e6, wh: 1e6, high: 1e6,
			rate: 25, tax: 25_000_00, from: 1_000_00, to: 25_000_00},
		// 1,000 * 2.
		{name: "2024: flat 2", quarter: "2024Q1", low: 900e3, wh: 1000e3, high: 1100e3, rate: 2, tax: 2_000_00, from: 1_800_00, to: 2_200_00},
		{name: "2025: flat 2", quarter: "2025Q4", low: 900e3, wh: 1000e3, high: 1100e3, rate: 2, tax: 2_000_00, from: 1_800_00, to: 2_200_00, basis: "confidence I"},
		{name: "2026: no rate", quarter: "2026Q1", low: 900e3, wh: 1000e3, high: 1100e3, basis: "no rate is confirmed"},
		// More declared than estimated: nothing.
		{name: "declared more", quarter: "2024Q1", low: 900e3, wh: 1000e3, high: 1100e3, declared: 1050e3, rate: 2, tax: 0, from: 0, to: 100_00},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := site()
			if tc.site != nil {
				tc.site(&s)
			}
			a, err := Statement(s, []datasets.MiningEnergy{energy(t, tc.quarter, tc.low, tc.wh, tc.high)},
				[]Declared{{Quarter: quarter(t, tc.quarter), Wh: tc.declared}}, rules(t, "2026-11-22"))
			if err != nil {
				t.Fatal(err)
			}
			row := a.Rows()[0]
			if a.Tax != tc.tax || a.TaxLow != tc.from || a.TaxHigh != tc.to || row.RateKZTKWh != tc.rate {
				t.Errorf("tax %d (%d to %d) at %v, want %d (%d to %d) at %v", a.Tax, a.TaxLow, a.TaxHigh, row.RateKZTKWh, tc.tax, tc.from, tc.to, tc.rate)
			}
			if !strings.Contains(row.RateBasis, tc.basis) || tc.noBasis != "" && strings.Contains(row.RateBasis, tc.noBasis) {
				t.Errorf("basis %q", row.RateBasis)
			}
		})
	}
}

// With 3 years, a quarter ending 2022-12-31 lapses at the end of 2025; with 5
// years nothing charged has lapsed by November 2026.
func TestLimitation(t *testing.T) {
	for _, tc := range []struct {
		quarter string
		years   int
		asOf    string
		lapsed  bool
	}{
		{"2022Q4", 3, "2025-12-31", false}, {"2022Q4", 3, "2026-01-01", true},
		{"2023Q3", 3, "2026-11-22", true}, {"2023Q4", 3, "2026-11-22", false},
		{"2022Q1", 5, "2026-11-22", false}, {"2022Q1", 5, "2027-04-01", true},
	} {
		s := site()
		s.LimitationYears = tc.years
		a, err := Statement(s, []datasets.MiningEnergy{energy(t, tc.quarter, 1e6, 1e6, 1e6)}, nil, rules(t, tc.asOf))
		if err != nil || a.Lines[0].Lapsed != tc.lapsed || a.Tax == 0 {
			t.Errorf("%s, %d years, %s: lapsed %v, tax %d, %v", tc.quarter, tc.years, tc.asOf, a.Lines[0].Lapsed, a.Tax, err)
		}
		if want := datasets.Tiyn(0); tc.lapsed != (a.LapsedTax != want) {
			t.Errorf("%s: lapsed tax %d", tc.quarter, a.LapsedTax)
		}
	}
}

// A business that was large until the end of 2022 has 5 years for 2022Q4, whose
// last day counts, and the setting's 3 for 2023Q1.
func TestLimitationOfTaxpayer(t *testing.T) {
	s := site()
	limits, err := ref.LoadLimitations(strings.NewReader("bin,years,from,to,source,confidence\n" + s.BIN + ",5,,2022-12-31,letter 17 of the revenue department,U\n"))
	if err != nil {
		t.Fatal(err)
	}
	s.Limitation = func(q datasets.Quarter) (int, string) { return limits.Of(s.BIN, q.End()) }
	a, err := Statement(s, []datasets.MiningEnergy{energy(t, "2022Q4", 1e6, 1e6, 1e6), energy(t, "2023Q1", 1e6, 1e6, 1e6)}, nil, rules(t, "2026-11-22"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Lines[0].Lapsed || a.Lines[0].LastDay.String() != "2027-12-31" || !a.Lines[1].Lapsed || a.Lines[1].LastDay.String() != "2026-03-31" {
		t.Errorf("last days %s and %s", a.Lines[0].LastDay, a.Lines[1].LastDay)
	}
	if a.LapsedTax != a.Lines[1].Tax {
		t.Errorf("lapsed %d, want the tax of 2023Q1, %d", a.LapsedTax, a.Lines[1].Tax)
	}
	var text strings.Builder
	if err := a.Explain(&text); err != nil || !strings.Contains(text.String(), "5 years from the end of the quarter (size of the taxpayer by letter 17 of the revenue department): open until 2027-12-31") {
		t.Errorf("%v: %s", err, text.String())
	}
}

// Q1 2022: 100,000 kWh * 1 = 100,000 KZT due 2022-04-20. Up to 2022-04-30:
// 5 days (21 to 25 April) at 13.50 and 5 (26 to 30) at 14.00:
// 100,000 * 1.25 * (5*0.1350 + 5*0.1400) / 365 = 470.890… -> 470.89 KZT.
func TestInterest(t *testing.T) {
	r := rules(t, "2022-04-30")
	var err error
	if r.BaseRates, err = ref.LoadBaseRates(nil); err != nil {
		t.Fatal(err)
	}
	a, err := Statement(site(), []datasets.MiningEnergy{energy(t, "2022Q1", 100e6, 100e6, 100e6)}, nil, r)
	if err != nil {
		t.Fatal(err)
	}
	if in := a.Lines[0].Interest; in.Amount != 470_89 || in.Days != 10 || len(in.Spans) != 2 || a.Interest != 470_89 || a.Tax != 100_000_00 {
		t.Errorf("interest %+v, tax %d", in, a.Tax)
	}
	// A year later than the last known rate the unknown days are counted, not charged.
	r.AsOf = day(t, "2026-03-18")
	a, err = Statement(site(), []datasets.MiningEnergy{energy(t, "2022Q1", 100e6, 100e6, 100e6)}, nil, r)
	if err != nil || a.Lines[0].Interest.UnknownDays != 10 {
		t.Errorf("unknown days %d, want 10 (9 to 18 March 2026); %v", a.Lines[0].Interest.UnknownDays, err)
	}
	// Paid on the due day: nothing.
	r.AsOf = day(t, "2022-04-20")
	if a, _ = Statement(site(), []datasets.MiningEnergy{energy(t, "2022Q1", 100e6, 100e6, 100e6)}, nil, r); a.Interest != 0 {
		t.Errorf("interest on the due day: %d", a.Interest)
	}
}

func TestRefused(t *testing.T) {
	ok := energy(t, "2022Q1", 1, 2, 3)
	other := ok
	other.SiteID = "S2"
	huge := energy(t, "2023Q1", 0, math.MaxInt64, math.MaxInt64)
	three := site()
	three.LimitationYears = 4
	for _, tc := range []struct {
		name string
		site Site
		rows []datasets.MiningEnergy
		want string
	}{
		{"other site", site(), []datasets.MiningEnergy{other}, "another site"},
		{"below zero", site(), []datasets.MiningEnergy{energy(t, "2022Q1", -1, 2, 3)}, "0 <= low"},
		{"outside the interval", site(), []datasets.MiningEnergy{energy(t, "2022Q1", 1, 4, 3)}, "0 <= low"},
		{"limitation", three, []datasets.MiningEnergy{ok}, "want 3 or 5"},
		{"energy beyond 64 bits", site(), []datasets.MiningEnergy{huge, huge}, "does not fit 64 bits"},
		{"tax beyond 64 bits", site(), []datasets.MiningEnergy{huge}, "does not fit 64 bits"},
	} {
		if _, err := Statement(tc.site, tc.rows, nil, rules(t, "2026-11-22")); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// random returns rows of one site over random quarters of 2021 to 2026.
func random(r *rand.Rand) (Site, []datasets.MiningEnergy, []Declared) {
	s := site()
	s.ControlMeter, s.Supply = ControlMeter(r.IntN(3)), Supply(r.IntN(3))
	if r.IntN(2) == 0 {
		s.Price = at(float64(r.IntN(400_000)) / 1e4)
	}
	var rows []datasets.MiningEnergy
	var declared []Declared
	for q := datasets.Quarter(2021 * 4); q < 2026*4+2; q++ {
		low := r.Int64N(1e9)
		mid := low + r.Int64N(1e9)
		rows = append(rows, datasets.MiningEnergy{SiteID: "S1", Quarter: q, WhLow: datasets.Wh(low), Wh: datasets.Wh(mid), WhHigh: datasets.Wh(mid + r.Int64N(1e9))})
		if r.IntN(2) == 0 {
			declared = append(declared, Declared{q, datasets.Wh(r.Int64N(2e9)), 0})
		}
	}
	return s, rows, declared
}

func statement(t *testing.T, s Site, rows []datasets.MiningEnergy, declared []Declared) Account {
	t.Helper()
	a, err := Statement(s, rows, declared, rules(t, "2026-11-22"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		s, rows, declared := random(r)
		a := statement(t, s, rows, declared)

		// The rows add up to the account to the tiyn.
		var sum, low, high datasets.Tiyn
		for _, l := range a.Rows() {
			sum += datasets.Tiyn(math.Round(l.TaxKZT * 100))
			low += datasets.Tiyn(math.Round(l.TaxKZTLow * 100))
			high += datasets.Tiyn(math.Round(l.TaxKZTHigh * 100))
		}
		if sum != a.Tax || low != a.TaxLow || high != a.TaxHigh {
			t.Fatalf("rows %d %d %d, account %d %d %d", sum, low, high, a.Tax, a.TaxLow, a.TaxHigh)
		}
		for _, l := range a.Lines {
			if l.TaxLow > l.Tax || l.Tax > l.TaxHigh {
				t.Fatalf("%s: %d outside %d to %d", l.Quarter, l.Tax, l.TaxLow, l.TaxHigh)
			}
		}

		// More energy never lowers the tax.
		more := append([]datasets.MiningEnergy(nil), rows...)
		i, add := r.IntN(len(more)), datasets.Wh(r.Int64N(1e8))
		more[i].WhLow, more[i].Wh, more[i].WhHigh = more[i].WhLow+add, more[i].Wh+add, more[i].WhHigh+add
		if b := statement(t, s, more, declared); b.Tax < a.Tax || b.TaxLow < a.TaxLow || b.TaxHigh < a.TaxHigh {
			t.Fatalf("%d Wh more lower the tax from %d to %d", add, a.Tax, b.Tax)
		}

		// One more declaration never raises it.
		extra := slices.Concat(declared, []Declared{{rows[i].Quarter, datasets.Wh(r.Int64N(1e9)), 5}})
		if b := statement(t, s, rows, extra); b.Tax > a.Tax || b.TaxLow > a.TaxLow || b.TaxHigh > a.TaxHigh {
			t.Fatalf("a declaration raises the tax from %d to %d", a.Tax, b.Tax)
		}

		// Splitting a quarter's energy at any date changes nothing, and neither
		// does splitting the period between two quarters.
		e := rows[i]
		first := datasets.MiningEnergy{SiteID: "S1", Quarter: e.Quarter, Wh: datasets.Wh(r.Int64N(int64(e.Wh) + 1))}
		first.WhLow = min(first.Wh, datasets.Wh(r.Int64N(int64(e.WhLow)+1)))
		if e.WhLow-first.WhLow > e.Wh-first.Wh {
			first.WhLow = e.WhLow - (e.Wh - first.Wh)
		}
		first.WhHigh = first.Wh + (e.WhHigh-e.Wh)/3
		second := datasets.MiningEnergy{SiteID: "S1", Quarter: e.Quarter, Wh: e.Wh - first.Wh, WhLow: e.WhLow - first.WhLow, WhHigh: e.WhHigh - first.WhHigh}
		parts := append([]datasets.MiningEnergy{second}, rows[:i]...)
		parts = append(append(parts, rows[i+1:]...), first)
		if b := statement(t, s, parts, declared); b.Tax != a.Tax || b.TaxLow != a.TaxLow || b.TaxHigh != a.TaxHigh {
			t.Fatalf("split inside a quarter: %d, whole %d", b.Tax, a.Tax)
		}
		b, c := statement(t, s, rows[:i], declared), statement(t, s, rows[i:], declared)
		if b.Tax+c.Tax != a.Tax || b.UnpaidWh+c.UnpaidWh != a.UnpaidWh {
			t.Fatalf("split between quarters: %d + %d, whole %d", b.Tax, c.Tax, a.Tax)
		}
	}
}

func TestApportion(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		wh := make([]datasets.Wh, 1+r.IntN(6))
		var sum datasets.Wh
		for i := range wh {
			wh[i] = datasets.Wh(r.Int64N(1e12))
			sum += wh[i]
		}
		total := r.Int64N(int64(sum) + 1)
		var got int64
		for i, share := range Apportion(total, wh) {
			if share < 0 || share > int64(wh[i]) {
				t.Fatalf("share %d of site with %d", share, wh[i])
			}
			got += share
		}
		if got != total {
			t.Fatalf("shares add up to %d, want %d", got, total)
		}
	}
	if got := Apportion(7, []datasets.Wh{0, 0}); got[0]+got[1] != 7 {
		t.Errorf("equal shares %v", got)
	}
	if got := Apportion(7, nil); len(got) != 0 {
		t.Errorf("no sites: %v", got)
	}
}

func TestPriceOf(t *testing.T) {
	regions, err := ref.LoadRegions(nil)
	if err != nil {
		t.Fatal(err)
	}
	tariffs, err := ref.LoadTariffs(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		site  datasets.Site
		price string
		from  string
	}{
		{datasets.Site{PriceKZTKWh: 18.5, Region: "Kostanay", TariffGroup: "household"}, "18.50", "own price"},
		{datasets.Site{Region: "Костанайская обл.", TariffGroup: "household"}, "23.84", "tariff of Kostanay"},
		{datasets.Site{KATO: "391010000", TariffGroup: "industrial"}, "32.97", "VAT excluded"},
		{datasets.Site{Region: "Atyrau", TariffGroup: "industrial"}, "0.00", "unknown"},
	} {
		if p, from := PriceOf(tc.site, quarter(t, "2023Q4"), regions, tariffs); p.String() != tc.price || !strings.Contains(from, tc.from) {
			t.Errorf("%+v: %s, %s", tc.site, p, from)
		}
	}
}

func TestExplain(t *testing.T) {
	s := site()
	s.Price = at(18.5)
	r := rules(t, "2026-11-22")
	var err error
	if r.BaseRates, err = ref.LoadBaseRates(nil); err != nil {
		t.Fatal(err)
	}
	a, err := Statement(s, []datasets.MiningEnergy{energy(t, "2023Q2", 900e3, 1000e3, 1100e3), energy(t, "2026Q1", 1e6, 1e6, 1e6)},
		[]Declared{{quarter(t, "2023Q2"), 200e3, 1_400_00}}, r)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := a.Explain(&b); err != nil {
		t.Fatal(err)
	}
	// 1,000 - 200 = 800 kWh; 800 * 7 = 5,600; 800 * 25 = 20,000.
	for _, want := range []string{
		"1000.000 - 200.000 = 800.000 kWh", "800.000 x 7.00 = 5600.00 KZT", "800.000 x 25.00 = 20000.00 KZT",
		"return 2023-08-15, payment 2023-08-25", "3 years from the end of the quarter: lapsed after 2026-06-30",
		"no rate is confirmed", "of it lapsed     5600.00 KZT", "costs 5600.00 KZT at the lowest reading of each quarter, 20000.00 KZT at the highest", "without a rate   1 of the quarters", "2023-08-26 to 2023-08-27: 2 days at base rate 16.75 %",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// products finds "a x b = c KZT" in an explanation.
var products = regexp.MustCompile(`([0-9.]+)(?: kWh[^;x]*;)? x ([0-9.]+) = ([0-9.]+) KZT`)

// Every product that is printed is right to the last digit if a reader types it
// into a calculator and rounds half up, and the quarters' sums are the rows of
// the statement.
func TestExplainIsArithmetic(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	checked := 0
	for range 50 {
		s, rows, declared := random(r)
		a := statement(t, s, rows, declared)
		var b strings.Builder
		if err := a.Explain(&b); err != nil {
			t.Fatal(err)
		}
		for _, m := range products.FindAllStringSubmatch(b.String(), -1) {
			x, _ := new(big.Rat).SetString(m[1])
			y, _ := new(big.Rat).SetString(m[2])
			tiyn := new(big.Rat).Mul(x.Mul(x, y), big.NewRat(100, 1))
			tiyn.Add(tiyn, big.NewRat(1, 2))
			whole := new(big.Int).Quo(tiyn.Num(), tiyn.Denom()).Int64()
			if got := fmt.Sprintf("%d.%02d", whole/100, whole%100); got != m[3] {
				t.Fatalf("%s: a calculator says %s", m[0], got)
			}
			checked++
		}
		for _, l := range a.Rows() {
			if l.RateKZTKWh == 0 {
				continue
			}
			want := fmt.Sprintf("  tax              %.3f x %s = %.2f KZT\n", l.UnpaidKWh, ref.RateOf(l.RateKZTKWh), l.TaxKZT)
			if !strings.Contains(b.String(), want) {
				t.Fatalf("%q is not in\n%s", want, b.String())
			}
		}
		if want := fmt.Sprintf("tax (fee)        %d.%02d KZT, from %d.%02d to %d.%02d\n", a.Tax/100, a.Tax%100, a.TaxLow/100, a.TaxLow%100, a.TaxHigh/100, a.TaxHigh%100); !strings.Contains(b.String(), want) {
			t.Fatalf("%q is not in\n%s", want, b.String())
		}
	}
	if checked < 1000 {
		t.Errorf("%d products were checked; the explanation has changed its form", checked)
	}
}

// 2022-08-20 would be a Saturday; Q2 2022 was due on 2022-07-20, a Wednesday.
// Q1 2023 is due on 2023-05-25, a Thursday, Q4 2023 on 2024-02-25, a Sunday.
func TestDueOnDayOff(t *testing.T) {
	r := rules(t, "2024-12-31")
	var err error
	if r.Calendar, err = ref.LoadCalendar(nil); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]bool{"2022Q2": false, "2023Q1": false, "2023Q4": true} {
		a, err := Statement(site(), []datasets.MiningEnergy{energy(t, q, 1e6, 1e6, 1e6)}, nil, r)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := a.Explain(&b); err != nil {
			t.Fatal(err)
		}
		if a.Lines[0].DueOnDayOff != want || strings.Contains(b.String(), "is a day off") != want {
			t.Errorf("%s due %s: day off %v", q, a.Lines[0].Due.Payment, a.Lines[0].DueOnDayOff)
		}
	}
}
