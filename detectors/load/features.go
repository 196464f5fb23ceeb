package load

import "math"

// FeatureNames name the elements of [Block.Features]. Each grows with the
// evidence for a mine: the shape functions of the model do not fall.
var FeatureNames = [...]string{
	"edge", "edge_rest", "edge_over_counter", "edge_over_lasting", "edge_over_year", "level", "steadiness", "excess",
	"agreement", "calendar", "proportion", "held", "plateau", "dips", "pulses", "depth", "size", "machine",
	"level_long", "week_agrees", "texture",
}

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
func (b *Block) Features() [len(FeatureNames)]float64 {
	ratio := func(a, b float64) float64 {
		if a > 0 && b > 0 {
			return max(-3, -math.Abs(math.Log(a/b)))
		}
		return -3
	}
	over := func(t float64) float64 { return math.Log((3 + max(0, b.EdgeT)) / (3 + t)) }
	share := func(kw float64) float64 { return max(-2, -math.Abs(kw)/max(b.KW, 1e-9)) }
	bound := func(v, low, high float64) float64 { return max(low, min(high, v)) }
	excess, plateau := 0.0, -0.5
	if b.Excess > 0 {
		excess = bound(-math.Log(b.Excess), -2, 2)
	}
	if b.PlateauKW != 0 {
		plateau = ratio(b.PlateauKW, b.LevelKW)
	}
	long, week, texture := math.Ln2, -0.5, -0.1
	if !math.IsNaN(b.LongZ) {
		long = math.Log1p(bound(b.LongZ, 0, 30))
	}
	if !math.IsNaN(b.WeekKW) {
		week = ratio(b.WeekKW, b.LevelKW)
	}
	if !math.IsNaN(b.Texture) {
		texture = -math.Abs(b.Texture)
	}
	return [...]float64{
		math.Log1p(max(0, b.EdgeT)),
		math.Copysign(math.Log1p(math.Abs(b.RestT)), b.RestT),
		over(b.CounterT), over(b.LastingT), over(b.YearT),
		math.Log1p(bound(b.LevelZ, 0, 30)),
		-math.Log(0.02 + min(b.Steady, 5)),
		excess,
		ratio(b.LevelKW, b.EdgeKW),
		share(b.OffKW), share(b.Proportion),
		b.Held, plateau,
		bound(b.Dips, -maxDips, maxDips), bound(b.Pulses, -maxDips, maxDips), bound(b.Depth, -maxDips, maxDips),
		bound(math.Log(max(b.KW, 1e-9)/max(b.MeanKW, 1e-9)), -4, 1),
		bound(math.Log(max(b.KW, 1e-9)/3.3), -2, 0),
		long, week, texture,
	}
}
