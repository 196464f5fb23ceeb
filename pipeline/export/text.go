package export

import (
	"reflect"
	"regexp"
	"strings"
	"unicode"
)

// terminalEscape matches an escape sequence as a whole, so that no "[31m" stays
// behind. Grammar: ECMA-48 section 5.4 (control sequences) and 5.6 (strings).
var terminalEscape = regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|\x1b[ -/]*[0-~]?")

// clean makes text from outside fit for a reader and a parser: valid UTF-8 on
// one line, without terminal escapes, control characters, format characters
// (Unicode category Cf, which holds the overrides of writing direction and
// characters of no width) and noncharacters, which XML forbids.
func clean(s string) string {
	s = terminalEscape.ReplaceAllString(strings.ToValidUTF8(s, "\uFFFD"), "")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', r == '\u0085', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf):
			return -1
		case r&0xFFFE == 0xFFFE, r >= 0xFDD0 && r <= 0xFDEF:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// formula matches the places at which a spreadsheet would begin a formula: the
// start of a cell, and what follows a semicolon, since a comma-separated file
// opened where the semicolon separates is cut there. The wide forms of the
// signs count too. Rule: OWASP, "CSV Injection".
var formula = regexp.MustCompile(`(^|;)([\pZ"]*)('*[=+\-@＝＋－＠])`)

// guard puts an apostrophe before what a spreadsheet would take for a formula.
// unguard takes it away again.
func guard(s string) string { return formula.ReplaceAllString(s, "$1$2'$3") }

// cleaned returns a copy of v, and of all that v holds, with every string
// cleaned. Named string types, as those of html/template, are made by this
// program and stay. Fields must be exported. A view passes through here on its
// way to a page, so that no column can be forgotten.
func cleaned[T any](v T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	out.Set(cleanValue(reflect.ValueOf(&v).Elem()))
	return out.Interface().(T)
}

var stringType = reflect.TypeFor[string]()

func cleanValue(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		if v.Type() == stringType {
			out.SetString(clean(v.String()))
			return out
		}
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(cleanValue(v.Field(i)))
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(cleanValue(v.Index(i)))
		}
		return out
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(cleanValue(v.Elem()))
		return out
	}
	return v
}
