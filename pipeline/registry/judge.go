package registry

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/minewatch/minewatch/datasets"
	"github.com/minewatch/minewatch/datasets/ref"
)

// The findings of this package.
const (
	Unregistered         = "unregistered"
	BeforeNotification   = "before_notification"
	AfterTermination     = "after_termination"
	UnderDeclared        = "under_declared"
	OverDeclaredCapacity = "over_declared_capacity"
	BypassSuspected      = "bypass_suspected"
	Unexplained          = "unexplained"
)

// Margins; see the package comment.
const (
	OnsetSlackDays = 14   // days
	PowerMargin    = 1.10 // of the declared power
	PowerSlackKW   = 10   // kW
	EnergyMargin   = 1.10 // of the declared energy
	EnergySlackWh  = 1e6  // Wh
	possibleNote   = "possible registry match, to be checked by a person"
	minHoursOn     = 24 * 7 // hours of mining in a quarter below which its mean power says nothing
)

// Mining is what the meter of one site says.
type Mining struct {
	Site         datasets.Site
	Since, Until datasets.Day // first and last local day of mining seen
	KW           float64      // power while on
	Quarters     []datasets.MiningEnergy
}

// lowKW returns the highest mean power while on of any quarter at the lower
// end of its energy, KW if no quarter ran long enough.
func (m Mining) lowKW() float64 {
	best := 0.0
	for _, q := range m.Quarters {
		best = max(best, quarterLowKW(q))
	}
	if best == 0 {
		return m.KW
	}
	return best
}

func quarterLowKW(q datasets.MiningEnergy) float64 {
	if q.Hours < minHoursOn {
		return 0
	}
	return q.WhLow.KWh() / float64(q.Hours)
}

// A Case is one site that mines, and all that is known of those who answer for it.
type Case struct {
	Mining
	Answer Answer
	// Declared is this site's share of what the answerable BINs declared.
	Declared []datasets.Declaration
	// DeclarationsDelivered is false if the program was given no declarations
	// at all; then their absence says nothing.
	DeclarationsDelivered bool
	AsOf                  datasets.Day
}

// Tables are the dated rules.
type Tables struct {
	Regimes   ref.Regimes
	Rates     ref.Rates
	Deadlines ref.Deadlines
	// Accredited pools; empty if the list is not known, and then nothing is
	// said of pools.
	Accredited ref.AccreditedPools
}

// A Verdict is a finding of the contract and what else applies.
type Verdict struct {
	Finding string   // "" for an honest registered miner
	Also    []string // further findings that apply
	Notes   []string // for a reader, in order
}

// Note returns the notes as one text.
func (v Verdict) Note() string { return strings.Join(v.Notes, "; ") }

// Judge returns the finding of one site that mines. A matched miner without a
// registration on more than OnsetSlackDays days is found before_notification
// if these days lie before its first registration, after_termination if later
// (termination, licence run out, or a notice that ceased to count and no
// licence); one that never was registered in a regime then in force is found
// unregistered. Of several findings the first of that order, then
// under_declared, then over_declared_capacity, is named and the others listed.
func Judge(c Case, t Tables) Verdict {
	var v Verdict
	if c.Answer.Note != "" {
		v.Notes = append(v.Notes, c.Answer.Note)
	}
	switch c.Answer.Outcome {
	case Possible:
		l := c.Answer.Links[0]
		v.Finding = Unexplained
		v.Notes = append(v.Notes, fmt.Sprintf("%s: %s, %s", possibleNote, l.Entry.BIN, l.Reason))
		return v
	case None:
		v.Finding = Unregistered
		if none, ok := t.Regimes.On(c.Until, ref.NoRegime); ok {
			v.Notes = append(v.Notes, fmt.Sprintf("mining ended on %s, when nobody had to register (until %s)", c.Until, none.To))
		}
		return v
	}
	found := judgeStanding(c.Answer.Standing, &v)
	for _, by := range []struct {
		finding string
		reason  string
	}{{UnderDeclared, underDeclared(c, t)}, {OverDeclaredCapacity, overCapacity(c)}} {
		if by.reason != "" {
			found = append(found, by.finding)
			v.Notes = append(v.Notes, by.reason)
		}
	}
	if len(found) > 0 {
		v.Finding, v.Also = found[0], found[1:]
	}
	return v
}

func judgeStanding(s Standing, v *Verdict) []string {
	var found []string
	if s.Note != "" {
		v.Notes = append(v.Notes, s.Note)
	}
	switch {
	case s.Never && s.Required > OnsetSlackDays:
		found = append(found, Unregistered)
		v.Notes = append(v.Notes, "in the register, but with no notice or licence that counted at the time")
	case s.BeforeDays > OnsetSlackDays:
		found = append(found, BeforeNotification)
		v.Notes = append(v.Notes, fmt.Sprintf("mining on %d days before the registration of %s, from %s", s.BeforeDays, s.First, s.Before.From))
	}
	if s.AfterDays > OnsetSlackDays {
		found = append(found, AfterTermination)
		v.Notes = append(v.Notes, fmt.Sprintf("mining on %d days from %s to %s without a registration that held", s.AfterDays, s.After.From, s.After.To))
	}
	return found
}

// underDeclared returns why the energy is under-declared, "" if it is not.
// Judged are charged quarters whose payment is due. It is if the lower ends
// add up to more than the declared with its margin, or if two quarters do so
// one by one, or if one quarter was not declared at all.
func underDeclared(c Case, t Tables) string {
	if !c.DeclarationsDelivered {
		return ""
	}
	declared := map[datasets.Quarter]datasets.Wh{}
	for _, d := range c.Declared {
		declared[d.Quarter] += d.Wh
	}
	low := lowByQuarter(c.Quarters)
	var sumLow, sumDeclared datasets.Wh
	var short, missing []string
	for _, q := range slices.Sorted(maps.Keys(low)) {
		if !t.due(q, c.AsOf) {
			continue
		}
		d, ok := declared[q]
		sumLow, sumDeclared = sumLow+low[q], sumDeclared+d
		switch {
		case !ok && low[q] > EnergySlackWh:
			missing = append(missing, q.String())
		case exceeds(low[q], d):
			short = append(short, q.String())
		}
	}
	switch {
	case len(missing) > 0:
		return "nothing declared for " + strings.Join(missing, ", ")
	case exceeds(sumLow, sumDeclared):
		return fmt.Sprintf("at least %.0f kWh mined in the quarters due, %.0f kWh declared", sumLow.KWh(), sumDeclared.KWh())
	case len(short) >= 2:
		return "less declared than mined in " + strings.Join(short, ", ")
	}
	return ""
}

// due reports whether q was charged and its payment was due before asOf.
func (t Tables) due(q datasets.Quarter, asOf datasets.Day) bool {
	d := t.Deadlines.For(q).Payment
	return t.Rates.Charged(q) && d != 0 && d < asOf
}

func exceeds(low, declared datasets.Wh) bool {
	return float64(low) > EnergyMargin*float64(declared)+EnergySlackWh
}

func lowByQuarter(rows []datasets.MiningEnergy) map[datasets.Quarter]datasets.Wh {
	out := map[datasets.Quarter]datasets.Wh{}
	for _, r := range rows {
		out[r.Quarter] += r.WhLow
	}
	return out
}

// overCapacity returns why the site draws more than was declared, "" if it
// does not or nothing was declared.
func overCapacity(c Case) string {
	declared := capacityKW(c.Answer.Links)
	if kw := c.lowKW(); declared > 0 && overPower(kw, declared) {
		return fmt.Sprintf("at least %.0f kW against %.0f kW declared with expansion", kw, declared)
	}
	return ""
}

func overPower(kw, declared float64) bool { return kw > PowerMargin*declared+PowerSlackKW }

// capacityKW returns the declared power with expansion: the most of each
// place of a BIN, added up; for a provider and its tenants, the larger of the
// provider's and the tenants' together, since one lies inside the other.
func capacityKW(links []Link) float64 {
	return max(placesKW(links, false), placesKW(links, true))
}

func placesKW(links []Link, tenants bool) float64 {
	most := map[[2]string]float64{}
	var order [][2]string
	for _, l := range links {
		if (l.By == ByHost) != tenants {
			continue
		}
		k := [2]string{l.Entry.BIN, AddressKey(l.Entry.Address)}
		if _, ok := most[k]; !ok {
			order = append(order, k)
		}
		most[k] = max(most[k], 1000*(l.Entry.DeclaredMW+l.Entry.ExpansionMW))
	}
	sum := 0.0
	for _, k := range order {
		sum += most[k]
	}
	return sum
}
