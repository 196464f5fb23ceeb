package export

import (
	"fmt"
	"io"
	"time"
)

// writeNFTables writes two sets for nftables, of IPv4 and of IPv6 addresses with
// port and protocol, and no rule and no chain: what to do with a member is the
// operator's own rule. The commands are one transaction that makes the table and
// the sets where they are missing, empties them, and fills them: loading a file
// takes back what an earlier one had, and gives every element a new timeout,
// which cannot be changed in place.
//
// A timeout is what remains of the term at the beginning of the as-of day, in
// whole seconds of local days. The kernel counts it from loading.
func writeNFTables(w io.Writer, run *Run) error {
	p := packOf(run)
	fmt.Fprintf(w, "# minewatch: addresses proposed for restriction as of %s. TLP:AMBER+STRICT.\n", run.AsOf)
	fmt.Fprint(w, "# A lead, not a finding. Sets do nothing until a rule of the operator's names them, e.g.\n",
		"#   ip daddr . th dport . meta l4proto @candidates4 drop\n",
		"#   ip6 daddr . th dport . meta l4proto @candidates6 drop\n")
	for _, line := range p.account() {
		fmt.Fprintf(w, "# %s\n", line)
	}
	fmt.Fprint(w, "# Names are in candidates.rpz.\n",
		"# Timeouts count from loading and are right on the as-of day: load on that day.\n")
	sets := []struct{ name, kind string }{{"candidates4", "ipv4_addr"}, {"candidates6", "ipv6_addr"}}
	fmt.Fprint(w, "add table inet minewatch\n")
	for _, s := range sets {
		fmt.Fprintf(w, "add set inet minewatch %s { type %s . inet_service . inet_proto; flags timeout; }\n", s.name, s.kind)
	}
	var err error
	for _, s := range sets {
		_, err = fmt.Fprintf(w, "flush set inet minewatch %s\n", s.name)
	}
	start := run.AsOf.In(run.Zone)
	for _, r := range p.addresses() {
		set := sets[0].name
		if r.addr.Is6() {
			set = sets[1].name
		}
		_, err = fmt.Fprintf(w, "add element inet minewatch %s { %s . %d . %s timeout %ds comment \"%s\" }\n",
			set, r.addr, r.port, r.proto, int64(r.until.Sub(start)/time.Second), r.remark())
	}
	return err
}
