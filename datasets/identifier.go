package datasets

import (
	"errors"
	"fmt"
)

// CheckBIN checks a Kazakh business or individual identification number: 12
// digits, the last a check digit over the first eleven (weights 1…11 modulo
// 11, then 3…11, 1, 2 where the first remainder is 10).
//
// Source: Government decree 565 of 2003-06-11; examples in identifier_test.go.
func CheckBIN(s string) error {
	if len(s) != 12 {
		return fmt.Errorf("want 12 digits, got %d characters; leading zeros count", len(s))
	}
	var d [12]int
	for i := range d {
		if s[i] < '0' || s[i] > '9' {
			return fmt.Errorf("want 12 digits, got %q at position %d", s[i], i+1)
		}
		d[i] = int(s[i] - '0')
	}
	check := func(shift int) int {
		sum := 0
		for i := range 11 {
			sum += d[i] * ((i+shift)%11 + 1)
		}
		return sum % 11
	}
	c := check(0)
	if c == 10 {
		c = check(2)
	}
	if c == 10 {
		return errors.New("no check digit exists for this number, so it was never issued")
	}
	if c != d[11] {
		return fmt.Errorf("check digit is %d, want %d; one digit is probably mistyped", d[11], c)
	}
	return nil
}

// IsIndividual reports whether a valid number belongs to a person (IIN), not
// to an organisation (BIN): the fifth digit is then the tens of a birth day.
func IsIndividual(s string) bool { return len(s) == 12 && s[4] <= '3' }
