package traffic

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// ForSite makes the evidence rows of a site from the findings of all its
// clients, at most one row a detector: the strongest finding, with the largest
// power that any of them speaks of (not the sum: a fall-back pool is not a
// second fleet) and the hours from the first to the last. A detector that only
// withheld keeps its withheld row. Rows are ordered by detector.
func ForSite(siteID string, findings []Finding) []datasets.Evidence {
	by := map[string][]Finding{}
	for _, f := range findings {
		by[f.Detector] = append(by[f.Detector], f)
	}
	var out []datasets.Evidence
	for _, list := range by {
		out = append(out, strongest(siteID, list))
	}
	slices.SortFunc(out, func(a, b datasets.Evidence) int { return cmp.Compare(a.Detector, b.Detector) })
	return out
}

func strongest(siteID string, list []Finding) datasets.Evidence {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Status, a.Status), cmp.Compare(b.LogLR, a.LogLR), cmp.Compare(b.Statistic, a.Statistic),
			cmp.Compare(a.Client, b.Client), cmp.Compare(a.ServerIP, b.ServerIP), cmp.Compare(a.ServerPort, b.ServerPort), cmp.Compare(a.Host, b.Host))
	})
	e := list[0].Evidence
	e.SiteID = siteID
	more := 0
	for _, f := range list[1:] {
		if f.Status != datasets.Spoken {
			continue
		}
		more++
		e.Start, e.End = min(e.Start, f.Start), max(e.End, f.End)
		e.MiningKW = max(e.MiningKW, f.MiningKW)
	}
	if more > 0 {
		e.Detail += fmt.Sprintf("; and %d more like it", more)
	}
	return e
}
