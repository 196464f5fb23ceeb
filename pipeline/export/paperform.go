package export

import (
	"fmt"
	"image"
	"image/color"
)

// back is the second page: what speaks against it, the arithmetic, and the form.
func (p *paper) back(d *dossierPage) {
	s := &d.Site
	p.header(d)
	p.Ln(5)
	p.heading(text("counter.head"))
	for _, b := range s.Against {
		p.para("", bodySize, paperWidth, fmt.Sprintf("• %s %s: %s", b.Term, p.say(signed(b.Adds)), p.say(b.Detail)))
	}
	if len(s.Against) == 0 {
		p.para("", bodySize, paperWidth, p.say(text("counter.none")))
	}
	for _, e := range s.Withheld {
		p.para("", smallSize, paperWidth, p.say(text("water.withheld"))+": "+e.Detector+" ("+p.say(e.Detail)+")")
	}
	p.heading(text("dossier.clear"))
	for _, key := range []string{"dossier.clear.1", "dossier.clear.2", "dossier.clear.3", "dossier.clear.4", "dossier.clear.5"} {
		p.para("", bodySize, paperWidth, "• "+p.say(text(key)))
	}
	p.heading(text("registry.head"))
	for _, c := range s.Registry {
		p.para("", bodySize, paperWidth, fmt.Sprintf("• %s %s: %s, %s %%; %s", c.Name, c.BIN, p.say(label("match", c.Outcome)), probability(c.Probability), p.say(c.Reason)))
	}
	if len(s.Registry) == 0 {
		p.para("", bodySize, paperWidth, p.say(text("registry.none")))
	}
	p.heading(text("tax.head"))
	for _, line := range s.Lines {
		p.para("", bodySize, paperWidth, p.say(line))
	}
	p.para("", smallSize, paperWidth, p.say(text("tax.line.key")))
	for _, basis := range s.RateBases {
		p.para("", smallSize, paperWidth, "• "+p.say(basis))
	}
	p.heading(text("dossier.quality"))
	covered := d.Covered
	if covered == "" {
		covered = text("dossier.nocoverage")
	}
	p.para("", bodySize, paperWidth, p.say(covered))
	p.form()
}

// form draws the blanks at the foot of the page.
func (p *paper) form() {
	p.full = false
	p.SetXY(paperMargin, paperBottom-formHeight+1)
	p.SetLineWidth(0.3)
	p.Line(paperMargin, p.GetY(), paperMargin+paperWidth, p.GetY())
	formPara := func(style string, size float64, s string) {
		h := p.font(style, size)
		p.CellFormat(paperWidth, h, s, "", 2, "L", false, 0, "")
	}
	formPara("B", headSize, p.say(text("dossier.visit")))
	y := p.blanks(p.GetY()+1, []string{"blank.act", "blank.actdate", "blank.registered", "blank.checklist", "blank.team",
		"blank.time", "blank.meter", "blank.kw", "blank.devices", "blank.photos"})
	p.SetXY(paperMargin, y+1)
	left := p.ticks("dossier.outcome", paperMargin, y+1, []string{"outcome.1", "outcome.2", "outcome.3", "outcome.4", "outcome.5", "outcome.6", "outcome.7", "outcome.8"})
	right := p.ticks("dossier.checklist", paperMargin+0.44*paperWidth, y+1, []string{"check.1", "check.2", "check.3", "check.4", "check.5", "check.6"})
	p.blanks(max(left, right)+1, []string{"sign.inspector", "sign.second", "sign.holder"})
}

// blanks draws fields to write into, five in a row, and returns where they end.
func (p *paper) blanks(y float64, keys []string) float64 {
	const columns, height = 5, 9.0
	width := paperWidth / float64(columns)
	for i, key := range keys {
		x, top := paperMargin+float64(i%columns)*width, y+float64(i/columns)*height
		h := p.font("", smallSize)
		for j, line := range p.SplitText(p.say(text(key)), width-2) {
			if j == 2 {
				break
			}
			p.Text(x, top+h*float64(j+1)-0.6, line)
		}
		p.SetLineWidth(0.2)
		p.Line(x, top+height-0.5, x+width-3, top+height-0.5)
	}
	return y + float64((len(keys)+columns-1)/columns)*height
}

// ticks draws boxes to tick, and returns where they end.
func (p *paper) ticks(title string, x, y float64, keys []string) float64 {
	h := p.font("B", tickSize) + 0.8
	p.Text(x, y+h-0.8, p.say(text(title)))
	p.font("", tickSize)
	p.SetLineWidth(0.25)
	for _, key := range keys {
		y += h + 0.35
		p.Rect(x, y+0.6, 2.6, 2.6, "D")
		p.Text(x+4, y+h-0.9, p.say(text(key)))
	}
	return y + h
}

// greyRaster is the raster for a copier: more power is darker, a missing hour is
// a checkered field. A column is a day, a row a third of an hour, for the pattern.
func greyRaster(d *days) image.Image {
	const rows = 3
	img := image.NewGray(image.Rect(0, 0, len(d.load), 24*rows))
	for x := range d.load {
		for y := range 24 * rows {
			m := d.cells[24*x+y/rows]
			shade := uint8(255)
			switch {
			case m.n == 0 && (x+y)%2 == 0:
				shade = 90
			case m.n > 0:
				shade = 245 - uint8(24*int(colourOf(m.value(), d.topKW)-1))
			}
			img.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	return img
}
