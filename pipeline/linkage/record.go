package linkage

import (
	"math"
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

// metres returns the great-circle distance on a sphere of radius 6,371 km
// (haversine), good to 0.5 per cent.
func metres(a, b *Key) float64 {
	const rad = math.Pi / 180
	h := math.Pow(math.Sin((b.Lat-a.Lat)*rad/2), 2) +
		math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*math.Pow(math.Sin((b.Lon-a.Lon)*rad/2), 2)
	return 2 * 6_371_000 * math.Asin(math.Min(1, math.Sqrt(h)))
}
