package i18n

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A book finds the translation of an English text into one language.
type book struct {
	lang     Lang
	exact    map[string]int // number of the entry
	patterns []pattern
}

// A pattern is a phrase with values in it.
type pattern struct {
	entry   int    // its number
	literal string // its longest piece without a value: what lacks it cannot match
	match   *regexp.Regexp
	order   []int  // which value stands at which place of the English text
	to      string // in the book's language
	weight  int    // letters of the phrase itself; the heavier one is tried first
}

var placeholder = regexp.MustCompile(`\{([1-9])\}`)

func newBook(list []entry, l Lang) *book {
	b := &book{lang: l, exact: map[string]int{}}
	for i, e := range list {
		if !strings.Contains(e[English], "{1}") {
			if _, ok := b.exact[e[English]]; !ok {
				b.exact[e[English]] = i
			}
			continue
		}
		if p := newPattern(i, e[English], e[l]); p.weight > 0 {
			b.patterns = append(b.patterns, p)
		}
	}
	slices.SortStableFunc(b.patterns, func(x, y pattern) int { return cmp.Compare(y.weight, x.weight) })
	return b
}

// newPattern compiles a phrase. A value holds no semicolon, since texts are
// joined by semicolons, unless it fills parentheses; one at the very beginning
// holds no comma but those of numbers, since lists are joined by commas.
func newPattern(number int, from, to string) pattern {
	p := pattern{entry: number, to: to}
	var expr strings.Builder
	expr.WriteString(`^`)
	rest := from
	for {
		at := placeholder.FindStringSubmatchIndex(rest)
		piece := rest
		if at != nil {
			piece = rest[:at[0]]
		}
		expr.WriteString(regexp.QuoteMeta(piece))
		p.weight += len(strings.TrimSpace(piece))
		if len(piece) > len(p.literal) {
			p.literal = piece
		}
		if at == nil {
			break
		}
		p.order = append(p.order, int(rest[at[2]]-'0'))
		switch {
		case at[0] == 0 && len(p.order) == 1:
			expr.WriteString(`((?:[^;,]|,\d)*?)`)
		case strings.HasSuffix(piece, "(") && strings.HasPrefix(rest[at[1]:], ")"):
			expr.WriteString(`(.*?)`)
		default:
			expr.WriteString(`([^;]*?)`)
		}
		rest = rest[at[1]:]
	}
	expr.WriteString(`$`)
	p.match = regexp.MustCompile(expr.String())
	return p
}

// Say translates a text that the program wrote in English. Numbers and days are
// written as the language does.
func Say(l Lang, english string) string {
	if l == English {
		return english
	}
	return books[l].say(oneLine(english), 0, nil)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// deepest bounds how values within values are looked into.
const deepest = 8

// separators join texts of which each may be a phrase.
var separators = []string{"; ", ": ", ", "}

// say translates s. used, which may be nil, learns the numbers of the entries
// that it took.
func (b *book) say(s string, depth int, used map[int]bool) string {
	take := func(entry int) {
		if used != nil {
			used[entry] = true
		}
	}
	if !strings.ContainsFunc(s, unicode.IsLetter) || depth > deepest {
		return localise(s)
	}
	if i, ok := b.exact[s]; ok {
		take(i)
		return phrases[i][b.lang]
	}
	if i, ok := b.exact[strings.TrimSuffix(s, ".")]; ok {
		take(i)
		return phrases[i][b.lang] + "."
	}
	for _, p := range b.patterns {
		if !strings.Contains(s, p.literal) {
			continue
		}
		if m := p.match.FindStringSubmatch(s); m != nil {
			take(p.entry)
			values := make([]string, 9)
			for i, place := range p.order {
				values[place-1] = b.say(m[i+1], depth+1, used)
			}
			return fill(p.to, values)
		}
	}
	for _, sep := range separators {
		if parts := splitOutside(s, sep); len(parts) > 1 {
			for i := range parts {
				parts[i] = b.say(parts[i], depth+1, used)
			}
			return strings.Join(parts, sep)
		}
	}
	if sentence, ok := strings.CutSuffix(s, "."); ok {
		return b.say(sentence, depth+1, used) + "."
	}
	if left, right, ok := strings.Cut(s, " ("); ok && strings.HasSuffix(s, ")") {
		return b.say(left, depth+1, used) + " (" + b.say(strings.TrimSuffix(right, ")"), depth+1, used) + ")"
	}
	if left, right, ok := strings.Cut(s, " "); ok && !strings.Contains(right, " ") { // "Oct 2022"
		return b.say(left, depth+1, used) + " " + b.say(right, depth+1, used)
	}
	return localise(s)
}

// splitOutside splits s at each sep that stands outside parentheses.
func splitOutside(s, sep string) []string {
	var parts []string
	open, begin := 0, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '(':
			open++
		case s[i] == ')':
			open--
		case open <= 0 && strings.HasPrefix(s[i:], sep):
			parts = append(parts, s[begin:i])
			begin = i + len(sep)
			i = begin - 1
		}
	}
	return append(parts, s[begin:])
}

var (
	numberToken = regexp.MustCompile(`^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?$`)
	dayToken    = regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)$`)
)

// localise writes numbers with a decimal comma and no-break spaces between
// thousands, days as 31.01.2023, and x between factors as a sign. It reads word by word, so that addresses,
// versions and names with digits in them stay.
func localise(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		if w == "x" {
			words[i] = "×"
			continue
		}
		core := strings.TrimLeft(w, "(+−-")
		head := w[:len(w)-len(core)]
		trimmed := strings.TrimRight(core, ",;:.)%")
		tail := core[len(trimmed):]
		if m := dayToken.FindStringSubmatch(trimmed); m != nil {
			words[i] = head + m[3] + "." + m[2] + "." + m[1] + tail
		} else if m := numberToken.FindStringSubmatch(trimmed); m != nil {
			n := strings.ReplaceAll(m[1], ",", "\u00a0")
			if m[2] != "" {
				n += "," + m[2]
			}
			words[i] = head + n + tail
		}
	}
	return strings.Join(words, " ")
}
