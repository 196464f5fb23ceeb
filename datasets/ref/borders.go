package ref

import (
	"math"
	"strconv"
	"strings"
)

// A Border is one ring of the border of a region, for schematic maps. A region
// with exclaves has more than one; a city lies in a hole that is not drawn.
type Border struct {
	Code string  // of the region
	Ring []Point // closed: the last point is joined to the first
}

// A Point is a place in degrees, WGS 84.
type Point struct{ Lon, Lat float64 }

var borderColumns = []string{"code", "ring"}

// LoadBorders returns the shipped borders of the regions since 2022-06-08,
// simplified to 4 km, by code, the largest ring of a region first.
func LoadBorders() ([]Border, error) {
	own, _, err := load("borders.csv", borderColumns, nil, func(r *row) Border {
		b := Border{Code: r.need("code")}
		words := strings.Fields(r.need("ring"))
		for i := 0; i+1 < len(words); i += 2 {
			lon, err1 := strconv.ParseFloat(words[i], 64)
			lat, err2 := strconv.ParseFloat(words[i+1], 64)
			if err1 != nil || err2 != nil || math.Abs(lon) > 180 || math.Abs(lat) > 90 {
				r.fail("ring", "want degrees, got %s %s", words[i], words[i+1])
			}
			b.Ring = append(b.Ring, Point{lon, lat})
		}
		if len(words)%2 != 0 || len(b.Ring) < 3 {
			r.fail("ring", "want at least three pairs of longitude and latitude, got %d numbers", len(words))
		}
		return b
	})
	return own, err
}
