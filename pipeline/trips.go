package pipeline

import (
	"fmt"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// planTrips puts the rows into trips: the best site that is left and those within
// the radius of it, nearest next, up to what a team can do in a day. Trips are
// shared among the teams in their order, each trip is a day's work. Within a trip the
// order is that of a short way: nearest neighbour, improved by 2-opt (Croes 1958). Sites
// without a place are trips of their region.
func planTrips(rows []datasets.Visit, v Visits) {
	near := newNeighbours(rows, v.GroupRadiusKM)
	trips, unplacedTrips := 0, map[string]int{}
	for i := range rows {
		if rows[i].VisitGroup != "" {
			continue
		}
		var stops []int
		var name string
		if placed(rows[i]) {
			trips++
			name = fmt.Sprintf("G%03d", trips)
			stops = shorten(rows, tripFrom(rows, near, i, v.PerDay), v)
		} else {
			stops = unplaced(rows, rows[i].Region, v.PerDay)
			name = "no place: " + rows[i].Region
			if unplacedTrips[name]++; unplacedTrips[name] > 1 {
				name = fmt.Sprintf("%s (%d)", name, unplacedTrips[name])
			}
		}
		for order, k := range stops {
			rows[k].VisitGroup, rows[k].VisitOrder = name, int32(order+1)
			rows[k].TravelKM = leg(rows, stops, order, v)
		}
	}
	assignTeams(rows, v.Teams)
}

// assignTeams gives each trip, in the order of its best site, to the next team.
func assignTeams(rows []datasets.Visit, teams int) {
	trip := map[string]int{}
	for i := range rows {
		if _, ok := trip[rows[i].VisitGroup]; !ok {
			trip[rows[i].VisitGroup] = len(trip)
		}
		t := trip[rows[i].VisitGroup]
		rows[i].Team, rows[i].TeamDay = int32(t%teams+1), int32(t/teams+1)
	}
}

// tripFrom returns up to n rows: from, then always the nearest one left within the
// radius of from.
func tripFrom(rows []datasets.Visit, near *neighbours, from, n int) []int {
	var left []int
	near.each(from, func(k int, _ float64) {
		if rows[k].VisitGroup == "" {
			left = append(left, k)
		}
	})
	slices.Sort(left)
	stops := []int{from}
	for len(stops) < n && len(left) > 0 {
		last := rows[stops[len(stops)-1]]
		best, at := math.Inf(1), 0
		for i, k := range left {
			if d := distanceKM(last, rows[k]); d < best {
				best, at = d, i
			}
		}
		stops = append(stops, left[at])
		left = slices.Delete(left, at, at+1)
	}
	return stops
}

// unplaced returns the first n rows of a region without a place that are in no trip.
func unplaced(rows []datasets.Visit, region string, n int) []int {
	var stops []int
	for i := range rows {
		if len(stops) < n && rows[i].VisitGroup == "" && !placed(rows[i]) && rows[i].Region == region {
			stops = append(stops, i)
		}
	}
	return stops
}

// shorten reverses stretches of a trip as long as that makes the way shorter. The
// trip begins and ends at the base if that is known; else it begins at its first
// stop and ends anywhere.
func shorten(rows []datasets.Visit, stops []int, v Visits) []int {
	first := 1
	if v.based() {
		first = 0
	}
	length := func() float64 {
		sum := 0.0
		for i := range stops {
			sum += leg(rows, stops, i, v)
		}
		if v.based() {
			sum += v.RoadFactor * distanceKM(rows[stops[len(stops)-1]], v.base())
		}
		return sum
	}
	for improved := true; improved; {
		improved = false
		for i := first; i < len(stops)-1; i++ {
			for j := i + 1; j < len(stops); j++ {
				before := length()
				slices.Reverse(stops[i : j+1])
				if length() < before-1e-9 {
					improved = true
				} else {
					slices.Reverse(stops[i : j+1])
				}
			}
		}
	}
	return stops
}

// leg is the way to a stop, by road as far as the factor holds; 0 to the first one
// if the base is not known, and where a place is not.
func leg(rows []datasets.Visit, stops []int, i int, v Visits) float64 {
	to := rows[stops[i]]
	from := v.base()
	if i > 0 {
		from = rows[stops[i-1]]
	} else if !v.based() {
		return 0
	}
	if !placed(to) || i > 0 && !placed(from) {
		return 0
	}
	return v.RoadFactor * distanceKM(from, to)
}

// kmPerDegree is the length of a degree of a meridian.
const kmPerDegree = 111.2

// neighbours finds the rows within a radius by a grid of cells at least as wide.
type neighbours struct {
	rows             []datasets.Visit
	radiusKM         float64
	cellLat, cellLon float64 // degrees
	cells            map[[2]int][]int
}

func newNeighbours(rows []datasets.Visit, radiusKM float64) *neighbours {
	n := &neighbours{rows: rows, radiusKM: radiusKM, cells: map[[2]int][]int{}}
	widest := 0.0
	for _, r := range rows {
		widest = max(widest, math.Abs(r.Lat))
	}
	n.cellLat = max(radiusKM, 0.1) / kmPerDegree * 1.01
	n.cellLon = n.cellLat / max(0.05, math.Cos(min(88, widest+n.cellLat)*math.Pi/180))
	for i, r := range rows {
		if placed(r) {
			c := n.cell(r)
			n.cells[c] = append(n.cells[c], i)
		}
	}
	return n
}

func (n *neighbours) cell(r datasets.Visit) [2]int {
	return [2]int{int(math.Floor(r.Lat / n.cellLat)), int(math.Floor(r.Lon / n.cellLon))}
}

// each calls f for every other placed row within the radius, in no fixed order.
func (n *neighbours) each(i int, f func(k int, km float64)) {
	if !placed(n.rows[i]) {
		return
	}
	c := n.cell(n.rows[i])
	for dLat := -1; dLat <= 1; dLat++ {
		for dLon := -1; dLon <= 1; dLon++ {
			for _, k := range n.cells[[2]int{c[0] + dLat, c[1] + dLon}] {
				if km := distanceKM(n.rows[i], n.rows[k]); k != i && km <= n.radiusKM {
					f(k, km)
				}
			}
		}
	}
}
