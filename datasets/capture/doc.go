// Package capture turns packets of the traffic itself into what a probe at the
// same place would have exported: flow records, DNS answers and TLS server
// names, with the label of a DPI system where the payload of a connection is a
// mining protocol.
//
// The steps: [Read] takes a capture (pcap or pcapng) packet by packet, keeps the
// connections that are open, and returns [Rows] in order of time. [Label] is the
// part that reads payload, and can be used alone.
//
// It is meant for spot checks and for tests: connections are kept in memory until
// the capture ends, and streams are not put together, so that a method name that
// two packets share is not seen.
package capture
