package linkage

import "math"

// A Model holds, for each field and level, how often the level occurs in pairs
// that belong together (M) and in others (U), and the share of all pairs that
// belong together (Prior). Level 0, missing, is in neither.
type Model struct {
	M, U  [fields][5]float64
	Prior float64
}

// DefaultModel is what [Model.Fit] starts from and few data stay near to. M is
// what a fit gave on the labelled set of sim.Register with seed 1; U
// is that of its random pairs, rounded up where none was seen. Prior is for a
// register of which half the entities are among 10,000 sites.
func DefaultModel() Model {
	return Model{
		M: [fields][5]float64{
			FieldName:  {0, 0.020, 0.020, 0.165, 0.795},
			FieldForm:  {0, 0.010, 0.990},
			FieldBIN:   {0, 0.010, 0.240, 0.750},
			FieldPlace: {0, 0.010, 0.015, 0.035, 0.940},
		},
		U: [fields][5]float64{
			FieldName:  {0, 0.9870, 0.0126, 0.0002, 0.0002},
			FieldForm:  {0, 0.450, 0.550},
			FieldBIN:   {0, 0.999989, 0.000001, 0.00001},
			FieldPlace: {0, 0.9460, 0.0500, 0.0037, 0.0003},
		},
		Prior: 0.5 / 10_000,
	}
}

// Weight returns what a level adds to the log-odds, ln(m/u); 0 if missing.
func (m *Model) Weight(field int, level uint8) float64 {
	if level == 0 {
		return 0
	}
	return math.Log(m.M[field][level] / m.U[field][level])
}

// LogOdds returns the log-odds of a pattern: the prior's and each field's weight.
func (m *Model) LogOdds(p Pattern) float64 {
	z := math.Log(m.Prior / (1 - m.Prior))
	for f, l := range p {
		z += m.Weight(f, l)
	}
	return z
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// Counts is how often each pattern, by its code, was seen.
type Counts [patterns]int64

// Add counts one pair.
func (c *Counts) Add(p Pattern) { c[p.code()]++ }

// Strength of what the model knew before, in pairs: so many that belong
// together, and so many random ones, would have to speak against it to be
// believed as much.
const (
	priorMatches = 200
	priorRandoms = 20_000
)

// Fit returns the model fitted to counts. random are patterns of random pairs
// without common BINs, from which u is taken. blocked are patterns of the
// pairs that the blocking rules proposed, out of total pairs; pairs that no
// rule proposed are taken not to belong together. m and the prior are found by
// EM (Dempster, Laird and Rubin 1977) on the counts, each starting from, and
// drawn to, the model's own; m of a field is learnt from pairs that other
// fields make nearly sure.
func (m Model) Fit(blocked, random *Counts, total float64) Model {
	fit := m
	for f := range fields {
		fit.U[f] = shares(f, random.levels(f), m.U[f], priorRandoms)
	}
	if total <= 0 {
		return fit
	}
	for range 200 {
		var expected [fields][5]float64
		matches := 0.0
		for code, n := range blocked {
			if n == 0 {
				continue
			}
			p := patternOf(code)
			w := float64(n) * logistic(fit.LogOdds(p))
			matches += w
			for f, l := range p {
				if anchored(f, p) {
					expected[f][l] += w
				}
			}
		}
		before := fit
		for f := range fields {
			fit.M[f] = shares(f, expected[f], m.M[f], priorMatches)
		}
		// The prior's own strength: a tenth of the matches it expects of itself.
		fit.Prior = (matches + priorMatches/10) / (total + priorMatches/10/m.Prior)
		if fit.near(&before) {
			break
		}
	}
	return fit
}

// anchored reports whether a pair may teach m of a field: only if other fields
// alone make it nearly sure. Else neighbours and namesakes, which agree in one
// field and are many, would be learnt as a kind of match of their own (the
// instability of EM that splink's users report).
func anchored(f int, p Pattern) bool {
	if f == FieldBIN {
		return p[FieldName] >= NameClose && p[FieldPlace] == PlaceSame
	}
	return p[FieldBIN] >= BINSlip && (p[FieldBIN] == BINEqual || f != FieldName || p[FieldPlace] == PlaceSame) &&
		(p[FieldBIN] == BINEqual || f != FieldPlace || p[FieldName] >= NameClose)
}

// levels sums the counts of each level of a field.
func (c *Counts) levels(f int) (n [5]float64) {
	for code, k := range c {
		n[patternOf(code)[f]] += float64(k)
	}
	return n
}

// shares returns the share of each level, missing left out, with strength
// pairs that follow known.
func shares(f int, n, known [5]float64, strength float64) (s [5]float64) {
	sum := strength
	for l := 1; l < levels[f]; l++ {
		sum += n[l]
	}
	for l := 1; l < levels[f]; l++ {
		s[l] = (n[l] + strength*known[l]) / sum
	}
	return s
}

func (m *Model) near(o *Model) bool {
	d := math.Abs(math.Log(m.Prior / o.Prior))
	for f := range fields {
		for l := 1; l < levels[f]; l++ {
			d = max(d, math.Abs(math.Log(m.M[f][l]/o.M[f][l])))
		}
	}
	return d < 1e-6
}
