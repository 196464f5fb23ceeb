package raw

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// BenchmarkReadings decodes a year of hourly readings of 30 meters, one core.
func BenchmarkReadings(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("site_id,ts,kwh,quality\n")
	start := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	for site := range 30 {
		for h := range 8760 {
			fmt.Fprintf(&text, "KZ-%07d,%s,%d.%03d,measured\n", site*7919, start.Add(time.Duration(h)*time.Hour).Format("2006-01-02T15:04:05"), h%29, h*site%1000)
		}
	}
	path := filepath.Join(b.TempDir(), "readings.csv")
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		sum, err := Read(path, datasets.Lookup("readings"), options(), Sink[datasets.Reading]{
			Accept: func([]datasets.Reading) error { return nil },
			Refuse: func(Fault) error { return nil },
		})
		if err != nil || sum.Accepted != 30*8760 {
			b.Fatal(sum, err)
		}
	}
}

func options() Options {
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		panic(err)
	}
	return Options{Zone: zone, Buckets: 64, Source: 1, Limits: DefaultLimits()}
}
