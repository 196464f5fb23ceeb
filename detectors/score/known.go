package score

// KnownLoad is the group, and the kind of detector, of evidence about a load that is
// known to the supplier or the register: a cold store, a licensed data centre.
const KnownLoad = "known"

// MeterFault is the group of evidence that what the meter shows is a fault of the meter.
const MeterFault = "meter"

// explains reports whether a group of evidence says what the meter's evidence comes from,
// so that it can take away no more than that.
func explains(group string) bool { return group == KnownLoad || group == MeterFault }

// knownLoads are log-likelihood ratios of loads that are known to be flat or to come
// on in steps. They are judgement: a known load explains the meter in most
// cases, and a mine can stand beside it in some.
var knownLoads = map[string]float64{
	"cold_store": -1.5, "data_centre": -2, "telecom": -2, "pump": -1.5, "greenhouse": -1.5, "heat_pump": -1, "industry": -1, "other": -0.7,
}

// KnownLoads returns the kinds of known load with their weights.
func KnownLoads() map[string]float64 {
	out := make(map[string]float64, len(knownLoads))
	for k, v := range knownLoads {
		out[k] = v
	}
	return out
}
