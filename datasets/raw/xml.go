package raw

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// xmlDepth is how deeply elements may be nested.
const xmlDepth = 32

// An xmlReader walks through the elements of a document without entities of
// its own, each of bounded size and depth.
type xmlReader struct {
	d     *xml.Decoder
	limit *tokenLimit
	path  []string // names of the open elements, in lower case
	text  []byte   // of the innermost element
}

// tokenLimit fails when a single token is longer than a line may be.
type tokenLimit struct {
	r    *bufio.Reader
	left int
	max  int
}

var tokenTooLong = &Fault{Reason: "XML element longer than the limit", Remedy: "the file is damaged or not what it seems; ask for it again"}

func (t *tokenLimit) ReadByte() (byte, error) {
	if t.left--; t.left < 0 {
		return 0, tokenTooLong
	}
	return t.r.ReadByte()
}

func (t *tokenLimit) Read(p []byte) (int, error) {
	if t.left <= 0 {
		return 0, tokenTooLong
	}
	n, err := t.r.Read(p[:min(len(p), t.left)])
	t.left -= n
	return n, err
}

func newXMLReader(in *input) *xmlReader {
	limit := &tokenLimit{r: in.r, max: in.limits.LineBytes, left: in.limits.LineBytes}
	x := &xmlReader{d: xml.NewDecoder(limit), limit: limit}
	x.d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "utf-8", "us-ascii":
			return r, nil
		case "windows-1251", "cp1251":
			if in.encoding != "" {
				return r, nil // it was recognised by its bytes already
			}
			return charmap.Windows1251.NewDecoder().Reader(r), nil
		}
		return nil, &Fault{Reason: fmt.Sprintf("XML in the encoding %q", label), Remedy: "deliver it in UTF-8 or windows-1251"}
	}
	return x
}

// An element begins, or ends with its text.
type element struct {
	name  string // in lower case, without a namespace
	begin bool
	attrs []xml.Attr
	text  string // trimmed; only of elements without children
}

// attr returns an attribute by its name in lower case.
func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if strings.EqualFold(a.Name.Local, name) {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// next returns the next begin or end of an element, or io.EOF.
func (x *xmlReader) next() (*element, error) {
	for {
		x.limit.left = x.limit.max
		token, err := x.d.Token()
		if err != nil {
			return nil, x.fault(err)
		}
		switch t := token.(type) {
		case xml.Directive:
			if bytes.HasPrefix(bytes.ToUpper(t), []byte("DOCTYPE")) {
				return nil, &Fault{Line: x.line(), Reason: "XML with a document type", Remedy: "entities of its own can hide anything; deliver the file without DOCTYPE"}
			}
		case xml.CharData:
			if len(x.text)+len(t) <= x.limit.max {
				x.text = append(x.text, t...)
			}
		case xml.StartElement:
			if len(x.path) >= xmlDepth {
				return nil, &Fault{Line: x.line(), Reason: "XML nested too deeply", Remedy: "the file is not what it seems; ask for it again"}
			}
			x.text = x.text[:0]
			x.path = append(x.path, strings.ToLower(t.Name.Local))
			return &element{name: x.path[len(x.path)-1], begin: true, attrs: t.Attr}, nil
		case xml.EndElement:
			name := x.path[len(x.path)-1]
			x.path = x.path[:len(x.path)-1]
			text := string(bytes.TrimSpace(x.text))
			x.text = x.text[:0]
			return &element{name: name, text: text}, nil
		}
	}
}

// parent returns the name of the innermost open element, "" outside of all.
func (x *xmlReader) parent() string {
	if len(x.path) == 0 {
		return ""
	}
	return x.path[len(x.path)-1]
}

func (x *xmlReader) line() int64 {
	line, _ := x.d.InputPos()
	return int64(line)
}

// fault makes an error of the document one of the file.
func (x *xmlReader) fault(err error) error {
	var f *Fault
	var syntax *xml.SyntaxError
	var corrupt *corruptError
	switch {
	case err == io.EOF || errors.As(err, &f) || errors.As(err, &corrupt):
		return err
	case errors.As(err, &syntax):
		return &Fault{Line: int64(syntax.Line), Reason: "damaged XML (" + syntax.Msg + ")", Remedy: "ask the sender to deliver the file again"}
	case strings.HasPrefix(err.Error(), "xml:"):
		return &Fault{Line: x.line(), Reason: "damaged XML (" + strings.TrimPrefix(err.Error(), "xml: ") + ")", Remedy: "ask the sender to deliver the file again"}
	}
	return err
}

// isXML reports whether a head begins with an element or declaration, and
// holds a text.
func isXML(head []byte, holds string) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(head, bom)), []byte("<")) && bytes.Contains(bytes.ToLower(head), []byte(holds))
}
