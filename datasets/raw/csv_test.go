package raw

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/minewatch/minewatch/datasets"
)

func TestSeparator(t *testing.T) {
	l := newLoader(datasets.Lookup("readings"), options(), &datasets.Reading{})
	for header, want := range map[string]byte{
		"site_id,ts,kwh": ',', "site_id;ts;kwh": ';', "site_id\tts\tkwh": '\t', `"site_id";"ts, local";"kwh"`: ';',
		"a,b;c,d": ',', "kwh": ',',
	} {
		if got := l.separator([]byte(header)); got != want {
			t.Errorf("separator(%q) = %q, want %q", header, got, want)
		}
	}
}

// records cuts a text with the reader of this package. clean is false if it
// refused any of it.
func records(text string, separator byte) (list [][]string, clean bool) {
	c := &csvReader{lines: newLineReader(strings.NewReader(text), 1<<20), separator: separator}
	clean = true
	for {
		ln, err := c.lines.next()
		if err != nil {
			return list, clean
		}
		if len(ln.text) == 0 {
			continue
		}
		_, fault, err := c.cut(ln, 1000)
		if fault != nil || err != nil {
			clean = false
			continue
		}
		var record []string
		for _, cell := range c.cells {
			record = append(record, string(cell))
		}
		list = append(list, record)
	}
}

// Whatever encoding/csv reads without an error, this package reads the same.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"b\",c\r\n\"x\ny\",z", "a;b", ",,\n", "\"\"", "a,\"b", "a\"b,c", "\"a\"b,c\n", "\n\n\na", "\"a\n\n\nb\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00") || len(text) > 4000 || strings.Count(text, "\n") >= quotedLines {
			return // a quote over more lines is taken for one that was never closed
		}
		got, clean := records(text, ',')
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil {
			if clean {
				t.Fatalf("%q: read as %q, encoding/csv says %v", text, got, err)
			}
			return
		}
		// Both end lines at \r\n, but only encoding/csv keeps \r at the very end of a text.
		if strings.HasSuffix(text, "\r") {
			return
		}
		if !clean || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q (clean %v), want %q", text, got, clean, want)
		}
	})
}

func TestLineReader(t *testing.T) {
	long := strings.Repeat("x", 5000)
	text := "one\r\n\ntwo\n" + long + "\nthree\n" + strings.Repeat("y", 1001)
	lr := newLineReader(strings.NewReader(text), 1000)
	var got []string
	for {
		ln, err := lr.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %d %v", ln.number, len(ln.text), ln.tooLong))
	}
	want := []string{"1 3 false", "2 0 false", "3 3 false", "4 1002 true", "5 5 false", "6 1001 true"}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i, g := range got {
		// How much is kept of a long line depends on the buffer; that it is bounded does not.
		if strings.HasSuffix(want[i], "true") != strings.HasSuffix(g, "true") || strings.HasSuffix(g, "false") && g != want[i] {
			t.Errorf("line %d is %q, want %q", i, g, want[i])
		}
	}
}

// A quote that is never closed costs its line and no other, wherever it stands.
func TestOpenQuoteCostsOneLine(t *testing.T) {
	var b bytes.Buffer
	for i := range 500 {
		if i == 7 || i == 250 || i == 499 {
			fmt.Fprintf(&b, "\"open,%d\n", i)
		} else {
			fmt.Fprintf(&b, "a,%d\n", i)
		}
	}
	list, clean := records(b.String(), ',')
	// Lines 7 and 250 cannot pair up: more than quotedLines lie between them.
	if clean || len(list) != 497 {
		t.Errorf("%d records, clean %v; want 497", len(list), clean)
	}
}
