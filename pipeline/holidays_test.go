package pipeline

import (
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// From the shipped calendar: Nauryz 2022 is Monday to Wednesday; Saturday 5 March 2022
// was worked for Monday 7 March; 8 May 2022 was a Sunday.
func TestOtherDays(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	works, found := map[string]bool{}, map[string]bool{}
	for _, d := range otherDays(testTables(t).Calendar, zone) {
		name := d.Start.Time().In(zone).Format("2006-01-02 15:04")
		works[name], found[name] = d.Works, true
		if h := (d.End - d.Start) / 3_600_000_000; h != 24 {
			t.Errorf("%s has %d hours", name, h)
		}
	}
	for _, tc := range []struct {
		day          string
		found, works bool
	}{
		{"2022-03-21 00:00", true, false}, {"2022-03-23 00:00", true, false}, {"2022-03-05 00:00", true, true}, {"2022-03-07 00:00", true, false},
		{"2022-05-01 00:00", false, false}, {"2022-03-09 00:00", false, false},
	} {
		if found[tc.day] != tc.found || works[tc.day] != tc.works {
			t.Errorf("%s: found %v, worked %v", tc.day, found[tc.day], works[tc.day])
		}
	}
}

func TestKeepsHolidays(t *testing.T) {
	env := &Env{tables: testTables(t), WS: &Workspace{Config: Default()}, around: surroundings{regions: map[string]bool{"Карагандинская область": true, "Cambridgeshire": false}}}
	for _, tc := range []struct {
		site datasets.Site
		zone string
		want bool
	}{
		{datasets.Site{Region: "Карагандинская область"}, "UTC", true},
		{datasets.Site{Region: "Cambridgeshire"}, "Asia/Almaty", false},
		{datasets.Site{KATO: "350000000"}, "UTC", true},
		{datasets.Site{KATO: "990000000"}, "Asia/Almaty", false},
		{datasets.Site{}, "Asia/Almaty", true},
		{datasets.Site{}, "Asia/Aqtobe", true},
		{datasets.Site{}, "UTC", false},
	} {
		env.WS.Config.Zone = tc.zone
		if got := env.keepsHolidays(tc.site); got != tc.want {
			t.Errorf("%q %q in %s: %v", tc.site.Region, tc.site.KATO, tc.zone, got)
		}
	}
}
