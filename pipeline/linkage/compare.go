package linkage

import (
	"math"

	"github.com/minewatch/minewatch/datasets"
)

// The fields of a comparison.
const (
	FieldName = iota
	FieldForm
	FieldBIN
	FieldPlace
	fields
)

// Levels of the legal form, the BIN and the place; those of the name are in
// name.go. 0 is "missing on either side", which says nothing.
const (
	FormDifferent = iota + 1
	FormEqual
)

// Levels of the BIN.
const (
	BINDifferent = iota + 1 // two valid numbers, more than a slip apart
	BINSlip                 // one digit, or two neighbours swapped
	BINEqual
)

// Levels of the place.
const (
	PlaceElsewhere = iota + 1 // another town, or more than FarM away
	PlaceTown                 // the same town, no more
	PlaceStreet               // the same street, the same house number in a street of another name, or at most CloseM away
	PlaceSame                 // the same house, or at most NearM away
)

// Distances in metres between the coordinates of two records of one place.
const (
	NearM  = 250    // one plot, and the error of a good geocoder
	CloseM = 1_000  // a large centre, rough coordinates
	FarM   = 20_000 // beyond, two towns
)

// levels is the number of levels of each field, missing included.
var levels = [fields]int{5, 3, 4, 5}

// A Pattern is the level of each field.
type Pattern [fields]uint8

// patterns is the number of different patterns: the product of levels.
const patterns = 5 * 3 * 4 * 5

func (p Pattern) code() int {
	c := 0
	for f, l := range p {
		c = c*levels[f] + int(l)
	}
	return c
}

func patternOf(code int) (p Pattern) {
	for f := fields - 1; f >= 0; f-- {
		p[f] = uint8(code % levels[f])
		code /= levels[f]
	}
	return p
}

// Compare returns the levels of two keys.
func (r *Reader) Compare(a, b *Key) Pattern {
	return Pattern{
		FieldName: uint8(CompareNames(a.Name, b.Name)), FieldForm: uint8(compareForms(a.Name, b.Name)),
		FieldBIN: uint8(CompareBINs(a, b)), FieldPlace: uint8(r.ComparePlaces(a, b)),
	}
}

func compareForms(a, b Name) int {
	switch {
	case a.Form == "" || b.Form == "":
		return 0
	case a.Form == b.Form:
		return FormEqual
	}
	return FormDifferent
}

// CompareBINs returns the level of two numbers. A number that is not valid is
// an error of somebody's and cannot speak against a pair, only for it.
func CompareBINs(a, b *Key) int {
	switch {
	case a.BIN == "" || b.BIN == "":
		return 0
	case a.BIN == b.BIN:
		return BINEqual
	case oneSlip(a.BIN, b.BIN): // also of two valid numbers: the check digit does not see the 11th
		return BINSlip
	case a.ValidBIN && b.ValidBIN:
		return BINDifferent
	}
	return 0
}

// oneSlip reports whether two numbers of 12 digits differ in one digit or by
// two swapped neighbours.
func oneSlip(a, b string) bool {
	if len(a) != 12 || len(b) != 12 {
		return false
	}
	first, n := -1, 0
	for i := range 12 {
		if a[i] == b[i] {
			continue
		}
		if n++; n > 2 {
			return false
		}
		if first < 0 {
			first = i
		}
	}
	return n == 1 || n == 2 && a[first] == b[first+1] && a[first+1] == b[first]
}

// ComparePlaces returns the level of two places by address and distance.
func (r *Reader) ComparePlaces(a, b *Key) int {
	by := r.compareAddresses(&a.Address, &b.Address)
	if !a.located() || !b.located() {
		return by
	}
	if math.Abs(a.Lat-b.Lat) > 0.2 || math.Abs(a.Lon-b.Lon) > 0.5 && math.Abs(a.Lat) < 60 { // beyond FarM, without the sines
		if by == PlaceSame {
			return PlaceTown
		}
		return PlaceElsewhere
	}
	switch d := datasets.DistanceM(a.Lat, a.Lon, b.Lat, b.Lon); {
	case d <= NearM:
		return PlaceSame
	case d <= CloseM:
		return max(by, PlaceStreet)
	case d <= FarM && by != PlaceElsewhere:
		return max(by, PlaceTown) // the same house all the same: coordinates are often those of a town's centre
	case by == PlaceSame:
		return PlaceTown // one of the two is wrong
	}
	return PlaceElsewhere
}

func (r *Reader) compareAddresses(a, b *Address) int {
	if a.Region != "" && b.Region != "" && !r.related(a.Region, b.Region) && (a.Town == "" || a.Town != b.Town) {
		return PlaceElsewhere
	}
	if a.Town == "" || b.Town == "" {
		return 0
	}
	if a.Town != b.Town && !slipsApart(a.Town, b.Town) {
		return PlaceElsewhere
	}
	sameHouse := a.House != "" && a.House == b.House
	sameStreet := a.Street != "" && b.Street != "" && (a.Street == b.Street || slipsApart(a.Street, b.Street))
	switch {
	case sameHouse && sameStreet:
		return PlaceSame
	case sameHouse || sameStreet:
		return PlaceStreet
	}
	return PlaceTown
}
