package export

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"

	"github.com/twpayne/go-kml/v3"

	"github.com/minewatch/minewatch/datasets"
)

// A trip is the sites that one team visits, in the order of the visits.
type trip struct {
	name   string
	visits []datasets.Visit
}

// trips groups the sites that have coordinates by visit group, the group with
// the best visit first.
func trips(run *Run) []trip {
	var out []trip
	at := map[string]int{}
	for _, v := range run.Visits {
		if !onEarth(v.Lat, v.Lon) {
			continue
		}
		v = cleaned(v)
		i, ok := at[v.VisitGroup]
		if !ok {
			i = len(out)
			at[v.VisitGroup] = i
			out = append(out, trip{name: v.VisitGroup})
		}
		out[i].visits = append(out[i].visits, v)
	}
	for _, t := range out {
		slices.SortStableFunc(t.visits, func(a, b datasets.Visit) int { return cmp.Compare(a.VisitOrder, b.VisitOrder) })
	}
	return out
}

// placeWords say what a team must know of a site, in a line without markup.
func placeWords(v datasets.Visit) string {
	s := fmt.Sprintf("%s; %s %%; %s kW", label("finding", v.Finding), probability(v.Probability), grouped(0, v.MiningKW))
	for _, more := range []string{v.Name, v.Address} {
		if more != "" {
			s += "; " + more
		}
	}
	return s
}

func placeName(v datasets.Visit) string { return fmt.Sprintf("%d %s", v.VisitOrder, v.SiteID) }

// gpx is a GPX 1.1 document: a waypoint a site, a route a trip. Order of the
// elements as in its schema, topografix.com/GPX/1/1.
type gpx struct {
	XMLName  xml.Name   `xml:"http://www.topografix.com/GPX/1/1 gpx"`
	Version  string     `xml:"version,attr"`
	Creator  string     `xml:"creator,attr"`
	Metadata gpxMeta    `xml:"metadata"`
	Points   []gpxPoint `xml:"wpt"`
	Routes   []gpxRoute `xml:"rte"`
}

type gpxMeta struct {
	Name string `xml:"name"`
	Desc string `xml:"desc"`
	Time string `xml:"time"`
}

type gpxPoint struct {
	Lat  string `xml:"lat,attr"`
	Lon  string `xml:"lon,attr"`
	Name string `xml:"name"`
	Desc string `xml:"desc,omitempty"`
}

type gpxRoute struct {
	Name   string     `xml:"name"`
	Number int        `xml:"number"`
	Points []gpxPoint `xml:"rtept"`
}

// writeGPX writes the trips for phones and navigators.
func writeGPX(w io.Writer, run *Run) error {
	doc := gpx{Version: "1.1", Creator: "minewatch", Metadata: gpxMeta{
		Name: text("report.title"), Desc: text("lead"), Time: run.AsOf.Date().Format("2006-01-02T15:04:05Z")}}
	for i, t := range trips(run) {
		route := gpxRoute{Name: t.name, Number: i + 1}
		for _, v := range t.visits {
			p := gpxPoint{Lat: fixed(v.Lat, 6), Lon: fixed(v.Lon, 6), Name: placeName(v)}
			route.Points = append(route.Points, p)
			p.Desc = placeWords(v)
			doc.Points = append(doc.Points, p)
		}
		if len(route.Points) > 1 {
			doc.Routes = append(doc.Routes, route)
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// writeKML writes the trips for map programs: a folder a trip, plain text only.
func writeKML(w io.Writer, run *Run) error {
	children := []kml.Element{kml.Name(text("report.title")), kml.Description(text("lead"))}
	for _, t := range trips(run) {
		folder := []kml.Element{kml.Name(t.name)}
		for _, v := range t.visits {
			folder = append(folder, kml.Placemark(kml.Name(placeName(v)), kml.Description(placeWords(v)),
				kml.Point(kml.Coordinates(kml.Coordinate{Lon: v.Lon, Lat: v.Lat}))))
		}
		children = append(children, kml.Folder(folder...))
	}
	return kml.KML(kml.Document(children...)).WriteIndent(w, "", " ")
}
