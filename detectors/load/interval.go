package load

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// An EnergyError holds the 5 % and 95 % quantiles of ln(true / estimated energy)
// of mines found in meters that the calibration had not seen.
type EnergyError struct{ Low, High float64 }

// EnergyTermNames name the elements of [Block.EnergyTerms].
var EnergyTermNames = [...]string{"one", "disagreement", "size", "round_the_clock", "log_lr"}

// EnergyTerms returns what the error of a block's energy depends on, known without the
// truth:
//
//	one              1
//	disagreement     ln(0.03 + ln of its largest power by its smallest + missingPower for each
//	                 that is not known): of the edge, the first week, four weeks, all later ones
//	size             ln(KW / MeanKW), at least ln 0.03
//	round_the_clock  1 if no hours outside the calendar tell what the site does else
//	log_lr           LogLR in [0, 8]
func (b *Block) EnergyTerms() [len(EnergyTermNames)]float64 {
	x, n := b.powers()
	apart := missingPower * float64(len(x)-n)
	if n > 0 {
		apart += math.Log(x[n-1] / x[0])
	}
	always := 0.0
	if b.Duty != nil && b.Duty.n == 24 {
		always = 1
	}
	return [...]float64{1, math.Log(0.03 + apart), math.Log(max(0.03, b.KW/max(b.MeanKW, 1e-9))), always, max(0, min(8, b.LogLR))}
}

// An EnergySpread says how far energies are off: |ln(true / estimated)| is about
// exp(Weights · terms), at most Most, and between Low and High times it for nine blocks in ten.
type EnergySpread struct {
	Weights   [len(EnergyTermNames)]float64
	Most      float64
	Low, High float64
}

// Scale returns how far the energy of a block is off in the middle.
func (e *EnergySpread) Scale(b *Block) float64 {
	z := 0.0
	for i, v := range b.EnergyTerms() {
		z += e.Weights[i] * v
	}
	return min(math.Exp(z), e.Most)
}

// Of returns the interval of a block.
func (e *EnergySpread) Of(b *Block) EnergyError {
	s := e.Scale(b)
	return EnergyError{e.Low * s, e.High * s}
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

func mustEnergies() (e EnergySpread) {
	to := map[string]*float64{"most": &e.Most, "low": &e.Low, "high": &e.High}
	for i, name := range EnergyTermNames {
		to[name] = &e.Weights[i]
	}
	for _, row := range table(energyCSV) {
		*to[row[0]] = number(row[1])
	}
	return e
}

// Table writes the spread in the form that package load embeds.
func (e *EnergySpread) Table() string {
	var b strings.Builder
	b.WriteString("term,value\n")
	for i, name := range EnergyTermNames {
		fmt.Fprintf(&b, "%s,%.4f\n", name, e.Weights[i])
	}
	fmt.Fprintf(&b, "most,%.4f\nlow,%.4f\nhigh,%.4f\n", e.Most, e.Low, e.High)
	return b.String()
}
