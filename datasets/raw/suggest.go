package raw

import "strings"

// nearest returns the name that is most like want: equal but for punctuation,
// or one that differs in at most a third of its letters; "" if there is none.
func nearest(want string, names []string) string {
	best, least := "", 1+len(want)/3
	for _, n := range names {
		d := distance(letters(want), letters(n))
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

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
