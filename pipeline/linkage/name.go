package linkage

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Name is a holder's name without its legal form, in folded letters.
type Name struct {
	Form   string   // llp, jsc, trader, farm, state, cooperative; "" if none was found
	Words  []string // in their order
	Number string   // digits of the name, as in "Alfa-2"
	flat   string   // Words joined
	sorted string   // Words in alphabetical order, joined
}

// forms lists the legal forms in full and short, in Russian, Kazakh and
// English. Short ones count at the begin and the end of a name only.
var forms = []struct{ form, names string }{
	{"llp", `товарищество с ограниченной ответственностью|общество с ограниченной ответственностью|жауапкершілігі шектеулі серіктестігі|жауапкершілігі шектеулі серіктестік|limited liability partnership|limited liability company|тоо|ооо|жшс|llp|llc|ltd|too|zhshs|jshs`},
	{"jsc", `акционерное общество|акционерлік қоғамы|акционерлік қоғам|joint stock company|ао|оао|зао|ақ|jsc|ao|aq`},
	{"trader", `индивидуальный предприниматель|жеке кәсіпкер|individual entrepreneur|sole proprietor|sole trader|ип|жк|ie|ip|zhk`},
	{"farm", `крестьянское хозяйство|фермерское хозяйство|шаруа қожалығы|peasant farm|кх|фх|шқ`},
	{"state", `коммунальное государственное учреждение|государственное учреждение|коммуналдық мемлекеттік мекемесі|мемлекеттік мекемесі|кгу|гу|гкп|ркп|кмм|мм`},
	{"cooperative", `производственный кооператив|өндірістік кооперативі|production cooperative|пк|өк`},
}

type formWords struct {
	form  string
	words []string
}

var formList = func() (list []formWords) {
	for _, f := range forms {
		for n := range strings.SplitSeq(f.names, "|") {
			list = append(list, formWords{f.form, strings.Fields(n)})
		}
	}
	slices.SortStableFunc(list, func(a, b formWords) int { return len(b.words) - len(a.words) }) // full names first
	return list
}()

// synonyms are words of business that the three languages translate instead of
// transliterating.
//
//nolint:misspell // transliterated words
var synonyms = func() map[string]string {
	of := map[string]string{}
	for group := range strings.Lines(`майнинг mining майнингі
		групп group группа тобы груп
		компания company компаниясы co ко
		центр center centre орталық орталығы
		энерго energy энергия энергетика energo
		сервис service қызмет services servis
		дата data деректер
		диджитал digital цифровой цифрлық цифровая
		крипто crypto kripto
		тех tech teh технолоджи technology технологии technologies
		трейд trade trading трейдинг
		строй stroy құрылыс build
		казахстан kazakhstan қазақстан kz кз
		восток east шығыс
		запад west батыс
		север north солтүстік
		юг south оңтүстік`) {
		names := strings.Fields(group)
		for _, n := range names {
			of[Fold(n)] = Fold(names[0])
		}
	}
	return of
}()

// synonymsBy lists the same words by their first letter.
var synonymsBy = func() (by [256][]string) {
	for _, w := range slices.Sorted(maps.Keys(synonyms)) {
		by[w[0]] = append(by[w[0]], w)
	}
	return by
}()

// synonym returns the common word for a folded one, also if a slip of the
// keyboard is in it; other words it returns as they are.
func synonym(w string) string {
	if common, ok := synonyms[w]; ok {
		return common
	}
	for _, s := range synonymsBy[w[0]] {
		if len(s) >= 6 && edits(w, s, 1) <= 1 {
			return synonyms[s]
		}
	}
	return w
}

// ReadName takes the legal form off a name and folds the rest.
func ReadName(s string) Name {
	w := words(s)
	var n Name
	for range 2 { // some names carry the form at both ends
		form, rest, ok := takeForm(w)
		if !ok {
			break
		}
		n.Form, w = form, rest
	}
	for _, word := range w {
		folded := Fold(word)
		if folded == "" {
			continue
		}
		if utf8.RuneCountInString(word) == 1 { // an initial, though "Ю" folds to two letters
			folded = folded[:1]
		}
		if strings.Trim(folded, "0123456789") == "" {
			n.Number += folded
			continue
		}
		n.Words = append(n.Words, synonym(folded))
	}
	n.flat = strings.Join(n.Words, "")
	in := slices.Sorted(slices.Values(n.Words))
	n.sorted = strings.Join(in, "")
	return n
}

// takeForm cuts a legal form off either end. A name that is nothing but a form
// stays whole.
func takeForm(w []string) (form string, rest []string, ok bool) {
	for _, f := range formList {
		n := len(f.words)
		switch {
		case len(w) <= n:
		case slices.Equal(w[:n], f.words):
			return f.form, w[n:], true
		case slices.Equal(w[len(w)-n:], f.words):
			return f.form, w[:len(w)-n], true
		}
	}
	return "", w, false
}

func (n Name) empty() bool { return n.flat == "" }

// Levels of the comparison of names.
const (
	NameDifferent = iota + 1
	NamePartly    // they share a word, or sound alike, or their numbers differ
	NameClose     // slips of the keyboard, initials, a number left out
	NameEqual
)

// partlyAlike is the similarity of Jaro and Winkler from which names sound alike.
const partlyAlike = 0.90

// CompareNames returns the level of two names, 0 if either is missing.
func CompareNames(a, b Name) int {
	if a.empty() || b.empty() {
		return 0
	}
	level := NameDifferent
	switch {
	case a.sorted == b.sorted || a.flat == b.flat:
		level = NameEqual
	case sameWords(a.Words, b.Words):
		level = NameClose
	case len(a.Words) != len(b.Words) && !within(a.Words, b.Words) && !within(b.Words, a.Words) && slipsApart(a.flat, b.flat):
		level = NameClose // a blank too many or too few
	case len(a.Words) == len(b.Words) && min(len(a.flat), len(b.flat)) >= blankMoved && edits(a.flat, b.flat, 1) <= 1:
		level = NameClose // a blank that slipped by a letter
	case shareWord(a.Words, b.Words) || max(jaroWinkler(a.flat, b.flat), jaroWinkler(a.sorted, b.sorted)) >= partlyAlike:
		level = NamePartly
	}
	if a.Number != b.Number {
		switch {
		case a.Number != "" && b.Number != "":
			level = min(level, NamePartly)
		default:
			level = min(level, NameClose)
		}
	}
	return level
}

// blankMoved is the length of a name from which one slip over all its words
// may also have moved a blank.
const blankMoved = 9

// slipsApart reports whether slips of the keyboard explain the difference: one
// in 4 to 6 letters (in 4 not in the first), two up to 12, three beyond.
// Shorter words have no room for one.
func slipsApart(a, b string) bool {
	n := min(len(a), len(b))
	if n < 4 || n == 4 && a[0] != b[0] {
		return false
	}
	most := 1
	switch {
	case n > 12:
		most = 3
	case n > 6:
		most = 2
	}
	return edits(a, b, most) <= most
}

// sameWords reports whether the words pair up in any order, each equal, slips
// apart, or an initial. At least one pair is of whole words. A word may be left
// over if it is an initial, as of a patronymic.
func sameWords(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || len(b) > 8 {
		return false
	}
	var used [8]bool
	whole, short := 0, 0
	for _, x := range a {
		j := pairFor(x, b, &used)
		if j < 0 {
			return false
		}
		used[j] = true
		switch y := b[j]; {
		case x == y && len(x) >= 3, slipsApart(x, y):
			whole++
		case x != y && min(len(x), len(y)) > 1:
			short++
		}
	}
	for j, y := range b {
		if !used[j] && len(y) > 1 {
			return false
		}
	}
	return whole > 0 && short <= 1
}

// pairFor returns the word of b, not used yet, that x is: equal, else slips
// apart, else an initial; -1 if there is none. In a short word one slip is let
// pass.
func pairFor(x string, b []string, used *[8]bool) int {
	for _, fits := range []func(y string) bool{
		func(y string) bool { return x == y },
		func(y string) bool { return slipsApart(x, y) },
		func(y string) bool { return (len(x) == 1 || len(y) == 1) && x[0] == y[0] },
		func(y string) bool {
			return min(len(x), len(y)) >= 2 && max(len(x), len(y)) >= 3 && edits(x, y, 1) <= 1
		},
	} {
		for j, y := range b {
			if !used[j] && fits(y) {
				return j
			}
		}
	}
	return -1
}

// within reports whether every word of a is a word of b.
func within(a, b []string) bool {
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

// shareWord reports whether both hold a word of at least four letters that is
// no common word of business.
func shareWord(a, b []string) bool {
	for _, x := range a {
		if _, common := synonyms[x]; !common && len(x) >= 4 && slices.Contains(b, x) {
			return true
		}
	}
	return false
}
