package export

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/minewatch/minewatch/datasets"
)

// Earlier is the telecom pack of the run before this one.
type Earlier struct {
	Candidates []datasets.Candidate
	STIX       []byte // its bundle; nil if there is none
}

// revocations returns the blocks of the earlier pack whose term still runs on the
// as-of day and that this pack does not have, in the order of the earlier pack.
func revocations(run *Run) []datasets.Revocation {
	now := map[endpoint]*datasets.Candidate{}
	for i := range run.Candidates {
		c := &run.Candidates[i]
		if e, ok := endpointOf(c); ok && now[e] == nil {
			now[e] = c
		}
	}
	still := map[endpoint]bool{}
	for _, r := range packOf(run).restrictions {
		still[endpoint{r.name, r.addr, r.port, r.proto}] = true
	}
	rows := []datasets.Revocation{}
	for i := range run.Earlier.Candidates {
		old := &run.Earlier.Candidates[i]
		e, ok := endpointOf(old)
		if !ok || old.Action != blockAction || old.ValidUntil < run.AsOf || still[e] {
			continue
		}
		still[e] = true // once
		why := "nothing is seen of it any more"
		if c := now[e]; c != nil {
			why = "now for " + c.Action + ": " + c.Reason
		}
		rows = append(rows, datasets.Revocation{
			Target: old.Target, TargetKind: old.TargetKind, Port: old.Port, Proto: old.Proto, Pool: old.Pool,
			ValidUntil: old.ValidUntil, RevokedOn: run.AsOf, Reason: why,
		})
	}
	return rows
}

// revoked returns the indicators of the earlier bundle that run on and have no
// indicator with their pattern among objects, marked as revoked.
func revoked(run *Run, objects []stixObject, asOf string) ([]stixObject, error) {
	if len(run.Earlier.STIX) == 0 {
		return nil, nil
	}
	var old stixBundle
	if err := json.Unmarshal(run.Earlier.STIX, &old); err != nil {
		return nil, fmt.Errorf("read the bundle of the earlier run: %w", err)
	}
	var out []stixObject
	for _, o := range old.Objects {
		// Instants of one layout are in order as texts.
		if o.Type != "indicator" || o.Revoked || o.ValidUntil <= asOf || o.Modified >= asOf ||
			slices.ContainsFunc(objects, func(n stixObject) bool { return n.Type == "indicator" && n.Pattern == o.Pattern }) {
			continue
		}
		o.Revoked, o.Modified = true, asOf
		out = append(out, o)
	}
	return out, nil
}
