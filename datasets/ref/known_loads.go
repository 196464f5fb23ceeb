package ref

import (
	"io"

	"github.com/minewatch/minewatch/datasets"
)

// A KnownLoad is a load that the supplier or the register knows of.
type KnownLoad struct {
	Period
	SiteID    string
	Kind      string // one of KnownLoadKinds
	LicenceNo string // of a data centre
	Basis
}

// KnownLoadKinds are the kinds of load that can look like a mine on a meter.
var KnownLoadKinds = []string{"cold_store", "data_centre", "telecom", "pump", "greenhouse", "heat_pump", "industry", "other"}

// KnownLoads lists the loads that are known.
type KnownLoads []KnownLoad

var knownLoadColumns = []string{"site_id", "kind", "licence_no", "from", "to", "source", "confidence"}

// LoadKnownLoads returns the loads of the user's file; user may be nil. A data
// centre must name its licence: an unlicensed one explains nothing.
func LoadKnownLoads(user io.Reader) (KnownLoads, error) {
	own, users, err := load("known_loads.csv", knownLoadColumns, user, func(r *row) KnownLoad {
		l := KnownLoad{SiteID: r.need("site_id"), Kind: r.oneOf("kind", KnownLoadKinds...), LicenceNo: r.text("licence_no"), Period: r.period(), Basis: r.basis()}
		if l.Kind == "data_centre" && l.LicenceNo == "" {
			r.fail("licence_no", "a data centre is known by its licence; name it, or leave the line out")
		}
		return l
	})
	return append(KnownLoads(own), users...), err
}

// On returns the loads that are known on a day, by site; of several lines of one site
// the first counts.
func (t KnownLoads) On(d datasets.Day) map[string]KnownLoad {
	of := map[string]KnownLoad{}
	for _, l := range t {
		if _, ok := of[l.SiteID]; !ok && l.Contains(d) {
			of[l.SiteID] = l
		}
	}
	return of
}
