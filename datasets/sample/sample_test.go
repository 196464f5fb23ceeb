package sample

import (
	"math"
	"testing"
	"time"
)

// Row counts and means come from the sources' own files, counted with zcat and awk.
func TestMeters(t *testing.T) {
	meters, err := Meters()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		start string
		n     int
	}{
		"cambridge-b97": {"2017-01-01T00:00:00Z", 26280},
		"fontana-01":    {"2022-07-31T23:00:00Z", 8760},
		"steel":         {"2018-01-01T00:00:00Z", 35040},
		"school":        {"2018-01-01T00:00:00Z", 8760},
	}
	if len(meters) != 16+17+2+1+1 {
		t.Errorf("%d meters, want 37", len(meters))
	}
	for _, m := range meters {
		w, ok := want[m.ID]
		if ok && (m.Start.Format(time.RFC3339) != w.start || len(m.KWh) != w.n) {
			t.Errorf("%s: %d values from %s, want %d from %s", m.ID, len(m.KWh), m.Start.Format(time.RFC3339), w.n, w.start)
		}
		sum, n := 0.0, 0
		for _, v := range m.Hourly() {
			if !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		if mean := sum / float64(n); !(mean > 0.05 && mean < 1000) {
			t.Errorf("%s: mean %.2f kW is implausible", m.ID, mean)
		}
	}
	if temps, err := CambridgeTempC(); err != nil || len(temps) != 26280 {
		t.Errorf("%d temperatures, want 26280, %v", len(temps), err)
	}
}
