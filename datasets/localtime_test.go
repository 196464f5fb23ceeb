package datasets

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's data
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestParseStamp(t *testing.T) {
	for _, c := range []struct {
		in, utc string
		local   bool
	}{
		{"2024-03-01T15:00:00+05:00", "2024-03-01T10:00:00Z", false},
		{"2024-03-01T15:00:00Z", "2024-03-01T15:00:00Z", false},
		{"2024-03-01t15:00:00z", "2024-03-01T15:00:00Z", false},
		{"2024-03-01 15:00:00.250-0330", "2024-03-01T18:30:00.25Z", false},
		{"2024-03-01T15:00+05", "2024-03-01T10:00:00Z", false},
		{"2024-03-01T15:00", "2024-03-01T15:00:00Z", true},
		{"2024-03-01 15:00:07.1234567", "2024-03-01T15:00:07.123456Z", true},
		{"2024-03-01", "2024-03-01T00:00:00Z", true},
		{"2024-02-29T24:00", "2024-03-01T00:00:00Z", true},
		{"1969-12-31T23:00:00Z", "1969-12-31T23:00:00Z", false},
	} {
		got, err := ParseStamp(c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if s := got.Micros.Time().Format(time.RFC3339Nano); s != c.utc || got.Local != c.local {
			t.Errorf("%q = %s, local %v, want %s, %v", c.in, s, got.Local, c.utc, c.local)
		}
	}
	for _, bad := range []string{
		"", "2024", "01.03.2024", "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-01", "2024-03-01T", "2024-03-01T15",
		"2024-03-01T25:00", "2024-03-01T24:01", "2024-03-01T15:60", "2024-03-01T15:00:60", "2024-03-01T15:00:00.",
		"2024-03-01T15:00:00+", "2024-03-01T15:00:00+5", "2024-03-01T15:00:00+24:00", "2024-03-01T15:00:00 +05:00",
		"2024-03-01T15:00:00Zx", "2024-03-01x15:00", "2024-3-01T15:00", "+024-03-01", "1709287200",
	} {
		if got, err := ParseStamp(bad); err == nil {
			t.Errorf("ParseStamp(%q) = %v, want an error", bad, got.Micros)
		}
	}
}

func TestParseDay(t *testing.T) {
	for in, want := range map[string]string{
		"2024-02-29": "2024-02-29", "1970-01-02": "1970-01-02", "2023-12-31T23:30:00+05:00": "2023-12-31", "1899-12-31": "1899-12-31",
	} {
		if got, err := ParseDay(in); err != nil || got.String() != want {
			t.Errorf("ParseDay(%q) = %v, %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "2023-02-29", "29.02.2024", "2024-02-29x"} {
		if got, err := ParseDay(bad); err == nil {
			t.Errorf("ParseDay(%q) = %v, want an error", bad, got)
		}
	}
}

// The expected instants follow from the IANA tz database: Almaty went from
// +06 to +05 on 2024-03-01 00:00, so 2024-02-29 23:00 to 24:00 came twice;
// Berlin left out 02:00 to 03:00 on 2024-03-31.
func TestClockInstants(t *testing.T) {
	for _, c := range []struct{ zone, local, first, second string }{
		{"Asia/Almaty", "2023-07-01T12:00", "2023-07-01T06:00:00Z", ""},
		{"Asia/Almaty", "2024-02-29T22:59:59", "2024-02-29T16:59:59Z", ""},
		{"Asia/Almaty", "2024-02-29T23:00", "2024-02-29T17:00:00Z", "2024-02-29T18:00:00Z"},
		{"Asia/Almaty", "2024-02-29T23:59:59", "2024-02-29T17:59:59Z", "2024-02-29T18:59:59Z"},
		{"Asia/Almaty", "2024-03-01T00:00", "2024-02-29T19:00:00Z", ""},
		{"Asia/Almaty", "2025-07-01T12:00", "2025-07-01T07:00:00Z", ""},
		{"Asia/Qyzylorda", "2024-02-29T23:30", "2024-02-29T18:30:00Z", ""}, // changed in 2018
		{"Asia/Oral", "2024-02-29T23:30", "2024-02-29T18:30:00Z", ""},      // +05 since 2004
		{"Europe/Berlin", "2024-03-31T02:30", "", ""},
		{"Europe/Berlin", "2024-03-31T03:00", "2024-03-31T01:00:00Z", ""},
		{"Europe/Berlin", "2024-10-27T02:30", "2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z"},
		{"UTC", "2024-10-27T02:30", "2024-10-27T02:30:00Z", ""},
	} {
		clock := NewClock(zone(t, c.zone))
		s, err := ParseStamp(c.local)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second answer may come from the clock's memory
			first, second, n := clock.Instants(s.Micros)
			if first.String() != c.first || second.String() != c.second || n != boolInt(c.first)+boolInt(c.second) {
				t.Errorf("%s %s = %v, %v, %d; want %s, %s", c.zone, c.local, first, second, n, c.first, c.second)
			}
		}
	}
}

func boolInt(s string) int {
	if s == "" {
		return 0
	}
	return 1
}

// Every instant is found again from its wall-clock reading, in any order of asking.
func TestClockRoundTrip(t *testing.T) {
	for _, name := range []string{"Asia/Almaty", "Asia/Aqtau", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"} {
		loc := zone(t, name)
		clock := NewClock(loc)
		for i := range 60_000 {
			us := int64(1_500_000_000+(i*7919%60_000)*6_000) * 1_000_000
			_, offset := time.UnixMicro(us).In(loc).Zone()
			first, second, n := clock.Instants(Micros(us + int64(offset)*1_000_000))
			if n == 0 || (int64(first) != us && int64(second) != us) {
				t.Fatalf("%s: %v reads as %v, %v (%d)", name, Micros(us), first, second, n)
			}
		}
	}
}

func TestCheckZoneData(t *testing.T) {
	if err := CheckZoneData(); err != nil {
		t.Error(err)
	}
	if err := checkAlmaty(time.FixedZone("old data", 6*3600)); err == nil {
		t.Error("data without the change of 2024-03-01 passed")
	}
}

// Whatever both accept, ParseStamp and time.Parse read alike.
func FuzzParseStamp(f *testing.F) {
	for _, s := range []string{"2024-02-29T23:00:00+06:00", "2024-02-29T23:00:00.123456Z", "2024-02-29 23:00", "2024-02-29", "1900-03-01T00:00:00-12:00", "2000-12-31T24:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseStamp(s)
		if b, errB := ParseStamp([]byte(s)); b != got || (err == nil) != (errB == nil) {
			t.Fatalf("%q: text %v %v, bytes %v %v", s, got, err, b, errB)
		}
		if want, e := time.Parse(time.RFC3339Nano, s); e == nil && len(s) > 0 && err == nil {
			if got.Local || int64(got.Micros) != want.UnixMicro() {
				t.Errorf("%q = %v, time.Parse says %v", s, got.Micros, want.UTC())
			}
		}
		if want, e := time.Parse("2006-01-02T15:04:05", s); e == nil && err == nil {
			if !got.Local || int64(got.Micros) != want.UnixMicro() {
				t.Errorf("%q = %v, time.Parse says %v", s, got.Micros, want)
			}
		}
	})
}
