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
var Formats = []Format{Parquet{}, Capture{}, IPFIXFile{}, Nfcapd{}, XLSX{}, M80020{}, ESPI{}, NEM12{}, ZeekTSV{}, EVE, GoflowJSON, ZeekJSON{},
	NfdumpCSV, NfdumpShortCSV, VPCFlow, VPCFlowCSV, ArgusCSV, ArgusTabs, RadiusCSV, RadiusUnderCSV, NATSyslog{}, CSV{}}

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
	{"\xd0\xcf\x11\xe0", "an old office document, or one with a password; save it as XLSX or CSV, without a password"},
	{"BZh", "packed with bzip2; pack it with gzip or zstd"},
	{"\xfd7zXZ", "packed with xz; pack it with gzip or zstd"},
	{"7z\xbc\xaf", "a 7z archive; unpack it"},
	{"%PDF", "a PDF document; deliver the table as CSV"},
	{"<?xml", "XML of a kind that is not known; deliver the table as CSV"},
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
	return &Fault{Reason: "unknown format", Remedy: "deliver CSV, XLSX, Parquet, or one of the formats of the README, such as Zeek logs, Suricata EVE, nfdump CSV, NetFlow and IPFIX captures"}
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
