package raw

import (
	"reflect"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// textsKept bounds the memory of the texts of one column.
const textsKept = 1 << 16

// A text is what a cell became. It is remembered, so that a value that comes in
// every row is checked, made and hashed once.
type text struct {
	value  string
	bucket int32
	doubt  string
}

// textSetter returns what reads a cell into a text of the row v, and its
// bucket into the row if the table is divided by this column.
func (l *loader) textSetter(c *datasets.Column, p *string, v reflect.Value) func([]byte) *problem {
	bucket := new(int32)
	if c.Name == l.table.BucketBy {
		bucket = v.FieldByName("Bucket").Addr().Interface().(*int32)
	}
	read := l.textReader(c)
	texts := map[string]text{}
	var last text
	var lastCell string
	return func(cell []byte) *problem {
		if string(cell) != lastCell {
			t, known := texts[string(cell)]
			if !known {
				value, doubt, fault := read(cell)
				if fault != nil {
					return fault
				}
				t = text{value, 0, doubt}
				if c.Name == l.table.BucketBy {
					t.bucket = datasets.BucketOf(value, l.options.Buckets)
				}
				if len(texts) >= textsKept {
					clear(texts)
				}
				texts[string(cell)] = t
			}
			last, lastCell = t, string(cell)
		}
		*p, *bucket = last.value, last.bucket
		if last.doubt != "" {
			l.doubt(c, last.doubt)
		}
		return nil
	}
}

// textReader returns what checks a text of c and brings it to its canonical
// form. doubt is what is odd about a text that is taken all the same.
func (l *loader) textReader(c *datasets.Column) func(cell []byte) (value, doubt string, fault *problem) {
	switch {
	case c.Kind == datasets.IP:
		return sure(parseIP)
	case c.Kind == datasets.Prefix:
		return sure(parsePrefix)
	case c.Kind == datasets.Proto:
		return sure(parseProto)
	case c.Kind == datasets.Host:
		return l.hostReader()
	case c.OneOf != nil:
		return sure(func(cell []byte) (string, *problem) { return oneOf(c.OneOf, string(cell)) })
	case c.Name == "bin" || c.Name == "host_bin":
		return binCell
	case c.Name == "kato":
		return func(cell []byte) (string, string, *problem) {
			if datasets.CheckKATO(string(cell)) != nil {
				return string(cell), "not a KATO code", nil
			}
			return string(cell), "", nil
		}
	}
	return sure(func(cell []byte) (string, *problem) { return string(cell), nil })
}

// binCell reads a BIN or IIN. The row matters more than its number: one that
// is not valid is kept, and linkage does not match by it. Zeros that a
// spreadsheet cut off are put back where the check digit agrees.
func binCell(cell []byte) (string, string, *problem) {
	s := string(cell)
	if datasets.CheckBIN(s) == nil {
		return s, "", nil
	}
	if n := len(s); n >= 9 && n < 12 {
		if whole := "000"[:12-n] + s; datasets.CheckBIN(whole) == nil {
			return whole, "leading zeros put back", nil
		}
	}
	return s, "not a valid BIN or IIN", nil
}

func sure(parse func([]byte) (string, *problem)) func([]byte) (string, string, *problem) {
	return func(cell []byte) (string, string, *problem) {
		value, fault := parse(cell)
		return value, "", fault
	}
}

// hostReader reads names. In traffic a name is what somebody sent, proper or
// not; in a list that people write, an improper name is a mistake.
func (l *loader) hostReader() func([]byte) (string, string, *problem) {
	observed := l.table.YearBy != ""
	return func(cell []byte) (string, string, *problem) {
		name, proper := parseHost(cell)
		switch {
		case proper:
			return name, "", nil
		case observed:
			return name, "not a proper host name", nil
		}
		return "", "", &badHost
	}
}

// oneOf returns the spelling of the list.
func oneOf(list []string, s string) (string, *problem) {
	for _, o := range list {
		if strings.EqualFold(o, s) {
			return o, nil
		}
	}
	return "", &notListed
}
