package load

import "math"

// An EnergyError holds the 5 % and 95 % quantiles of ln(true / estimated energy)
// of mines found in meters that the calibration had not seen.
type EnergyError struct{ Low, High float64 }

// EnergyClasses is the number of classes of blocks by how well their energy is
// known.
const EnergyClasses = 4

// EnergyClass returns the class of a block, from what is known of it without the
// truth: 0, the best, to EnergyClasses−1. Doubt comes from a weak block, from an
// edge and a level that disagree, and from later weeks that do.
func (b *Block) EnergyClass() int {
	doubts := 0
	if b.LogLR < 3 {
		doubts++
	}
	apart := func(a, b float64) float64 {
		if !(a > 0 && b > 0) {
			return math.Inf(1)
		}
		return math.Abs(math.Log(a / b))
	}
	if apart(b.LevelKW, b.EdgeKW) > 0.15 {
		doubts++
	}
	if apart(b.PlateauKW, b.LevelKW) > 0.15 {
		doubts++
	}
	return min(doubts, EnergyClasses-1)
}

func mustEnergies() (e [EnergyClasses]EnergyError) {
	for _, row := range table(energyCSV) {
		e[int(number(row[0]))] = EnergyError{number(row[1]), number(row[2])}
	}
	return e
}
