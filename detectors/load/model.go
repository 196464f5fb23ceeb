package load

import (
	"fmt"
	"slices"
	"strings"
)

// A Model is an additive model of the log-likelihood ratio of a block: an
// intercept and, for each feature, a shape function that a person can read. Scale
// turns what they add up to into the log-likelihood ratio: linear between its knots
// and on beyond them, rising; without knots the sum is the ratio.
type Model struct {
	Intercept float64
	Shapes    [len(FeatureNames)]Shape1
	Scale     Shape1
}

// A Shape1 is a function of one feature: linear between its knots, constant
// outside, nowhere falling.
type Shape1 struct{ At, LogLR []float64 }

// Of returns the value of the function at x.
func (s *Shape1) Of(x float64) float64 {
	n := len(s.At)
	switch {
	case n == 0:
		return 0
	case !(x > s.At[0]):
		return s.LogLR[0]
	case x >= s.At[n-1]:
		return s.LogLR[n-1]
	}
	i, _ := slices.BinarySearch(s.At, x)
	share := (x - s.At[i-1]) / (s.At[i] - s.At[i-1])
	return s.LogLR[i-1] + share*(s.LogLR[i]-s.LogLR[i-1])
}

// LogLR returns the log-likelihood ratio of a block with these features, and
// does not cap it.
func (m *Model) LogLR(x [len(FeatureNames)]float64) float64 {
	z := m.Intercept
	for i := range m.Shapes {
		z += m.Shapes[i].Of(x[i])
	}
	return m.scaled(z)
}

func (m *Model) scaled(z float64) float64 {
	at, to := m.Scale.At, m.Scale.LogLR
	if len(at) < 2 {
		return z
	}
	i, _ := slices.BinarySearch(at[1:len(at)-1], z)
	return to[i] + (z-at[i])*(to[i+1]-to[i])/(at[i+1]-at[i])
}

// readModel reads a table of the form term, at, log_lr.
func readModel(text string) (Model, error) {
	var m Model
	for _, row := range table(text) {
		if row[0] == "intercept" {
			m.Intercept = number(row[2])
			continue
		}
		s := &m.Scale
		if row[0] != "scale" {
			i := slices.Index(FeatureNames[:], row[0])
			if i < 0 {
				return m, fmt.Errorf("block_model.csv: unknown term %s", row[0])
			}
			s = &m.Shapes[i]
		}
		s.At, s.LogLR = append(s.At, number(row[1])), append(s.LogLR, number(row[2]))
	}
	for i := 1; i < len(m.Scale.At); i++ {
		if m.Scale.At[i] <= m.Scale.At[i-1] || m.Scale.LogLR[i] <= m.Scale.LogLR[i-1] {
			return m, fmt.Errorf("block_model.csv: scale must rise from knot to knot")
		}
	}
	for i, s := range m.Shapes {
		if len(s.At) == 0 || !slices.IsSorted(s.At) || !slices.IsSorted(s.LogLR) {
			return m, fmt.Errorf("block_model.csv: %s must have knots in order and must not fall", FeatureNames[i])
		}
	}
	return m, nil
}

// Table writes the model in the form that package load embeds.
func (m *Model) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "term,at,log_lr\nintercept,0,%.4f\n", m.Intercept)
	write := func(name string, s *Shape1) {
		for k, at := range s.At {
			fmt.Fprintf(&b, "%s,%.4f,%.4f\n", name, at, s.LogLR[k])
		}
	}
	write("scale", &m.Scale)
	for i := range m.Shapes {
		write(FeatureNames[i], &m.Shapes[i])
	}
	return b.String()
}
