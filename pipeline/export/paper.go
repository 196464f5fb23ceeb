package export

import (
	"bytes"
	_ "embed"
	"fmt"
	"image/png"
	"io"
	"math"

	"github.com/go-pdf/fpdf"

	"github.com/minewatch/minewatch/pipeline/export/i18n"
)

// DejaVu Sans without hints and features, with Latin, Cyrillic and the letters
// of Kazakh; see fonts/LICENSE-DejaVu.txt.
//
//go:embed fonts/DejaVuSans.ttf
var plainFont []byte

//go:embed fonts/DejaVuSans-Bold.ttf
var boldFont []byte

// Sizes of the paper in mm, of its writing in points.
const (
	paperMargin  = 14.0
	paperWidth   = 210 - 2*paperMargin
	paperBottom  = 297 - 13.0
	formHeight   = 78.0 // of the blanks at the end of the second page
	bodySize     = 8.0
	smallSize    = 6.8
	tickSize     = 7.4
	headSize     = 9.5
	titleSize    = 12.0
	lineFactor   = 0.42 // height of a line in mm by the size in points
	rasterHeight = 34.0
	lineHeightMM = 26.0
)

// A paper is a dossier on two sheets of A4, in one language. It is drawn in grey
// and by pattern, so that it reads the same from a copier.
type paper struct {
	*fpdf.Fpdf
	lang i18n.Lang
	run  *Run
	full bool // the page has no room left above the form
}

// writePaper writes the PDF of a dossier: the same bytes each time.
func writePaper(w io.Writer, run *Run, d *dossierPage, c *Chart, days *days) error {
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", ""), lang: run.Language, run: run}
	p.SetCreationDate(run.AsOf.Date())
	p.SetModificationDate(run.AsOf.Date())
	p.SetCatalogSort(true)
	p.SetMargins(paperMargin, 12, paperMargin)
	p.SetAutoPageBreak(false, 0)
	p.SetLang(p.lang.Tag())
	p.SetTitle(p.say(text("dossier.head"))+" "+d.Site.Visit.SiteID, true)
	p.SetCreator("minewatch", true)
	p.AddUTF8FontFromBytes("d", "", plainFont)
	p.AddUTF8FontFromBytes("d", "B", boldFont)
	p.front(d, c, days)
	p.back(d)
	if err := p.Output(w); err != nil {
		return fmt.Errorf("dossier of %q: %w", d.Site.Visit.SiteID, err)
	}
	return nil
}

// say translates what the program says; data is printed as it is.
func (p *paper) say(english string) string { return i18n.Say(p.lang, english) }

func (p *paper) font(style string, size float64) float64 {
	p.SetFont("d", style, size)
	return size * lineFactor
}

// para writes a paragraph, broken into lines, and stops above the form.
func (p *paper) para(style string, size, width float64, s string) {
	h := p.font(style, size)
	for _, line := range p.SplitText(s, width) {
		if p.PageNo() == 2 && p.GetY()+h > paperBottom-formHeight && !p.full {
			p.full = true
			line = "…"
		} else if p.full {
			return
		}
		p.CellFormat(width, h, line, "", 2, "L", false, 0, "")
	}
}

func (p *paper) heading(s string) {
	p.Ln(1.2)
	p.para("B", headSize, paperWidth, p.say(s))
	p.Ln(0.4)
}

// header stands on both pages: what must not get lost when they part.
func (p *paper) header(d *dossierPage) {
	p.AddPage()
	h := p.font("", smallSize)
	p.SetTextColor(70, 70, 70)
	p.CellFormat(paperWidth-20, h, fmt.Sprintf("%s: %s / %s / %s", p.say(text("dossier.case")), d.Site.Visit.SiteID, d.RunID, p.say(d.AsOf)), "", 2, "L", false, 0, "")
	p.CellFormat(paperWidth-20, h, d.Code, "", 2, "L", false, 0, "")
	p.CellFormat(paperWidth-20, h, p.say(text("dossier.page", p.PageNo(), 2)), "", 2, "L", false, 0, "")
	p.SetTextColor(0, 0, 0)
	p.drawQR(d.Code, 210-paperMargin-17, 9, 17)
}

func (p *paper) drawQR(content string, x, y, size float64) {
	rows, err := qrModules(content)
	if err != nil {
		p.SetError(err)
		return
	}
	unit := size / float64(len(rows))
	p.SetFillColor(0, 0, 0)
	for i, row := range rows {
		for j := 0; j < len(row); j++ {
			begin := j
			for j < len(row) && row[j] {
				j++
			}
			if j > begin {
				p.Rect(x+float64(begin)*unit, y+float64(i)*unit, float64(j-begin)*unit, unit, "F")
			}
		}
	}
}

func (p *paper) front(d *dossierPage, c *Chart, days *days) {
	s := &d.Site
	p.header(d)
	p.Ln(5)
	p.para("B", titleSize, paperWidth-20, p.say(text("dossier.head"))+": "+s.Visit.SiteID+" "+s.Visit.Name)
	p.Ln(1)
	p.para("", bodySize, paperWidth, p.say(text("lead"))+" "+p.say(text("fee")))
	p.heading(label("finding", s.Finding))
	p.para("", bodySize, paperWidth, p.say(label("long", s.Finding))+" "+p.say(text("site.rank", s.Visit.Rank)))
	if s.Visit.ConfidenceNote != "" {
		p.para("", bodySize, paperWidth, p.say(text("site.limits"))+": "+p.say(s.Visit.ConfidenceNote))
	}
	p.Ln(1)
	p.facts(s)
	p.heading(text("chart.head"))
	if days == nil {
		p.para("", bodySize, paperWidth, p.say(text("chart.none")))
	} else {
		p.charts(s, c, days)
	}
	p.heading(text("water.head"))
	p.waterfall(s)
}

// facts prints the figures in four columns.
func (p *paper) facts(s *siteView) {
	v := s.Visit
	period := text("unknown")
	if s.Since != "" {
		period = text("lowhigh", s.Since, s.Until)
	}
	list := [][3]string{
		{text("site.probability"), probability(v.Probability) + " %", ""},
		{text("site.period"), period, ""},
		{text("site.power"), grouped(1, v.MiningKW) + " kW", ""},
		{text("site.energy"), grouped(0, v.MiningKWh) + " kWh", text("lowhigh", grouped(0, v.MiningKWhLow), grouped(0, v.MiningKWhHigh))},
		{text("site.declared"), grouped(0, v.DeclaredKWh) + " kWh", ""},
		{text("site.unpaid"), grouped(0, v.UnpaidKWh) + " kWh", ""},
		{text("site.tax"), grouped(0, v.TaxKZT) + " KZT", text("lowhigh", grouped(0, v.TaxKZTLow), grouped(0, v.TaxKZTHigh))},
		{text("site.registry"), label("match", s.Score.RegistryMatch), ""},
		{text("site.coverage"), text("site.hours", grouped(1, 100*s.Score.Coverage)), ""},
		{text("site.kinds"), grouped(0, s.Score.Kinds), ""},
		{text("site.bin"), v.BIN, ""},
		{text("site.visit"), v.VisitGroup, text("site.order", v.VisitOrder)},
	}
	const columns = 4
	width := paperWidth / float64(columns)
	top, low := p.GetY(), p.GetY()
	for i, f := range list {
		if i%columns == 0 {
			top = low + 0.6
		}
		p.SetXY(paperMargin+float64(i%columns)*width, top)
		p.SetTextColor(70, 70, 70)
		p.para("", smallSize, width-2, p.say(f[0]))
		p.SetTextColor(0, 0, 0)
		p.para("", bodySize, width-2, p.say(f[1]))
		if f[2] != "" {
			p.para("", smallSize, width-2, p.say(f[2]))
		}
		low = max(low, p.GetY())
	}
	p.SetXY(paperMargin, low+0.6)
	p.para("", bodySize, paperWidth, p.say(text("site.place"))+": "+p.region(s)+" "+v.Address)
}

func (p *paper) region(s *siteView) string {
	if s.RegionCode == "" {
		return s.Region
	}
	return s.RegionNames[p.lang]
}

// charts draws the raster in grey and the load below it on the same days.
func (p *paper) charts(s *siteView, c *Chart, d *days) {
	const left = paperMargin + 14
	const width = paperWidth - 14
	y := p.GetY() + 3
	var picture bytes.Buffer
	if err := png.Encode(&picture, greyRaster(d)); err != nil {
		p.SetError(err)
		return
	}
	p.RegisterImageOptionsReader("raster", fpdf.ImageOptions{ImageType: "PNG"}, &picture)
	p.ImageOptions("raster", left, y, width, rasterHeight, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	h := p.font("", smallSize)
	for i, hour := range []string{"00", "06", "12", "18", "24"} {
		p.Text(left-5, y+float64(i)*rasterHeight/4+0.8, hour)
	}
	for _, t := range d.ticks() {
		p.Text(left+t.X*width/100, y+rasterHeight+h, p.say(t.Label))
	}
	base := y + rasterHeight + 4 + lineHeightMM
	top := p.loadLines(c, d, left, base, width)
	p.Text(paperMargin, base-lineHeightMM+2, p.say(grouped(0, top)+" kW"))
	p.Text(left-5, base, "0")
	if c.Since > c.Start {
		x := left + d.percent(c.Since)*width/100
		p.SetLineWidth(0.3)
		p.SetDashPattern([]float64{1.2, 0.8}, 0)
		p.Line(x, y-2, x, base)
		p.SetDashPattern(nil, 0)
		p.Text(min(x+1, left+width-40), y-0.8, p.say(text("chart.begin"))+" "+p.say(s.Since))
	}
	p.SetXY(paperMargin, base+1)
	w := s.Words
	words := p.say(text("chart.words", w.From, w.To))
	if !math.IsNaN(w.Before) {
		words += " " + p.say(text("chart.before", grouped(1, w.Before)))
	}
	if !math.IsNaN(w.Expected) {
		words += " " + p.say(text("chart.during", grouped(1, w.During), grouped(1, w.Expected), grouped(1, w.Added)))
	}
	if s.Profile != nil && s.Profile.OnsetLow != 0 {
		words += " " + p.say(text("onset.range", s.Since, s.Profile.OnsetLowDay, s.Profile.OnsetUntil))
	}
	p.para("", smallSize, paperWidth, words+" "+p.say(text("chart.paper", grouped(0, d.topKW))))
}

// loadLines draws mean load (solid) and expected load (dashed) and returns the
// power at the top.
func (p *paper) loadLines(c *Chart, d *days, left, base, width float64) float64 {
	const points = 400
	k := (len(d.load) + points - 1) / points
	load, expected := bins(d.load, k), bins(d.expect, k)
	top := 0.0
	for _, m := range load {
		if m.known(k) {
			top = max(top, m.value())
		}
	}
	top = niceTop(top)
	draw := func(list []mean, from, to int) {
		lastX, lastY := -1.0, 0.0
		for i, m := range list {
			if !m.known(k) || i < from || i > to {
				lastX = -1
				continue
			}
			x := left + (float64(i)+0.5)*float64(k)/float64(len(d.load))*width
			y := base - min(max(m.value()/top, 0), 1)*lineHeightMM
			if lastX >= 0 {
				p.Line(lastX, lastY, x, y)
			}
			lastX, lastY = x, y
		}
	}
	p.SetDrawColor(0, 0, 0)
	p.SetLineWidth(0.1)
	p.Line(left, base, left+width, base)
	p.SetLineWidth(0.25)
	draw(load, 0, len(load))
	if c.Since != 0 {
		p.SetDashPattern([]float64{0.8, 0.6}, 0)
		draw(expected, d.dayOf(c.Since)/k, d.dayOf(c.Until-1)/k)
		p.SetDashPattern(nil, 0)
	}
	return top
}

// waterfall draws the terms: bars for mining are dark, those against it light
// with a frame, those not counted a frame alone.
func (p *paper) waterfall(s *siteView) {
	const barX, barWidth, number = paperMargin + 112.0, 52.0, 14.0
	for _, b := range s.Bars {
		if p.PageNo() == 1 && p.GetY() > paperBottom-8 {
			p.para("", smallSize, paperWidth, "…")
			return
		}
		y := p.GetY()
		words := p.say(b.Detail)
		if b.Prior {
			words = p.say(text("water.prior")) + "; " + words
		} else {
			words = b.Term + ": " + words
		}
		if !b.Counted {
			words += " (" + p.say(text("water.uncounted")) + ")"
		}
		h := p.font("", smallSize)
		lines := p.SplitText(words, 108)
		if room := int((paperBottom - y) / h); len(lines) > room {
			lines = append(lines[:max(room-1, 0)], "…")
		}
		for _, line := range lines {
			p.CellFormat(108, h, line, "", 2, "L", false, 0, "")
		}
		p.bar(b, barX, y+0.5, barWidth)
		p.SetXY(barX+barWidth+1, y)
		p.CellFormat(number, h, p.say(signed(b.Adds)), "", 0, "R", false, 0, "")
		p.SetXY(paperMargin, y+float64(max(len(lines), 1))*h+0.7)
	}
	p.para("B", bodySize, paperWidth, p.say(text("water.result", probability(s.Score.Probability)))+" ("+p.say(signed(s.SumLogOdds))+")")
}

func (p *paper) bar(b bar, x, y, width float64) {
	p.SetLineWidth(0.15)
	left, w := x+b.X*width/100, max(b.W*width/100, 0.4)
	switch {
	case !b.Counted:
		p.SetDashPattern([]float64{0.6, 0.5}, 0)
		p.Rect(left, y, w, 2, "D")
		p.SetDashPattern(nil, 0)
	case b.Adds < 0:
		p.SetFillColor(215, 215, 215)
		p.Rect(left, y, w, 2, "FD")
	default:
		p.SetFillColor(60, 60, 60)
		p.Rect(left, y, w, 2, "F")
	}
	zero := x + b.Zero*width/100
	p.Line(zero, y-0.4, zero, y+2.4)
}
