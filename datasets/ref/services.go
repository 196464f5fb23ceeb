package ref

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	_ "embed"

	"github.com/minewatch/minewatch/datasets"
)

// Services that must never be proposed for blocking, as of 2026-06: the
// special-purpose ranges of IANA, public resolvers and root servers, content
// delivery networks and large operators by the ranges that they publish, and
// public services of Kazakhstan. The column source says where each is from.
// It is a starting list and not complete: a shared host that is not in it is
// caught by the other guards of the telecom stage.
//
//go:embed services.csv
var servicesCSV string

// Services tells whether an address or a name must stay reachable. It is not
// changed after [NewServices] and may be used by several goroutines.
type Services struct {
	prefix map[netip.Prefix]datasets.KnownService
	bits4  []int // lengths that occur, longest first
	bits6  []int
	exact  map[string]datasets.KnownService
	suffix map[string]datasets.KnownService
}

// NewServices returns the list that ships with the program and the user's rows.
// A row that cannot be used is left out and described in refused.
func NewServices(user []datasets.KnownService) (s *Services, refused []error) {
	s = &Services{map[netip.Prefix]datasets.KnownService{}, nil, nil, map[string]datasets.KnownService{}, map[string]datasets.KnownService{}}
	records, err := csv.NewReader(strings.NewReader(servicesCSV)).ReadAll()
	if err != nil {
		panic("ref: services.csv: " + err.Error()) // the tests load it
	}
	for _, r := range records[1:] {
		if err := s.add(datasets.KnownService{Prefix: r[0], Host: r[1], Name: r[2], Why: r[3]}); err != nil {
			panic("ref: services.csv: " + err.Error())
		}
	}
	for i, row := range user {
		if err := s.add(row); err != nil {
			refused = append(refused, fmt.Errorf("known_services row %d (line %d): %w", i+1, row.Line, err))
		}
	}
	for p := range s.prefix {
		bits := &s.bits6
		if p.Addr().Is4() {
			bits = &s.bits4
		}
		if !slices.Contains(*bits, p.Bits()) {
			*bits = append(*bits, p.Bits())
		}
	}
	descending := func(a, b int) int { return b - a }
	slices.SortFunc(s.bits4, descending)
	slices.SortFunc(s.bits6, descending)
	return s, refused
}

// Addr returns the service with the longest prefix that holds a. An IPv4
// address mapped into IPv6 counts as IPv4.
func (s *Services) Addr(a netip.Addr) (datasets.KnownService, bool) {
	a = a.Unmap().WithZone("")
	lengths := s.bits6
	if a.Is4() {
		lengths = s.bits4
	}
	for _, bits := range lengths {
		p, err := a.Prefix(bits)
		if err != nil {
			break // not a valid address
		}
		if row, ok := s.prefix[p]; ok {
			return row, true
		}
	}
	return datasets.KnownService{}, false
}

// Prefixes returns the ranges that must stay reachable, in order.
func (s *Services) Prefixes() []netip.Prefix {
	return slices.SortedFunc(maps.Keys(s.prefix), func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
}

// Host returns the service of this very name, or of the nearest domain above it.
func (s *Services) Host(host string) (datasets.KnownService, bool) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if row, ok := s.exact[host]; ok {
		return row, true
	}
	for name := host; name != ""; {
		if row, ok := s.suffix[name]; ok {
			return row, true
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return datasets.KnownService{}, false
}

func (s *Services) add(row datasets.KnownService) error {
	if row.Prefix == "" && row.Host == "" {
		return fmt.Errorf("want a prefix or a host")
	}
	if row.Prefix != "" {
		p, err := ParsePrefix(row.Prefix)
		if err != nil {
			return err
		}
		s.prefix[p] = row
	}
	if host := strings.TrimSuffix(strings.ToLower(row.Host), "."); host != "" {
		if name, below := strings.CutPrefix(host, "*."); below {
			s.suffix[name] = row
		} else {
			s.exact[host] = row
		}
	}
	return nil
}

// ParsePrefix reads a prefix or a single address. Bits below the prefix are cleared.
func ParsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("want an address or a prefix like 192.0.2.0/24, got %q", s)
		}
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("want an address or a prefix like 192.0.2.0/24, got %q", s)
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}
