package geo

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// mmdb makes a file with one record, for all of 0.0.0.0/1, as the MaxMind DB
// format 2.0 lays it out: a search tree of one node (24-bit records), 16 zero
// bytes, the data, a marker, the metadata.
func mmdb(t *testing.T, record []byte) string {
	t.Helper()
	// The left branch (first bit 0) points at data offset 0: node count + 16. The
	// right branch is the node count itself: not found.
	b := append([]byte{0, 0, 17, 0, 0, 1}, make([]byte, 16)...)
	b = append(b, record...)
	b = append(b, "\xab\xcd\xefMaxMind.com"...)
	b = append(b, dict(
		text("binary_format_major_version"), u16(2), text("binary_format_minor_version"), u16(0),
		text("build_epoch"), u64(1), text("database_type"), text("test"), text("description"), dict(),
		text("ip_version"), u16(4), text("languages"), []byte{0x00, 0x04},
		text("node_count"), u32(1), text("record_size"), u16(24),
	)...)
	path := filepath.Join(t.TempDir(), "test.mmdb")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// The control byte of a value is its type in the top three bits and its size.
func text(s string) []byte {
	if len(s) >= 29 { // one byte of size follows
		return append([]byte{2<<5 | 29, byte(len(s) - 29)}, s...)
	}
	return append([]byte{2<<5 | byte(len(s))}, s...)
}
func u16(v uint16) []byte { return binary.BigEndian.AppendUint16([]byte{5<<5 | 2}, v) }
func u32(v uint32) []byte { return binary.BigEndian.AppendUint32([]byte{6<<5 | 4}, v) }
func u64(v uint64) []byte { return binary.BigEndian.AppendUint64([]byte{8, 9 - 7}, v) }
func dict(pairs ...[]byte) []byte {
	return append([]byte{7<<5 | byte(len(pairs)/2)}, slices.Concat(pairs...)...)
}

func TestLookup(t *testing.T) {
	for _, test := range []struct {
		name   string
		record []byte
		want   Place
	}{
		{"GeoLite2 and DB-IP country", dict(text("country"), dict(text("iso_code"), text("KZ"))), Place{Country: "KZ"}},
		{"ip-location-db country", dict(text("country_code"), text("kz")), Place{Country: "KZ"}},
		{"GeoLite2 and DB-IP ASN", dict(text("autonomous_system_number"), u32(9198), text("autonomous_system_organization"), text("JSC Kazakhtelecom")), Place{ASN: 9198, Org: "JSC Kazakhtelecom"}},
		{"IPinfo", dict(text("country"), text("KZ"), text("asn"), text("AS9198"), text("as_name"), text("JSC Kazakhtelecom")), Place{"KZ", 9198, "JSC Kazakhtelecom"}},
		{"other fields", dict(text("city"), text("Almaty")), Place{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			db, err := Open(mmdb(t, test.record))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if got, err := db.Lookup(netip.MustParseAddr("95.56.1.1")); err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
			for _, outside := range []string{"195.56.1.1", "2001:db8::1"} {
				if got, err := db.Lookup(netip.MustParseAddr(outside)); err != nil || got != (Place{}) {
					t.Errorf("%s: got %+v, %v, want nothing", outside, got, err)
				}
			}
		})
	}
}

func TestFilesAddUp(t *testing.T) {
	db, err := Open(mmdb(t, dict(text("country_code"), text("KZ"))), mmdb(t, dict(text("country_code"), text("RU"), text("asn"), u32(9198))))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got, err := db.Lookup(netip.MustParseAddr("::ffff:95.56.1.1")); err != nil || got != (Place{Country: "KZ", ASN: 9198}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWithoutFiles(t *testing.T) {
	var none *DB
	if got, err := none.Lookup(netip.MustParseAddr("95.56.1.1")); err != nil || got != (Place{}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := none.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent.mmdb")); err == nil {
		t.Error("an absent file was opened")
	}
	text := filepath.Join(t.TempDir(), "text.mmdb")
	if err := os.WriteFile(text, []byte("ip,country\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(text); err == nil {
		t.Error("a text file was opened")
	}
}
