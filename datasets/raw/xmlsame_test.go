package raw

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// slowXML lists the elements of a document as encoding/xml reads them, as far
// as it does, and whether it read all.
func slowXML(text []byte) (events []string, err error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var inner []byte
	for {
		token, err := d.Token()
		if err == io.EOF {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		switch t := token.(type) {
		case xml.CharData:
			inner = append(inner, t...)
		case xml.StartElement:
			e := "<" + strings.ToLower(t.Name.Local)
			for _, a := range t.Attr {
				e += fmt.Sprintf(" %s=%q", a.Name.Local, a.Value)
			}
			events, inner = append(events, e), inner[:0]
		case xml.EndElement:
			events, inner = append(events, fmt.Sprintf("/%s %q", strings.ToLower(t.Name.Local), bytes.TrimSpace(inner))), inner[:0]
		}
	}
}

// fastXML is the same by xmlReader.
func fastXML(text []byte) (events []string, err error) {
	in := &input{r: bufio.NewReaderSize(bytes.NewReader(text), headBytes), limits: DefaultLimits()}
	x, err := newXMLReader(in)
	if err != nil {
		return nil, err
	}
	for {
		e, err := x.next()
		if err == io.EOF {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		s := fmt.Sprintf("/%s %q", e.name, e.text)
		if e.begin {
			s = "<" + e.name
			for _, a := range e.attrs {
				s += fmt.Sprintf(" %s=%q", a.name, a.value)
			}
		}
		events = append(events, s)
	}
}

// sameXML holds xmlReader against encoding/xml: what one reads without an error
// the other does, and they read the same. Only what xmlReader refuses by
// design, document types, depth, size and encodings, is left out, and comments
// that begin with > or ->, which gosax takes for whole ones as HTML does.
func sameXML(t *testing.T, text []byte) {
	t.Helper()
	if bytes.Contains(text, []byte("<!-->")) || bytes.Contains(text, []byte("<!--->")) {
		return
	}
	if bytes.Contains(text, []byte("<!")) && !onlyCommentsAndCDATA(text) || bytes.Count(text, []byte("<?")) > 1 || bytes.Contains(bytes.ToLower(text), []byte("encoding")) {
		return
	}
	want, slowErr := slowXML(text)
	got, err := fastXML(text)
	if err != nil && (strings.Contains(err.Error(), "too deeply") || strings.Contains(err.Error(), "longer than the limit")) {
		return
	}
	if (err == nil) != (slowErr == nil) {
		t.Fatalf("%q: %v, encoding/xml says %v", text, err, slowErr)
	}
	if err == nil && strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("%q: read %q, want %q", text, got, want)
	}
}

func onlyCommentsAndCDATA(text []byte) bool {
	return bytes.Count(text, []byte("<!")) == bytes.Count(text, []byte("<!--"))+bytes.Count(text, []byte("<![CDATA["))
}

var oddXML = []string{
	"<a/>", "<a></a>", "<a b='1' c=\"2\"/>", "<a b = '1'\n c\t=\"2\" />", "<a b='>'/>", "<a b='\"'/>", "<a b='<'/>", "<a b=1/>", "<a b/>", "<a b='1'c='2'/>",
	"<a>&lt;&#65;&#x42;&amp;</a>", "<a b='&quot;&#1234;'/>", "<a>&nbsp;</a>", "<a>&</a>", "<a>&#0;</a>", "<a>]]></a>", "<a>]]&gt;</a>", "<a>a]b</a>",
	"<a><![CDATA[<b>&]]>x</a>", "<a><!-- <b> --></a>", "<a><!-- -- --></a>", "<a>\r\nx\ry</a>", "<a b='\r\n'/>", "<a>\x01</a>", "<a>\xff</a>", "<a>\uFFFE</a>",
	"<a>имя</a>", "<имя имя='имя'>имя</имя>", "<a b='\xd0'/>", "<x:a x:b='1'></x:a>", "<x:a></a>", "<a:b:c/>", "<:a/>", "<a:/>", "<a b:c:d='1'/>", "<1/>", "<-a/>", "< a/>", "<a></ a>", "<a></a\n>", "<a></a b>",
	"<a><b></a></b>", "</a>", "<a>", "<a", "<", "<a></a", "<a b='", "x", "x<a/>y", "<a/><b/>", "<?x y?><a/>", "<?xml version='1.0'?><a/>", "<?xml version='1.1'?><a/>", "<?x", "<!-- ", "<a><![CDATA[x", "<a / >", "<a//>", "<a/b>", "<a\">", "<a '>'/>", "<>", "</>", "",
	"<a xmlns='u' xmlns:p='v' p:q='w'><p:B/></a>", "\xef\xbb\xbf<a/>", "<a>\xef\xbb\xbf1</a>", "<a.b-c_d1>x</a.b-c_d1>", "<A>x</A>", "<A>x</a>",
}

// Odd but well-formed documents, and some that are not, read as encoding/xml
// reads them.
func TestSameXML(t *testing.T) {
	for _, text := range oddXML {
		sameXML(t, []byte(text))
		sameXML(t, []byte("<r>"+text+"</r>"))
	}
}

// Damaged documents, and documents put together of odd parts, are refused or
// read as encoding/xml does. The damage is drawn from a fixed seed.
func TestSameDamagedXML(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 3000 {
		text := "<r>"
		for range 1 + r.IntN(6) {
			text += oddXML[r.IntN(len(oddXML))]
		}
		text += "</r>"
		sameXML(t, []byte(text))
		sameXML(t, damage(r, []byte(text)))
	}
}

func FuzzSameXML(f *testing.F) {
	seeds(f, "readings/80020_*.xml")
	seeds(f, "readings/green-button.xml")
	for _, text := range oddXML {
		f.Add([]byte("<r>" + text + "</r>"))
	}
	f.Fuzz(sameXML)
}
