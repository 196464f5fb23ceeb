package raw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/orisano/gosax"
	"golang.org/x/text/encoding/charmap"
)

// xmlBuffer is how much of a document is read at once.
const xmlBuffer = 256 << 10

// An xmlReader walks through the elements of a document without entities of
// its own, each of bounded size and depth. gosax cuts the document into tags
// and texts. Those of the usual shape are read here; anything else, a reference
// in a text or a quote in an odd place, is given to encoding/xml, ten times as
// slow, which says what it is or what is wrong with it.
type xmlReader struct {
	sax     *gosax.Reader
	limit   *tokenLimit
	open    []*xmlName // of the open elements
	names   map[string]*xmlName
	text    []byte // of the innermost element
	lines   int64  // lines that end before what is not read yet
	closing bool   // the element that began last is an empty one
	depth   int    // most open elements
	current element
}

// An xmlName is a name as written, and without its prefix in lower case.
type xmlName struct{ written, name string }

// namesKept bounds the memory for names; documents have few different ones.
const namesKept = 1000

// tokenLimit fails when a single token is longer than a line may be.
type tokenLimit struct {
	r    io.Reader
	left int
	max  int
}

var tokenTooLong = &Fault{Reason: "XML element longer than the limit", Remedy: "the file is damaged or not what it seems; ask for it again"}

// Read reads something, or fails.
func (t *tokenLimit) Read(p []byte) (int, error) {
	if t.left <= 0 {
		return 0, tokenTooLong
	}
	for {
		n, err := t.r.Read(p)
		t.left -= n
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// newXMLReader starts at the declaration, which may name the encoding.
func newXMLReader(in *input) (*xmlReader, error) {
	head, err := in.head()
	if err != nil {
		return nil, err
	}
	r, err := in.declared(head)
	if err != nil {
		return nil, err
	}
	limit := &tokenLimit{r: r, max: in.limits.LineBytes}
	x := &xmlReader{sax: gosax.NewReaderSize(limit, xmlBuffer), limit: limit, depth: in.limits.Depth, names: map[string]*xmlName{}}
	return x, nil
}

// declared returns the stream of a document in UTF-8, by its declaration.
func (in *input) declared(head []byte) (io.Reader, error) {
	var r io.Reader = in.r
	head = bytes.TrimSpace(bytes.TrimPrefix(head, bom))
	end := bytes.Index(head, []byte("?>"))
	if !bytes.HasPrefix(head, []byte("<?")) || end < 0 {
		return r, nil
	}
	d := xml.NewDecoder(bytes.NewReader(head[:end+2]))
	d.CharsetReader = func(label string, same io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "us-ascii":
			return same, nil
		case "windows-1251", "cp1251":
			if in.encoding == "" { // it was not recognised by its bytes already
				r = charmap.Windows1251.NewDecoder().Reader(in.r)
			}
			return same, nil
		}
		return nil, &Fault{Reason: fmt.Sprintf("XML in the encoding %q", label), Remedy: "deliver it in UTF-8 or windows-1251"}
	}
	if _, err := d.RawToken(); err != nil {
		var f *Fault
		if errors.As(err, &f) {
			return nil, f
		}
		return nil, damagedXML(err, 0)
	}
	return r, nil
}

// An element begins, or ends with its text. It is valid until the next one.
type element struct {
	name  string // in lower case, without a namespace
	begin bool
	attrs []xmlAttr
	text  []byte // trimmed; only of elements without children
}

// An xmlAttr is an attribute by its name without a prefix.
type xmlAttr struct{ name, value []byte }

// attr returns an attribute by its name in lower case.
func (e *element) attr(name string) []byte {
	for i := range e.attrs {
		if a := &e.attrs[i]; len(a.name) == len(name) && (string(a.name) == name || strings.EqualFold(string(a.name), name)) {
			return trim(a.value)
		}
	}
	return nil
}

// next returns the next begin or end of an element, or io.EOF.
func (x *xmlReader) next() (*element, error) {
	if x.closing {
		x.closing = false
		return x.end(), nil
	}
	for {
		x.limit.left = x.limit.max + xmlBuffer
		event, err := x.sax.Event()
		switch {
		case err == io.EOF:
			return nil, damagedXML(io.ErrUnexpectedEOF, x.lines)
		case err != nil:
			return nil, x.fault(err)
		case len(event.Bytes) > x.limit.max:
			return nil, tokenTooLong
		}
		e, err := x.event(event)
		if event.Type() != gosax.EventEnd {
			x.lines += int64(bytes.Count(event.Bytes, []byte{'\n'}))
		}
		if e != nil || err != nil {
			return e, err
		}
	}
}

// event takes one token; most texts and comments give no element.
func (x *xmlReader) event(event gosax.Event) (*element, error) {
	switch b := event.Bytes; event.Type() {
	case gosax.EventStart:
		return x.begin(b)
	case gosax.EventEnd:
		return x.close(b)
	case gosax.EventText:
		if !plainXML(b) || bytes.IndexByte(b, ']') >= 0 {
			return nil, x.odd(b)
		}
		return nil, x.say(b)
	case gosax.EventDocType:
		return nil, &Fault{Line: x.line(), Reason: "XML with a document type", Remedy: "entities of its own can hide anything; deliver the file without DOCTYPE"}
	case gosax.EventEOF:
		if len(x.open) > 0 {
			return nil, damagedXML(io.ErrUnexpectedEOF, x.lines)
		}
		return nil, io.EOF
	default:
		return nil, x.odd(b)
	}
}

// say adds to the text of the innermost element.
func (x *xmlReader) say(text []byte) error {
	if len(x.text)+len(text) > x.limit.max {
		return tokenTooLong
	}
	x.text = append(x.text, text...)
	return nil
}

// odd lets encoding/xml read a text, comment, instruction or CDATA section.
func (x *xmlReader) odd(b []byte) error {
	token, err := x.decode(b)
	if t, ok := token.(xml.CharData); ok && err == nil {
		return x.say(t)
	}
	return err
}

// decode lets encoding/xml read one token, which must be all of b.
func (x *xmlReader) decode(b []byte) (xml.Token, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	token, err := d.RawToken()
	if err == nil && d.InputOffset() != int64(len(b)) {
		err = errors.New("not one token")
	}
	if err != nil {
		return nil, damagedXML(err, x.lines)
	}
	return token, nil
}

// plainXML reports whether text means what it says: no reference, no control
// character, no line end to normalise, all in UTF-8.
func plainXML(b []byte) bool {
	high := false
	for _, c := range b {
		if c == '&' || c < ' ' && c != '\t' && c != '\n' {
			return false
		}
		high = high || c >= utf8.RuneSelf
	}
	return !high || utf8.Valid(b) && !bytes.Contains(b, []byte("\xef\xbf")) // U+FFFE and U+FFFF are no characters
}

// begin takes the tag of an element that begins, or is empty.
func (x *xmlReader) begin(b []byte) (*element, error) {
	if len(x.open) >= x.depth {
		return nil, &Fault{Line: x.line(), Reason: "XML nested too deeply", Remedy: "the file is not what it seems; ask for it again"}
	}
	e := &x.current
	e.begin, e.text, e.attrs = true, nil, e.attrs[:0]
	x.text = x.text[:0]
	inner := b[1 : len(b)-1]
	if n := len(inner); n > 0 && inner[n-1] == '/' {
		inner, x.closing = inner[:n-1], true
	}
	n := nameEnd(inner)
	if n == 0 || twoColons(inner[:n]) || !e.readAttrs(inner[n:]) {
		written, err := x.oddBegin(b)
		if err != nil {
			return nil, err
		}
		x.push(written)
		return e, nil
	}
	x.push(inner[:n])
	return e, nil
}

// oddBegin lets encoding/xml read the tag, and returns its name.
func (x *xmlReader) oddBegin(b []byte) ([]byte, error) {
	token, err := x.decode(b)
	if err != nil {
		return nil, err
	}
	start, ok := token.(xml.StartElement)
	if !ok {
		return nil, damagedXML(errors.New("not the begin of an element"), x.lines)
	}
	e := &x.current
	e.attrs = e.attrs[:0]
	for _, a := range start.Attr {
		e.attrs = append(e.attrs, xmlAttr{[]byte(a.Name.Local), []byte(a.Value)})
	}
	written := start.Name.Local
	if start.Name.Space != "" {
		written = start.Name.Space + ":" + written
	}
	return []byte(written), nil
}

func (x *xmlReader) push(written []byte) {
	name := x.names[string(written)]
	if name == nil {
		name = &xmlName{string(written), strings.ToLower(string(local(written)))}
		if len(x.names) >= namesKept {
			clear(x.names)
		}
		x.names[name.written] = name
	}
	x.open = append(x.open, name)
	x.current.name = name.name
}

// twoColons reports whether a name has more than one prefix, as none may have.
func twoColons(name []byte) bool {
	colons := 0
	for _, c := range name {
		if c == ':' {
			colons++
		}
	}
	return colons > 1
}

// local returns a name without its prefix.
func local(name []byte) []byte {
	if prefix, rest, ok := bytes.Cut(name, []byte(":")); ok && len(prefix) > 0 && len(rest) > 0 {
		return rest
	}
	return name
}

// nameEnd returns the length of the name in ASCII at the begin of b, 0 if there
// is none.
func nameEnd(b []byte) int {
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.' || c == ':'):
		case c >= utf8.RuneSelf:
			return 0
		default:
			return i
		}
	}
	return len(b)
}

// readAttrs reads attributes of the usual shape, and reports whether all were.
func (e *element) readAttrs(b []byte) bool {
	for {
		for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\n') {
			b = b[1:]
		}
		if len(b) == 0 {
			return true
		}
		n := nameEnd(b)
		if n == 0 || len(b) < n+3 || b[n] != '=' || twoColons(b[:n]) {
			return false
		}
		quote, value := b[n+1], b[n+2:]
		end := valueOf(value, quote)
		if quote != '"' && quote != '\'' || end < 0 {
			return false
		}
		e.attrs = append(e.attrs, xmlAttr{local(b[:n]), value[:end]})
		b = value[end+1:]
	}
}

// valueOf returns the length of a plain value that ends with a quote, -1 if
// there is none.
func valueOf(b []byte, quote byte) int {
	high := false
	for i, c := range b {
		switch {
		case c == quote:
			if high && !plainXML(b[:i]) {
				return -1
			}
			return i
		case c == '<' || c == '&' || c < ' ' && c != '\t' && c != '\n':
			return -1
		}
		high = high || c >= utf8.RuneSelf
	}
	return -1
}

// close takes the tag of an element that ends.
func (x *xmlReader) close(b []byte) (*element, error) {
	written := b[2 : len(b)-1]
	n := len(x.open)
	if n == 0 || x.open[n-1].written != string(written) {
		x.lines += int64(bytes.Count(written, []byte{'\n'}))
		written = bytes.TrimRight(written, " \t\r\n")
	}
	if n == 0 || x.open[n-1].written != string(written) {
		what := "end of an element that did not begin"
		if n > 0 {
			what = "element <" + x.open[n-1].written + "> closed by </" + string(written[:min(len(written), 40)]) + ">"
		}
		return nil, damagedXML(errors.New(what), x.lines)
	}
	return x.end(), nil
}

func (x *xmlReader) end() *element {
	last := len(x.open) - 1
	e := &x.current
	e.name, e.begin, e.attrs, e.text = x.open[last].name, false, e.attrs[:0], bytes.TrimSpace(x.text)
	x.open = x.open[:last]
	x.text = x.text[:0]
	return e
}

// parent returns the name of the innermost open element, "" outside of all.
func (x *xmlReader) parent() string {
	if len(x.open) == 0 {
		return ""
	}
	return x.open[len(x.open)-1].name
}

// line returns the number of the line in which the current token begins.
func (x *xmlReader) line() int64 { return x.lines + 1 }

// fault makes an error of the document one of the file, and leaves those of
// the stream as they are.
func (x *xmlReader) fault(err error) error {
	var f *Fault
	var corrupt *corruptError
	if errors.As(err, &f) || errors.As(err, &corrupt) || !strings.HasPrefix(err.Error(), "unknown bang type") {
		return err
	}
	return damagedXML(errors.New("markup that no document has outside its type"), x.lines)
}

// damagedXML is the fault of a document that is not well-formed, after a number
// of lines.
func damagedXML(err error, lines int64) *Fault {
	what, line := err.Error(), lines+1
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		what, line = syntax.Msg, lines+int64(syntax.Line)
	case errors.Is(err, io.ErrUnexpectedEOF):
		what = "it ends too early"
	}
	return &Fault{Line: line, Reason: "damaged XML (" + strings.TrimPrefix(what, "xml: ") + ")", Remedy: "ask the sender to deliver the file again"}
}

// isXML reports whether a head begins with an element or declaration, and
// holds a text.
func isXML(head []byte, holds string) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(head, bom)), []byte("<")) && bytes.Contains(bytes.ToLower(head), []byte(holds))
}
