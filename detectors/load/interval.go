package load

import (
	"math"
	"slices"
)

// An EnergyError holds the 5 % and 95 % quantiles of ln(true / estimated energy)
// of mines found in meters that the calibration had not seen.
type EnergyError struct{ Low, High float64 }

// EnergyClasses is the number of classes of blocks by how well their energy is
// known.
const EnergyClasses = 6

// EnergyClass returns the class of a block, from what is known of it without the
// truth: 0, the best, to EnergyClasses−1. Doubt comes from a weak block and from
// powers that disagree.
func (b *Block) EnergyClass() int {
	doubts := 0
	for _, most := range [...]float64{2, 4} {
		if b.LogLR < most {
			doubts++
		}
	}
	x, n := b.powers()
	apart := missingPower * float64(len(x)-n)
	if n > 0 {
		apart += math.Log(x[n-1] / x[0])
	}
	for _, least := range [...]float64{0.08, 0.16, 0.32, 0.64} {
		if apart > least {
			doubts++
		}
	}
	return min(doubts, EnergyClasses-1)
}

// missingPower is the disagreement that a power counts for that is not known.
const missingPower = 0.3

// powers returns what is known of the power in kW in order of size: by the edge, over
// the first week, over four weeks and over all later ones, and how many are known.
func (b *Block) powers() (x [4]float64, n int) {
	for _, v := range [...]float64{b.EdgeKW, b.WeekKW, b.LevelKW, b.PlateauKW} {
		if v > 0 {
			x[n] = v
			n++
		}
	}
	slices.Sort(x[:n])
	return x, n
}

func mustEnergies() (e [EnergyClasses]EnergyError) {
	for _, row := range table(energyCSV) {
		e[int(number(row[0]))] = EnergyError{number(row[1]), number(row[2])}
	}
	return e
}
