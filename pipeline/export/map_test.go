package export

import (
	"math"
	"strings"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

func placedSite(rank int32, region string, lat, lon, kw float64) siteView {
	return siteView{Anchor: "s1", RegionCode: region, Visit: datasets.Visit{Rank: rank, SiteID: "A", Lat: lat, Lon: lon, MiningKW: kw, Probability: 0.9}}
}

func drawnMap(t *testing.T, sites ...siteView) *mapView {
	t.Helper()
	geo, err := loadGeography()
	if err != nil {
		t.Fatal(err)
	}
	return geo.newMap(sites)
}

func TestMap(t *testing.T) {
	m := drawnMap(t, placedSite(1, "39", 53.2, 63.6, 50), placedSite(2, "39", 53.0, 63.0, 200), placedSite(3, "75", 43.25, 76.9, 60), placedSite(25, "", 0, 0, 5))
	if len(m.Regions) != 20 || m.Missing != 1 || m.Other.Sites != 1 || len(m.Dots) != 3 {
		t.Fatalf("%d regions, %d missing, %d of no region, %d dots", len(m.Regions), m.Missing, m.Other.Sites, len(m.Dots))
	}
	busy := m.Busy()
	if len(busy) != 2 || busy[0].Name != "Kostanay" || busy[0].Sites != 2 || busy[0].KW != 250 || busy[0].Shade != shades || busy[1].Shade != 1 {
		t.Errorf("busy regions %+v", busy)
	}
	if m.Dots[0].Rank != "2" || m.Dots[0].R != dotLarge {
		t.Errorf("the largest dot comes first: %+v", m.Dots[0])
	}
	// Kostanay lies north-west of Almaty.
	if a, b := m.Dots[0], m.Dots[1]; b.Rank != "3" || a.X >= b.X || a.Y >= b.Y {
		t.Errorf("Kostanay at %v, %v; Almaty at %v, %v", a.X, a.Y, b.X, b.Y)
	}
	size := 0
	for _, r := range m.Regions {
		size += len(r.Path)
		if !strings.HasPrefix(r.Path, "M") || !strings.HasSuffix(r.Path, "z") {
			t.Errorf("path of %s: %.20s", r.Name, r.Path)
		}
	}
	if size > 20_000 {
		t.Errorf("the borders have %d bytes", size)
	}
}

// A site abroad widens the map; it must not fall off it.
func TestMapOfDistantSite(t *testing.T) {
	m := drawnMap(t, placedSite(1, "", 38, 100, 1))
	if d := m.Dots[0]; d.X < 0 || d.X > m.W || d.Y < 0 || d.Y > m.H {
		t.Errorf("dot at %v, %v of %v x %v", d.X, d.Y, m.W, m.H)
	}
}

// Sites of one place are drawn side by side.
func TestMapSpreads(t *testing.T) {
	var sites []siteView
	for i := range 12 {
		sites = append(sites, placedSite(int32(i+1), "35", 49.8, 73.1, 50))
	}
	m := drawnMap(t, sites...)
	for i, a := range m.Dots {
		for _, b := range m.Dots[:i] {
			if math.Hypot(a.X-b.X, a.Y-b.Y) < 0.75*(a.R+b.R) {
				t.Fatalf("dots %s and %s cover each other", a.Rank, b.Rank)
			}
		}
	}
}
