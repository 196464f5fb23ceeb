package export

import (
	"encoding/json"
	"io"
	"math"

	"github.com/minewatch/minewatch/datasets"
)

// featureCollection is a GeoJSON document (RFC 7946). The members after
// Features are foreign ones (section 6.1 there).
type featureCollection struct {
	Type     string    `json:"type"`
	Features []feature `json:"features"`

	Run                string `json:"run"`
	AsOf               string `json:"as_of"`
	Note               string `json:"note"`
	WithoutCoordinates int    `json:"without_coordinates"` // proposed sites that cannot be shown
}

type feature struct {
	Type       string         `json:"type"`
	Geometry   geometry       `json:"geometry"`
	Properties map[string]any `json:"properties"` // encoding/json sorts the names
}

type geometry struct {
	Type        string         `json:"type"`
	Coordinates [2]json.Number `json:"coordinates"` // longitude, latitude, WGS 84
}

// writeGeoJSON writes the proposed sites that have coordinates, in the order of
// the list, with the columns of the list as properties; empty ones are left out.
func writeGeoJSON(w io.Writer, run *Run) error {
	rows := RowsOf(run.Visits)
	doc := featureCollection{
		Type: "FeatureCollection", Features: []feature{},
		Run: clean(run.ID), AsOf: run.AsOf.String(), Note: text("lead"),
	}
	for i, v := range run.Visits {
		if !onEarth(v.Lat, v.Lon) {
			doc.WithoutCoordinates++
			continue
		}
		f := feature{Type: "Feature", Properties: map[string]any{}, Geometry: geometry{
			Type: "Point", Coordinates: [2]json.Number{json.Number(fixed(v.Lon, 6)), json.Number(fixed(v.Lat, 6))},
		}}
		for _, c := range rows.columns() {
			if p := property(rows, i, c); p != nil && c.Name != "lat" && c.Name != "lon" {
				f.Properties[c.Name] = p
			}
		}
		doc.Features = append(doc.Features, f)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(doc)
}

func property(rows Rows, i int, c datasets.Column) any {
	s := rows.text(i, c)
	switch {
	case s == "":
		return nil
	case isNumber(c):
		return json.Number(s)
	case c.Kind == datasets.Bool:
		return s == "true"
	}
	return s
}

// onEarth reports whether a place was given. A place of exactly 0, 0 is an empty one.
func onEarth(lat, lon float64) bool {
	return (lat != 0 || lon != 0) && math.Abs(lat) <= 90 && math.Abs(lon) <= 180
}
