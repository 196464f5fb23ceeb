package linkage

import (
	"slices"
	"strings"
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
		юг south оңтүстік
		новый new жаңа`) {
		names := strings.Fields(group)
		for _, n := range names {
			of[Fold(n)] = Fold(names[0])
		}
	}
	return of
}()

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
		if strings.Trim(folded, "0123456789") == "" {
			n.Number += folded
			continue
		}
		if canonical, ok := synonyms[folded]; ok {
			folded = canonical
		}
		n.Words = append(n.Words, folded)
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
	NamePartly    // one holds the other, or they sound alike, or their numbers differ
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
	case slipsApart(a.flat, b.flat) || slipsApart(a.sorted, b.sorted) || sameWords(a.Words, b.Words):
		level = NameClose
	case within(a.Words, b.Words) || within(b.Words, a.Words) || max(jaroWinkler(a.flat, b.flat), jaroWinkler(a.sorted, b.sorted)) >= partlyAlike:
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

// slipsApart reports whether one slip for each six letters, at most three,
// explains the difference. Names below five letters have no room for one.
func slipsApart(a, b string) bool {
	n := min(len(a), len(b))
	if n < 5 {
		return false
	}
	most := min(3, max(1, n/6))
	return edits(a, b, most) <= most
}

// sameWords reports whether the words pair up in any order, each equal, a slip
// apart, or an initial; at least one pair is of whole words, and words left over are
// initials or patronymics of persons (three words against two).
func sameWords(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 2 || len(b)-len(a) > 1 || len(b) > 8 {
		return false
	}
	var used [8]bool
	whole, initials := 0, 0
	for _, x := range a {
		found := false
		for j, y := range b {
			if used[j] {
				continue
			}
			if x == y && len(x) > 1 || slipsApart(x, y) {
				whole++
			} else if (len(x) == 1 || len(y) == 1) && x[0] == y[0] {
				initials++
			} else {
				continue
			}
			used[j], found = true, true
			break
		}
		if !found {
			return false
		}
	}
	if len(a) == len(b) {
		return whole > 0
	}
	return whole > 0 && initials > 0
}

// within reports whether every word of a, one of them of at least four
// letters, is a word of b.
func within(a, b []string) bool {
	long := false
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
		long = long || len(x) >= 4
	}
	return long
}
