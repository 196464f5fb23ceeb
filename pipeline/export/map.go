package export

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// A mapView draws where the proposed sites lie: positions on a grid of degrees,
// east and north to scale at the middle latitude. It has no borders: none were
// to be had that are free and show the regions of 2022.
type mapView struct {
	W, H    float64
	Grid    []mapLine
	Regions []mapText
	Dots    []mapDot // largest first, so that none hides another
	Missing int      // proposed sites without coordinates
}

type mapLine struct {
	X1, Y1, X2, Y2 float64
	Label          mapText
}

type mapText struct {
	X, Y float64
	Text string
}

type mapDot struct {
	X, Y, R float64
	Opacity float64
	Rank    string // "" beyond rankedDots
	Anchor  string
	Title   string
}

// Sizes of the map in units of its drawing.
const (
	mapWidth           = 720
	mapLow, mapHigh    = 220, 430 // of its height
	mapMargin          = 28
	minDegrees         = 0.4 // of the longer side, so that one site is not a map of its yard
	dotSmall, dotLarge = 5, 15
	rankedDots         = 20
	maxLines           = 8
	maxDecimals        = 4 // of the degrees on the grid; the fifth is a metre
)

// newMap lays the sites out; nil if no site has coordinates.
func newMap(sites []siteView) *mapView {
	m := &mapView{W: mapWidth}
	var in []siteView
	for _, s := range sites {
		if s.Visit.Lat == 0 && s.Visit.Lon == 0 {
			m.Missing++
			continue
		}
		in = append(in, s)
	}
	if len(in) == 0 {
		return nil
	}
	p := fitProjection(in)
	m.H = p.height
	m.Grid = p.grid()
	m.Regions = p.regions(in)
	most := 0.0
	for _, s := range in {
		most = max(most, s.Visit.MiningKW)
	}
	for _, s := range in {
		x, y := p.at(s.Visit.Lat, s.Visit.Lon)
		d := mapDot{X: x, Y: y, R: dotSmall, Opacity: 0.35 + 0.6*s.Visit.Probability, Anchor: s.Anchor,
			Title: text("map.dot", strconv.Itoa(int(s.Visit.Rank)), s.Visit.SiteID, probability(s.Visit.Probability), grouped(0, s.Visit.MiningKW))}
		if most > 0 {
			d.R += (dotLarge - dotSmall) * math.Sqrt(max(0, s.Visit.MiningKW)/most)
		}
		if s.Visit.Rank <= rankedDots {
			d.Rank = strconv.Itoa(int(s.Visit.Rank))
		}
		m.Dots = append(m.Dots, d)
	}
	slices.SortStableFunc(m.Dots, func(a, b mapDot) int { return cmp.Compare(b.R, a.R) })
	return m
}

// A projection is equirectangular about the middle of the sites.
type projection struct {
	west, north float64 // degrees at the left and upper edge
	unit        float64 // drawing units for a degree of latitude
	squeeze     float64 // degrees of longitude by those of latitude, as lengths
	height      float64
	east, south float64 // at the right and lower edge
}

func fitProjection(in []siteView) projection {
	first := in[0].Visit
	south, north, west, east := first.Lat, first.Lat, first.Lon, first.Lon
	for _, s := range in[1:] {
		south, north = min(south, s.Visit.Lat), max(north, s.Visit.Lat)
		west, east = min(west, s.Visit.Lon), max(east, s.Visit.Lon)
	}
	p := projection{squeeze: max(0.1, math.Cos((south+north)/2*math.Pi/180))}
	wide := max((east-west)*p.squeeze, minDegrees)
	tall := max(north-south, minDegrees/2)
	p.unit = min((mapWidth-2*mapMargin)/wide, (mapHigh-2*mapMargin)/tall)
	p.height = math.Round(max(mapLow, tall*p.unit+2*mapMargin))
	p.west = (west+east)/2 - mapWidth/2/p.unit/p.squeeze
	p.east = (west+east)/2 + mapWidth/2/p.unit/p.squeeze
	p.north = (south+north)/2 + p.height/2/p.unit
	p.south = (south+north)/2 - p.height/2/p.unit
	return p
}

func (p projection) at(lat, lon float64) (x, y float64) {
	return math.Round((lon-p.west)*p.squeeze*p.unit*10) / 10, math.Round((p.north-lat)*p.unit*10) / 10
}

// gridSteps are the distances of grid lines that people read easily, in degrees.
var gridSteps = []float64{0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20}

// grid returns meridians and parallels with their degrees.
func (p projection) grid() []mapLine {
	var lines []mapLine
	span := max(p.east-p.west, p.north-p.south)
	step := gridSteps[len(gridSteps)-1]
	for _, s := range gridSteps {
		if span/s <= maxLines {
			step = s
			break
		}
	}
	decimals := 0
	for v := step; decimals < maxDecimals && math.Abs(v-math.Round(v)) > 1e-9; v *= 10 {
		decimals++
	}
	label := func(v float64, side string) string { return strconv.FormatFloat(v, 'f', decimals, 64) + "° " + side }
	for i := math.Ceil(p.west / step); i*step < p.east; i++ {
		x, _ := p.at(p.north, i*step)
		lines = append(lines, mapLine{x, 0, x, p.height, mapText{x + 3, p.height - 4, label(i*step, "E")}})
	}
	for i := math.Ceil(p.south / step); i*step < p.north; i++ {
		_, y := p.at(i*step, p.west)
		lines = append(lines, mapLine{0, y, mapWidth, y, mapText{3, y - 3, label(i*step, "N")}})
	}
	return lines
}

// regions names each region above its northernmost site.
func (p projection) regions(in []siteView) []mapText {
	at := map[string]int{}
	var out []mapText
	for _, s := range in {
		name := s.Visit.Region
		x, y := p.at(s.Visit.Lat, s.Visit.Lon)
		i, ok := at[name]
		if !ok {
			at[name] = len(out)
			out = append(out, mapText{x, y - dotLarge - 4, name})
			continue
		}
		if y-dotLarge-4 < out[i].Y {
			out[i].X, out[i].Y = x, y-dotLarge-4
		}
	}
	for i := range out {
		out[i].Y = max(12, out[i].Y)
		out[i].X = min(max(out[i].X, 60), mapWidth-60)
	}
	return out
}
