package raw

import (
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// nearest returns the name that is most like want: equal but for punctuation,
// or one that differs in at most a third of its letters; "" if there is none.
func nearest(want string, names []string) string {
	best, least := "", 1+len(want)/3
	for _, n := range names {
		d := datasets.EditDistance(letters(want), letters(n))
		if want == "ts" && (strings.Contains(n, "time") || strings.Contains(n, "date")) {
			d = 0 // what everybody else calls it
		}
		if d < least {
			best, least = n, d
		}
	}
	return best
}

// letters drops everything but letters and digits.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == ' ' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}
