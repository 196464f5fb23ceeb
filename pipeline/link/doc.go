// Package link says who it was: which subscriber had an address at a time, and
// at which site that subscriber is supplied.
//
// The steps, from a session in the flows to a site:
//
//  1. [NewIndex] reads the subscribers table into a prefix table.
//  2. [Index.Lookup] finds the lease of an address, a port and an instant: one
//     subscriber, "shared, cannot say", or unknown. A [Resolver] does so for
//     millions of records, and says for how long the answer holds.
//  3. [NewSites] indexes the sites; [Sites.Link] finds the site of a subscriber
//     by exact keys and names the basis.
//
// Nothing is guessed: an address that several leases cover, or a key that fits
// several sites, gives no link and a reason.
package link
