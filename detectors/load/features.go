package load

import "math"

// FeatureNames name the elements of [Block.Features]. Each grows with the
// evidence for a mine: the shape functions of the model do not fall.
var FeatureNames = [...]string{
	xEdge: "edge", xEdgeRest: "edge_rest", xEdgeOverCounter: "edge_over_counter", xEdgeOverLasting: "edge_over_lasting", xEdgeOverYear: "edge_over_year",
	xLevel: "level", xSteadiness: "steadiness", xExcess: "excess", xAgreement: "agreement", xCalendar: "calendar", xProportion: "proportion", xHeld: "held",
	xPlateau: "plateau", xDips: "dips", xPulse: "pulses", xDepth: "depth", xSize: "size", xMachine: "machine", xLevelLong: "level_long",
	xWeekAgrees: "week_agrees", xTexture: "texture",
}

// Places of the features.
const (
	xEdge = iota
	xEdgeRest
	xEdgeOverCounter
	xEdgeOverLasting
	xEdgeOverYear
	xLevel
	xSteadiness
	xExcess
	xAgreement
	xCalendar
	xProportion
	xHeld
	xPlateau
	xDips
	xPulse
	xDepth
	xSize
	xMachine
	xLevelLong
	xWeekAgrees
	xTexture
)

// Features returns what the model is applied to:
//
//	edge               ln(1 + EdgeT)
//	edge_rest          ±ln(1 + |RestT|)
//	edge_over_counter  ln((3 + EdgeT) / (3 + CounterT))
//	edge_over_lasting  the same with LastingT
//	edge_over_year     the same with YearT
//	level              ln(1 + LevelZ), LevelZ in [0, 30]
//	steadiness         −ln(0.02 + Steady), Steady at most 5
//	excess             −ln(Excess), in [−2, 2]; 0 if unknown
//	agreement          −|ln(LevelKW / EdgeKW)|, at least −3
//	calendar           −|OffKW| / KW, at least −2; 0 round the clock
//	proportion         −|Proportion| / KW, at least −2
//	held               Held
//	plateau            −|ln(PlateauKW / LevelKW)|, at least −3; −0.5 if unknown
//	dips, pulses       Dips and Pulses in ±maxDips
//	depth              Depth in ±maxDips
//	size               ln(KW / MeanKW), in [−4, 1]
//	machine            ln(KW / 3.3 kW), in [−2, 0]: less than one machine is no mine
//	level_long         ln(1 + LongZ), LongZ in [0, 30]; ln 2 if unknown
//	week_agrees        −|ln(WeekKW / LevelKW)|, at least −3; −0.5 if unknown
//	texture            −|Texture|; −0.1 if unknown: a mine does not make the rest rougher or calmer
func (b *Block) Features() (x [len(FeatureNames)]float64) {
	for at := range allSeen + 1 {
		b.features(&x, at)
	}
	return x
}

// features fills in those that are known from a stage on.
func (b *Block) features(x *[len(FeatureNames)]float64, at stage) {
	ratio := func(a, b float64) float64 {
		if a > 0 && b > 0 {
			return max(-3, -math.Abs(math.Log(a/b)))
		}
		return -3
	}
	over := func(t float64) float64 { return math.Log((3 + max(0, b.EdgeT)) / (3 + t)) }
	share := func(kw float64) float64 { return max(-2, -math.Abs(kw)/max(b.KW, 1e-9)) }
	bound := func(v, low, high float64) float64 { return max(low, min(high, v)) }
	switch at {
	case levelSeen:
		x[xEdge] = math.Log1p(max(0, b.EdgeT))
		x[xEdgeRest] = math.Copysign(math.Log1p(math.Abs(b.RestT)), b.RestT)
		x[xEdgeOverYear] = over(b.YearT)
		x[xSteadiness] = -math.Log(0.02 + min(b.Steady, 5))
		x[xAgreement] = ratio(b.LevelKW, b.EdgeKW)
		x[xCalendar], x[xProportion] = share(b.OffKW), share(b.Proportion)
		x[xSize] = bound(math.Log(max(b.KW, 1e-9)/max(b.MeanKW, 1e-9)), -4, 1)
		x[xMachine] = bound(math.Log(max(b.KW, 1e-9)/3.3), -2, 0)
	case courseSeen:
		x[xEdgeOverCounter], x[xEdgeOverLasting] = over(b.CounterT), over(b.LastingT)
		x[xHeld], x[xPlateau], x[xWeekAgrees], x[xTexture] = b.Held, -0.5, -0.5, -0.1
		if b.PlateauKW != 0 {
			x[xPlateau] = ratio(b.PlateauKW, b.LevelKW)
		}
		if !math.IsNaN(b.WeekKW) {
			x[xWeekAgrees] = ratio(b.WeekKW, b.LevelKW)
		}
		if !math.IsNaN(b.Texture) {
			x[xTexture] = -math.Abs(b.Texture)
		}
	case usualSeen:
		x[xLevel] = math.Log1p(bound(b.LevelZ, 0, 30))
	case dipsSeen:
		x[xDips] = bound(b.Dips, -maxDips, maxDips)
	case stopsSeen:
		x[xPulse], x[xDepth] = bound(b.Pulses, -maxDips, maxDips), bound(b.Depth, -maxDips, maxDips)
	case allSeen:
		x[xExcess], x[xLevelLong] = 0, math.Ln2
		if b.Excess > 0 {
			x[xExcess] = bound(-math.Log(b.Excess), -2, 2)
		}
		if !math.IsNaN(b.LongZ) {
			x[xLevelLong] = math.Log1p(bound(b.LongZ, 0, 30))
		}
	}
}
