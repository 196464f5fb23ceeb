package ref

import (
	"math"
	"testing"
)

// inside reports whether a place lies in a ring (even-odd rule).
func inside(ring []Point, lon, lat float64) bool {
	in := false
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		if (a.Lat > lat) != (b.Lat > lat) && lon < (b.Lon-a.Lon)*(lat-a.Lat)/(b.Lat-a.Lat)+a.Lon {
			in = !in
		}
	}
	return in
}

// areaKM2 of a ring on the sphere, by strips of equal longitude.
func areaKM2(ring []Point) float64 {
	const radiusKM = 6371
	sum := 0.0
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		sum += (b.Lon - a.Lon) * math.Pi / 180 * (math.Sin(a.Lat*math.Pi/180) + math.Sin(b.Lat*math.Pi/180)) / 2
	}
	return math.Abs(sum) * radiusKM * radiusKM
}

// Places: GeoNames, to a tenth of a degree. Area: 2,724,900 km² (Bureau of
// National Statistics); the three cities are counted inside their regions here
// where a ring has no hole.
func TestBorders(t *testing.T) {
	regions, err := LoadRegions(nil)
	if err != nil {
		t.Fatal(err)
	}
	borders, err := LoadBorders()
	if err != nil {
		t.Fatal(err)
	}
	have, area := map[string]bool{}, 0.0
	for _, b := range borders {
		have[b.Code] = true
		area += areaKM2(b.Ring)
	}
	for _, r := range regions {
		if !have[r.Code] {
			t.Errorf("no border of %s", r.NameEN)
		}
	}
	if len(have) != len(regions) || math.Abs(area/2_724_900-1) > 0.01 {
		t.Errorf("%d regions of %.0f km², want %d of 2,724,900 within 1 %%", len(have), area, len(regions))
	}
	for _, c := range []struct {
		code, town string
		lon, lat   float64
	}{
		{"10", "Semey", 80.2, 50.4}, {"11", "Kokshetau", 69.4, 53.3}, {"15", "Aktobe", 57.2, 50.3}, {"19", "Konaev", 77.1, 43.9},
		{"23", "Atyrau", 51.9, 47.1}, {"27", "Oral", 51.4, 51.2}, {"31", "Taraz", 71.4, 42.9}, {"33", "Taldykorgan", 78.4, 45.0},
		{"35", "Karaganda", 73.1, 49.8}, {"39", "Kostanay", 63.6, 53.2}, {"43", "Kyzylorda", 65.5, 44.8}, {"47", "Aktau", 51.2, 43.7},
		{"55", "Pavlodar", 77.0, 52.3}, {"59", "Petropavl", 69.1, 54.9}, {"61", "Turkistan", 68.3, 43.3}, {"62", "Zhezkazgan", 67.7, 47.8},
		{"63", "Oskemen", 82.6, 50.0}, {"71", "Astana", 71.45, 51.15}, {"75", "Almaty", 76.9, 43.25}, {"79", "Shymkent", 69.6, 42.3},
	} {
		found := false
		for _, b := range borders {
			found = found || b.Code == c.code && inside(b.Ring, c.lon, c.lat)
		}
		if !found {
			t.Errorf("%s does not lie in region %s", c.town, c.code)
		}
	}
}
