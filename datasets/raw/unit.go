package raw

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// A unit says how a delivered number becomes one in the unit on disk.
type unit struct {
	name  string
	scale int     // integers: power of ten
	power bool    // mean power of the interval, not its energy
	mul   float64 // floats: number*mul + add
	add   float64
}

// Units by the kind of the column.
var (
	energyUnits = []unit{
		{name: "Wh", scale: 0}, {name: "kWh", scale: 3}, {name: "MWh", scale: 6}, {name: "GWh", scale: 9},
		{name: "W", scale: 0, power: true}, {name: "kW", scale: 3, power: true}, {name: "MW", scale: 6, power: true},
	}
	reactiveUnits = []unit{
		{name: "varh", scale: 0}, {name: "kvarh", scale: 3}, {name: "Mvarh", scale: 6},
		{name: "var", scale: 0, power: true}, {name: "kvar", scale: 3, power: true}, {name: "Mvar", scale: 6, power: true},
	}
	moneyUnits = []unit{{name: "KZT", scale: 2}, {name: "thousand KZT", scale: 5}, {name: "million KZT", scale: 8}}
	floatUnits = map[string][]unit{
		"degC": {{name: "degC", mul: 1}, {name: "degF", mul: 5.0 / 9, add: -160.0 / 9}, {name: "K", mul: 1, add: -273.15}},
		"MW":   {{name: "MW", mul: 1}, {name: "kW", mul: 1e-3}, {name: "W", mul: 1e-6}},
		"kW":   {{name: "kW", mul: 1}, {name: "MW", mul: 1e3}, {name: "W", mul: 1e-3}},
		"kV":   {{name: "kV", mul: 1}, {name: "V", mul: 1e-3}},
		"KZT":  {{name: "KZT", mul: 1}, {name: "thousand KZT", mul: 1e3}, {name: "million KZT", mul: 1e6}},
		"s":    {{name: "s", mul: 1}, {name: "ms", mul: 1e-3}, {name: "us", mul: 1e-6}},
	}
)

// unitOf returns a unit by its name, among those that the column can have.
func unitOf(c *datasets.Column, name string) (unit, error) {
	list := floatUnits[c.Unit]
	switch c.Kind {
	case datasets.Energy:
		list = energyUnits
	case datasets.Reactive:
		list = reactiveUnits
	case datasets.Money:
		list = moneyUnits
	case datasets.Float:
	default:
		list = nil
	}
	i := slices.IndexFunc(list, func(u unit) bool { return u.name == name })
	if i >= 0 {
		return list[i], nil
	}
	if list == nil {
		return unit{}, fmt.Errorf("the column has no unit to change")
	}
	var names []string
	for _, u := range list {
		names = append(names, u.name)
	}
	return unit{}, fmt.Errorf("no unit %q; there are %q", name, names)
}

var (
	noInterval  = problem{"power without the length of its interval", "give interval_min, as a column or a constant"}
	tooMuchDisk = problem{"number too large", "check the unit and the transformer ratio"}
)

// decimal reads a number into whole units of the disk, by the unit delivered
// and the transformer ratio. It rounds once, half away from zero.
func (l *loader) decimal(c *datasets.Column, cell []byte, scale int) (int64, *problem) {
	u, given := l.units[c.In]
	rated := l.ratio != 1000 && (c.Kind == datasets.Energy || c.Kind == datasets.Reactive)
	if !given && !rated {
		return l.plainDecimal(cell, scale)
	}
	if given {
		scale = u.scale
	}
	if !u.power && !rated {
		return l.plainDecimal(cell, scale)
	}
	n, p := l.plainDecimal(cell, scale+3)
	if p != nil {
		return 0, p
	}
	num, den := int64(1), int64(1000)
	if rated {
		num, den = num*l.ratio, den*1000
	}
	if u.power {
		if l.interval == nil || *l.interval <= 0 {
			return 0, &noInterval
		}
		num, den = num*int64(*l.interval), den*60
	}
	return mulDiv(n, num, den)
}

// plainDecimal is parseDecimal that also reads digits in groups, as programs
// set to Russian write them: 1 234,5.
func (l *loader) plainDecimal(cell []byte, scale int) (int64, *problem) {
	n, p := parseDecimal(cell, scale, l.comma)
	if p != nil && l.comma {
		if joined, ok := ungroup(cell); ok {
			return parseDecimal(joined, scale, true)
		}
	}
	return n, p
}

// mulDiv returns n*num/den, rounded half away from zero.
func mulDiv(n, num, den int64) (int64, *problem) {
	negative := n < 0
	if negative {
		n = -n
	}
	hi, lo := bits.Mul64(uint64(n), uint64(num))
	lo, carry := bits.Add64(lo, uint64(den/2), 0)
	hi += carry
	if hi >= uint64(den) {
		return 0, &tooMuchDisk
	}
	q, _ := bits.Div64(hi, lo, uint64(den))
	if q > math.MaxInt64/2 {
		return 0, &tooMuchDisk
	}
	if negative {
		return -int64(q), nil
	}
	return int64(q), nil
}

// ungroup removes the spaces (also U+00A0 and U+202F) between groups of three
// digits. ok is false if there are none, or if they stand elsewhere.
func ungroup(cell []byte) (joined []byte, ok bool) {
	text := []rune(string(cell))
	run, spaces := 0, 0 // digits since the last space
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			run++
			joined = append(joined, byte(r))
		case (r == '-' || r == '+') && i == 0:
			joined = append(joined, byte(r))
		case r == ' ' || r == '\u00a0' || r == '\u202f':
			if run == 0 || run > 3 || spaces > 0 && run != 3 {
				return nil, false
			}
			run = 0
			spaces++
		case r == ',' || r == '.':
			if spaces > 0 && run != 3 {
				return nil, false
			}
			rest := []byte(string(text[i:]))
			for _, c := range rest[1:] {
				if c < '0' || c > '9' {
					return nil, false
				}
			}
			return append(joined, rest...), spaces > 0
		default:
			return nil, false
		}
	}
	return joined, spaces > 0 && run == 3
}
