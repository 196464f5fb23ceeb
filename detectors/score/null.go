package score

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Null holds, by segment, the scores of sites that do not mine, less the prior's,
// sorted: what a conformal p-value compares with.
type Null map[string][]float64

// Segment names the sites whose scores can be compared: those of which the same
// kinds of data were delivered. A site with traffic that is in no log counts as one
// with logs if the run has any: its p-value is then too large, never too small.
func Segment(hourly, traffic bool) string {
	switch {
	case hourly && traffic:
		return "hourly and traffic"
	case hourly:
		return "hourly"
	case traffic:
		return "traffic"
	}
	return "neither"
}

//go:embed null.csv
var nullCSV string

// ShippedNull returns the scores of the benchmark's calibration split.
func ShippedNull() Null {
	out := Null{}
	for name, scores := range shippedNull {
		out[name] = slices.Clone(scores)
	}
	return out
}

var shippedNull = mustNull(nullCSV)

// Add puts the score of one more site that does not mine into a segment.
func (n Null) Add(segment string, score float64) {
	i, _ := slices.BinarySearch(n[segment], score)
	n[segment] = slices.Insert(n[segment], i, score)
}

// PValue is the conformal p-value of a score in its segment; 1 where nothing is known.
func (n Null) PValue(segment string, score float64) float64 { return Conformal(n[segment], score) }

// NullCSV returns the table that the package embeds: equal scores once, with their
// number.
func NullCSV(nulls map[string][]float64) string {
	var b strings.Builder
	b.WriteString("# Scores of sites without a mine, less the prior's. Written by `minewatch bench fuse --write`.\nsegment,score,sites\n")
	var names []string
	for name := range nulls {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		list := nulls[name]
		for i := 0; i < len(list); {
			text := strconv.FormatFloat(list[i], 'f', 2, 64)
			j := i
			for j < len(list) && strconv.FormatFloat(list[j], 'f', 2, 64) == text {
				j++
			}
			fmt.Fprintf(&b, "%s,%s,%d\n", name, text, j-i)
			i = j
		}
	}
	return b.String()
}

// mustNull reads the embedded table; a fault in it is a bug.
func mustNull(text string) Null {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		panic("null.csv: " + err.Error())
	}
	n := Null{}
	for _, row := range rows[1:] {
		v, errV := strconv.ParseFloat(row[1], 64)
		times, errN := strconv.Atoi(row[2])
		if errV != nil || errN != nil || times < 1 {
			panic(fmt.Sprintf("null.csv: %v: want a segment, a number and a count", row))
		}
		n[row[0]] = append(n[row[0]], slices.Repeat([]float64{v}, times)...)
	}
	for _, list := range n {
		slices.Sort(list)
	}
	return n
}
