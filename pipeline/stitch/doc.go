// Package stitch makes sessions and daily contacts of flow records.
//
// The steps, for the records of one bucket of addresses in order of time:
//
//  1. [New] takes the settings, a [Resolver] that says whose an address and a
//     port were at an instant, and the TLS handshakes of the bucket.
//  2. [Stitcher.Add] takes a record. It joins the connection of its 5-tuple, if the
//     pause is short enough, or begins one; its bytes go to the hours that it
//     covers, in the [datasets.FlowDay] of the subscriber and the server.
//  3. [Stitcher.Close] ends what is open. Rows are then in Sessions and Days, in an
//     order that does not depend on how the records were divided.
//
// Only what can matter is kept: contacts that were open for ten minutes of a day,
// were begun a hundred times, or that the settings ask for; sessions of half an
// hour. So the result stays small over months of a telecom's flows, whereas
// memory is the connections open at one instant and the contacts of one day.
package stitch
