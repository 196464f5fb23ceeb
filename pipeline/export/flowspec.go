package export

import (
	"fmt"
	"io"
)

// writeFlowSpec writes the rules for single subscribers as BGP flow
// specifications (RFC 8955) in the text of ExaBGP, one route a line: source,
// destination, both ports, protocol, discard. A rule has no term of its own in BGP, so
// that each has its last day in a comment, and the end of the lease if that is
// sooner. Rules whose addresses are not public, or that lack an expiry, are left out
// and counted.
func writeFlowSpec(w io.Writer, run *Run) error {
	fmt.Fprintf(w, "# minewatch: flows of single subscribers proposed for restriction as of %s. TLP:AMBER+STRICT.\n", run.AsOf)
	fmt.Fprint(w, "# A lead, not a finding. Withdraw a route after its last day.\n")
	left := 0
	var err error
	for _, r := range run.FlowRules {
		src, okSrc := publicAddr(r.SourceIP)
		dst, okDst := publicAddr(r.ServerIP)
		if !okSrc || !okDst || src.Is6() != dst.Is6() || r.ServerPort < 1 || r.ServerPort > 65535 || r.Proto != "tcp" && r.Proto != "udp" || r.ValidUntil < run.AsOf ||
			r.PortTo < r.PortFrom || r.PortTo > 65535 || r.PortFrom < 0 || r.PortTo > 0 && r.LeaseTo == 0 {
			left++
			continue
		}
		ports := ""
		if r.PortTo > 0 {
			ports = fmt.Sprintf(" source-port >=%d&<=%d;", r.PortFrom, r.PortTo)
		}
		until := r.ValidUntil.String()
		if r.LeaseTo > 0 {
			until += ", lease ends " + r.LeaseTo.Time().UTC().Format("2006-01-02T15:04:05Z")
		}
		_, err = fmt.Fprintf(w, "announce flow route { match { source %s/%d; destination %s/%d;%s destination-port =%d; protocol %s; } then { discard; } } # last day %s\n",
			src, src.BitLen(), dst, dst.BitLen(), ports, r.ServerPort, r.Proto, until)
	}
	if left > 0 {
		_, err = fmt.Fprintf(w, "# Left out: %d without public addresses, ports or a term that runs.\n", left)
	}
	return err
}
