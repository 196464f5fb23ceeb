package raw

import (
	"math"
)

// A problem is what is wrong with a cell. The texts are constants, so that a
// file of bad rows costs no memory and its faults can be counted.
type problem struct{ reason, remedy string }

var (
	notNumber   = problem{"not a decimal number", "write digits with a decimal point, without spaces or units"}
	numberRange = problem{"number too large", "check the unit"}
)

// parseDecimal reads a decimal number times 10^scale as an integer, exactly:
// digits beyond the scale round half away from zero, and no float is used.
// Exponents (1e-05, as some programs write small numbers) are read. comma
// allows a decimal comma.
func parseDecimal(s []byte, scale int, comma bool) (int64, *problem) {
	i, negative := 0, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		i = 1
	}
	var n uint64    // the digits so far
	kept := scale   // digits still wanted after the decimal point
	point := false  // whether the point was met
	digits := false // whether any digit was met
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			digits = true
			if point {
				if kept == 0 {
					return parseDecimalSlow(s, scale, comma)
				}
				kept--
			}
			if n > math.MaxInt64/10-1 {
				return parseDecimalSlow(s, scale, comma)
			}
			n = n*10 + uint64(c-'0')
		case (c == '.' || c == ',' && comma) && !point:
			point = true
		default:
			return parseDecimalSlow(s, scale, comma)
		}
	}
	if !digits {
		return 0, &notNumber
	}
	for ; kept > 0; kept-- {
		if n > math.MaxInt64/10-1 {
			return 0, &numberRange
		}
		n *= 10
	}
	if negative {
		return -int64(n), nil
	}
	return int64(n), nil
}

// parseDecimalSlow is parseDecimal for numbers with an exponent or with more
// digits than are kept.
func parseDecimalSlow(s []byte, scale int, comma bool) (int64, *problem) {
	negative := s[0] == '-'
	if negative || s[0] == '+' {
		s = s[1:]
	}
	// digits without sign, point and leading zeros; the value is
	// 0.d1d2d3… times 10^point
	var digits []byte
	point, seen, met := 0, false, false
	for len(s) > 0 {
		c := s[0]
		if c >= '0' && c <= '9' {
			met = true
			if !seen {
				point++
			}
			if len(digits) == 0 && c == '0' {
				point-- // a leading zero does not count
			} else {
				digits = append(digits, c)
			}
		} else if (c == '.' || c == ',' && comma) && !seen {
			seen = true
		} else {
			break
		}
		s = s[1:]
	}
	if !met {
		return 0, &notNumber
	}
	if len(s) > 0 {
		e, ok := exponent(s)
		if !ok {
			return 0, &notNumber
		}
		point += e
	}
	if len(digits) == 0 {
		return 0, nil
	}
	n, p := roundDigits(digits, point+scale)
	if negative {
		n = -n
	}
	return n, p
}

// roundDigits returns 0.d1d2d3… times 10^keep, rounded half away from zero.
// The first digit is not 0.
func roundDigits(digits []byte, keep int) (int64, *problem) {
	if keep < 0 {
		return 0, nil
	}
	if keep > 18 {
		return 0, &numberRange
	}
	n := int64(0)
	for i := range keep {
		n *= 10
		if i < len(digits) {
			n += int64(digits[i] - '0')
		}
	}
	if keep < len(digits) && digits[keep] >= '5' {
		n++
	}
	return n, nil
}

// exponent reads e+05 and the like; beyond ±999 the sign alone matters.
func exponent(s []byte) (int, bool) {
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	s = s[1:]
	sign := 1
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if len(s) == 0 {
		return 0, false
	}
	e := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		e = min(e*10+int(c-'0'), 1_000_000)
	}
	return sign * e, true
}
