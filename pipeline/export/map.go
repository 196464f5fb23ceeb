package export

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// A mapView draws the regions and where the proposed sites lie: degrees, east
// and north to scale at the middle latitude of the country.
type mapView struct {
	W, H    float64
	Regions []mapRegion // by code
	Dots    []mapDot    // largest first, so that none hides another
	Missing int         // proposed sites without coordinates
	Other   mapRegion   // sites of no known region
}

type mapRegion struct {
	Code, Name string
	Path       string
	Shade      int // 0 (nothing proposed) to shades
	Sites      int
	KW         float64
	X, Y       float64 // of the label
	City       bool
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
	mapWidth           = 760
	mapMargin          = 6
	dotSmall, dotLarge = 4, 12
	rankedDots         = 20
	shades             = 4
	middleLatitude     = 48
)

// geography is what the map draws, the same for each run.
type geography struct {
	regions ref.Regions
	borders []ref.Border
}

func loadGeography() (geography, error) {
	regions, err := ref.LoadRegions(nil)
	if err != nil {
		return geography{}, err
	}
	borders, err := ref.LoadBorders()
	return geography{regions, borders}, err
}

// regionOf returns the region of a site: by the name that came with it, else by
// its KATO code.
func (g geography) regionOf(v datasets.Visit, s datasets.Site) (ref.Region, bool) {
	if r, ok := g.regions.Find(v.Region); ok {
		return r, true
	}
	return g.regions.OfKATO(s.KATO)
}

// newMap lays out regions and sites.
func (g geography) newMap(sites []siteView) *mapView {
	p := g.projection(sites)
	m := &mapView{W: mapWidth, H: p.height}
	at := map[string]int{}
	for _, r := range g.regions {
		at[r.Code] = len(m.Regions)
		m.Regions = append(m.Regions, mapRegion{Code: r.Code, Name: r.NameEN, City: r.Code >= "70"})
	}
	for _, b := range g.borders {
		r := &m.Regions[at[b.Code]]
		if r.Path == "" {
			r.X, r.Y = p.middle(b.Ring)
		}
		r.Path += p.path(b.Ring)
	}
	for _, s := range sites {
		r := &m.Other
		if i, ok := at[s.RegionCode]; ok {
			r = &m.Regions[i]
		}
		r.Sites++
		r.KW += s.Visit.MiningKW
	}
	m.shade()
	m.addDots(sites, p)
	m.spread()
	// Cities lie inside regions: drawn after them.
	slices.SortStableFunc(m.Regions, func(a, b mapRegion) int { return cmp.Compare(a.Code, b.Code) })
	return m
}

// shade gives each region a step of the scale by its share of the largest.
func (m *mapView) shade() {
	most := 0.0
	for _, r := range m.Regions {
		most = max(most, r.KW)
	}
	for i := range m.Regions {
		if r := &m.Regions[i]; r.Sites > 0 {
			r.Shade = 1
			if most > 0 {
				r.Shade = min(shades, 1+int(shades*r.KW/most))
			}
		}
	}
}

func (m *mapView) addDots(sites []siteView, p projection) {
	most := 0.0
	for _, s := range sites {
		most = max(most, s.Visit.MiningKW)
	}
	for _, s := range sites {
		if !onEarth(s.Visit.Lat, s.Visit.Lon) {
			m.Missing++
			continue
		}
		x, y := p.at(s.Visit.Lat, s.Visit.Lon)
		d := mapDot{X: round1(x), Y: round1(y), R: dotSmall, Opacity: 0.35 + 0.6*s.Visit.Probability, Anchor: s.Anchor,
			Title: text("map.dot", s.Visit.Rank, s.Visit.SiteID, probability(s.Visit.Probability), grouped(0, s.Visit.MiningKW))}
		if most > 0 {
			d.R += (dotLarge - dotSmall) * math.Sqrt(max(0, s.Visit.MiningKW)/most)
		}
		if s.Visit.Rank <= rankedDots {
			d.Rank = strconv.Itoa(int(s.Visit.Rank))
		}
		m.Dots = append(m.Dots, d)
	}
	slices.SortStableFunc(m.Dots, func(a, b mapDot) int { return cmp.Compare(b.R, a.R) })
}

// spread moves dots that would cover each other apart, along a spiral, as far as
// it takes to see each, the largest two hundred; and the names of regions below the dots on them.
func (m *mapView) spread() {
	const most, turns, angle, step = 200, 300, 2.4, 2.0 // the golden angle fills a disc evenly
	for i := range m.Dots[:min(len(m.Dots), most)] {
		d := &m.Dots[i]
		x, y := d.X, d.Y
		for k := 1; k < turns && slices.ContainsFunc(m.Dots[:i], func(o mapDot) bool { return math.Hypot(o.X-d.X, o.Y-d.Y) < 0.8*(o.R+d.R) }); k++ {
			r := step * math.Sqrt(float64(k)) * 2
			d.X = round1(min(max(x+r*math.Cos(angle*float64(k)), d.R), m.W-d.R))
			d.Y = round1(min(max(y+r*math.Sin(angle*float64(k)), d.R), m.H-d.R))
		}
	}
	for i := range m.Regions {
		r := &m.Regions[i]
		for _, d := range m.Dots {
			if math.Abs(d.X-r.X) < 60 && math.Abs(d.Y-r.Y) < d.R+8 {
				r.Y = math.Round(d.Y + d.R + 12)
			}
		}
	}
}

// Busy returns the regions with proposed sites, most power first.
func (m *mapView) Busy() []mapRegion {
	var out []mapRegion
	for _, r := range m.Regions {
		if r.Sites > 0 {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b mapRegion) int { return cmp.Compare(b.KW, a.KW) })
	return out
}

// A projection is equirectangular about the middle of the country.
type projection struct {
	west, north   float64 // degrees at the left and upper edge
	unit, squeeze float64 // drawing units for a degree of latitude; length of one of longitude by it
	height        float64
}

// projection shows the whole country, and sites beyond its borders too.
func (g geography) projection(sites []siteView) projection {
	south, north, west, east := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	take := func(lat, lon float64) {
		south, north, west, east = min(south, lat), max(north, lat), min(west, lon), max(east, lon)
	}
	for _, b := range g.borders {
		for _, p := range b.Ring {
			take(p.Lat, p.Lon)
		}
	}
	for _, s := range sites {
		if onEarth(s.Visit.Lat, s.Visit.Lon) {
			take(s.Visit.Lat, s.Visit.Lon)
		}
	}
	p := projection{squeeze: math.Cos(middleLatitude * math.Pi / 180)}
	p.unit = (mapWidth - 2*mapMargin) / ((east - west) * p.squeeze)
	p.height = math.Ceil((north-south)*p.unit + 2*mapMargin)
	p.west, p.north = west-mapMargin/p.unit/p.squeeze, north+mapMargin/p.unit
	return p
}

func (p projection) at(lat, lon float64) (x, y float64) {
	return (lon - p.west) * p.squeeze * p.unit, (p.north - lat) * p.unit
}

func round1(x float64) float64 { return math.Round(10*x) / 10 }

// path returns a closed SVG path in whole units, relative to keep it short.
func (p projection) path(ring []ref.Point) string {
	var b strings.Builder
	lastX, lastY := 0, 0
	for i, pt := range ring {
		fx, fy := p.at(pt.Lat, pt.Lon)
		x, y := int(math.Round(fx)), int(math.Round(fy))
		switch {
		case i == 0:
			b.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "l")
		case x == lastX && y == lastY:
			continue
		default:
			dx, dy := strconv.Itoa(x-lastX), strconv.Itoa(y-lastY)
			if !strings.HasPrefix(dx, "-") && !strings.HasSuffix(b.String(), "l") {
				b.WriteByte(' ')
			}
			b.WriteString(dx)
			if !strings.HasPrefix(dy, "-") {
				b.WriteByte(' ')
			}
			b.WriteString(dy)
		}
		lastX, lastY = x, y
	}
	return b.String() + "z"
}

// middle returns the centre of gravity of a ring.
func (p projection) middle(ring []ref.Point) (x, y float64) {
	var area, sx, sy float64
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		ax, ay := p.at(a.Lat, a.Lon)
		bx, by := p.at(b.Lat, b.Lon)
		cross := ax*by - bx*ay
		area += cross
		sx += (ax + bx) * cross
		sy += (ay + by) * cross
	}
	return math.Round(sx / 3 / area), math.Round(sy / 3 / area)
}
