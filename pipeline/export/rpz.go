package export

import (
	"fmt"
	"io"
)

const (
	// rpzTTLSeconds is how long a resolver may keep an answer of the zone. It is
	// low, so that what is taken back is soon reachable again.
	rpzTTLSeconds = 300
	// The timers of the SOA record, in seconds: a copy asks hourly for a new
	// zone, and drops one that nobody renewed for seven days, the shortest term
	// of a proposal. Order of the values: RFC 1912 section 2.2.
	rpzRefresh, rpzRetry, rpzExpire = 3600, 600, 604_800
)

// writeRPZ writes a response policy zone (draft-vixie-dns-rpz-04) with a
// rule for every name proposed for a block: CNAME to the root, which answers
// "no such domain". A rule is for the name itself, not for what is below it.
//
// Owner names are relative, so that the operator chooses the zone's name. The
// whole zone is written each time and a record cannot expire by itself, so every
// rule has its last day in a comment. The serial is the as-of day with 00 after
// it, as RFC 1912 section 2.2 recommends.
func writeRPZ(w io.Writer, run *Run) error {
	p := packOf(run)
	fmt.Fprintf(w, "; minewatch: names proposed for restriction as of %s. TLP:AMBER+STRICT.\n", run.AsOf)
	fmt.Fprint(w, "; A lead, not a finding. A zone is in force only where an operator loads it.\n")
	for _, line := range p.account() {
		fmt.Fprintf(w, "; %s\n", line)
	}
	fmt.Fprint(w, "; Addresses are in candidates.nft: a policy zone acts on names only.\n",
		"; Load the next pack in place of this one; remove a rule after its last day.\n",
		"; Before a second zone transfer of the same as-of day, raise the serial.\n")
	fmt.Fprintf(w, "$TTL %d\n", rpzTTLSeconds)
	fmt.Fprintf(w, "@ IN SOA localhost. hostmaster.localhost. %s00 %d %d %d %d\n",
		run.AsOf.Date().Format("20060102"), rpzRefresh, rpzRetry, rpzExpire, rpzTTLSeconds)
	_, err := fmt.Fprint(w, "@ IN NS localhost.\n")
	for _, r := range p.names() {
		_, err = fmt.Fprintf(w, "%s IN CNAME . ; %s\n", r.name, r.remark())
	}
	return err
}
