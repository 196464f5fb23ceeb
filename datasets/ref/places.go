package ref

import (
	"fmt"
	"io"
	"strings"
)

// A Place is a town or a street and the names that it had or has.
type Place struct {
	Kind   string   // town or street
	Region string   // code of the region
	Town   string   // of a street: the first name of its town
	Names  []string // the present one first
	Basis
}

// Places lists places in the order of the files.
type Places []Place

var placeColumns = []string{"kind", "region", "town", "names", "source", "confidence"}

// LoadPlaces returns the shipped names, with those of the user's file added or
// in the place of a line with the same kind, town and first name; user may be nil.
func LoadPlaces(user io.Reader) (Places, error) {
	own, users, err := load("places.csv", placeColumns, user, func(r *row) Place {
		p := Place{Kind: r.oneOf("kind", "town", "street"), Region: r.text("region"), Town: r.text("town"), Basis: r.basis()}
		for n := range strings.SplitSeq(r.need("names"), "|") {
			if n = strings.TrimSpace(n); n == "" {
				r.fail("names", "holds an empty name; separate names by one |")
			}
			p.Names = append(p.Names, n)
		}
		if (p.Kind == "street") != (p.Town != "") {
			r.fail("town", "is given for a street, and only for a street")
		}
		return p
	})
	if err != nil {
		return nil, err
	}
	t, err := replace("places.csv", own, users, func(p Place) string { return p.Kind + " " + p.Town + " " + p.Names[0] })
	if err != nil {
		return nil, err
	}
	towns := map[string]bool{}
	for _, p := range t {
		if p.Kind == "town" {
			towns[p.Names[0]] = true
		}
	}
	for _, p := range t {
		if p.Kind == "street" && !towns[p.Town] {
			return nil, fmt.Errorf("places.csv: street %s: no town has %q as its first name; add a line for the town", p.Names[0], p.Town)
		}
	}
	return t, nil
}
