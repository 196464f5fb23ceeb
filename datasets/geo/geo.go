// Package geo tells in which country an address is and whose it is, from MMDB
// files that the user names.
//
// The steps: [Open] the files, [DB.Lookup] addresses, [DB.Close]. Any mixture of
// files works; of each fact the first file that knows it decides. The layouts of
// GeoLite2, DB-IP Lite, ip-location-db and IPinfo are understood. Without files
// every place is empty.
package geo

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// A Place is what the files say of an address; zero where they say nothing.
type Place struct {
	Country string // ISO 3166-1 alpha-2, upper case
	ASN     int32  // number of the autonomous system
	Org     string // its operator
}

// A DB is a set of open files. The zero value and nil know nothing.
type DB struct {
	files []*maxminddb.Reader
}

// Open opens MMDB files.
func Open(paths ...string) (*DB, error) {
	db := &DB{}
	for _, path := range paths {
		r, err := maxminddb.Open(path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w; want an MMDB file with countries or autonomous systems", path, err), db.Close())
		}
		db.files = append(db.files, r)
	}
	return db, nil
}

// Close closes the files.
func (db *DB) Close() error {
	if db == nil {
		return nil
	}
	var all error
	for _, r := range db.files {
		all = errors.Join(all, r.Close())
	}
	return all
}

// Lookup returns what is known of an address. An error means a damaged file; an
// address that no file holds is an empty place.
func (db *DB) Lookup(addr netip.Addr) (Place, error) {
	var p Place
	if db == nil || !addr.IsValid() {
		return p, nil
	}
	addr = addr.Unmap().WithZone("")
	for _, r := range db.files {
		if addr.Is6() && r.Metadata.IPVersion == 4 {
			continue // such a file has no place for it and calls that an error
		}
		var record map[string]any
		if err := r.Lookup(addr).Decode(&record); err != nil {
			return p, fmt.Errorf("look up %s in %s: %w", addr, r.Metadata.DatabaseType, err)
		}
		p.fill(record)
	}
	return p, nil
}

// fill takes what is still missing from a record of any of the layouts.
func (p *Place) fill(record map[string]any) {
	if p.Country == "" {
		p.Country = strings.ToUpper(country(record))
	}
	if p.ASN == 0 {
		p.ASN = asn(record)
	}
	if p.Org == "" {
		p.Org = firstText(record, "autonomous_system_organization", "as_name", "as_organization", "organization")
	}
}

// country knows {"country": {"iso_code": "KZ"}} (GeoLite2, DB-IP),
// {"country_code": "KZ"} (ip-location-db, IPinfo) and {"country": "KZ"} (IPinfo).
func country(record map[string]any) string {
	for _, key := range []string{"country", "registered_country"} {
		if m, ok := record[key].(map[string]any); ok {
			if s, ok := m["iso_code"].(string); ok {
				return s
			}
		}
	}
	for _, key := range []string{"country_code", "country"} {
		if s, ok := record[key].(string); ok && len(s) == 2 {
			return s
		}
	}
	return ""
}

// asn knows a number, "9198" and "AS9198".
func asn(record map[string]any) int32 {
	for _, key := range []string{"autonomous_system_number", "asn"} {
		switch v := record[key].(type) {
		case uint64:
			return asnOf(v)
		case string:
			if n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(v), "AS"), 10, 32); err == nil {
				return asnOf(n)
			}
		}
	}
	return 0
}

// asnOf keeps numbers that the int32 column holds: up to 2^31-1, above which no
// number is assigned but for private use.
func asnOf(n uint64) int32 {
	if n > 1<<31-1 {
		return 0
	}
	return int32(n)
}

func firstText(record map[string]any, keys ...string) string {
	for _, k := range keys {
		if s, ok := record[k].(string); ok && s != "" {
			return s
		}
	}
	return ""
}
