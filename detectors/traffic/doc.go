// Package traffic holds the detectors that read the network side.
//
// The steps, from one client's traffic to evidence about a site:
//
//  1. A [Window] gathers what is known of one client: its FlowProfile,
//     FlowSession and ServerName rows, and how widely servers are used in the
//     whole network ([Network]).
//  2. [ShapeOf] turns a profile into rates and ratios per session, [PersistenceOf]
//     its sessions into hours of day and night, [FleetOf] into a number of devices.
//  3. Each [Detector] returns a [Finding] for every server that speaks for
//     mining: evidence, and the endpoint it is about. [Pool] compares names and
//     ports with a list of pools, [Steady] looks at shape and persistence alone.
//  4. When the clients of a site are known (who had the address is not asked
//     here), [ForSite] makes the site's Evidence rows of their findings.
//
// A browser that visits a pool's web site is not mining: see [Pool].
package traffic
