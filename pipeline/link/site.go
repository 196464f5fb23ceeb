package link

import (
	"fmt"
	"math"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// A SiteLink is the site of a subscriber and what it rests on.
type SiteLink struct {
	SiteID string // "" if there is no link
	Basis  string // site_id, bin, bin and address, address, or distance
	Why    string // if there is no link
}

// MaxDistanceM is how far a subscriber's coordinates may lie from a site's: a
// plot, and the error of a good geocoder.
const MaxDistanceM = 50

// Sites finds sites by their keys. It is not changed after [NewSites].
type Sites struct {
	all       map[string]datasets.Site
	byBIN     map[string][]string
	byAddress map[string][]string
	cells     map[[2]int][]string // by cells of about 111 m x 70 m
	key       func(address string) string
}

// NewSites indexes the sites. key brings an address to one spelling; it returns
// "" for an address that names no single place.
func NewSites(sites []datasets.Site, key func(address string) string) *Sites {
	s := &Sites{map[string]datasets.Site{}, map[string][]string{}, map[string][]string{}, map[[2]int][]string{}, key}
	for _, site := range sites {
		s.all[site.SiteID] = site
		if site.BIN != "" {
			s.byBIN[site.BIN] = append(s.byBIN[site.BIN], site.SiteID)
		}
		if k := key(site.Address); k != "" {
			s.byAddress[k] = append(s.byAddress[k], site.SiteID)
		}
		if site.Lat != 0 || site.Lon != 0 {
			c := cell(site.Lat, site.Lon)
			s.cells[c] = append(s.cells[c], site.SiteID)
		}
	}
	return s
}

// Link returns the site of a subscriber, by the first of these that says
// anything: the site named; the only site of the BIN; the only site of the BIN
// with this address; the only site with this address; the only site within
// [MaxDistanceM]. A named site that is not in the table is no link: somebody
// should look.
func (s *Sites) Link(sub datasets.Subscriber) SiteLink {
	if sub.SiteID != "" {
		if _, ok := s.all[sub.SiteID]; ok {
			return SiteLink{SiteID: sub.SiteID, Basis: "site_id"}
		}
		return SiteLink{Why: fmt.Sprintf("the subscriber names site %q, which is not in sites", sub.SiteID)}
	}
	ofBIN := s.byBIN[sub.BIN]
	if sub.BIN == "" {
		ofBIN = nil
	}
	if len(ofBIN) == 1 {
		return SiteLink{SiteID: ofBIN[0], Basis: "bin"}
	}
	ofAddress := s.byAddress[s.key(sub.Address)]
	if len(ofBIN) > 1 {
		both := intersect(ofBIN, ofAddress)
		if len(both) == 0 {
			both = intersect(ofBIN, s.near(sub.Lat, sub.Lon))
		}
		if len(both) == 1 {
			return SiteLink{SiteID: both[0], Basis: "bin and address"}
		}
		return SiteLink{Why: fmt.Sprintf("%d sites have this BIN and the address does not tell which", len(ofBIN))}
	}
	if len(ofAddress) == 1 {
		return SiteLink{SiteID: ofAddress[0], Basis: "address"}
	}
	if len(ofAddress) > 1 {
		return SiteLink{Why: fmt.Sprintf("%d sites have this address", len(ofAddress))}
	}
	switch near := s.near(sub.Lat, sub.Lon); len(near) {
	case 0:
		return SiteLink{Why: "no site has this BIN, address or place"}
	case 1:
		return SiteLink{SiteID: near[0], Basis: "distance"}
	default:
		return SiteLink{Why: fmt.Sprintf("%d sites lie within %d m", len(near), MaxDistanceM)}
	}
}

// near returns the sites within MaxDistanceM, none for (0, 0).
func (s *Sites) near(lat, lon float64) []string {
	if lat == 0 && lon == 0 {
		return nil
	}
	var out []string
	c := cell(lat, lon)
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			for _, id := range s.cells[[2]int{c[0] + dy, c[1] + dx}] {
				if site := s.all[id]; datasets.DistanceM(lat, lon, site.Lat, site.Lon) <= MaxDistanceM {
					out = append(out, id)
				}
			}
		}
	}
	return out
}

// cell divides the globe by thousandths of a degree; at 60 degrees, north of all
// of Kazakhstan, one is still 55 m wide.
func cell(lat, lon float64) [2]int {
	return [2]int{int(math.Floor(lat * 1000)), int(math.Floor(lon * 1000))}
}

func intersect(a, b []string) []string {
	var out []string
	for _, x := range a {
		if slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}
