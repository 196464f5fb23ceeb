package export

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestGeoJSON(t *testing.T) {
	run := sampleRun(t, 3, "") // the third has no coordinates
	var b bytes.Buffer
	if err := writeGeoJSON(&b, run); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Type     string
		Features []struct {
			Type     string
			Geometry struct {
				Type        string
				Coordinates []float64
			}
			Properties map[string]any
		}
		WithoutCoordinates int `json:"without_coordinates"`
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Type != "FeatureCollection" || len(doc.Features) != 2 || doc.WithoutCoordinates != 1 {
		t.Fatalf("%s with %d features, %d without", doc.Type, len(doc.Features), doc.WithoutCoordinates)
	}
	f := doc.Features[0]
	// RFC 7946 section 3.1.1: longitude comes first.
	if f.Geometry.Type != "Point" || f.Geometry.Coordinates[0] != 73.1 || f.Geometry.Coordinates[1] != 49.8 {
		t.Errorf("geometry = %+v", f.Geometry)
	}
	if f.Properties["site_id"] != "KZ-0001" || f.Properties["rank"] != 1.0 || f.Properties["mining_since"] != "2023-05-15T18:00:00Z" {
		t.Errorf("properties = %v", f.Properties)
	}
	if _, ok := f.Properties["lat"]; ok {
		t.Error("the place is in the geometry, not among the properties")
	}
}
