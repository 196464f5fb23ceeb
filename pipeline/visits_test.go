package pipeline

import (
	"math"
	"testing"

	"github.com/minewatch/minewatch/datasets"
)

// Almaty (43.238 N 76.889 E) to Astana (51.169 N 71.449 E) is 972 km by great circle.
func TestDistance(t *testing.T) {
	almaty, astana := datasets.Visit{Lat: 43.238, Lon: 76.889}, datasets.Visit{Lat: 51.169, Lon: 71.449}
	if d := distanceKM(almaty, astana); math.Abs(d-972) > 5 {
		t.Errorf("Almaty to Astana %.0f km, want 972", d)
	}
	if d := distanceKM(almaty, almaty); d != 0 {
		t.Errorf("a place to itself %v km", d)
	}
}

func TestGroupVisits(t *testing.T) {
	rows := []datasets.Visit{
		{SiteID: "a", Lat: 50, Lon: 70},
		{SiteID: "b", Lat: 43, Lon: 77},
		{SiteID: "c", Lat: 50.02, Lon: 70}, // 2.2 km from a
		{SiteID: "d", Region: "Abai"},
		{SiteID: "e", Lat: 50.01, Lon: 70}, // 1.1 km from a
		{SiteID: "f", Region: "Abai"},
		{SiteID: "g", Lat: 50.2, Lon: 70}, // 22 km from a
	}
	planTrips(rows, Visits{RoadFactor: 1, GroupRadiusKM: 5, PerDay: 6, Teams: 2})
	want := map[string]struct {
		group string
		order int32
	}{
		"a": {"G001", 1}, "e": {"G001", 2}, "c": {"G001", 3}, // the nearest one next
		"b": {"G002", 1}, "g": {"G003", 1},
		"d": {"no place: Abai", 1}, "f": {"no place: Abai", 2},
	}
	for _, r := range rows {
		if w := want[r.SiteID]; r.VisitGroup != w.group || r.VisitOrder != w.order {
			t.Errorf("%s: %s %d, want %s %d", r.SiteID, r.VisitGroup, r.VisitOrder, w.group, w.order)
		}
	}
}
