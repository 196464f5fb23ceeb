package registry

import (
	"strings"
	"unicode"
)

// typeWords are words of an address that only say what the next or last word
// is; writers leave them out, shorten or translate them.
var typeWords = wordSet(`
	ул улица көшесі көш street str st
	пр просп проспект пр-т пр-кт даңғылы даңғ avenue ave
	пер переулок lane бульвар бул бульвары boulevard blvd шоссе тас жолы
	г гор город қ қаласы city
	обл область облысы oblast region
	р-н район ауд ауданы district
	с село а ауыл ауылы village п пос поселок кенті settlement
	мкр мкрн микрорайон м-н ықшамауданы ы/а
	д дом үй зд здание ғимарат house building bldg
	уч участок no n
	рк республика казахстан қазақстан республикасы republic of kazakhstan`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// AddressKey reduces an address to what two writers of the same place share:
// case, punctuation, spaces, postcodes and words for "street", "town", "house"
// in Russian, Kazakh and English do not matter; the order of parts does. It is
// "" for an address without a house number, which names no single place.
func AddressKey(s string) string {
	var words []string
	numbered := false
	for part := range strings.FieldsFuncSeq(strings.ReplaceAll(strings.ToLower(s), "ё", "е"), func(c rune) bool { return c == ',' || c == ';' }) {
		for _, w := range joinLetters(part) {
			w = strings.Trim(w, ".-/")
			if w == "" || typeWords[w] || isPostcode(w) {
				continue
			}
			if strings.ContainsFunc(w, unicode.IsDigit) {
				numbered = true
			}
			words = append(words, w)
		}
	}
	if !numbered || len(words) < 2 {
		return ""
	}
	return strings.Join(words, " ")
}

// joinLetters splits one part of an address into words and joins the letter of
// a house to its number: "5 а" is "5а", while "5 г." keeps the word for town.
func joinLetters(part string) []string {
	part = strings.ReplaceAll(part, ".", ". ")
	fields := strings.FieldsFunc(part, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '.' && c != '/' && c != '-'
	})
	var out []string
	for _, w := range fields {
		last := len(out) - 1
		if r := []rune(w); last >= 0 && len(r) == 1 && unicode.IsLetter(r[0]) && endsInDigit(out[last]) {
			out[last] += w
			continue
		}
		out = append(out, w)
	}
	return out
}

func endsInDigit(s string) bool { return s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9' }

func isPostcode(w string) bool {
	return len(w) == 6 && strings.Trim(w, "0123456789") == ""
}
