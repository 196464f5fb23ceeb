package ref

import (
	"io"
	"strings"

	"github.com/minewatch/minewatch/datasets"
)

// An AccreditedPool is a mining pool that licensed miners may work through
// (Law 193-VII; rules: Order 142/НҚ of 2023-04-11).
type AccreditedPool struct {
	Period
	Pool string // operator
	Note string
	Basis
}

// AccreditedPools is the white list, in the order of the files. An empty one
// says nothing: the names were not seen, so none is shipped.
type AccreditedPools []AccreditedPool

var accreditedColumns = []string{"pool", "from", "to", "note", "source", "confidence"}

// LoadAccreditedPools returns the pools of the user's file; user may be nil. A
// pool may come several times, accreditation being given and withdrawn.
func LoadAccreditedPools(user io.Reader) (AccreditedPools, error) {
	own, users, err := load("accredited_pools.csv", accreditedColumns, user, func(r *row) AccreditedPool {
		return AccreditedPool{Pool: r.need("pool"), Period: r.period(), Note: r.text("note"), Basis: r.basis()}
	})
	return append(own, users...), err
}

// On reports whether the pool was accredited on d; case does not matter.
func (t AccreditedPools) On(pool string, d datasets.Day) bool {
	for _, l := range t {
		if strings.EqualFold(l.Pool, pool) && l.Contains(d) {
			return true
		}
	}
	return false
}
