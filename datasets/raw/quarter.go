package raw

import (
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// Words that stand in a quarter written out, Russian and Kazakh, and the
// Roman numerals, in Latin letters and in the Cyrillic ones that look alike.
var quarterWords = map[string]string{
	"квартал": "", "кв": "", "тоқсан": "", "г": "", "год": "", "года": "", "жыл": "", "q": "",
	"i": "1", "ii": "2", "iii": "3", "iv": "4", "і": "1", "іі": "2", "ііі": "3", "іv": "4",
}

// writtenQuarter reads a quarter as people write it: 1 кв. 2023, IV квартал
// 2023 г., Q1 2023, 1Q2023, 1-тоқсан 2023.
func writtenQuarter(s string) (datasets.Quarter, bool) {
	var year, quarter string
	split := func(r rune) bool { return strings.ContainsRune(" .,-/\u00a0", r) }
	for _, word := range strings.FieldsFunc(strings.NewReplacer("q", " q ", "кв", " кв").Replace(strings.ToLower(s)), split) {
		if number, ok := quarterWords[word]; ok {
			word = number
		}
		switch {
		case word == "":
		case len(word) == 4 && year == "":
			year = word
		case len(word) == 1 && quarter == "":
			quarter = word
		default:
			return 0, false
		}
	}
	q, err := datasets.ParseQuarter(year + "Q" + quarter)
	return q, err == nil
}
