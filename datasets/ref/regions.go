package ref

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/minewatch/minewatch/datasets"
)

// A Region is an oblast or a city of republican significance since 2022-06-08.
type Region struct {
	Code                   string // ISO 3166-2:KZ number, two digits; KATO begins with it
	NameEN, NameRU, NameKK string
	Centre                 string
	Zone                   string // IANA time zone
	PowerZone              string // north, south or west
	SplitFrom              string // code of the region it was part of until SplitOn
	SplitOn                datasets.Day
	Aliases                []string
	Basis
}

// Regions lists all regions, in the order of the file.
type Regions []Region

var regionColumns = []string{"code", "name_en", "name_ru", "name_kk", "centre", "zone", "power_zone", "split_from", "split_on", "aliases", "source", "confidence"}

// LoadRegions returns the shipped regions, with those of the user's file added
// or in their place; user may be nil.
func LoadRegions(user io.Reader) (Regions, error) {
	own, users, err := load("regions.csv", regionColumns, user, parseRegion)
	if err != nil {
		return nil, err
	}
	t, err := replace("regions.csv", own, users, func(r Region) string { return r.Code })
	if err != nil {
		return nil, err
	}
	seen := map[string]string{}
	for _, r := range t {
		for _, n := range r.names() {
			k := regionKey(n)
			if other, ok := seen[k]; ok && other != r.Code {
				return nil, fmt.Errorf("regions.csv: %q names both %s and %s", n, other, r.Code)
			}
			seen[k] = r.Code
		}
	}
	return t, nil
}

func parseRegion(r *row) Region {
	g := Region{
		Code: r.need("code"), NameEN: r.need("name_en"), NameRU: r.text("name_ru"), NameKK: r.text("name_kk"),
		Centre: r.text("centre"), Zone: r.need("zone"), PowerZone: r.oneOf("power_zone", "", "north", "south", "west"),
		SplitFrom: r.text("split_from"), SplitOn: r.day("split_on"), Basis: r.basis(),
	}
	if len(g.Code) != 2 || strings.Trim(g.Code, "0123456789") != "" {
		r.fail("code", "want two digits, got %q", g.Code)
	}
	if _, err := time.LoadLocation(g.Zone); err != nil {
		r.fail("zone", "want an IANA time zone, got %q", g.Zone)
	}
	if a := r.text("aliases"); a != "" {
		g.Aliases = strings.Split(a, "|")
	}
	return g
}

func (r Region) names() []string {
	out := []string{r.Code, r.NameEN}
	for _, n := range append([]string{r.NameRU, r.NameKK}, r.Aliases...) {
		if n != "" {
			out = append(out, n)
		}
	}
	return out
}

// Find returns the region that a text names: its code, its name in English,
// Russian or Kazakh, or an alias; case, punctuation and words such as "oblast"
// do not matter where the name stays unique without them.
func (t Regions) Find(name string) (Region, bool) {
	for _, key := range []func(string) string{regionKey, shortRegionKey} {
		want, found := key(name), -1
		for i, r := range t {
			for _, n := range r.names() {
				if want == "" || key(n) != want || found == i {
					continue
				}
				if found >= 0 {
					return Region{}, false
				}
				found = i
			}
		}
		if found >= 0 {
			return t[found], true
		}
	}
	return Region{}, false
}

// OfKATO returns the region of a KATO code by its first two digits.
func (t Regions) OfKATO(kato string) (Region, bool) {
	if len(kato) == 9 {
		for _, r := range t {
			if r.Code == kato[:2] {
				return r, true
			}
		}
	}
	return Region{}, false
}

func regionKey(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), " ")
}

var regionWords = map[string]bool{"oblast": true, "region": true, "область": true, "обл": true, "облысы": true, "г": true, "город": true, "қаласы": true, "city": true}

func shortRegionKey(s string) string {
	var out []string
	for _, w := range strings.Fields(regionKey(s)) {
		if !regionWords[w] {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}
