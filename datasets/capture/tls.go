package capture

import (
	"encoding/binary"
	"strings"
)

// serverName returns the name in a TLS ClientHello (RFC 8446 section 4.1.2, RFC
// 6066 section 3), "" if p is none, is cut off before the name, or has none.
func serverName(p []byte) string {
	r := reader{p}
	if r.uint8() != 22 || r.uint8() != 3 { // a handshake record
		return ""
	}
	r.skip(3)           // minor version, length
	if r.uint8() != 1 { // ClientHello
		return ""
	}
	r.skip(3 + 2 + 32)      // length, version, random
	r.skip(int(r.uint8()))  // session id
	r.skip(int(r.uint16())) // cipher suites
	r.skip(int(r.uint8()))  // compression methods
	r.uint16()              // length of the extensions
	for len(r.left) > 4 {   // an extension has at least this
		kind, n := r.uint16(), int(r.uint16())
		if kind != 0 {
			r.skip(n)
			continue
		}
		r.skip(2) // length of the list
		if r.uint8() != 0 {
			return ""
		}
		return strings.ToLower(string(r.take(int(r.uint16()))))
	}
	return ""
}

// A reader takes bytes from the front; past the end it gives zeros.
type reader struct{ left []byte }

func (r *reader) take(n int) []byte {
	if n > len(r.left) {
		r.left = nil
		return nil
	}
	b := r.left[:n]
	r.left = r.left[n:]
	return b
}

func (r *reader) skip(n int) { r.take(n) }

func (r *reader) uint8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}
