package ref

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// An Activity describes a sector of OKED, the classifier of activities.
type Activity struct {
	Codes      []string // prefixes, digits only
	Group      string   // sites of one group are peers
	Name       string
	LawfulFlat string // whether a lawful flat round-the-clock load is usual: yes, some, no
	Differs    string // how such a load differs from mining
	Basis
}

// Activities maps OKED codes to activities.
type Activities struct{ byPrefix map[string]Activity }

var okedColumns = []string{"codes", "group", "name", "lawful_flat", "differs_from_mining", "source", "confidence"}

// LoadActivities returns the shipped sectors, with prefixes of the user's file
// added or in their place; user may be nil.
func LoadActivities(user io.Reader) (Activities, error) {
	own, users, err := load("oked.csv", okedColumns, user, parseActivity)
	if err != nil {
		return Activities{}, err
	}
	t := Activities{map[string]Activity{}}
	for _, file := range [][]Activity{own, users} {
		given := map[string]bool{}
		for _, a := range file {
			for _, c := range a.Codes {
				if given[c] {
					return Activities{}, fmt.Errorf("oked.csv: the prefix %s is given twice", c)
				}
				given[c] = true
				t.byPrefix[c] = a
			}
		}
	}
	return t, nil
}

func parseActivity(r *row) Activity {
	a := Activity{
		Group: r.need("group"), Name: r.need("name"), LawfulFlat: r.oneOf("lawful_flat", "yes", "some", "no"),
		Differs: r.text("differs_from_mining"), Basis: r.basis(),
	}
	for part := range strings.SplitSeq(r.need("codes"), "|") {
		from, to, isRange := strings.Cut(part, "-")
		lo, err := strconv.Atoi(from)
		hi := lo
		if isRange && err == nil {
			hi, err = strconv.Atoi(to)
		}
		switch {
		case err != nil, lo < 0, hi < lo, hi > 99 && isRange, len(from) < 2, len(from) > 5:
			r.fail("codes", "want prefixes of 2 to 5 digits or two-digit ranges, separated by |, got %q", part)
			return a
		case isRange:
			for n := lo; n <= hi; n++ {
				a.Codes = append(a.Codes, fmt.Sprintf("%02d", n))
			}
		default:
			a.Codes = append(a.Codes, from)
		}
	}
	return a
}

// Of returns the activity of an OKED code by the longest known prefix; dots
// and spaces do not matter. ok is false for an unknown or empty code.
func (t Activities) Of(oked string) (a Activity, ok bool) {
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, oked)
	for n := len(digits); n >= 2; n-- {
		if a, ok = t.byPrefix[digits[:n]]; ok {
			return a, true
		}
	}
	return Activity{}, false
}

// UnknownGroup is the peer group of sites of which nothing is known: they are
// no peers of each other.
const UnknownGroup = "unknown"

// PeerGroup returns the activity group of a site: by its OKED code, else
// "households" for a household account, else the tariff group as
// "tariff:<group>", else UnknownGroup.
func (t Activities) PeerGroup(oked, accountType, tariffGroup string) string {
	if a, ok := t.Of(oked); ok {
		return a.Group
	}
	switch {
	case accountType == "household" || tariffGroup == "household":
		return "households"
	case tariffGroup != "":
		return "tariff:" + tariffGroup
	}
	return UnknownGroup
}
