package export

import (
	"math"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func placedSite(rank int32, region string, lat, lon, kw float64) siteView {
	return siteView{Anchor: "s", Visit: datasets.Visit{Rank: rank, SiteID: "S", Region: region, Lat: lat, Lon: lon, MiningKW: kw, Probability: 0.5}}
}

func TestMap(t *testing.T) {
	m := newMap([]siteView{
		placedSite(1, "Almaty", 43.2, 76.9, 10), placedSite(2, "Astana", 51.1, 71.4, 400),
		placedSite(3, "Astana", 51.3, 71.6, 0), placedSite(4, "", 0, 0, 5),
	})
	if m.Missing != 1 || len(m.Dots) != 3 || len(m.Regions) != 2 {
		t.Fatalf("%d missing, %d dots, %d regions", m.Missing, len(m.Dots), len(m.Regions))
	}
	by := map[string]mapDot{}
	for _, d := range m.Dots {
		by[d.Rank] = d
		if d.X < 0 || d.X > m.W || d.Y < 0 || d.Y > m.H {
			t.Errorf("%s lies outside: %v, %v", d.Rank, d.X, d.Y)
		}
	}
	if m.Dots[0].Rank != "2" || by["2"].R != dotLarge || by["3"].R != dotSmall {
		t.Errorf("sizes: %+v", m.Dots)
	}
	// North is up, east is right.
	if by["1"].Y < by["2"].Y || by["1"].X < by["2"].X {
		t.Errorf("Almaty lies south-east of Astana: %+v, %+v", by["1"], by["2"])
	}
	// 7.9 degrees of latitude against 5.5 of longitude at 47.25 N: 5.5 * cos(47.25°) = 3.73.
	tall, wide := by["1"].Y-by["2"].Y, by["1"].X-by["2"].X
	if math.Abs(tall/wide-7.9/3.734) > 0.02 {
		t.Errorf("the scales of the two directions differ: %.1f by %.1f", wide, tall)
	}
}

func TestMapOfOneSite(t *testing.T) {
	m := newMap([]siteView{placedSite(1, "Almaty", 43.2, 76.9, 0)})
	if d := m.Dots[0]; math.Abs(d.X-m.W/2) > 1 || math.Abs(d.Y-m.H/2) > 1 || len(m.Grid) < 4 {
		t.Errorf("one site: %+v, %d lines", d, len(m.Grid))
	}
	if newMap([]siteView{placedSite(1, "", 0, 0, 1)}) != nil {
		t.Error("a map without a site")
	}
}
