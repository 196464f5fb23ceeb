package raw

import "github.com/minewatch/minewatch/datasets"

var (
	endsEarly  = problem{"ends before it begins", "check the order of the two columns"}
	noTarget   = problem{"neither prefix nor host", "give one of the two"}
	portsOrder = problem{"last port below the first", "check the order of the two columns"}
)

// rowCheck returns the check of what holds between the columns of one row.
func rowCheck(row any) func() (column string, p *problem) {
	switch r := row.(type) {
	case *datasets.Billing:
		return func() (string, *problem) { return order("period_end", r.PeriodEnd < r.PeriodStart, &endsEarly) }
	case *datasets.Curtailment:
		return func() (string, *problem) { return order("end", r.End < r.Start, &endsEarly) }
	case *datasets.KnownService:
		return func() (string, *problem) { return order("host", r.Prefix == "" && r.Host == "", &noTarget) }
	case *datasets.RegistryEntry:
		return func() (string, *problem) {
			return order("license_to", r.LicenseTo != 0 && r.LicenseTo < r.LicenseFrom, &endsEarly)
		}
	case *datasets.Subscriber:
		return func() (string, *problem) {
			if r.ValidTo != 0 && r.ValidTo < r.ValidFrom {
				return "valid_to", &endsEarly
			}
			return order("port_to", r.PortTo != 0 && r.PortTo < r.PortFrom, &portsOrder)
		}
	}
	return func() (string, *problem) { return "", nil }
}

func order(column string, wrong bool, p *problem) (string, *problem) {
	if wrong {
		return column, p
	}
	return "", nil
}
