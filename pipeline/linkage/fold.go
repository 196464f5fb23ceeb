package linkage

import (
	"strings"
	"unicode"
)

// latin gives each Cyrillic letter, Kazakh ones included, and each Latin letter
// with a mark its plain Latin spelling.
var latin = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "e", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y",
	'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f",
	'х': "kh", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "sh", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya",
	'ә': "a", 'ғ': "g", 'қ': "k", 'ң': "n", 'ө': "o", 'ұ': "u", 'ү': "u", 'һ': "h", 'і': "i",
	'ä': "a", 'á': "a", 'ğ': "g", 'ǵ': "g", 'ñ': "n", 'ń': "n", 'ö': "o", 'ó': "o", 'ū': "u", 'ü': "u", 'ú': "u",
	'ş': "sh", 'ś': "sh", 'ı': "y", 'ç': "ch", 'ý': "u",
}

// folds are applied from left to right, the first that fits at a place. They
// bring the systems of transliteration together (GOST, BGN, the passports', the
// Kazakh alphabets of 2017 to 2021), at the price of some letters that differ:
// the key is for comparing, not for reading. w stands for sh.
var folds = []struct{ from, to string }{
	{"shch", "w"}, {"sch", "w"}, {"sh", "w"}, {"tch", "c"}, {"ch", "c"}, {"dzh", "j"}, {"dj", "j"}, {"zh", "j"}, {"kh", "h"},
	{"gh", "g"}, {"ph", "f"}, {"ck", "k"}, {"qu", "ku"}, {"q", "k"}, {"ce", "se"}, {"ci", "si"}, {"c", "k"},
	{"x", "ks"}, {"w", "v"}, {"ye", "e"}, {"ie", "e"}, {"iy", "i"}, {"yi", "i"}, {"y", "i"},
}

// Fold brings letters of any of the three languages to one lower-case Latin
// key: transliterated, spellings of one sound made equal, doubled letters and
// everything but letters and digits dropped.
func Fold(s string) string {
	var plain strings.Builder
	for _, r := range strings.ToLower(s) {
		switch l, ok := latin[r]; {
		case ok:
			plain.WriteString(l)
		case r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			plain.WriteRune(r)
		}
	}
	in := plain.String()
	out := make([]byte, 0, len(in))
	put := func(s string) {
		for i := range len(s) {
			if n := len(out); n > 0 && out[n-1] == s[i] && s[i] > '9' {
				continue
			}
			out = append(out, s[i])
		}
	}
	for i := 0; i < len(in); {
		n := foldAt(in[i:], put)
		if n == 0 {
			put(in[i : i+1])
			n = 1
		}
		i += n
	}
	return string(out)
}

// foldAt applies the first fold that fits the begin of s and returns how many
// letters it took.
func foldAt(s string, put func(string)) int {
	for _, f := range foldsBy[s[0]] {
		if strings.HasPrefix(s, f.from) {
			put(f.to)
			return len(f.from)
		}
	}
	return 0
}

var foldsBy = func() (by [256][]struct{ from, to string }) {
	for _, f := range folds {
		by[f.from[0]] = append(by[f.from[0]], f)
	}
	return by
}()

// words splits a text into lower-case words of letters and digits; marks
// inside a word, such as apostrophes, are dropped.
func words(s string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(strings.ToLower(s), "ё", "е"), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’'
	})
}
