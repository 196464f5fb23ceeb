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

// regionCodes are the first two digits of KATO codes: the 17 oblasts and 3
// cities since 2022-06-08 as ISO 3166-2:KZ numbers them, and 51, South
// Kazakhstan until 2018, which old registers still carry.
var regionCodes = [...]string{"10", "11", "15", "19", "23", "27", "31", "33", "35", "39", "43", "47", "51", "55", "59", "61", "62", "63", "71", "75", "79"}

// CheckKATO checks a code of the classifier of administrative and territorial
// objects: nine digits, of which the first two name the region.
func CheckKATO(s string) error {
	if len(s) != 9 {
		return fmt.Errorf("want 9 digits, got %d characters", len(s))
	}
	if _, ok := number(s); !ok {
		return errors.New("want 9 digits, got other characters")
	}
	for _, c := range regionCodes {
		if s[:2] == c {
			return nil
		}
	}
	return fmt.Errorf("no region has the code %s", s[:2])
}

// IsIndividual reports whether a valid number belongs to a person (IIN), not
// to an organisation (BIN): the fifth digit is then the tens of a birth day.
func IsIndividual(s string) bool { return len(s) == 12 && s[4] <= '3' }
