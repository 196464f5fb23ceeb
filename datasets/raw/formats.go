package raw

import (
	"bytes"
	"unicode/utf8"
)

// A Format reads one kind of file. Implementations have no state.
type Format interface {
	Name() string
	// sniff reports whether a file that begins with head is of this kind.
	sniff(head []byte) bool
	// decode hands every record to the loader. A *Fault refuses the whole file.
	decode(in *input, l *loader) error
}

// Formats lists the formats in the order in which they are tried.
var Formats = []Format{Parquet{}, ZeekTSV{}, ZeekJSON{}, CSV{}}

func sniff(head []byte) Format {
	for _, f := range Formats {
		if f.sniff(head) {
			return f
		}
	}
	return nil
}

// Kinds of files that people drop into an inbox, by their first bytes.
var strangers = []struct{ magic, what string }{
	{"PK\x03\x04", "a zip archive or an office document; unpack it or export it as CSV"},
	{"\xd0\xcf\x11\xe0", "an old office document; export it as CSV"},
	{"\xd4\xc3\xb2\xa1", "a packet capture; deliver Zeek logs or flow records made of it"},
	{"\xa1\xb2\xc3\xd4", "a packet capture; deliver Zeek logs or flow records made of it"},
	{"\x0a\x0d\x0d\x0a", "a packet capture; deliver Zeek logs or flow records made of it"},
	{"\x0c\xa5", "an nfdump file; export it as CSV with the columns of flows"},
	{"BZh", "packed with bzip2; pack it with gzip or zstd"},
	{"\xfd7zXZ", "packed with xz; pack it with gzip or zstd"},
	{"7z\xbc\xaf", "a 7z archive; unpack it"},
	{"%PDF", "a PDF document; deliver the table as CSV"},
	{"<?xml", "XML; deliver the table as CSV"},
	{"\xff\xfe", "UTF-16 text; save it as UTF-8"},
	{"\xfe\xff", "UTF-16 text; save it as UTF-8"},
}

// unknown explains a file that no format claims.
func unknown(head []byte) *Fault {
	for _, s := range strangers {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return &Fault{Reason: "unknown format", Remedy: "it looks like " + s.what}
		}
	}
	if bytes.IndexByte(head, 0) < 0 && !validHead(head) {
		return &Fault{Reason: "not UTF-8", Remedy: "save the file as UTF-8 text"}
	}
	return &Fault{Reason: "unknown format", Remedy: "deliver CSV, Parquet, or Zeek logs (conn, dns, ssl)"}
}

// validHead reports whether the head is UTF-8, but for a rune cut off at its end.
func validHead(head []byte) bool {
	for n := 0; n < utf8.UTFMax && n <= len(head); n++ {
		if utf8.Valid(head[:len(head)-n]) {
			return true
		}
	}
	return false
}

var bom = []byte("\xef\xbb\xbf")
