// Package telecom proposes what a telecom may do: restrictions of endpoints,
// and the subscribers that it should know of.
//
// The steps:
//
//  1. [New] takes the findings of all clients. Every server and every name that
//     they speak of becomes a target.
//  2. [Builder.AddUse], [Builder.AddServerName] and [Builder.AddName] are called
//     with what every client, suspect or not, had with the targets' addresses and
//     names: they count who else would be cut off.
//  3. [Builder.Candidates] weighs each target and lets the guards stop it.
//  4. [Subscribers] lists the subscribers seen mining, for their provider.
//
// A guard stops a block, it does not warn. Every target is a row, with the
// reason why it is not a block.
package telecom
