package export

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// unguard takes away what guard put in.
func unguard(s string) string {
	return regexp.MustCompile(`(^|;)([\pZ"]*)'('*[=+\-@＝＋－＠])`).ReplaceAllString(s, "$1$2$3")
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"ТОО «Жасыл»", "ТОО «Жасыл»"},
		{" a\tb\r\nc ", "a b  c"},
		{"\x1b[31mred\x1b[0m", "red"},
		{"\x1b]0;title\x07name", "name"},
		{"\x1b]8;;file:///etc\x1b\\link\x1b]8;;\x1b\\", "link"},
		{"a\x1b", "a"},
		{"\u009b31mred", "red"},
		{"nul\x00bell\x07", "nulbell"},
		{"abc\u202egpj.exe", "abcgpj.exe"},
		{"\u2066x\u2069\u200f", "x"},
		{"zero\u200bwidth\ufeff", "zerowidth"},
		{"bad\xff", "bad\uFFFD"},
		{"line\u2028two", "line two"},
		{"non\uFFFEchar\U0001FFFF", "nonchar"},
		{"\u202e=1+1", "=1+1"},
	} {
		if got := clean(c.in); got != c.want {
			t.Errorf("clean(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestGuard(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"ТОО «A-B» + C", "ТОО «A-B» + C"},
		{"=1+1", "'=1+1"},
		{"+7 701", "'+7 701"},
		{"-5", "'-5"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"＝1", "'＝1"},
		{`"=1"`, `"'=1"`},
		{"\u00a0=1", "\u00a0'=1"},
		{"a;=1", "a;'=1"},
		{"a; =1;-2", "a; '=1;'-2"},
		{"'=1", "''=1"},
		{"it's", "it's"},
	} {
		if got := guard(c.in); got != c.want {
			t.Errorf("guard(%q) = %q, want %q", c.in, got, c.want)
		}
		if got := unguard(guard(c.in)); got != c.in {
			t.Errorf("unguard(guard(%q)) = %q", c.in, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }) {
			t.Fatalf("clean(%q) = %q", s, got)
		}
		if again := clean(got); again != got {
			t.Fatalf("clean is not stable: %q, then %q", got, again)
		}
		if back := unguard(guard(got)); back != got {
			t.Fatalf("unguard(guard(%q)) = %q", got, back)
		}
	})
}

func TestCleanedLeavesTheOriginal(t *testing.T) {
	type inner struct{ A []string }
	in := struct {
		P *inner
		S string
		N int
	}{&inner{[]string{"a\x00b"}}, "\u202ex", 3}
	out := cleaned(in)
	if out.P.A[0] != "ab" || out.S != "x" || out.N != 3 {
		t.Errorf("cleaned = %+v, %+v", out, *out.P)
	}
	if in.P.A[0] != "a\x00b" {
		t.Error("the original was changed")
	}
}

// The two forms of a name never meet, and none leaves its folder.
func FuzzDossierName(f *testing.F) {
	for _, s := range append([]string{"KZ-0001", "..", "../../etc/passwd", "con", "CON.txt", "a/b", "", ".", "x.", strings.Repeat("я", 300)}, hostileTexts...) {
		f.Add(s)
	}
	form := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*(~[0-9a-f]{12})?$`)
	f.Fuzz(func(t *testing.T, id string) {
		got := safeName(id)
		if !form.MatchString(got) || len(got) > 80 {
			t.Fatalf("safeName(%q) = %q", id, got)
		}
		if got != id && !strings.Contains(got, "~") {
			t.Fatalf("safeName(%q) = %q: another site may have this name", id, got)
		}
	})
}
