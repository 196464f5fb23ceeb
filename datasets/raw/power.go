package raw

import (
	"strconv"
	"strings"
)

var ambiguousComma = problem{"a comma that may begin decimals or part thousands", "write a decimal point, or no comma"}

// powerUnits are units that registers write behind a power, in MW.
var powerUnits = []struct {
	suffix string
	mw     float64
}{
	{"мвт", 1}, {"mw", 1}, {"мегаватт", 1}, {"квт", 1e-3}, {"kw", 1e-3}, {"киловатт", 1e-3},
}

// parsePower reads a power in MW as registers of people write it: with its unit
// behind it and a decimal comma, as in "1,5 МВт" or "800 кВт". A comma with
// exactly three digits behind it is refused, since it may part thousands.
func parsePower(cell []byte) (mw float64, fault *problem) {
	s := strings.ToLower(strings.TrimRight(string(cell), ". "))
	factor := 1.0
	for _, u := range powerUnits {
		if number, ok := strings.CutSuffix(s, u.suffix); ok {
			s, factor = strings.TrimRight(number, " \u00a0\u202f"), u.mw
			break
		}
	}
	if joined, ok := ungroup([]byte(s)); ok {
		s = string(joined)
	}
	if strings.Trim(s, "0123456789.,+-") != "" || strings.Count(s, ",") > 1 {
		return 0, &notNumber
	}
	if whole, decimals, ok := strings.Cut(s, ","); ok {
		if len(decimals) == 3 && strings.Trim(whole, "0+-") != "" { // 0,500 can only be decimals
			return 0, &ambiguousComma
		}
		s = whole + "." + decimals
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, &notNumber
	}
	return f * factor, nil
}
