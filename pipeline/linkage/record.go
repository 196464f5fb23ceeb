package linkage

import (
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// A Record is what is delivered of one holder and place; every field may be empty.
type Record struct {
	BIN, Name             string
	Region, KATO, Address string
	Lat, Lon              float64 // 0, 0 is unknown
}

// A Key is a record brought to the form in which records are compared.
type Key struct {
	BIN      string // digits as delivered, "" if missing
	ValidBIN bool
	Name     Name
	Address
	Lat, Lon float64
}

// Read brings a record to its key.
func (r *Reader) Read(rec Record) Key {
	k := Key{BIN: digits(rec.BIN), Name: ReadName(rec.Name), Address: r.ReadAddress(rec.Address), Lat: rec.Lat, Lon: rec.Lon}
	k.ValidBIN = datasets.CheckBIN(k.BIN) == nil
	if k.Region == "" {
		k.Region = r.regionOf(rec.Region)
	}
	if k.Region == "" && len(rec.KATO) == 9 {
		if g, ok := r.regions.OfKATO(rec.KATO); ok {
			k.Region = g.Code
		}
	}
	if k.Town == "" {
		k.Town = r.cities[k.Region]
	}
	return k
}

func digits(s string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, s)
}

func (k *Key) located() bool { return k.Lat != 0 || k.Lon != 0 }
