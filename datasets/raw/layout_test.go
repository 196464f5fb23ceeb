package raw

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// readMapped reads a text through a mapping and prints the rows.
func readMapped[R any](t *testing.T, table, text string, m *Mapping, given map[string]string, show func(R) string) (Summary, []string) {
	t.Helper()
	if m != nil {
		must(t, m.Validate(datasets.Lookup(table)))
	}
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte(text), 0o644))
	o := options()
	o.Mapping, o.Given = m, given
	var got []string
	sum, err := Read(path, datasets.Lookup(table), o, Sink[R]{
		Accept: func(rows []R) error {
			for _, r := range rows {
				got = append(got, show(r))
			}
			return nil
		},
		Refuse: func(f Fault) error { got = append(got, "refused "+f.Key()); return nil },
	})
	must(t, err)
	return sum, got
}

// sorted joins rows and refusals, the refusals last.
func sorted(list []string) string {
	slices.SortStableFunc(list, func(a, b string) int {
		x, y := strings.HasPrefix(a, "refused"), strings.HasPrefix(b, "refused")
		switch {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	})
	return strings.Join(list, ";")
}

func showReading(r datasets.Reading) string {
	s := fmt.Sprintf("%s %s %d", r.SiteID, r.TS.Time().Format("01-02T15:04"), r.Wh)
	if r.IntervalMin != 0 {
		s += fmt.Sprintf(" %dmin", r.IntervalMin)
	}
	if r.VArh != 0 {
		s += fmt.Sprintf(" %dvarh", r.VArh)
	}
	if r.Quality != datasets.Measured {
		s += " " + r.Quality.String()
	}
	return s
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	must(t, err)
	return loc
}

// What each setting of a mapping does. Almaty is +06 in January 2024.
func TestMapping(t *testing.T) {
	ts := func(columns map[string]string) map[string]string {
		m := map[string]string{"t": "ts", "e": "kwh"}
		for k, v := range columns {
			m[k] = v
		}
		return m
	}
	site := map[string]string{"site_id": "A"}
	for _, c := range []struct {
		name, text string
		m          Mapping
		given      map[string]string
		want       string
	}{
		{"columns and constants", "t,e\n2024-01-15 00:00,1.5\n", Mapping{Columns: ts(nil), Constants: map[string]string{"site_id": "A", "interval_min": "60"}}, nil, "A 01-14T18:00 1500 60min"},
		{"zone", "t,e\n2024-01-15 00:00,1\n2024-01-15T00:00Z,2\n", Mapping{Columns: ts(nil), Constants: site, Zone: zone(t, "Europe/London")}, nil, "A 01-15T00:00 1000;A 01-15T00:00 2000"},
		{"from the file's name", "t,e\n2024-01-15 00:00,1\n", Mapping{Columns: ts(nil)}, map[string]string{"site_id": "b7"}, "b7 01-14T18:00 1000"},
		{"MWh", "t,e\n2024-01-15 00:00,0.0012345\n", Mapping{Columns: ts(nil), Constants: site, Units: map[string]string{"kwh": "MWh"}}, nil, "A 01-14T18:00 1235"},
		{"mean W of a quarter", "t,e\n2024-01-15 00:00,73.3075\n", Mapping{Columns: ts(nil), Constants: map[string]string{"site_id": "A", "interval_min": "15"}, Units: map[string]string{"kwh": "W"}}, nil, "A 01-14T18:00 18 15min"},
		{"mean kW without its interval", "t,e\n2024-01-15 00:00,73\n", Mapping{Columns: ts(nil), Constants: site, Units: map[string]string{"kwh": "kW"}}, nil, "refused e: power without the length of its interval"},
		{"ratio", "t,e\n2024-01-15 00:00,1.2345\n", Mapping{Columns: ts(nil), Constants: site, Ratio: "1500"}, nil, "A 01-14T18:00 1851750"},
		{"ratio of the row", "t,e,k\n2024-01-15 00:00,1,60\n2024-01-15 01:00,1,0\n", Mapping{Columns: ts(map[string]string{"k": "ratio"}), Constants: site}, nil, "A 01-14T18:00 60000;refused ratio: not a transformer ratio"},
		{"decimal comma", "t,e\n2024-01-15 00:00,\"1 234,5\"\n", Mapping{Columns: ts(nil), Constants: site, Comma: true}, nil, "A 01-14T18:00 1234500"},
		{"missing", "t,e\n2024-01-15 00:00,NA\n2024-01-15 01:00,\n", Mapping{Columns: ts(nil), Constants: site, Missing: []string{"na", ""}}, nil, "A 01-14T18:00 0 missing;A 01-14T19:00 0 missing"},
		{"American time", "t,e\n1/15/2024 12:30 AM,1\n1/15/2024 1:00 PM,2\n15/1/2024 1:00 PM,2\n", Mapping{Columns: ts(nil), Constants: site, TimeFormat: "MM/DD/YYYY hh:mm AM"}, nil, "A 01-14T18:30 1000;A 01-15T07:00 2000;refused t: not a time"},
		{"unix time", "t,e\n1705276800,1\n", Mapping{Columns: ts(nil), Constants: site, TimeFormat: "unix"}, nil, "A 01-15T00:00 1000"},
		{"ends", "t,e\n2024-01-15 01:00,1\n2024-01-16 00:00,2\n", Mapping{Columns: ts(nil), Constants: map[string]string{"site_id": "A", "interval_min": "60"}, TimeMarks: "end"}, nil, "A 01-14T18:00 1000 60min;A 01-15T17:00 2000 60min"},
		// As in the steel works' data: 00:00 closes the day that it is written with.
		{"ends of the day", "t,e\n2024-01-15 00:15,1\n2024-01-15 00:00,2\n", Mapping{Columns: ts(nil), Constants: map[string]string{"site_id": "A", "interval_min": "15"}, TimeMarks: "end_of_day"}, nil, "A 01-14T18:00 1000 15min;A 01-15T17:45 2000 15min"},
		{"date and time", "d,z,e\n15.01.2024,1:30,1\n15.01.2024,02:00-02:30,1\n", Mapping{Columns: map[string]string{"d": "date", "z": "time", "e": "kwh"}, Constants: site}, nil, "A 01-14T19:30 1000;A 01-14T20:00 1000"},
		{"ignored", "t,e,kwh\n2024-01-15 00:00,1,2\n", Mapping{Columns: ts(map[string]string{"kwh": "-"}), Constants: site}, nil, "A 01-14T18:00 1000"},
		{"wide with a ratio", "t," + hourNames(24) + "\n2024-01-15" + strings.Repeat(",1", 24) + "\n", Mapping{Columns: map[string]string{"t": "date"}, Constants: site, Ratio: "2"}, nil, ""},
	} {
		sum, got := readMapped(t, "readings", c.text, &c.m, c.given, showReading)
		if c.want == "" {
			if len(got) != 24 || got[23] != "A 01-15T17:00 2000 60min" {
				t.Errorf("%s: %q", c.name, got)
			}
			continue
		}
		if s := sorted(got); s != c.want || sum.Refused != nil {
			t.Errorf("%s:\n got %s %v\nwant %s", c.name, s, sum.Refused, c.want)
		}
	}
}

func hourNames(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("h%d", i+1)
	}
	return strings.Join(names, ",")
}

func TestMappingRefusesFile(t *testing.T) {
	m := &Mapping{Columns: map[string]string{"value": "kwh"}}
	sum, _ := readMapped(t, "readings", "site_id,ts,kwh\n", m, nil, showReading)
	if sum.Refused == nil || sum.Refused.Column != "value" || !strings.HasPrefix(sum.Refused.Reason, "the mapping names a column") {
		t.Errorf("%v", sum.Refused)
	}
}

// Formats without a header follow the zone, the ratio and the file's name.
func TestMappingOfMessages(t *testing.T) {
	text := string(message(`<measuringpoint code="1">` + halfHours("01", 1, "<value>2</value>") + halfHours("03", 1, "<value>1</value>") + `</measuringpoint>`))
	_, got := readMapped(t, "readings", text, &Mapping{Ratio: "1.5", Zone: time.UTC}, map[string]string{"site_id": "S"}, showReading)
	if s := sorted(got); s != "S 01-15T23:30 3000 30min 1500varh" {
		t.Errorf("got %s", s)
	}
	sum, _ := readMapped(t, "readings", text, &Mapping{Register: true}, nil, showReading)
	if sum.Refused == nil || sum.Refused.Reason != "mapping for a file with a header" {
		t.Errorf("%v", sum.Refused)
	}
}

// The day on which Kazakhstan's clocks were set back has 50 half hours.
func TestLongDay(t *testing.T) {
	twice := halfHours("01", 2, "<value>1</value>") + ""
	periods := strings.TrimSuffix(strings.TrimPrefix(twice, `<measuringchannel code="01">`), "</measuringchannel>")
	text := strings.Replace(string(message(`<measuringpoint code="1"><measuringchannel code="01">`+periods+periods+`</measuringchannel></measuringpoint>`)), "20240115", "20240229", 1)
	sum, got := readMapped(t, "readings", text, nil, nil, showReading)
	if s := sorted(got); s != "1 02-29T17:00 1000 30min;1 02-29T18:00 1000 30min;1 02-29T17:30 1000 30min;1 02-29T18:30 1000 30min" || sum.Warnings["ts: local hour that came twice"] != 4 {
		t.Errorf("got %s, %v", s, sum.Warnings)
	}
}

func TestMappingValidate(t *testing.T) {
	for want, m := range map[string]Mapping{
		`no column "power"`:           {Columns: map[string]string{"x": "power"}},
		`both become "kwh"`:           {Columns: map[string]string{"x": "kwh", "y": "kwh"}},
		`is delivered in the column`:  {Columns: map[string]string{"x": "kwh"}, Constants: map[string]string{"kwh": "1"}},
		`no unit "BTU"`:               {Units: map[string]string{"kwh": "BTU"}},
		`has no unit to change`:       {Units: map[string]string{"site_id": "kWh"}},
		`none of YYYY`:                {TimeFormat: "dd/mm/yyyy"},
		`want year, month and day`:    {TimeFormat: "hh:mm"},
		`want start, end`:             {TimeMarks: "middle"},
		`only billing has periods`:    {PeriodEnd: "next_start"},
		`want a number above 0`:       {Ratio: "-1"},
		`want 0 (not known) to 9`:     {Digits: 12},
		`belong together`:             {Columns: map[string]string{"x": "register_start"}},
		`not for register_start`:      {Columns: map[string]string{"x": "register_start", "y": "register_end"}, Register: true},
		`intervals that a time can`:   {TimeMarks: "end", Register: true},
		`constants: readings has no`:  {Constants: map[string]string{"kw": "1"}},
		`units: readings has no colu`: {Units: map[string]string{"kw": "W"}},
	} {
		if err := m.Validate(datasets.Lookup("readings")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", m, err, want)
		}
	}
}

// States of registers become the energy between them.
func TestRegisters(t *testing.T) {
	m := &Mapping{Columns: map[string]string{"meter_no": "meter"}, Register: true, Digits: 5, Ratio: "60"}
	text := "site_id,ts,kwh,meter_no,quality\n" +
		"A,2024-01-15T00:00Z,99998.5,1,\n" + // opens the series
		"B,2024-01-15T00:00Z,10,7,\n" +
		"A,2024-01-15T00:30Z,99999.75,1,\n" + // 1.25 kWh times 60
		"A,2024-01-15T01:00Z,1.25,1,\n" + // rolled over at 100000: 1.5 kWh
		"A,2024-01-15T01:30Z,0.5,1,\n" + // went back
		"A,2024-01-15T02:00Z,500,2,\n" + // replaced
		"A,2024-01-15T02:30Z,,2,missing\n" + // nobody read it
		"A,2024-01-15T03:00Z,501,2,\n" + // an hour
		"A,2024-01-15T03:00Z,502,2,\n" +
		"B,2024-03-15T00:00Z,11,7,\n"
	sum, got := readMapped(t, "readings", text, m, nil, showReading)
	want := []string{
		"A 01-15T00:00 75000 30min", "A 01-15T00:30 90000 30min", "A 01-15T01:00 0 30min missing", "A 01-15T01:30 0 30min missing",
		"A 01-15T02:00 60000 60min", "refused ts: register states out of order of time", "refused ts: more than 31 days between two register states",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for what, n := range map[string]int64{"register state that opens a series": 2, "register rolled over": 1, "register went back": 1, "meter replaced": 1, "no register state": 1} {
		if sum.Warnings["kwh: "+what] != n {
			t.Errorf("%s: %d, want %d", what, sum.Warnings["kwh: "+what], n)
		}
	}
	if sum.Rows != 7 || sum.Accepted != 5 {
		t.Errorf("%+v", sum)
	}
}

func showBilling(b datasets.Billing) string {
	return fmt.Sprintf("%s %s…%s %d", b.SiteID, b.PeriodStart, b.PeriodEnd, b.Wh)
}

// Billing with the begin of each period only, with months, and with states of
// the register.
func TestBillingVariants(t *testing.T) {
	for _, c := range []struct {
		name, text string
		m          *Mapping
		want       string
	}{
		{"next start", "site_id,period_start,kwh\nA,2024-01-01,10\nB,2024-01-01,1\nA,2024-02-03,20\nA,2024-03-01,nan\nB,2024-01-01,2\n", &Mapping{PeriodEnd: "next_start", Missing: []string{"nan"}},
			"A 2024-01-01…2024-02-02 10000;A 2024-02-03…2024-02-29 20000;refused period_start: periods out of order of time;refused period_end: period without an end"},
		{"months", "site_id;месяц;kwh\nA;2024-02;1,5\nA;03.2024;2\nA;202404;3\nA;0;3\n", nil,
			"A 2024-02-01…2024-02-29 1500;A 2024-03-01…2024-03-31 2000;A 2024-04-01…2024-04-30 3000;refused месяц: not a month"},
		{"registers", "site_id,month,a,b,k\nA,2024-02,100.5,200,20\nA,2024-03,9990,5,20\n", &Mapping{Columns: map[string]string{"a": "register_start", "b": "register_end", "k": "ratio"}, Digits: 4},
			"A 2024-02-01…2024-02-29 1990000;A 2024-03-01…2024-03-31 300000"},
		{"Russian dates", "site_id;period_start;period_end;kwh\nA;01.02.2024;29.02.2024;1 000\n", nil, "A 2024-02-01…2024-02-29 1000000"},
	} {
		_, got := readMapped(t, "billing", c.text, c.m, nil, showBilling)
		if s := sorted(got); s != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, s, c.want)
		}
	}
}

func TestUnitsOfNumbers(t *testing.T) {
	m := &Mapping{Units: map[string]string{"temp_c": "degF"}, Constants: map[string]string{"region": "X"}}
	_, got := readMapped(t, "weather", "ts,temp_c\n2024-01-15T00:00Z,-40\n2024-01-15T01:00Z,212\n2024-01-15T02:00Z,68\n", m, nil,
		func(w datasets.Weather) string { return fmt.Sprintf("%.1f", w.TempC) })
	if s := sorted(got); s != "-40.0;20.0;refused temp_c: out of range" {
		t.Errorf("got %s", s)
	}
}

func TestFindWide(t *testing.T) {
	clock := func(step, from int) []string {
		var names []string
		for i := range 1440 / step {
			m := (i*step + from) % 1440
			names = append(names, fmt.Sprintf("%d:%02d", m/60, m%60))
		}
		return names
	}
	numbers := func(n, from int) []string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprint(i+from))
		}
		return names
	}
	for _, c := range []struct {
		name  string
		names []string
		step  int
	}{
		{"hours", numbers(24, 1), 60}, {"hours from 0", numbers(24, 0), 60}, {"half hours", numbers(48, 1), 30}, {"quarters", numbers(96, 1), 15},
		{"begins", clock(30, 0), 30}, {"ends", clock(30, 30), 30}, {"quarters by clock", clock(15, 0), 15},
		{"25 columns", numbers(25, 1), 0}, {"from 2", numbers(24, 2), 0}, {"out of order", append(numbers(24, 1)[1:], "1"), 0}, {"shifted", clock(30, 60), 0},
	} {
		names := append([]string{"site_id", "date"}, c.names...)
		ours := make([]string, len(names))
		ours[0], ours[1] = "site_id", partDate
		step := 0
		if w := findWide(datasets.Lookup("readings"), names, ours); w != nil {
			step = w.step
		}
		if step != c.step {
			t.Errorf("%s: step %d, want %d", c.name, step, c.step)
		}
	}
}

func TestUngroup(t *testing.T) {
	for s, want := range map[string]string{
		"1 234,5": "1234,5", "-12\u00a0345\u202f678": "-12345678", "1 23": "", "12 34 567": "", "1234 567": "", "1 234 ": "", " 1": "", "1  234": "", "1234": "", "1 234,5 6": "", "a 123": "",
	} {
		got, ok := ungroup([]byte(s))
		if ok != (want != "") || ok && string(got) != want {
			t.Errorf("ungroup(%q) = %q, %v", s, got, ok)
		}
	}
}

// Windows-1251 is told from UTF-8 with damage, and from Latin-1.
func TestIsWindows1251(t *testing.T) {
	for text, want := range map[string]bool{
		"\xcf\xee\xf2\xf0\xe5\xe1\xeb\xe5\xed\xe8\xe5;1\n": true, "M\xfcller, Andr\xe9, caf\xe9": false, "потребление \xff": false, "ascii": false, "\xcf\xee\xf2\x00": false,
	} {
		if got := isWindows1251([]byte(text)); got != want {
			t.Errorf("isWindows1251(%q) = %v", text, got)
		}
	}
}

func TestMulDiv(t *testing.T) {
	for _, c := range [][4]int64{{5, 1, 2, 3}, {-5, 1, 2, -3}, {1, 1, 3, 0}, {1 << 40, 1 << 30, 1 << 35, 1 << 35}, {0, 7, 9, 0}} {
		if got, p := mulDiv(c[0], c[1], c[2]); p != nil || got != c[3] {
			t.Errorf("%d*%d/%d = %d, %v; want %d", c[0], c[1], c[2], got, p, c[3])
		}
	}
	if _, p := mulDiv(1<<62, 1<<40, 1); p == nil {
		t.Error("no fault where the result does not fit")
	}
}
