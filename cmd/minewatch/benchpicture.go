package main

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"slices"

	"github.com/minewatch/minewatch/pipeline"
)

// A scalingLine is one stage on one number of cores, over the sizes of the lake.
type scalingLine struct {
	Label, Path, Colour, Dash string
	LabelX, LabelY            float64
	Dots                      [][2]float64
}

// A scalingTick is a power of ten on an axis.
type scalingTick struct {
	At    float64
	Label string
}

const (
	pictureW, pictureH = 720.0, 440.0
	pictureLeft        = 70.0
	pictureRight       = 150.0 // for the labels of the lines
	pictureEdge        = 40.0
)

var scalingTemplate = template.Must(template.New("scaling").Parse(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{.W}} {{.H}}" font-family="sans-serif" font-size="12">
<rect width="{{.W}}" height="{{.H}}" fill="#fff"/>
<text x="{{.Left}}" y="20" font-size="14">Seconds by number of readings (both axes logarithmic; dashed: one core)</text>
{{range .X}}<path d="M{{.At}} {{$.Top}}V{{$.Bottom}}" stroke="#ddd"/><text x="{{.At}}" y="{{$.BelowX}}" text-anchor="middle">{{.Label}}</text>
{{end}}{{range .Y}}<path d="M{{$.Left}} {{.At}}H{{$.Right}}" stroke="#ddd"/><text x="{{$.LeftOfY}}" y="{{.At}}" dy="4" text-anchor="end">{{.Label}}</text>
{{end}}{{range .Lines}}{{$c := .Colour}}<path d="{{.Path}}" fill="none" stroke="{{$c}}" stroke-width="2" stroke-dasharray="{{.Dash}}"/>
{{range .Dots}}<circle cx="{{index . 0}}" cy="{{index . 1}}" r="3" fill="{{$c}}"/>{{end}}<text x="{{.LabelX}}" y="{{.LabelY}}" dy="4" fill="{{$c}}">{{.Label}}</text>
{{end}}</svg>
`))

// scalingPicture draws the seconds of each stage over the readings, a line for
// each number of cores.
func scalingPicture(costs []pipeline.StageCost) []byte {
	log := func(v float64) float64 { return math.Log10(max(v, 1e-3)) }
	x0, x1, y0, y1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, c := range costs {
		x0, x1 = min(x0, math.Floor(log(float64(c.Readings)))), max(x1, math.Ceil(log(float64(c.Readings))))
		y0, y1 = min(y0, math.Floor(log(c.Seconds))), max(y1, math.Ceil(log(c.Seconds)))
	}
	x1, y1 = max(x1, x0+1), max(y1, y0+1)
	right, bottom := pictureW-pictureRight, pictureH-pictureEdge
	px := func(v float64) float64 { return math.Round(pictureLeft + (v-x0)/(x1-x0)*(right-pictureLeft)) }
	py := func(v float64) float64 { return math.Round(bottom - (v-y0)/(y1-y0)*(bottom-pictureEdge)) }
	var xTicks, yTicks []scalingTick
	for v := x0; v <= x1; v++ {
		xTicks = append(xTicks, scalingTick{px(v), fmt.Sprintf("%g M", math.Pow(10, v-6))})
	}
	for v := y0; v <= y1; v++ {
		yTicks = append(yTicks, scalingTick{py(v), fmt.Sprintf("%g s", math.Pow(10, v))})
	}
	var out bytes.Buffer
	// The template and its values are of this file, and a buffer takes all.
	err := scalingTemplate.Execute(&out, map[string]any{"W": pictureW, "H": pictureH, "Left": pictureLeft, "LeftOfY": pictureLeft - 6, "Right": right,
		"Top": pictureEdge, "Bottom": bottom, "BelowX": bottom + 18, "X": xTicks, "Y": yTicks,
		"Lines": scalingLines(costs, func(v float64) float64 { return px(log(v)) }, func(v float64) float64 { return py(log(v)) })})
	if err != nil {
		panic(err)
	}
	return out.Bytes()
}

func scalingLines(costs []pipeline.StageCost, x, y func(float64) float64) []*scalingLine {
	colours := map[string]string{pipeline.BareScan: "#555", pipeline.LakeToEvidence: "#b30000", "profile": "#1f77b4", "check": "#2ca02c", "detect": "#9467bd"}
	lines := map[string]*scalingLine{}
	var order []*scalingLine
	costs = slices.Clone(costs)
	slices.SortStableFunc(costs, func(a, b pipeline.StageCost) int { return int(a.Readings - b.Readings) })
	for _, c := range costs {
		key := fmt.Sprint(c.Stage, c.Cores)
		l := lines[key]
		if l == nil {
			l = &scalingLine{Colour: colours[c.Stage], Label: fmt.Sprintf("%s, %d cores", c.Stage, c.Cores)}
			if c.Cores == 1 {
				l.Dash, l.Label = "5 4", c.Stage+", 1 core"
			}
			lines[key], order = l, append(order, l)
		}
		step := "L"
		if l.Path == "" {
			step = "M"
		}
		at := [2]float64{x(float64(c.Readings)), y(c.Seconds)}
		l.Dots = append(l.Dots, at)
		l.Path += fmt.Sprintf("%s%g %g", step, at[0], at[1])
		l.LabelX, l.LabelY = at[0]+8, at[1]
	}
	// Labels that would lie on each other move down.
	slices.SortStableFunc(order, func(a, b *scalingLine) int { return int(a.LabelY - b.LabelY) })
	for i := 1; i < len(order); i++ {
		order[i].LabelY = max(order[i].LabelY, order[i-1].LabelY+13)
	}
	return order
}
