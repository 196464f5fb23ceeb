package export

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func TestDaysOfZoneChange(t *testing.T) {
	// Almaty went from UTC+6 to UTC+5 at midnight of 2024-03-01: the last hour
	// of 29 February came twice, so three days have 73 hours.
	zone := almaty(t)
	c := Chart{Start: datasets.MicrosOf(day(2024, 2, 28).In(zone)), KW: make([]float64, 73)}
	for i := range c.KW {
		c.KW[i] = float64(i)
	}
	d := daysOf(&c, zone)
	if len(d.load) != 3 || d.load[0].n != 24 || d.load[1].n != 25 || d.load[2].n != 24 {
		t.Fatalf("days of %d, %d, %d hours", d.load[0].n, d.load[1].n, d.load[2].n)
	}
	if m := d.cells[24+23]; m.n != 2 || m.value() != 47.5 { // hours 47 and 48
		t.Errorf("23:00 of 29 February = %+v", m)
	}
	if m := d.cells[48]; m.n != 1 || m.value() != 49 {
		t.Errorf("00:00 of 1 March = %+v", m)
	}
}

func TestDaysOfMeans(t *testing.T) {
	zone := almaty(t)
	start := datasets.MicrosOf(day(2023, 1, 1).In(zone))
	c := Chart{Start: start, KW: make([]float64, 96), ExpectedKW: make([]float64, 96), Since: start + 48*microsPerHour, Until: start + 72*microsPerHour}
	for i := range c.KW {
		c.KW[i], c.ExpectedKW[i] = 10, 11
		if i >= 48 && i < 72 {
			c.KW[i] = 60
		}
	}
	c.KW[3] = math.NaN()
	d := daysOf(&c, zone)
	if d.before.value() != 10 || d.during.value() != 60 || d.expected.value() != 11 || d.before.n != 47 {
		t.Errorf("before %v, during %v, expected %v", d.before, d.during, d.expected)
	}
	if math.Abs(d.missing-1.0/96) > 1e-12 || d.topKW != 60 {
		t.Errorf("missing %v, top %v", d.missing, d.topKW)
	}
	if x := d.percent(c.Since); x != 50 {
		t.Errorf("the block begins at %v %%, want 50", x)
	}
	if daysOf(&Chart{Start: start, KW: []float64{math.NaN()}}, zone) != nil {
		t.Error("a load of which nothing is known has no days")
	}
}

func TestRaster(t *testing.T) {
	run := sampleRun(t, 1, "")
	c, _ := run.Charts("KZ-0001")
	d := daysOf(&c, run.Zone)
	for _, budget := range []int{700, 4000, 40_000} {
		p, err := newPlot(&c, d, detail{rasterBytes: budget, linePoints: 60})
		if err != nil {
			t.Fatal(err)
		}
		_, data, _ := strings.Cut(string(p.Raster), "base64,")
		data = strings.TrimSuffix(data, `"`)
		if len(data) > budget {
			t.Errorf("budget %d: %d bytes", budget, len(data))
		}
		b, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		want := (len(d.load) + p.RasterDays - 1) / p.RasterDays
		if img.Bounds() != image.Rect(0, 0, want, 24) {
			t.Errorf("budget %d: picture %v, want %d x 24", budget, img.Bounds(), want)
		}
		before := img.(*image.Paletted).ColorIndexAt(0, 3)
		after := img.(*image.Paletted).ColorIndexAt(want-2, 3)
		if before == 0 || after <= before+4 {
			t.Errorf("budget %d: night before %d, after %d", budget, before, after)
		}
	}
	img := rasterImage(d, 1)
	if img.ColorIndexAt(379, 0) != 0 { // hours 9000 to 9230 are missing: days 375 to 384
		t.Error("a missing hour must be transparent")
	}
}

func TestPathOf(t *testing.T) {
	list := []mean{{24 * 50, 24}, {24 * 100, 24}, {}, {24 * 25, 24}, {2 * 99, 2}}
	// Of 200 units: 50 of 100 kW is y 100, 100 is y 0, 25 is y 150; two hours are no day.
	if got, want := pathOf(list, 100, 1), "M0 100h0l1-100M3 150h0"; got != want {
		t.Errorf("pathOf = %q, want %q", got, want)
	}
	if got := pathOf(make([]mean, 3), 100, 1); got != "" {
		t.Errorf("pathOf nothing = %q", got)
	}
}

func TestTicks(t *testing.T) {
	for _, n := range []int{1, 3, 30, 61, 90, 200, 365, 731, 1096, 4000, 12_000} {
		d := &days{first: day(2022, 1, 15), load: make([]mean, n)}
		list := d.ticks()
		if len(list) > 5 {
			t.Errorf("%d days: %d ticks", n, len(list))
		}
		if len(list) == 0 {
			t.Errorf("%d days: no tick", n)
		}
		for i := 1; i < len(list); i++ {
			if list[i].X-list[i-1].X < 15 {
				t.Errorf("%d days: %v is too near to %v", n, list[i], list[i-1])
			}
		}
	}
}

func TestNiceTop(t *testing.T) {
	for _, c := range []struct{ x, want float64 }{{0, 1}, {math.NaN(), 1}, {1, 1}, {0.07, 0.08}, {61, 80}, {81, 100}, {1100, 1200}} {
		if got := niceTop(c.x); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("niceTop(%v) = %v, want %v", c.x, got, c.want)
		}
	}
}
