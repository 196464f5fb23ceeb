// Package registry asks who answers for a site in the registry of miners, and
// what the rules say of that. Pure functions on rows: no files, no clock.
//
// The steps:
//
//  1. [NewIndex] takes the registry and the dated regimes: notified
//     2020-10-16 to 2023-06-04, licensed from 2023-04-01; while both hold,
//     either suffices.
//  2. [Index.Answerable] links a site over a period to registry entries:
//     [Match] by equal BIN, or as the place of a provider's tenants;
//     [Possible] by a BIN that one slip of the keyboard explains, by equal
//     address, or within 250 m; else [None]. With a match comes its [Standing]:
//     on which days of the period it was registered.
//  3. [Judge] turns mining at a site, the answer and what was declared into a
//     finding of the contract, "" for an honest registered miner. A possible
//     match is never "unregistered": it is "unexplained" and goes to a person.
//  4. [Breaches] checks every entry against the rules, with due dates.
//  5. [Notices] lists what the Ministry of Energy was to be told.
//
// A company founded in the AIFC falls under the same rules where its centre
// stands in Kazakhstan (welegal.kz, 2022), so the jurisdiction makes no
// difference here.
//
// # Thresholds
//
//   - [OnsetSlackDays]: an onset or end read from a meter may be off by two
//     weeks before a date is held against anyone.
//   - [PowerMargin], [PowerSlackKW]: nameplates are off by 5 per cent and
//     cooling adds up to 10, so metered power counts as above a declared one
//     from 10 per cent and 10 kW more on, taken at the lower end of the
//     energy's interval.
//   - [EnergyMargin], [EnergySlackWh]: the same for declared energy.
package registry
