package export

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A detail bounds what a report shows of one site, so that a report on many
// sites stays small: the more sites, the more days share a column.
type detail struct {
	rasterBytes int // of the picture in base64
	linePoints  int
	taxLines    int
	profiles    int // how many sites show their day by hour; their dossiers all do
}

// Budgets of a whole report, see detailFor.
const (
	rasterBudget = 300_000 // bytes
	pointBudget  = 20_000  // points of lines, about five bytes each
	taxBudget    = 2_500   // lines of tax arithmetic
	dayBudget    = 100     // days by hour, about a kilobyte each
)

// detailFor divides the budgets among so many sites, within what is worth drawing.
func detailFor(sites int) detail {
	n := max(sites, 1)
	return detail{
		rasterBytes: min(max(rasterBudget/n, 600), 40_000),
		linePoints:  min(max(pointBudget/n, 40), 1200),
		taxLines:    min(max(taxBudget/n, 4), 60),
		profiles:    dayBudget,
	}
}

// A plot holds both pictures of one site: a raster of day by hour, and lines of
// the mean by day. Positions are in percent of the width, so that labels keep
// their size on a narrow screen.
type plot struct {
	Ticks []tick
	// Since and Until mark the block; -1 if there is none, or if it began
	// before the data (Since) or goes on at their end (Until).
	Since, Until   float64
	SinceLeft      bool              // the label of Since stands to its left
	UntilShown     bool              // there is room for the label of Until
	BandX, BandW   float64           // the block as a band
	Raster         template.HTMLAttr // href of the picture; as an attribute it stays unescaped and short
	RasterW        float64           // percent; above 100 where the last column is not full
	RasterDays     int               // days in a column
	TopKW          float64           // what the last colour stands for, and all above
	Load, Expected string            // path data; one unit a bin
	Bins           int
	BinsW          float64
	LineDays       int
	LineTopKW      float64
}

// lineHeight is the height of the line plot in units of its path data.
const lineHeight = 200

func newPlot(c *Chart, d *days, size detail) (*plot, error) {
	p := &plot{Ticks: d.ticks(), Since: -1, Until: -1, TopKW: d.topKW}
	if c.Since != 0 {
		p.BandX = d.percent(c.Since)
		p.BandW = d.percent(c.Until) - p.BandX
		if c.Since > c.Start {
			p.Since = p.BandX
		}
		if c.Until < c.end() {
			p.Until = d.percent(c.Until)
		}
	}
	// A label takes up to a third of the width of a phone.
	short := p.Since >= 0 && p.Until >= 0 && p.Until-p.Since < 45
	p.SinceLeft = p.Since > 80 || short && p.Since > 35
	p.UntilShown = !short || p.SinceLeft
	if err := p.drawRaster(d, size.rasterBytes); err != nil {
		return nil, err
	}
	since, until := 0, len(d.load)
	if c.Since != 0 {
		since, until = d.dayOf(c.Since), d.dayOf(c.Until-1)
	}
	p.drawLines(d, size.linePoints, since, until)
	return p, nil
}

// cividis has ten even steps from little to much. It reads the same for people
// with a colour-vision deficiency and in grey. Source: Nuñez, Anderton and
// Renslow 2018, doi 10.1371/journal.pone.0199239.
var cividis = []uint32{0x00204D, 0x00336F, 0x39486B, 0x575C6D, 0x707173, 0x8A8779, 0xA69D75, 0xC4B56C, 0xE4CF5B, 0xFFEA46}

// rasterPalette is a transparent colour for "missing", behind which the page
// shows a hatching, then cividis.
var rasterPalette = func() color.Palette {
	p := color.Palette{color.NRGBA{}}
	for _, c := range cividis {
		p = append(p, color.NRGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 255})
	}
	return p
}()

// drawRaster draws the hours with as many days to a column as it takes to stay
// within maxBytes of base64.
func (p *plot) drawRaster(d *days, maxBytes int) error {
	n := len(d.load)
	for k := 1; ; k++ {
		var buf bytes.Buffer
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		if err := encoder.Encode(&buf, rasterImage(d, k)); err != nil {
			return fmt.Errorf("draw raster: %w", err)
		}
		size := base64.StdEncoding.EncodedLen(buf.Len())
		if size <= maxBytes || k >= n {
			p.Raster = template.HTMLAttr(`href="data:image/png;base64,` + base64.StdEncoding.EncodeToString(buf.Bytes()) + `"`)
			p.RasterDays = k
			p.RasterW = 100 * float64((n+k-1)/k*k) / float64(n)
			return nil
		}
		k = max(k, k*size/maxBytes-1) // nearly in proportion; the loop adds the rest
	}
}

// rasterImage has a column for every k days and a row for every local hour,
// midnight at the top.
func rasterImage(d *days, k int) *image.Paletted {
	columns := (len(d.load) + k - 1) / k
	img := image.NewPaletted(image.Rect(0, 0, columns, 24), rasterPalette)
	for x := range columns {
		for hour := range 24 {
			var m mean
			for day := x * k; day < min((x+1)*k, len(d.load)); day++ {
				m.join(d.cells[24*day+hour])
			}
			if m.n > 0 {
				img.SetColorIndex(x, hour, colourOf(m.value(), d.topKW))
			}
		}
	}
	return img
}

func colourOf(kw, top float64) uint8 {
	if top <= 0 {
		return 1
	}
	level := int(kw / top * float64(len(cividis)))
	return uint8(1 + min(max(level, 0), len(cividis)-1))
}

// drawLines draws mean load and, from day since to until, expected load by day, or by as many days as it
// takes to stay within maxPoints.
func (p *plot) drawLines(d *days, maxPoints, since, until int) {
	n := len(d.load)
	k := (n + maxPoints - 1) / maxPoints
	load, expected := bins(d.load, k), bins(d.expect, k)
	top := 0.0
	for _, m := range slices.Concat(load, expected) {
		if m.known(k) {
			top = max(top, m.value())
		}
	}
	p.LineDays, p.Bins, p.LineTopKW = k, len(load), niceTop(top)
	p.BinsW = 100 * float64(len(load)*k) / float64(n)
	p.Load = pathOf(load, p.LineTopKW, k)
	for i := range expected { // before the block it is the load
		if i < since/k || i > until/k {
			expected[i] = mean{}
		}
	}
	p.Expected = pathOf(expected, p.LineTopKW, k)
}

// known reports whether a bin of k days has half of its hours: the mean of a few
// hours of the day is not the day's.
func (m mean) known(k int) bool { return m.n >= 12*k }

// pathOf returns SVG path data with one unit of x a bin of k days, broken where
// too little is known. Relative coordinates keep it short. "" if nothing is known.
func pathOf(list []mean, top float64, k int) string {
	var b strings.Builder
	pen := false
	last := 0
	for i, m := range list {
		if !m.known(k) {
			pen = false
			continue
		}
		y := lineHeight - int(math.Round(min(max(m.value()/top, 0), 1)*lineHeight))
		if pen {
			b.WriteString("l1")
			if y >= last {
				b.WriteByte(' ')
			}
			b.WriteString(strconv.Itoa(y - last))
		} else {
			// The step of no length makes a single bin visible as a dot.
			fmt.Fprintf(&b, "M%d %dh0", i, y)
		}
		pen, last = true, y
	}
	return b.String()
}
