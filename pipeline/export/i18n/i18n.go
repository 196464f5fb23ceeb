// Package i18n holds every sentence that people receive, in English, Russian
// and Kazakh.
//
//  1. messages.tsv has the labels and sentences of pages, papers and workbooks,
//     each under a key: [Text].
//  2. phrases.tsv has the sentences that come with the data of a run, written in
//     English by detectors and rules: [Say] finds the one that a text is an
//     instance of, translates the values in it in their turn, and writes numbers
//     and days as the language does. refusals.tsv is more of the same: what the
//     parsers say of files and rows.
//  3. [Words] is what a page needs of both tables, as JSON, for pages that change their language in the
//     reader's browser by the same rules.
//
// What no phrase covers stays in English: a wrong sentence would be worse.
package i18n

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Lang is one of the languages of the outputs.
type Lang int

// The languages, in the order of the tables' columns.
const (
	English Lang = iota
	Russian
	Kazakh
)

// Langs lists the languages.
var Langs = []Lang{English, Russian, Kazakh}

var tags = [...]string{"en", "ru", "kk"}

// Tag returns the BCP 47 tag: en, ru, kk.
func (l Lang) Tag() string { return tags[l] }

// Own returns the name of a language in itself.
func (l Lang) Own() string { return [...]string{"English", "Русский", "Қазақша"}[l] }

// Parse returns the language of a tag.
func Parse(tag string) (Lang, bool) {
	for i, t := range tags {
		if t == tag {
			return Lang(i), true
		}
	}
	return English, false
}

//go:embed messages.tsv
var messageTable string

//go:embed phrases.tsv
var phraseTable string

//go:embed refusals.tsv
var refusalTable string

// An entry is one line of a table: the same in each language.
type entry [len(tags)]string

var (
	keys     []string // of messages, in the order of the file
	messages = map[string]entry{}
	phrases  []entry // messages, then phrases
	books    = buildBooks()
)

// lines calls each with the cells of every line that is no comment. A malformed
// line is a bug of this package.
func lines(table string, columns int, each func(cells []string)) {
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != columns {
			panic(fmt.Sprintf("i18n: %d cells, want %d: %s", len(cells), columns, line))
		}
		each(cells)
	}
}

func buildBooks() [len(tags)]*book {
	lines(messageTable, 1+len(tags), func(c []string) {
		if _, twice := messages[c[0]]; twice {
			panic("i18n: two messages " + c[0])
		}
		keys = append(keys, c[0])
		messages[c[0]] = entry(c[1:])
		phrases = append(phrases, entry(c[1:]))
	})
	for _, table := range []string{phraseTable, refusalTable} {
		lines(table, len(tags), func(c []string) { phrases = append(phrases, entry(c)) })
	}
	var out [len(tags)]*book
	for _, l := range Langs {
		out[l] = newBook(phrases, l)
	}
	return out
}

// Keys lists the keys of all messages.
func Keys() []string { return keys }

// Text returns the message of a key with its arguments in place of {1}, {2}. It
// returns the key itself if there is no such message.
func Text(l Lang, key string, args ...any) string {
	m, ok := messages[key]
	if !ok {
		return key
	}
	values := make([]string, len(args))
	for i, a := range args {
		values[i] = fmt.Sprint(a)
	}
	return fill(m[l], values)
}

// Label returns the message of a code that comes with the data, and the code
// itself if it is none of ours.
func Label(l Lang, group, code string) string {
	if m, ok := messages[group+"."+code]; ok {
		return m[l]
	}
	return code
}

func fill(template string, values []string) string {
	for i, v := range values {
		template = strings.ReplaceAll(template, fmt.Sprintf("{%d}", i+1), v)
	}
	return template
}

// Words returns what it takes to translate texts, and the messages of more keys,
// as a JSON array of [English, Russian, Kazakh]; names are further entries, such as regions, of
// which those are taken that occur. It may stand in a script element: "<" is escaped.
func Words(texts []string, names [][len(tags)]string, more ...string) string {
	used := map[int]bool{}
	for _, s := range texts {
		books[Russian].say(oneLine(s), 0, used)
	}
	for i, key := range keys {
		if slices.Contains(more, key) {
			used[i] = true // messages stand before phrases, in the order of their keys
		}
	}
	list := []entry{}
	for _, i := range slices.Sorted(maps.Keys(used)) {
		list = append(list, phrases[i])
	}
	all := strings.Join(texts, "\n")
	for _, n := range names {
		if strings.Contains(all, n[English]) {
			list = append(list, n)
		}
	}
	b, err := json.Marshal(list) // escapes <, > and &
	if err != nil {
		panic("i18n: " + err.Error()) // strings always marshal
	}
	return string(b)
}
